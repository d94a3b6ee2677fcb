import { generateKeyPairSync } from 'node:crypto';
import type { ChannelAdapter, ChannelSession } from '@tributary/channels/channel-adapter';
import { createCertificate } from '@tributary/channels/testing/simulator/certificate';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import type { ConfigSnapshot, ConfigSource } from '../../config/snapshot.ts';
import { systemClock } from '../../platform/clock.ts';
import { createPool, inTransaction, type Pool } from '../../platform/db.ts';
import type { Bus } from '../../platform/ports/bus.ts';
import { createPostgresBus } from '../../platform/postgres/bus.postgres.ts';
import { type AccountCache, type CacheTimes, createAccountCache } from './account-cache.ts';
import { type AccountExpiry, createAccountKeeper } from './account-keeper.ts';
import { createAccountLoader, lockAccount, putInForce, stageVersion } from './account-versions.store.ts';

let database: TestDatabase;
let pool: Pool;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 6, name: 'test' });
  await pool.query(`INSERT INTO channels (id) VALUES ('ch')`);
});
beforeEach(async () => {
  await pool.query('DELETE FROM channel_accounts');
  await pool.query(
    `INSERT INTO channel_accounts (id, channel_id, label, base_url, config, secrets) VALUES ('acc', 'ch', 'A', 'http://one', '{}', '{}')`,
  );
});
afterAll(async () => {
  for (const close of closing) await close();
  await pool.end();
  await database.drop();
});

// Nothing is known of accounts from here: what follows is the work of the bus and of the time to live alone.
const config = {
  current: () =>
    ({ channels: new Map([['ch', { adapter: 'test' }]]), accounts: new Map() }) as unknown as ConfigSnapshot,
  snapshotFor: () => undefined as never,
  onChange: () => () => undefined,
} satisfies ConfigSource;
const adapters = new Map([['test', { open: () => ({}) as ChannelSession } as unknown as ChannelAdapter]]);

async function node({ deaf = false, times = {} }: { deaf?: boolean; times?: Partial<CacheTimes> } = {}) {
  const real = createPostgresBus({ url: database.url, pool });
  const bus: Bus = deaf ? { ...real, subscribe: async () => async () => undefined } : real;
  let loads = 0;
  const load = createAccountLoader(pool);
  const cache = createAccountCache({
    config,
    adapters,
    load: (id) => {
      loads++;
      return load(id);
    },
    decrypt: (text) => text,
    bus,
    times,
  });
  await cache.start();
  closing.push(
    () => cache.close(),
    () => real.close(),
  );
  return { ...cache, bus, loads: () => loads };
}
const moveTo = (baseUrl: string) => pool.query('UPDATE channel_accounts SET base_url = $1', [baseUrl]);
const baseUrlAt = async ({ open }: Pick<AccountCache, 'open'>) => (await open('acc')).baseUrl;

describe('the caches of several nodes', () => {
  it('drop an account within a second of its change, and keep it while nothing changes', async () => {
    const nodes = [await node(), await node()];
    for (const one of nodes) expect(await baseUrlAt(one)).toBe('http://one');
    await pool.query('UPDATE nodes SET last_seen_at = now()');
    for (const one of nodes) await baseUrlAt(one);
    expect(nodes.map(({ loads }) => loads())).toEqual([1, 1]);
    await moveTo('http://two');
    await Promise.all(
      nodes.map((one) =>
        vi.waitFor(async () => expect(await baseUrlAt(one)).toBe('http://two'), { timeout: 1_000, interval: 10 }),
      ),
    );
    expect(nodes.map(({ loads }) => loads())).toEqual([2, 2]);
  });

  it('drop one by hand on all of them', async () => {
    const nodes = [await node(), await node()];
    for (const one of nodes) await baseUrlAt(one);
    await nodes[0]?.bus.publish('tributary_accounts', 'acc');
    for (const one of nodes)
      await vi.waitFor(
        async () => {
          await baseUrlAt(one);
          expect(one.loads()).toBe(2);
        },
        { timeout: 1_000, interval: 10 },
      );
  });

  it('come to know of a change by the time to live when nothing is announced to them', async () => {
    const deaf = await node({ deaf: true, times: { ttlMs: 300, jitter: 0 } });
    expect(await baseUrlAt(deaf)).toBe('http://one');
    await moveTo('http://two');
    expect(await baseUrlAt(deaf)).toBe('http://one');
    await vi.waitFor(async () => expect(await baseUrlAt(deaf)).toBe('http://two'), { timeout: 1_500, interval: 20 });
  });

  it('drop all they hold when the bus was cut, because something may have been missed', async () => {
    const one = await node();
    await baseUrlAt(one);
    // While it is cut: the announcement is lost.
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tributary bus' AND datname = current_database()`,
    );
    await moveTo('http://two');
    await vi.waitFor(async () => expect(await baseUrlAt(one)).toBe('http://two'), { timeout: 5_000, interval: 50 });
  });

  it('hold both versions while they overlap, and the older no longer than that', async () => {
    const load = createAccountLoader(pool);
    const content = { baseUrl: 'http://two', config: {}, secrets: '{}', marks: null, expiresAt: null };
    await inTransaction(pool, async (client) => {
      await lockAccount(client, 'acc');
      const version = await stageVersion(client, 'acc', content, { by: 'maker', note: '' });
      await putInForce(client, { accountId: 'acc', version, by: 'checker', overlapHours: 1, trust: undefined });
    });
    expect(await load('acc')).toMatchObject({ version: 2, baseUrl: 'http://two', older: [{ version: 1 }] });
    await pool.query(`UPDATE channel_account_versions SET overlap_until = now() WHERE state = 'overlap'`);
    expect(await load('acc')).toMatchObject({ version: 2, older: [] });
  });
});

describe('versions in the database', () => {
  it('are written once, switched to by another person than wrote them, and lose their secrets at the end', async () => {
    const insert = (by: string, switchedBy: string | null) =>
      pool.query(
        `INSERT INTO channel_account_versions (account_id, version, state, base_url, config, secrets, created_by, switched_by)
         VALUES ('acc', 9, 'staged', 'http://x', '{}', '{}', $1, $2)`,
        [by, switchedBy],
      );
    await expect(insert('one', 'one')).rejects.toThrow(/four_eyes/);
    await insert('one', null);
    await expect(
      pool.query(`UPDATE channel_account_versions SET base_url = 'http://evil' WHERE version = 9`),
    ).rejects.toThrow(/once and for all/);
    await expect(pool.query(`UPDATE channel_account_versions SET state = 'retired' WHERE version = 9`)).rejects.toThrow(
      /secrets_while_usable/,
    );
    await expect(pool.query(`UPDATE channel_account_versions SET state = 'live' WHERE version = 9`)).rejects.toThrow(
      /one_live/,
    );
  });
});

describe('what looks after accounts', () => {
  it('ends overlaps with their secrets, measures what expires, and warns once per threshold over all nodes', async () => {
    const certificate = createCertificate({
      commonName: 'Shop',
      organization: 'Shop',
      ...generateKeyPairSync('rsa', { modulusLength: 2048 }),
      notBefore: new Date(),
      // Certificates know whole seconds.
      notAfter: new Date(Date.now() + 10 * 86_400_000 - 5_000),
    });
    const certificatePem = certificate.pem;
    await pool.query(
      `INSERT INTO channel_account_versions (account_id, version, state, base_url, config, secrets, created_by, overlap_until)
       VALUES ('acc', 9, 'overlap', 'http://x', '{}', '{}', 'one', now() - interval '1 s')`,
    );
    const accounts = new Map([
      [
        'acc',
        { id: 'acc', channelId: 'ch', config: { certificatePem }, trust: [{ serial: 'S', expiresAt: '2099-01-01' }] },
      ],
    ]);
    const warned: Record<string, unknown>[] = [];
    const measured: AccountExpiry[][] = [];
    const keeperAt = (daysOn: number) =>
      createAccountKeeper({
        pool,
        config: { ...config, current: () => ({ accounts }) as unknown as ConfigSnapshot },
        clock: { ...systemClock, now: () => new Date(Date.now() + daysOn * 86_400_000) },
        onExpiries: (expiries) => measured.push(expiries),
        log: { info: () => undefined, warn: (fields) => warned.push({ ...fields }) },
      });
    await keeperAt(0).keep();
    await keeperAt(0.1).keep();
    expect(warned).toMatchObject([{ accountId: 'acc', item: 'certificatePem', daysLeft: 9 }]);
    expect(Math.round((measured[0]?.[0]?.secondsLeft ?? 0) / 86_400)).toBe(10);
    await keeperAt(8).keep();
    await keeperAt(11).keep();
    await keeperAt(12).keep();
    expect(warned.map(({ daysLeft }) => daysLeft)).toEqual([9, 1, -2]);
    const { rows } = await pool.query('SELECT state, secrets FROM channel_account_versions WHERE version = 9');
    expect(rows).toEqual([{ state: 'retired', secrets: null }]);
  });
});

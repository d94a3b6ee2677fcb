import { type ListConfig, withBuiltInLists } from '@tributary/contracts/list';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createPool, inTransaction, type Pool } from '../../platform/db.ts';
import { createPostgresBus } from '../../platform/postgres/bus.postgres.ts';
import { canonicalEntry } from './canonical-value.ts';
import { createFindListed, createFindListedAsOf } from './find-listed.ts';
import { createListFollower, type ListFollower } from './follow-lists.ts';
import type { ListedValues } from './list-index.ts';
import { createListsStore, type ListsStore, type NewEntry } from './lists.store.ts';

let database: TestDatabase;
let pool: Pool;
let store: ListsStore;
const log = { info: () => undefined, warn: () => undefined };
const silentBus = {
  publish: async () => undefined,
  subscribe: async () => async () => undefined,
  close: async () => undefined,
};

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 6, name: 'test' });
  store = createListsStore(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const vip: ListConfig = { id: 'vip', name: 'VIP', subject: 'payer', effect: 'allow' };
const lists = [...withBuiltInLists([vip]).values()];
const entry = (value: string, own: Partial<NewEntry> = {}): NewEntry => ({
  value,
  reason: 'test',
  source: 'console',
  expiresAt: undefined,
  ...own,
});
const put = (list: string, ...entries: NewEntry[]) =>
  inTransaction(pool, (client) => store.put(client, list, entries, 'ann'));
const remove = (list: string, ...values: string[]) =>
  inTransaction(pool, (client) => store.remove(client, list, values, { actor: 'bob', reason: 'cleared' }));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await condition()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error('it never came true');
}

/** A follower that is moved by the test alone, and for which no time goes by. */
function quietFollower(): ListFollower {
  return createListFollower({ store, bus: silentBus, log, nowMs: () => 0 });
}

describe('lists', () => {
  it('tell the entry, its reason and its list, and forget it at the moment it runs out', async () => {
    const follower = quietFollower();
    await follower.refresh();
    const find = createFindListed({ store, follower });
    const at = new Date('2026-11-23T12:00:00Z');
    await put('payer', entry('p1', { reason: 'chargebacks' }), entry('p2', { expiresAt: at }));
    await put('vip', entry('p1'));
    await follower.refresh();
    expect(await find(lists, { payer: ['p1'] }, at)).toMatchObject([
      { list: 'payer', effect: 'block', value: 'p1', reason: 'chargebacks' },
      { list: 'vip', effect: 'allow' },
    ]);
    expect(await find(lists, { payer: ['p2'] }, at)).toEqual([]);
    expect(await find(lists, { payer: ['p2'] }, new Date(at.getTime() - 1))).toHaveLength(1);
    expect(await find(lists, { payer: ['P1', 'nobody'], device: 'p1', merchant: 'p1' }, at)).toEqual([]);
  });

  it('are in force within a second, however long a large import keeps the index from being brought up to date', async () => {
    let nowMs = 0;
    let isSlow = false;
    let catchUp: () => void = () => undefined;
    const caughtUp = new Promise<void>((resolve) => {
      catchUp = resolve;
    });
    const busy = {
      ...store,
      changedSince: async (...given: Parameters<typeof store.changedSince>) => {
        if (isSlow) await caughtUp;
        return store.changedSince(...given);
      },
    };
    const follower = createListFollower({ store: busy, bus: silentBus, log, nowMs: () => nowMs });
    const find = createFindListed({ store, follower });
    await follower.refresh();
    isSlow = true;
    const following = follower.refresh();
    await put('device', entry('stolen'));
    void follower.refresh();
    nowMs += 950;
    expect(await find(lists, { device: 'stolen' }, new Date())).toHaveLength(1);
    catchUp();
    await following;
    expect(follower.current()?.candidates(lists, { device: 'stolen' })).toHaveLength(1);
  });

  it('answer the same with the index, before it is built, and after it went stale', async () => {
    await put('ip', entry('203.0.113.0/24', { reason: 'proxies' }), entry('203.0.113.7'), entry('2001:db8::/32'));
    await put('card_bin', entry('622202'), entry('62220212', { reason: 'leaked' }));
    let nowMs = 0;
    const follower = createListFollower({ store, bus: silentBus, log, nowMs: () => nowMs });
    const find = createFindListed({ store, follower });
    const asked: ListedValues[] = [
      { ip: '203.0.113.7' },
      { ip: '::ffff:203.0.113.8' },
      { ip: '2001:db8:1::9' },
      { ip: '198.51.100.1' },
      { card_bin: '62220219' },
      { card_bin: '62220212' },
      { bank: 'icbc' },
    ];
    const all = async () => Promise.all(asked.map((values) => find(lists, values, new Date())));
    expect(follower.current()).toBeUndefined();
    const without = await all();
    await follower.refresh();
    expect(follower.current()).toBeDefined();
    expect(await all()).toEqual(without);
    expect(without.map((hits) => hits[0]?.value)).toEqual([
      '203.0.113.7',
      '203.0.113.0/24',
      '2001:db8::/32',
      undefined,
      '622202',
      '62220212',
      undefined,
    ]);
    nowMs += 10_000;
    expect(follower.current()).toBeUndefined();
    expect(await all()).toEqual(without);
  });

  it('reach a node that follows: announced, in any order of commit, and never with a gap', async () => {
    const follower = quietFollower();
    await follower.refresh();
    const has = (value: string) => follower.current()?.candidates(lists, { device: value }).length === 1;
    const early = await pool.connect();
    await early.query('BEGIN');
    // Takes the lower sequence number and commits last.
    await store.put(early, 'device', [entry('slow')], 'ann');
    await put('device', entry('quick'));
    await follower.refresh();
    expect([has('slow'), has('quick')]).toEqual([false, true]);
    await put('device', entry('later'));
    await follower.refresh();
    await early.query('COMMIT');
    early.release();
    await follower.refresh();
    expect([has('slow'), has('quick'), has('later')]).toEqual([true, true, true]);
    const rolledBack = await pool.connect();
    await rolledBack.query('BEGIN');
    await store.put(rolledBack, 'device', [entry('never')], 'ann');
    await rolledBack.query('ROLLBACK');
    rolledBack.release();
    await follower.refresh();
    expect(has('never')).toBe(false);
  });

  it('reach two nodes by the bus within a moment, whoever writes them', async () => {
    const bus = createPostgresBus({ url: database.url, pool });
    const followers = [1, 2].map(() => createListFollower({ store, bus, log }));
    for (const follower of followers) await follower.start();
    await until(() => followers.every((follower) => follower.current() !== undefined));
    await pool.query(
      `INSERT INTO list_entries (list, value, reason, created_by) VALUES ('device', 'by-hand', '', 'sql')`,
    );
    await until(() =>
      followers.every((follower) => follower.current()?.candidates(lists, { device: 'by-hand' }).length === 1),
    );
    for (const follower of followers) await follower.stop();
    await bus.close();
  });

  it('follow many changes in pages, and build the index anew when most of it is removed', async () => {
    const follower = quietFollower();
    await follower.refresh();
    const many = Array.from({ length: 12_000 }, (_, i) => entry(`many-${i}`));
    await put('device', ...many);
    await follower.refresh();
    const full = follower.current()?.size ?? 0;
    expect(full).toBeGreaterThanOrEqual(12_000);
    await remove('device', ...many.map(({ value }) => value));
    await follower.refresh();
    const find = createFindListed({ store, follower });
    expect(await find(lists, { device: 'many-7' }, new Date())).toEqual([]);
    await follower.refresh();
    expect(follower.current()?.size).toBeLessThan(full - 11_000);
  });

  it('remember who did what and why, and how it was at any moment', async () => {
    const find = createFindListedAsOf(store);
    // Moments come in milliseconds, changes in microseconds: keep them apart.
    const moment = async () => {
      await pool.query('SELECT pg_sleep(0.003)');
      const { rows } = await pool.query('SELECT clock_timestamp() AS at');
      await pool.query('SELECT pg_sleep(0.003)');
      return rows[0].at as Date;
    };
    const before = await moment();
    await put('merchant', entry('m1', { reason: 'first' }));
    const first = await moment();
    await put('merchant', entry('m1', { reason: 'second', expiresAt: new Date('2099-01-01T00:00:00Z') }));
    const second = await moment();
    await remove('merchant', 'm1', 'not-there');
    const after = await moment();
    const reasonAt = async (at: Date) => (await find(lists, { merchant: 'm1' }, at))[0]?.reason;
    expect([await reasonAt(before), await reasonAt(first), await reasonAt(second), await reasonAt(after)]).toEqual([
      undefined,
      'first',
      'second',
      undefined,
    ]);
    const history = await store.history('merchant', 'm1', undefined, 10);
    expect(history.map(({ act, actor, reason }) => [act, actor, reason])).toEqual([
      ['removed', 'bob', 'cleared'],
      ['changed', 'ann', 'second'],
      ['added', 'ann', 'first'],
    ]);
    await expect(pool.query('DELETE FROM list_changes')).rejects.toThrow('append-only');
  });

  it('agree with a plain set through any history of adding and removing, at every moment of it', async () => {
    const values = ['203.0.113.1', '203.0.113.0/25', '203.0.0.0/16', '2001:db8::/32', '2001:db8::5'];
    const asked = ['203.0.113.1', '203.0.113.200', '203.0.7.7', '2001:db8::5', '2001:db9::5'];
    const act = fc.record({ value: fc.constantFrom(...values), on: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        await pool.query(`DELETE FROM list_entries WHERE list = 'ip'`);
        const follower = quietFollower();
        await follower.refresh();
        const find = createFindListed({ store, follower });
        const plain = new Set<string>();
        for (const { value, on } of acts) {
          const read = canonicalEntry('ip', value);
          if (!read.ok) throw new Error(read.message);
          if (on) await put('ip', entry(read.value));
          else await remove('ip', read.value);
          if (on) plain.add(read.value);
          else plain.delete(read.value);
          await follower.refresh();
        }
        const prefixOf = (value: string) => Number(value.split('/')[1] ?? 1_000);
        const holds: Record<string, (ip: string) => boolean> = {
          '203.0.113.1': (ip) => ip === '203.0.113.1',
          '203.0.113.0/25': (ip) => ip === '203.0.113.1',
          '203.0.0.0/16': (ip) => ip.startsWith('203.0.'),
          '2001:db8::/32': (ip) => ip.startsWith('2001:db8:'),
          '2001:db8::5': (ip) => ip === '2001:db8::5',
        };
        for (const ip of asked) {
          const expected = [...plain]
            .filter((value) => holds[value]?.(ip))
            .sort((a, b) => prefixOf(b) - prefixOf(a))[0];
          expect((await find(lists, { ip }, new Date()))[0]?.value).toBe(expected);
        }
      }),
      { numRuns: 40 },
    );
  });
});

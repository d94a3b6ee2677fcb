import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, startTestRedis } from '../../../../scripts/testing/redis.ts';
import { hasRedisCluster, startTestRedisCluster } from '../../../../scripts/testing/redis-cluster.ts';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { readPaymentsById, readVersions } from '../payments/store/payments.read.ts';
import { createTestCore, type TestCore } from '../payments/testing/core.ts';
import { systemClock } from '../platform/clock.ts';
import { createPool, type Pool } from '../platform/db.ts';
import { newPaymentId } from '../platform/ids.ts';
import { snapshotKeepMs } from '../platform/ports/snapshots.ts';
import { connectRedis } from '../platform/redis/connect-redis.ts';
import { createRedisSnapshots } from '../platform/redis/snapshots.redis.ts';
import { createFreshReads } from './fresh-replica.ts';
import { createOtherReads } from './merchant-reads.ts';

let database: TestDatabase;
let core: TestCore;

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const place = async (own: object = {}) => {
  const { body } = await core.place(core.caller(), core.claim(), core.request(own));
  return (JSON.parse(body) as { id: string }).id;
};

describe('payments by id', () => {
  it('say just what a read of each by itself says, and are of the version that they say', async () => {
    const ids = [await place({ metadata: { table: 4 } }), await place({ subject: '拿铁' }), newPaymentId()];
    const read = await readPaymentsById(core.pool, ids);
    expect([...read.keys()].sort()).toEqual(ids.slice(0, 2).sort());
    for (const [id, { merchantId, version, payment }] of read) {
      expect(payment).toEqual(await core.reads.findPayment(merchantId, id));
      expect((await core.store.load(id))?.payment.version).toBe(version);
    }
    const versions = await readVersions(core.pool, ids);
    expect([...versions]).toEqual([...read].map(([id, { version }]) => [id, version]));
  });

  it('have another version after a change, and nothing of another month is touched', async () => {
    const id = await place();
    const before = (await readVersions(core.pool, [id])).get(id) ?? 0;
    await core.close({ paymentId: id, merchantId: 'mch_1', reason: 'closed_by_merchant', actor: 'test' });
    expect((await readVersions(core.pool, [id])).get(id)).toBeGreaterThan(before);
    const { rows } = await core.pool.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT w.id, n.* FROM unnest(ARRAY['${id}']) AS w(id) CROSS JOIN LATERAL (
         SELECT p.version FROM payments p WHERE p.id = w.id AND p.id >= '${id}' AND p.id <= '${id}' OFFSET 0) n`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan.match(/Index Scan|Index Only Scan/g)).toHaveLength(1);
  });
});

const servers = [
  { name: 'one server', start: startTestRedis, skip: !hasRedis },
  { name: 'a cluster', start: startTestRedisCluster, skip: !hasRedisCluster },
].filter(({ skip }) => !skip);

describe.each(servers)('notes of versions in Redis, $name', ({ start }) => {
  let redis: { url: string; stop: () => Promise<void> };
  let client: ReturnType<typeof connectRedis>;
  beforeAll(async () => {
    redis = await start();
    client = connectRedis({ url: redis.url, patience: 'none' });
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });
  const now = () => systemClock.monotonicMs();

  it('never go back, keep their text, and send it only to who has another version', async () => {
    const notes = createRedisSnapshots(client, systemClock);
    const [id, held] = [newPaymentId(), 0];
    expect(await notes.look([{ id, held }])).toEqual([undefined]);
    expect(await notes.raise([{ id, version: 9, text: 'nine 九' }], now())).toBe(true);
    expect(await notes.look([{ id, held }])).toEqual([{ version: 9, text: 'nine 九' }]);
    expect(await notes.look([{ id, held: 9 }])).toEqual([{ version: 9 }]);
    await notes.raise([{ id, version: 8, text: 'eight' }], now());
    await notes.raise([{ id, version: 9 }], now());
    expect(await notes.look([{ id, held }])).toEqual([{ version: 9, text: 'nine 九' }]);
    // As numbers, not as texts.
    await notes.raise([{ id, version: 10 }], now());
    expect(await notes.look([{ id, held: 9 }])).toEqual([{ version: 10 }]);
  });

  it('are gone after their time, and one that comes too late is not taken', async () => {
    const notes = createRedisSnapshots(client, systemClock);
    const [id, other] = [newPaymentId(), newPaymentId()];
    const asOf = now();
    await notes.raise([{ id, version: 2, text: 'two' }], asOf);
    await sleep(snapshotKeepMs / 2 + 50);
    expect(await notes.raise([{ id: other, version: 1, text: 'one' }], asOf)).toBe(false);
    expect(await notes.look([{ id: other, held: 0 }])).toEqual([undefined]);
    await sleep(snapshotKeepMs / 2 + 50);
    expect(await notes.look([{ id, held: 2 }])).toEqual([undefined]);
  });
});

describe('a replica', () => {
  const where = (fresh: ReturnType<typeof createFreshReads>) => fresh(async (pool) => pool);
  const pools: Pool[] = [];
  const open = (url: string) => {
    const pool = createPool({ url, max: 2, name: 'test', waitMs: 500 });
    pools.push(pool);
    return pool;
  };
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));

  it('that can not say that it has everything, or is away, leaves the reads to the primary', async () => {
    for (const url of [database.url, 'postgres://nobody@127.0.0.1:1/none']) {
      const from: string[] = [];
      const fresh = createFreshReads({
        primary: core.pool,
        replica: open(url),
        clock: systemClock,
        onRead: (one) => from.push(one),
      });
      expect(await where(fresh)).toBe(core.pool);
      expect(from).toEqual(['primary']);
    }
  });

  it('that fails in the middle of a read does not fail the read', async () => {
    const replica = { query: async () => ({ rows: [{ done: true }] }) } as unknown as Pool;
    const fresh = createFreshReads({ primary: core.pool, replica, clock: systemClock });
    expect(await where(fresh)).toBe(replica);
    const found = fresh(async (pool) => {
      if (pool === replica) throw new Error('canceling statement due to conflict with recovery');
      return 'from the primary';
    });
    expect(await found).toBe('from the primary');
    // And is left alone for a second.
    expect(await where(fresh)).toBe(core.pool);
  });
});

it('lists never take all connections, and refuse at once when too many wait', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((go) => {
    release = go;
  });
  let running = 0;
  let most = 0;
  const reads = createOtherReads({
    places: 4,
    fresh: async (read) => {
      most = Math.max(most, ++running);
      await gate;
      running--;
      return read(core.pool);
    },
  });
  const list = () => reads.listPayments('mch_1', { limit: 1 });
  const asked = Array.from({ length: 36 }, list);
  await expect(list()).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
  release();
  await Promise.all(asked);
  expect(most).toBe(4);
  expect((await list()).data).toHaveLength(1);
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createPool, inTransaction, type Pool } from '../platform/db.ts';
import { newPaymentId, shardOf } from '../platform/ids.ts';
import type { Bus } from '../platform/ports/bus.ts';
import { createPostgresBus } from '../platform/postgres/bus.postgres.ts';
import { changeShardCount } from './change-count.ts';
import { createSharding, type RunningSharding } from './create-sharding.ts';

let database: TestDatabase;
let pool: Pool;
let bus: Bus;
let nodes: RunningSharding[];

const log = { info: () => undefined, warn: () => undefined };
const leaseMs = 60_000;
const quiet: Bus = { ...({} as Bus), publish: async () => undefined, subscribe: async () => async () => undefined };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 8, name: 'test' });
  bus = createPostgresBus({ url: database.url, pool });
});
beforeEach(async () => {
  nodes = [];
  await pool.query('DELETE FROM shard_workers');
  await pool.query('UPDATE sharding SET generation = generation + 1, count = 8');
  await pool.query('DELETE FROM shard_leases');
  await pool.query(
    'INSERT INTO shard_leases (shard, generation) SELECT s, generation FROM generate_series(0, 7) s, sharding',
  );
});
afterEach(async () => {
  for (const node of nodes) await node.stop();
});
afterAll(async () => {
  await bus.close();
  await pool.end();
  await database.drop();
});

/** A worker that beats only when told, on a clock of its own. */
function worker(name: string, monotonicMs = () => performance.now()): RunningSharding {
  const made = createSharding({
    pool,
    bus: quiet,
    clock: { now: () => new Date(), monotonicMs },
    node: name,
    leaseMs,
    log,
  });
  nodes.push(made);
  return made;
}
const shardsOf = (node: RunningSharding) => node.owned().map(({ shard }) => shard);
/** As many beats of each as it takes for all to have seen what the others did. */
async function settle(...some: RunningSharding[]): Promise<void> {
  for (let round = 0; round < 3; round++) for (const one of some) await one.beatOnce();
}
const holds = async ({ shard, token }: { shard: number; token: bigint }) =>
  (await pool.query('SELECT tributary_holds_shard($1, $2) AS holds', [shard, token])).rows[0].holds;
const expire = () => pool.query(`UPDATE shard_leases SET expires_at = now() - interval '1 ms'`);
const generation = async () => (await pool.query('SELECT generation FROM sharding')).rows[0].generation as bigint;
const change = (wanted: { count: number; generation: bigint }) =>
  inTransaction(pool, (client) => changeShardCount(client, { ...wanted, by: 'test', reason: 'test' }));
const changeTo = async (count: number) => change({ count, generation: await generation() });

describe('shards', () => {
  it('are where Postgres says a payment is', async () => {
    const ids = Array.from({ length: 500 }, () => newPaymentId());
    const { rows } = await pool.query('SELECT id, tributary_shard(id) AS shard FROM unnest($1::text[]) id', [ids]);
    expect(rows.map(({ shard }) => shard)).toEqual(ids.map(shardOf));
    const [a] = [worker('a')];
    await settle(a);
    expect(ids.every((id) => a.shardFor(id) === Math.floor((shardOf(id) * 8) / 4096))).toBe(true);
  });

  it('are shared evenly by the workers that are there, each worked by one', async () => {
    const some = ['a', 'b', 'c'].map((name) => worker(name));
    await settle(...some);
    expect(some.map((one) => shardsOf(one).length).sort()).toEqual([2, 3, 3]);
    expect(some.flatMap(shardsOf).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const fence of some.flatMap((one) => [...one.owned()])) expect(await holds(fence)).toBe(true);
  });

  it('are never held by two, however many workers beat at once', async () => {
    const some = ['a', 'b', 'c', 'd'].map((name) => worker(name));
    for (let round = 0; round < 15; round++) {
      await Promise.all(some.map((one) => one.beatOnce()));
      const tokens: bigint[] = [];
      for (const fence of some.flatMap((one) => [...one.owned()])) if (await holds(fence)) tokens.push(fence.token);
      const { rows } = await pool.query(
        'SELECT token FROM shard_leases WHERE token IS NOT NULL AND expires_at > now()',
      );
      expect(new Set(tokens).size).toBe(tokens.length);
      expect(tokens.length).toBeLessThanOrEqual(rows.length);
      if (round % 4 === 3) await expire();
    }
    await settle(...some);
    expect(some.flatMap(shardsOf).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('stay where they are, under the same token, as long as their worker beats', async () => {
    const a = worker('a');
    await settle(a);
    const before = a.owned();
    await a.beatOnce();
    expect(a.owned()).toEqual(before);
  });

  it('go to the others when a worker leaves or dies, under greater tokens', async () => {
    const [a, b] = [worker('a'), worker('b')];
    await settle(a, b);
    const ofB = b.owned();
    await b.stop();
    await settle(a);
    expect(shardsOf(a)).toHaveLength(8);
    for (const old of ofB) {
      expect(await holds(old)).toBe(false);
      expect(a.owned().find(({ shard }) => shard === old.shard)?.token).toBeGreaterThan(old.token);
    }
    // Now one that says nothing any more.
    const c = worker('c');
    await settle(a, c);
    const ofC = c.owned();
    await pool.query(`UPDATE shard_workers SET seen_at = now() - interval '61 s' WHERE node = 'c'`);
    await a.beatOnce();
    expect(shardsOf(a)).toHaveLength(4);
    await pool.query('UPDATE shard_leases SET expires_at = now() WHERE token = ANY($1)', [
      ofC.map(({ token }) => token),
    ]);
    await a.beatOnce();
    expect(shardsOf(a)).toHaveLength(8);
    for (const old of ofC) expect(await holds(old)).toBe(false);
  });

  it('are nothing that a worker believes in when it was stopped for longer than its lease', async () => {
    let now = 1_000;
    const a = worker('a', () => now);
    await settle(a);
    expect(shardsOf(a)).toHaveLength(8);
    now += leaseMs * 0.8;
    expect(shardsOf(a)).toHaveLength(8);
    now += leaseMs * 0.1;
    expect(shardsOf(a)).toEqual([]);
    await a.beatOnce();
    expect(shardsOf(a)).toHaveLength(8);
  });

  it('are given away only when their work is done, and not worked on meanwhile', async () => {
    const a = worker('a');
    await settle(a);
    const releases = a.owned().map(({ shard }) => a.hold(shard));
    const before = a.owned();
    const b = worker('b');
    await settle(b, a, b);
    expect(shardsOf(a)).toHaveLength(4);
    expect(shardsOf(b)).toEqual([]);
    for (const fence of before) expect(await holds(fence)).toBe(true);
    for (const release of releases) release();
    await settle(a, b);
    expect(shardsOf(b)).toHaveLength(4);
  });

  it('are not worked while they are paused, and go where a person put them', async () => {
    const [a, b] = [worker('a'), worker('b')];
    await settle(a, b);
    await pool.query(`UPDATE shard_leases SET paused_at = now() WHERE shard = 3`);
    await pool.query(`UPDATE shard_leases SET pinned_to = 'b' WHERE shard IN (0, 1, 2, 4, 5)`);
    await settle(a, b);
    expect([...shardsOf(a), ...shardsOf(b)].sort()).toEqual([0, 1, 2, 4, 5, 6, 7]);
    expect(shardsOf(b)).toEqual(expect.arrayContaining([0, 1, 2, 4, 5]));
    expect(a.isPaused(3)).toBe(true);
  });

  it('change their number at once: what was held before is worth nothing, and all are taken anew', async () => {
    const [a, b] = [worker('a'), worker('b')];
    await settle(a, b);
    const before = [...a.owned(), ...b.owned()];
    const changed = await changeTo(16);
    for (const fence of before) expect(await holds(fence)).toBe(false);
    await settle(a, b);
    expect([...shardsOf(a), ...shardsOf(b)]).toHaveLength(16);
    expect(a.current()).toEqual(changed);
    await expect(change({ count: 4, generation: changed.generation - 1n })).rejects.toMatchObject({ code: 'conflict' });
    await changeTo(1);
    await settle(a, b);
    expect([...shardsOf(a), ...shardsOf(b)]).toEqual([0]);
  });

  it('stay paused when their number changes: every new one that has any part of what was paused', async () => {
    const pausedOf = async () =>
      (await pool.query('SELECT shard, paused_by FROM shard_leases WHERE paused_at IS NOT NULL ORDER BY shard')).rows;
    await pool.query(`UPDATE shard_leases SET paused_at = now(), paused_by = 'p', paused_reason = 'r' WHERE shard = 3`);
    await changeTo(16);
    expect(await pausedOf()).toEqual([6, 7].map((shard) => ({ shard, paused_by: 'p' })));
    await pool.query('UPDATE shard_leases SET paused_at = NULL WHERE shard = 6');
    await changeTo(3);
    // The seventh of sixteen begins in the second third.
    expect((await pausedOf()).map(({ shard }) => shard)).toEqual([1]);
  });

  it('find their workers within moments when one joins, the number changes, or one leaves', async () => {
    const make = (node: string) => {
      const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
      const made = createSharding({ pool, bus, clock, node, leaseMs, log });
      nodes.push(made);
      return made;
    };
    const [a, b] = [make('a'), make('b')];
    await a.start();
    await b.start();
    const all = async (count: number, ...some: RunningSharding[]) =>
      vi.waitFor(() => {
        expect(some.flatMap(shardsOf).sort((x, y) => x - y)).toEqual(Array.from({ length: count }, (_, i) => i));
        for (const one of some) expect(shardsOf(one).length).toBe(count / some.length);
      }, 5_000);
    // No beat comes by itself within this test: a third of the lease is longer.
    await all(8, a, b);
    await changeTo(16);
    await all(16, a, b);
    await b.stop();
    await all(16, a);
  });
});

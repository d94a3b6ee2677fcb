import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool, inTransaction, type Pool } from '../apps/engine/src/platform/db.ts';
import { changeShardCount } from '../apps/engine/src/sharding/change-count.ts';
import { verify } from '../chaos/verify/verify.ts';
import { hasRedis, startTestRedis, type TestRedis } from '../scripts/testing/redis.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

const leaseMs = 3_000;
type Node = Awaited<ReturnType<System['startNode']>>;

// One profile is enough here: the ports have their contracts, and the benchmark runs all of them.
describe.each([{ profile: hasRedis ? 'production' : 'embedded' }])('three workers ($profile)', ({ profile }) => {
  let redis: TestRedis | undefined;
  let system: System;
  let pool: Pool;
  let workers: Node[];
  let shop: ReturnType<typeof createMerchant>;

  beforeAll(async () => {
    redis = profile === 'production' ? await startTestRedis() : undefined;
    system = await startSystem({ env: { ROLE: 'api', SHARD_LEASE_MS: String(leaseMs), REDIS_URL: redis?.url ?? '' } });
    pool = createPool({ url: system.databaseUrl, max: 2, name: 'test' });
    workers = await Promise.all(['w1', 'w2', 'w3'].map((name) => system.startNode(name, { ROLE: 'worker' })));
    shop = createMerchant(system);
  });
  afterAll(async () => {
    await pool?.end();
    await system?.stop();
    await redis?.stop();
  });

  const read = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> => (await pool.query<Row>(sql)).rows;
  const holders = () =>
    read<{ shard: number; node: string | null }>(
      `SELECT shard, split_part(holder, '#', 1) AS node FROM shard_leases WHERE expires_at > now() AND holder IS NOT NULL ORDER BY shard`,
    );
  const sharedBy = (count: number, ...names: string[]) =>
    until(`${count} shards with ${names.join(', ')}`, async () => {
      const all = await holders();
      const loads = names.map((name) => all.filter(({ node }) => node === name).length);
      return (
        all.length === count && loads.reduce((a, b) => a + b) === count && Math.max(...loads) - Math.min(...loads) <= 1
      );
    });
  const changeTo = async (count: number) => {
    const [now] = await read<{ generation: bigint }>('SELECT generation FROM sharding');
    await inTransaction(pool, (client) =>
      changeShardCount(client, { count, generation: now?.generation ?? 0n, by: 'test', reason: 'test' }),
    );
  };
  const metric = async ({ url }: Node, pattern: RegExp) =>
    [...(await (await fetch(`${url}/metrics`)).text()).matchAll(pattern)].reduce((sum, [, n]) => sum + Number(n), 0);
  const asking = (node: Node) =>
    metric(node, /^tributary_compartment_calls\{channel="wechat-pay",group="query",state="active"\} (\d+)/gm);
  const refused = (node: Node) => metric(node, /^tributary_sync_look_ups_total\{[^}]*outcome="refused"[^}]*\} (\d+)/gm);

  it('share the shards, and take over from one that leaves', async () => {
    await sharedBy(8, 'w1', 'w2', 'w3');
    await workers[2]?.end('SIGTERM');
    // Told, not timed out: its leases had seconds to go.
    await sharedBy(8, 'w1', 'w2');
    workers[2] = await system.startNode('w3', { ROLE: 'worker' });
    await sharedBy(8, 'w1', 'w2', 'w3');
  });

  it('bring every order to its end once, though one is killed, one is stopped for long, and the shards change', async () => {
    const [stopped, killed, left] = workers as [Node, Node, Node];
    // Slow enough that a worker can be stopped while it waits for an answer.
    await system.faults({ callbacks: { mode: 'never' } }, { operations: ['query'], latencyMs: 1_500 });
    const ids: string[] = [];
    for (let n = 0; n < 40; n++) {
      const { body } = await shop.place({ payer: { id: `shard-${n}` } });
      ids.push(body.id);
      await shop.pays(body.id);
    }
    await until('a look-up of the one to be stopped', async () => (await asking(stopped)) > 0, 30_000);
    stopped.signal('SIGSTOP');
    killed.signal('SIGKILL');
    await sharedBy(8, 'w3');
    await changeTo(16);
    await sharedBy(16, 'w3');
    if (redis) {
      const { Redis } = await import('ioredis');
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    }
    for (const id of ids) await shop.becomes(id, 'succeeded', 60_000);
    stopped.signal('SIGCONT');
    // It wakes up with answers in its hands that are somebody else's by now.
    await until('a refused write', async () => (await refused(stopped)) > 0);
    await changeTo(8);
    await sharedBy(8, 'w1', 'w3');
    expect(await refused(left)).toBe(0);

    const [twice] = await read<{ n: number }>(
      `SELECT count(*)::int AS n FROM (SELECT payment_id FROM events WHERE kind = 'payment.succeeded' GROUP BY 1 HAVING count(*) > 1) x`,
    );
    expect(twice?.n).toBe(0);
    const nodes = await read<{ node: string }>(
      `SELECT DISTINCT node FROM events WHERE kind = 'attempt.succeeded' AND actor = 'sync'`,
    );
    expect(nodes.map(({ node }) => node)).toContain('w3');
    await system.control('POST', '/reset');
    const verdict = await verify({ databaseUrl: system.databaseUrl, sandboxUrl: system.urls.sandbox, waitMs: 20_000 });
    expect(verdict).toMatchObject({ verdict: 'ok', violations: [] });
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBalancer, watchReadiness } from '../chaos/run/balancer.ts';
import { verify } from '../chaos/verify/verify.ts';
import { hasRedisCluster, startTestRedisCluster, type TestRedisCluster } from '../scripts/testing/redis-cluster.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

type Node = Awaited<ReturnType<System['startNode']>>;

describe.skipIf(!hasRedisCluster)('many nodes, on a Redis cluster', () => {
  let cluster: TestRedisCluster;
  let system: System;
  let balancer: Awaited<ReturnType<typeof startBalancer>>;
  let readiness: ReturnType<typeof watchReadiness>;
  const nodes = new Map<string, Node>();

  beforeAll(async () => {
    cluster = await startTestRedisCluster();
    const apis = () => [...nodes].filter(([name]) => name.startsWith('api')).map(([, { url }]) => url);
    readiness = watchReadiness(apis);
    balancer = await startBalancer(() => readiness.ready());
    system = await startSystem({
      env: { REDIS_URL: cluster.url, DRAIN_MS: '1500', PUBLIC_URL: balancer.url },
    });
    // Its part is done with the seed: from here on only the nodes below work.
    await system.stopEngine();
    for (const name of ['api-1', 'api-2', 'worker-1', 'worker-2', 'query-1']) await start(name);
  });
  afterAll(async () => {
    readiness?.close();
    await system?.stop();
    balancer?.close();
    await cluster?.stop();
  });

  async function start(name: string): Promise<void> {
    nodes.set(name, await system.startNode(name, { ROLE: name.split('-')[0] ?? '' }));
  }

  it('are stopped and started one after the other under load, and no request fails', async () => {
    const shop = createMerchant({ ...system, urls: { ...system.urls, engine: balancer.url } });
    const failures: string[] = [];
    const paid: string[] = [];
    let answered = 0;
    let going = true;
    const buy = async () => {
      while (going) {
        try {
          const { status, body } = await shop.place();
          answered++;
          if (status !== 201) failures.push(`place: ${status} ${JSON.stringify(body)}`);
          else if (paid.length < 60) {
            await shop.pays(body.id);
            paid.push(body.id);
            const found = await shop.call('GET', `/v1/payments/${body.id}`);
            answered++;
            if (found.status !== 200) failures.push(`find: ${found.status}`);
          }
        } catch (error) {
          failures.push(String(error));
        }
        await sleep(50);
      }
    };
    const buyers = Array.from({ length: 4 }, buy);
    for (const name of [...nodes.keys()]) {
      const before = answered;
      await nodes.get(name)?.end('SIGTERM');
      nodes.delete(name);
      await start(name);
      await until('requests meanwhile', async () => answered > before + 5);
    }
    going = false;
    await Promise.all(buyers);
    expect(failures).toEqual([]);
    expect(paid.length).toBeGreaterThan(20);
    for (const id of paid) await shop.becomes(id, 'succeeded', 60_000);
  });

  it('leave the database and the channel in agreement', async () => {
    const verdict = await verify({ databaseUrl: system.databaseUrl, sandboxUrl: system.urls.sandbox, waitMs: 1_000 });
    expect(verdict.violations).toEqual([]);
  });
});

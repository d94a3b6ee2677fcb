import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasRedis, startTestRedis, type TestRedis } from '../../../../../scripts/testing/redis.ts';
import {
  hasRedisCluster,
  startTestRedisCluster,
  type TestRedisCluster,
} from '../../../../../scripts/testing/redis-cluster.ts';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createPool, type Pool } from '../db.ts';
import { createPostgresSharedBudget } from '../postgres/shared-budget.postgres.ts';
import { connectRedis } from '../redis/connect-redis.ts';
import { createRedisSharedBudget } from '../redis/shared-budget.redis.ts';
import type { SharedBudget } from './shared-budget.ts';

let database: TestDatabase;
let pool: Pool;
let redis: TestRedis;
let cluster: TestRedisCluster;
const clients: ReturnType<typeof connectRedis>[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 8, name: 'test' });
  if (hasRedis) redis = await startTestRedis();
  if (hasRedisCluster) cluster = await startTestRedisCluster();
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await pool.end();
  await database.drop();
  await redis?.stop();
  await cluster?.stop();
});

const onRedis = (url: string) => {
  const client = connectRedis({ url, patience: 'none' });
  clients.push(client);
  return client;
};
const adapters = [
  { name: 'Postgres', skip: false, open: () => createPostgresSharedBudget(pool) },
  { name: 'Redis', skip: !hasRedis, open: () => createRedisSharedBudget(onRedis(redis.url)) },
  { name: 'a Redis cluster', skip: !hasRedisCluster, open: () => createRedisSharedBudget(onRedis(cluster.url)) },
];
let names = 0;

describe.each(adapters)('a shared budget on $name', ({ skip, open }) => {
  let budget: SharedBudget;
  let name: string;
  beforeEach(() => {
    name = `b${names++}`;
    if (!skip) budget = open();
  });
  // So little comes in that a test never lives to see a whole token.
  const slow = 0.0001;

  it.skipIf(skip)('gives what it has and no more', async () => {
    expect(await budget.take(name, 3, 5)).toBe(3);
    expect(await budget.take(name, 100, 5)).toBeLessThanOrEqual(3);
    expect(await budget.take(`${name} other`, 100, 5)).toBe(5);
  });

  it.skipIf(skip)('holds one token at least, however slowly it fills', async () => {
    expect(await budget.take(name, 1, slow)).toBe(1);
    expect(await budget.take(name, 1, slow)).toBe(0);
  });

  it.skipIf(skip)('fills with time', async () => {
    expect(await budget.take(name, 1_000, 1_000)).toBe(1_000);
    let got = 0;
    await vi.waitFor(async () => {
      got += await budget.take(name, 10, 1_000);
      expect(got).toBeGreaterThanOrEqual(10);
    });
  });

  it.skipIf(skip)('is one for all who take at once, on however many nodes', async () => {
    const nodes = [budget, open(), open()];
    await budget.take(name, 1, slow);
    const granted = await Promise.all(
      Array.from({ length: 30 }, (_, i) => (nodes[i % 3] as SharedBudget).take(name, 1, slow)),
    );
    expect(granted.reduce((sum, one) => sum + one, 0)).toBe(0);
    const fresh = await Promise.all(
      Array.from({ length: 30 }, (_, i) => (nodes[i % 3] as SharedBudget).take(`${name} fresh`, 2, 20)),
    );
    expect(fresh.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(20);
    expect(fresh.reduce((sum, one) => sum + one, 0)).toBeLessThan(60);
  });
});

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hasRedis } from '../../../../../scripts/testing/redis.ts';
import { hasRedisCluster } from '../../../../../scripts/testing/redis-cluster.ts';
import { createPostgresSharedBudget } from '../postgres/shared-budget.postgres.ts';
import { connectRedis } from '../redis/connect-redis.ts';
import { createRedisSharedBudget } from '../redis/shared-budget.redis.ts';
import { useStores } from '../testing/stores.ts';
import type { SharedBudget } from './shared-budget.ts';

const stores = useStores();
const onRedis = (url: string) => stores.keep(connectRedis({ url, patience: 'none' }));

const adapters = [
  { name: 'Postgres', skip: false, open: () => createPostgresSharedBudget(stores.pool) },
  { name: 'Redis', skip: !hasRedis, open: () => createRedisSharedBudget(onRedis(stores.redis.url)) },
  {
    name: 'a Redis cluster',
    skip: !hasRedisCluster,
    open: () => createRedisSharedBudget(onRedis(stores.cluster.url)),
  },
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
  const fresh = (count: number) => ({ fresh: count, waited: 0 });
  const waited = (count: number) => ({ fresh: 0, waited: count });

  it.skipIf(skip)('gives what it has and no more', async () => {
    expect(await budget.take(name, fresh(3), 5)).toMatchObject(fresh(3));
    expect((await budget.take(name, fresh(100), 5)).fresh).toBeLessThanOrEqual(3);
    expect(await budget.take(`${name} other`, fresh(100), 5)).toMatchObject(fresh(5));
  });

  it.skipIf(skip)('holds one token at least, however slowly it fills', async () => {
    expect(await budget.take(name, fresh(1), slow)).toMatchObject(fresh(1));
    expect(await budget.take(name, fresh(1), slow)).toMatchObject(fresh(0));
  });

  it.skipIf(skip)('fills with time', async () => {
    expect(await budget.take(name, fresh(1_000), 1_000)).toMatchObject(fresh(1_000));
    let got = 0;
    await vi.waitFor(async () => {
      got += (await budget.take(name, waited(10), 1_000)).waited;
      expect(got).toBeGreaterThanOrEqual(10);
    });
  });

  it.skipIf(skip)('is one for all who take at once, on however many nodes', async () => {
    const nodes = [budget, open(), open()];
    await budget.take(name, fresh(1), slow);
    const sum = (all: { fresh: number }[]) => all.reduce((total, one) => total + one.fresh, 0);
    const take = (bucket: string, count: number, perSecond: number) =>
      Promise.all(
        Array.from({ length: 30 }, (_, i) => (nodes[i % 3] as SharedBudget).take(bucket, fresh(count), perSecond)),
      );
    expect(sum(await take(name, 1, slow))).toBe(0);
    const granted = sum(await take(`${name} fresh`, 2, 20));
    expect(granted).toBeGreaterThanOrEqual(20);
    expect(granted).toBeLessThan(60);
  });

  it.skipIf(skip)('gives everyone over it a time of his own, on however many nodes', async () => {
    const nodes = [budget, open(), open()];
    const perSecond = 0.5;
    const asked = await Promise.all(
      Array.from({ length: 9 }, (_, i) => (nodes[i % 3] as SharedBudget).take(name, fresh(4), perSecond)),
    );
    expect(asked.reduce((total, one) => total + one.fresh, 0)).toBe(1);
    // 35 are in the line, two seconds apart: whoever comes next is behind all of them.
    const { fresh: passed, freshMs } = await budget.take(name, fresh(1), perSecond);
    expect(passed).toBe(0);
    expect(freshMs).toBeGreaterThan(35 * 2_000 - 30_000);
    expect(freshMs).toBeLessThanOrEqual(35 * 2_000);
    const starts = asked.map((one) => one.freshMs).sort((a, b) => a - b);
    // Each group of four, but the one of which one passed, begins eight seconds behind the one before.
    for (const [place, start] of starts.entries())
      if (place > 0) expect(start - (starts[place - 1] ?? 0)).toBeGreaterThan(5_000);
  });

  it.skipIf(skip)('lets nobody pass the line, but those who come at their time', async () => {
    const perSecond = 5;
    // Five pass, and fifty are in the line for ten seconds.
    await budget.take(name, fresh(55), perSecond);
    await vi.waitFor(async () => {
      expect((await budget.take(name, fresh(1), perSecond)).fresh).toBe(0);
      expect((await budget.take(name, waited(1), perSecond)).waited).toBe(1);
    });
  });

  it.skipIf(skip)('sends a few who come too early back for a moment, and a crowd to the end of the line', async () => {
    const perSecond = 2;
    await budget.take(name, fresh(22), perSecond);
    const few = await budget.take(name, waited(1), perSecond);
    expect(few).toMatchObject({ waited: 0, waitedMs: 0 });
    const crowd = await budget.take(name, waited(30), perSecond);
    expect(crowd.waitedMs).toBeGreaterThan(5_000);
  });

  it.skipIf(skip)('lets nobody pass while the channel rests, and none come before that', async () => {
    const one = await budget.take(name, { fresh: 3, waited: 2 }, 10, 60_000);
    expect(one).toMatchObject({ fresh: 0, waited: 0 });
    expect(Math.min(one.freshMs, one.waitedMs)).toBeGreaterThan(55_000);
    // Who waited goes first.
    expect(one.freshMs - one.waitedMs).toBeCloseTo(200, 0);
  });
});

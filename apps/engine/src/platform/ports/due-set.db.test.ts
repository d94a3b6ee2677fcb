import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hasRedis } from '../../../../../scripts/testing/redis.ts';
import { hasRedisCluster } from '../../../../../scripts/testing/redis-cluster.ts';
import { createPostgresDueSet } from '../postgres/due-set.postgres.ts';
import { connectRedis } from '../redis/connect-redis.ts';
import { createRedisDueSet } from '../redis/due-set.redis.ts';
import { useStores } from '../testing/stores.ts';
import type { DueSet } from './due-set.ts';

const stores = useStores();
const onRedis = (url: string) => stores.keep(connectRedis({ url, patience: 'none' }));

const adapters = [
  {
    name: 'Postgres',
    skip: false,
    open: (maxPerShard?: number) => createPostgresDueSet(stores.pool, maxPerShard ? { maxPerShard } : {}),
    async loseDetails() {
      await stores.pool.query(`UPDATE due_entries SET expires_at = now() - interval '1 s'`);
    },
    async loseAll() {
      await stores.pool.query('TRUNCATE due_entries, due_shards');
    },
  },
  {
    name: 'Redis',
    skip: !hasRedis,
    open: (maxPerShard?: number) => createRedisDueSet(onRedis(stores.redis.url), maxPerShard ? { maxPerShard } : {}),
    async loseDetails() {
      const client = onRedis(stores.redis.url);
      for (const key of await client.keys('*:d:*')) await client.del(key);
    },
    async loseAll() {
      await onRedis(stores.redis.url).flushall();
    },
  },
  {
    name: 'a Redis cluster',
    skip: !hasRedisCluster,
    open: (maxPerShard?: number) => createRedisDueSet(onRedis(stores.cluster.url), maxPerShard ? { maxPerShard } : {}),
    async loseDetails() {
      for (const url of stores.cluster.nodeUrls) {
        const client = onRedis(url);
        for (const key of await client.keys('*:d:*')) await client.del(key);
      }
    },
    async loseAll() {
      for (const url of stores.cluster.nodeUrls) await onRedis(url).flushall();
    },
  },
];

const day = 86_400_000;
let generation = 0n;

describe.each(adapters)('the due set on $name', ({ skip, open, loseDetails, loseAll }) => {
  let set: DueSet;
  beforeEach(() => {
    generation++;
    if (!skip) set = open();
  });

  const entry = (id: string, inMs = -1, shard = 1) => ({ shard, id, inMs, detail: `{"of":"${id} “三”"}` });
  const put = (...entries: ReturnType<typeof entry>[]) => set.put(generation, entries, 'move');
  const claim = async (limit = 100, shards = [1], leaseMs = 60_000) =>
    (await set.claim(generation, shards, limit, leaseMs)).map(({ id }) => id);
  const depth = async (shard = 1) => (await set.depths(generation, [shard]))[0];

  it.skipIf(skip)(
    'gives out what is due, the oldest first, with its detail, and only once within a lease',
    async () => {
      await put(entry('b', -10), entry('a', -20), entry('later', day), entry('c', -5));
      expect(await set.claim(generation, [1], 2, 60_000)).toEqual([
        { shard: 1, id: 'a', detail: entry('a').detail },
        { shard: 1, id: 'b', detail: entry('b').detail },
      ]);
      expect(await claim()).toEqual(['c']);
      expect(await claim()).toEqual([]);
      expect(await depth()).toMatchObject({ entries: 4, due: 0, oldestMs: undefined });
    },
  );

  it.skipIf(skip)('gives out again what was not put or removed within its lease', async () => {
    await put(entry('a'));
    expect(await claim(1, [1], 30)).toEqual(['a']);
    await vi.waitFor(async () => expect(await claim()).toEqual(['a']));
  });

  it.skipIf(skip)('knows nothing of other shards and other generations', async () => {
    await put(entry('a', -1, 1), entry('b', -1, 2), entry('c', -1, 3));
    expect((await claim(100, [2, 3, 4])).sort()).toEqual(['b', 'c']);
    expect(await set.claim(generation - 1n, [1], 9, 1_000)).toEqual([]);
    await set.setFilled(generation, 1);
    expect([...(await set.filled(generation, [1, 2]))]).toEqual([1]);
    expect((await set.filled(generation + 1n, [1, 2])).size).toBe(0);
    await set.forgetBefore(generation);
    expect(await claim()).toEqual(['a']);
  });

  it.skipIf(skip)('moves what it has to a new time, or keeps it where it is, as it is told', async () => {
    await put(entry('a', day), entry('b', -1));
    await set.put(generation, [entry('a', -1), entry('b', day)], 'keep');
    expect(await claim(1)).toEqual(['b']);
    await put(entry('a', -1), entry('b', day));
    expect(await claim()).toEqual(['a']);
    expect(await depth()).toMatchObject({ entries: 2 });
  });

  it.skipIf(skip)('forgets what is removed, and what was never there', async () => {
    await put(entry('a'), entry('b'));
    await set.remove(generation, [
      { shard: 1, id: 'a' },
      { shard: 1, id: 'never' },
      { shard: 9, id: 'b' },
    ]);
    expect(await claim()).toEqual(['b']);
  });

  it.skipIf(skip)('gives each entry to one of many who claim at once', async () => {
    const ids = Array.from({ length: 600 }, (_, i) => `e${i}`);
    await put(...ids.map((id) => entry(id)));
    const other = open();
    const given: string[] = [];
    await Promise.all(
      [set, other, set, other].map(async (one) => {
        for (let some = ['']; some.length > 0; ) {
          some = (await one.claim(generation, [1], 50, 60_000)).map(({ id }) => id);
          given.push(...some);
        }
      }),
    );
    expect(given.sort()).toEqual([...ids].sort());
  });

  it.skipIf(skip)('drops and counts entries whose detail is gone', async () => {
    await put(entry('a'), entry('b', day));
    await loseDetails();
    await put(entry('c'));
    expect(await claim()).toEqual(['c']);
    expect(await depth()).toMatchObject({ entries: 2, zombies: 1 });
  });

  it.skipIf(skip)('takes no more than a shard may hold, and says how many it refused', async () => {
    set = open(5);
    expect(await put(...[1, 2, 3, 4].map((n) => entry(`e${n}`, n * day)))).toEqual({ refused: 0 });
    expect(await put(entry('f', 1), entry('g', 2), entry('e1', -1), entry('other', -1, 2))).toEqual({ refused: 1 });
    expect(await depth()).toMatchObject({ entries: 5 });
    expect(await claim()).toContain('e1');
  });

  it.skipIf(skip)('says how much waits, how much is due, and since when', async () => {
    await put(entry('a', -5_000), entry('b', -1_000), entry('c', day));
    const [one, two] = await set.depths(generation, [1, 2]);
    expect(one).toMatchObject({ shard: 1, entries: 3, due: 2, zombies: 0 });
    expect(one?.oldestMs).toBeGreaterThanOrEqual(5_000);
    expect(one?.oldestMs).toBeLessThan(60_000);
    expect(two).toEqual({ shard: 2, entries: 0, due: 0, oldestMs: undefined, zombies: 0 });
  });

  it.skipIf(skip)('shows by its mark that it was emptied', async () => {
    await put(entry('a'));
    await set.setFilled(generation, 1);
    await loseAll();
    expect((await set.filled(generation, [1])).size).toBe(0);
    expect(await claim()).toEqual([]);
    await put(entry('a'));
    expect(await claim()).toEqual(['a']);
  });

  it.skipIf(skip)('takes thousands at once', async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => entry(`e${i}`, -1, i % 3));
    expect(await put(...many)).toEqual({ refused: 0 });
    expect(await claim(5_000, [0, 1, 2])).toHaveLength(3_000);
    await set.remove(generation, many);
    expect(await depth()).toMatchObject({ entries: 0 });
  });
});

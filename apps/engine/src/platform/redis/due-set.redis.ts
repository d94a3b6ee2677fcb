import type { DueSet, ShardDepth } from '../ports/due-set.ts';
import type { connectRedis } from './connect-redis.ts';

type Client = ReturnType<typeof connectRedis>;

/** How long a detail outlives its time, and a set its last use: what no node works any more goes by itself. */
const keepMs = 3_600_000;

/*
 * One key in braces per generation and shard, so that all of a shard is on one node of a cluster: the sorted set itself; with
 * `:d:<id>` behind it an entry's detail, `:filled` the mark of the last refill, `:zombies` a count.
 */
const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

// ARGV: move | keep, most entries, then id, ms from now, detail of each.
const putLua = `${now}
local refused = 0
local size = redis.call('ZCARD', KEYS[1])
for i = 3, #ARGV, 3 do
  local known = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if not known and size >= tonumber(ARGV[2]) then
    refused = refused + 1
  else
    if not known then size = size + 1 end
    if ARGV[1] == 'move' or not known then redis.call('ZADD', KEYS[1], now + ARGV[i + 1], ARGV[i]) end
    redis.call('SET', KEYS[1] .. ':d:' .. ARGV[i], ARGV[i + 2], 'PX', math.max(math.floor(tonumber(ARGV[i + 1])), 0) + ${keepMs})
  end
end
redis.call('PEXPIRE', KEYS[1], ${keepMs * 24})
return refused`;

// ARGV: most of them, lease in ms.
const claimLua = `${now}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
local claimed = {}
for _, id in ipairs(due) do
  local detail = redis.call('GET', KEYS[1] .. ':d:' .. id)
  if detail then
    redis.call('ZADD', KEYS[1], 'XX', now + ARGV[2], id)
    redis.call('PEXPIRE', KEYS[1] .. ':d:' .. id, ${keepMs})
    claimed[#claimed + 1] = id
    claimed[#claimed + 1] = detail
  else
    redis.call('ZREM', KEYS[1], id)
    redis.call('INCR', KEYS[1] .. ':zombies')
    redis.call('PEXPIRE', KEYS[1] .. ':zombies', ${keepMs * 24})
  end
end
return claimed`;

const removeLua = `
redis.call('ZREM', KEYS[1], unpack(ARGV))
for _, id in ipairs(ARGV) do redis.call('DEL', KEYS[1] .. ':d:' .. id) end`;

const depthLua = `${now}
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {redis.call('ZCARD', KEYS[1]), redis.call('ZCOUNT', KEYS[1], '-inf', now), oldest[2] and tostring(now - oldest[2]) or '',
  tonumber(redis.call('GET', KEYS[1] .. ':zombies') or 0)}`;

type Scripts = {
  dueSetPut(key: string, ...args: (string | number)[]): Promise<number>;
  dueSetClaim(key: string, limit: number, leaseMs: number): Promise<string[]>;
  dueSetRemove(key: string, ...ids: string[]): Promise<unknown>;
  dueSetDepth(key: string): Promise<[number, number, string, number]>;
};

/** Arguments of one script: Redis refuses more than some thousands, and everybody waits while a long one runs. */
const atOnce = 500;

/** The sets in Redis, one or a cluster: everything that is done to a shard is one script. */
export function createRedisDueSet(client: Client, { maxPerShard = 250_000 }: { maxPerShard?: number } = {}): DueSet {
  for (const [name, lua] of Object.entries({
    dueSetPut: putLua,
    dueSetClaim: claimLua,
    dueSetRemove: removeLua,
    dueSetDepth: depthLua,
  }))
    client.defineCommand(name, { numberOfKeys: 1, lua });
  const scripts = client as unknown as Scripts;

  return {
    async put(generation, entries, how) {
      const refused = await Promise.all(
        inBatches(entries, ({ shard }) => shard).map(([shard, batch]) =>
          scripts.dueSetPut(
            keyOf(generation, shard),
            how,
            maxPerShard,
            ...batch.flatMap(({ id, inMs, detail }) => [id, Math.round(inMs), detail]),
          ),
        ),
      );
      return { refused: refused.reduce((sum, one) => sum + one, 0) };
    },

    async claim(generation, shards, limit, leaseMs) {
      const claimed = await Promise.all(
        shards.map(async (shard) => {
          const flat = await scripts.dueSetClaim(keyOf(generation, shard), limit, leaseMs);
          return Array.from({ length: flat.length / 2 }, (_, i) => ({
            shard,
            id: flat[2 * i] ?? '',
            detail: flat[2 * i + 1] ?? '',
          }));
        }),
      );
      return claimed.flat();
    },

    async remove(generation, entries) {
      await Promise.all(
        inBatches(entries, ({ shard }) => shard).map(([shard, batch]) =>
          scripts.dueSetRemove(keyOf(generation, shard), ...batch.map(({ id }) => id)),
        ),
      );
    },

    depths: (generation, shards) =>
      Promise.all(
        shards.map(async (shard): Promise<ShardDepth> => {
          const [entries, due, oldest, zombies] = await scripts.dueSetDepth(keyOf(generation, shard));
          return { shard, entries, due, oldestMs: due > 0 ? Number(oldest) : undefined, zombies };
        }),
      ),

    async filled(generation, shards) {
      const marks = await Promise.all(shards.map((shard) => client.exists(`${keyOf(generation, shard)}:filled`)));
      return new Set(shards.filter((_, index) => marks[index] === 1));
    },

    async setFilled(generation, shard) {
      await client.set(`${keyOf(generation, shard)}:filled`, '1', 'PX', keepMs * 24);
    },

    // Nobody asks for the sets of earlier generations any more: they expire.
    forgetBefore: async () => undefined,
  };
}

const keyOf = (generation: bigint, shard: number): string => `{tributary:due:${generation}:${shard}}`;

function inBatches<Item>(items: readonly Item[], shardOf: (item: Item) => number): [number, Item[]][] {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(shardOf(item));
    if (group) group.push(item);
    else groups.set(shardOf(item), [item]);
  }
  return [...groups].flatMap(([shard, group]) =>
    Array.from({ length: Math.ceil(group.length / atOnce) }, (_, i): [number, Item[]] => [
      shard,
      group.slice(i * atOnce, (i + 1) * atOnce),
    ]),
  );
}

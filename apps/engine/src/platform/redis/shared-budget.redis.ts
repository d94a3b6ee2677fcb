import type { SharedBudget } from '../ports/shared-budget.ts';
import type { connectRedis } from './connect-redis.ts';

// ARGV: wanted, per second. Kept as a hash that goes by itself once it would be full again.
const takeLua = `
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local most = math.max(tonumber(ARGV[2]), 1)
local seen = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local have = most
if seen[1] then have = math.min(most, seen[1] + math.max(0, now - seen[2]) * ARGV[2]) end
local granted = math.floor(math.min(tonumber(ARGV[1]), have))
redis.call('HSET', KEYS[1], 'tokens', tostring(have - granted), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(most / ARGV[2] * 1000) + 1000)
return granted`;

/** A hash per bucket; one script takes. */
export function createRedisSharedBudget(client: ReturnType<typeof connectRedis>): SharedBudget {
  client.defineCommand('sharedBudgetTake', { numberOfKeys: 1, lua: takeLua });
  const scripts = client as unknown as {
    sharedBudgetTake(key: string, wanted: number, perSecond: number): Promise<number>;
  };
  return {
    take: (name, wanted, perSecond) => scripts.sharedBudgetTake(`tributary:budget:${name}`, wanted, perSecond),
  };
}

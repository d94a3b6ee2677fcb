import type { Passed, SharedBudget } from '../ports/shared-budget.ts';
import type { connectRedis } from './connect-redis.ts';

// The same as tributary_take_budget in Postgres. ARGV: fresh, waited, per second, rest in ms. Kept as a hash that goes by
// itself once it would be full again and its line over.
const takeLua = `
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local fresh, waited = tonumber(ARGV[1]), tonumber(ARGV[2])
local perSecond, rest = tonumber(ARGV[3]), tonumber(ARGV[4])
local most = math.max(perSecond, 1)
local seen = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'line')
local tokens = most
if seen[1] then tokens = math.min(most, seen[1] + math.max(0, now - seen[2]) * perSecond) end
local lineAt = tonumber(seen[3] or now)
local have = 0
if rest <= 0 then have = math.floor(tokens) end
local waitedPassed = math.min(waited, have)
local freshPassed = 0
if lineAt <= now then freshPassed = math.min(fresh, have - waitedPassed) end
local missed = waited - waitedPassed
local isFew = rest <= 0 and missed <= most
local queued = fresh - freshPassed
if not isFew then queued = queued + missed end
local line = math.max(now + rest / 1000, lineAt)
local freshMs, waitedMs = (line - now) * 1000, 0
if not isFew then
  waitedMs = freshMs
  freshMs = freshMs + missed * 1000 / perSecond
end
if queued > 0 then lineAt = line + queued / perSecond end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens - waitedPassed - freshPassed),
  'at', string.format('%.17g', now), 'line', string.format('%.17g', lineAt))
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(most / perSecond, lineAt - now) * 1000) + 1000)
return { freshPassed, waitedPassed, string.format('%.17g', freshMs), string.format('%.17g', waitedMs) }`;

/** A hash per bucket; one script takes. */
export function createRedisSharedBudget(client: ReturnType<typeof connectRedis>): SharedBudget {
  client.defineCommand('sharedBudgetTake', { numberOfKeys: 1, lua: takeLua });
  const scripts = client as unknown as {
    sharedBudgetTake(key: string, ...argv: number[]): Promise<[number, number, string, string]>;
  };
  return {
    async take(name, { fresh, waited }, perSecond, restMs = 0): Promise<Passed> {
      const key = `tributary:budget:${name}`;
      const took = await scripts.sharedBudgetTake(key, fresh, waited, perSecond, restMs);
      return { fresh: took[0], waited: took[1], freshMs: Number(took[2]), waitedMs: Number(took[3]) };
    },
  };
}

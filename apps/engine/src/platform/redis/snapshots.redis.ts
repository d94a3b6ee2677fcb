import type { Clock } from '../ports/clock.ts';
import type { Snapshots } from '../ports/snapshots.ts';
import { snapshotKeepMs } from '../ports/snapshots.ts';
import type { connectRedis } from './connect-redis.ts';

/** Two clocks drift apart by less than a note's time in years, and by as good as nothing in this. */
const learnAgainMs = 60_000;

type Client = ReturnType<typeof connectRedis>;

/*
 * One string a payment: `<version>`, or `<version> <text>`. A newer version is never put back, and a version without its text
 * takes no text away.
 *
 * ARGV: version, text, how long to keep it, and when it was the newest, by Redis' clock; all in ms. Whether a message was too
 * long on its way only Redis can tell.
 */
const raiseLua = `
local t = redis.call('TIME')
if t[1] * 1000 + t[2] / 1000 - tonumber(ARGV[4]) > tonumber(ARGV[3]) / 2 then return 0 end
local known = tonumber(string.match(redis.call('GETRANGE', KEYS[1], 0, 11), '^%d+') or '0')
local new = tonumber(ARGV[1])
if known > new then return 1 end
if known < new or ARGV[2] ~= '' then
  redis.call('SET', KEYS[1], ARGV[2] == '' and ARGV[1] or ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1`;

// ARGV: the version that the caller has.
const lookLua = `
local known = string.match(redis.call('GETRANGE', KEYS[1], 0, 11), '^%d+')
if known == nil or known == ARGV[1] then return known or '' end
return redis.call('GET', KEYS[1])`;

type Scripts = {
  raisePayment(key: string, version: number, text: string, keepMs: number, asOf: number): Promise<number>;
  lookAtPayment(key: string, held: number): Promise<string>;
};

export function createRedisSnapshots(client: Client, clock: Pick<Clock, 'monotonicMs'>): Snapshots {
  // What to add to our clock for a moment that Redis' clock has certainly passed by then: an answer is later than what it says.
  let behindMs: number | undefined;
  let learntMs = 0;

  async function toRedisTime(monotonicMs: number): Promise<number> {
    if (behindMs === undefined || clock.monotonicMs() - learntMs > learnAgainMs) {
      const [seconds, micros] = (await client.time()) as [number, number];
      learntMs = clock.monotonicMs();
      behindMs = Number(seconds) * 1000 + Number(micros) / 1000 - learntMs;
    }
    return monotonicMs + behindMs;
  }

  client.defineCommand('raisePayment', { numberOfKeys: 1, lua: raiseLua });
  client.defineCommand('lookAtPayment', { numberOfKeys: 1, lua: lookLua });
  const scripts = client as Client & Scripts;
  return {
    async look(asked) {
      const found = await Promise.all(asked.map(({ id, held }) => scripts.lookAtPayment(keyOf(id), held)));
      return found.map((text) => {
        if (text === '') return undefined;
        const end = text.indexOf(' ');
        return end < 0 ? { version: Number(text) } : { version: Number(text.slice(0, end)), text: text.slice(end + 1) };
      });
    },
    async raise(noted, asOfMs) {
      const asOf = await toRedisTime(asOfMs);
      const taken = await Promise.all(
        noted.map(({ id, version, text = '' }) => scripts.raisePayment(keyOf(id), version, text, snapshotKeepMs, asOf)),
      );
      if (!taken.includes(0)) return true;
      // Or one of the clocks was set.
      behindMs = undefined;
      return false;
    },
  };
}

const keyOf = (paymentId: string): string => `tributary:read:${paymentId}`;

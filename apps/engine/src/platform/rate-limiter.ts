import type { Clock } from './ports/clock.ts';
import type { RateLimiter } from './ports/rate-limiter.ts';
import { createTokenBuckets } from './token-buckets.ts';

/** The port by token buckets of this process. */
export function createRateLimiter(clock: Clock, maxKeys?: number): RateLimiter {
  const take = createTokenBuckets(clock, maxKeys);
  return {
    async take(key, ratePerSecond) {
      const { ok, retryAfterMs } = take(key, ratePerSecond);
      return ok ? { ok } : { ok, retryAfterMs };
    },
  };
}

import type { Clock } from './ports/clock.ts';
import type { RateLimiter } from './ports/rate-limiter.ts';

/**
 * Token buckets in this process, holding one second's worth: N nodes let N times the rate through, which protects this
 * node from a flood, which is its purpose. Bounded: the longest untouched bucket goes first.
 */
export function createRateLimiter(clock: Clock, maxKeys = 100_000): RateLimiter {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    async take(key, ratePerSecond) {
      const now = clock.monotonicMs();
      const bucket = buckets.get(key) ?? { tokens: ratePerSecond, at: now };
      buckets.delete(key);
      bucket.tokens = Math.min(ratePerSecond, bucket.tokens + ((now - bucket.at) / 1000) * ratePerSecond);
      bucket.at = now;
      buckets.set(key, bucket);
      if (buckets.size > maxKeys) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      if (bucket.tokens < 1)
        return { ok: false, retryAfterMs: Math.ceil(((1 - bucket.tokens) / ratePerSecond) * 1000) };
      bucket.tokens -= 1;
      return { ok: true };
    },
  };
}

import type { Clock } from './ports/clock.ts';

/** `remaining`: whole tokens left. `fullInMs`: until the bucket is full again when nobody takes. */
export type Taken = { ok: boolean; remaining: number; retryAfterMs: number; fullInMs: number };

/**
 * Token buckets in this process, holding one second's worth, one token at least: N nodes let N times the rate through, which
 * protects this node from a flood, which is its purpose. Bounded: the longest untouched bucket goes first.
 */
export function createTokenBuckets(clock: Pick<Clock, 'monotonicMs'>, maxKeys = 100_000) {
  const buckets = new Map<string, { tokens: number; at: number }>();

  return function take(key: string, ratePerSecond: number): Taken {
    const now = clock.monotonicMs();
    const most = Math.max(1, ratePerSecond);
    const bucket = buckets.get(key) ?? { tokens: most, at: now };
    buckets.delete(key);
    bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.at) / 1000) * ratePerSecond);
    bucket.at = now;
    buckets.set(key, bucket);
    if (buckets.size > maxKeys) {
      const [oldest] = buckets.keys();
      if (oldest !== undefined) buckets.delete(oldest);
    }
    const ok = bucket.tokens >= 1;
    if (ok) bucket.tokens -= 1;
    return {
      ok,
      remaining: Math.floor(bucket.tokens),
      retryAfterMs: ok ? 0 : Math.ceil(((1 - bucket.tokens) / ratePerSecond) * 1000),
      fullInMs: Math.ceil(((most - bucket.tokens) / ratePerSecond) * 1000),
    };
  };
}

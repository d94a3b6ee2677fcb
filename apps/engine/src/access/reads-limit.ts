import type { MerchantConfig } from '../config/snapshot.ts';
import { AppError } from '../platform/app-error.ts';
import type { Clock } from '../platform/ports/clock.ts';
import { createTokenBuckets } from '../platform/token-buckets.ts';

/** `RateLimit` headers of an answer to a look-up, names and values in turn. */
export type LimitHeaders = readonly string[];

export type ReadsLimit = (merchant: MerchantConfig) => { headers: LimitHeaders; refused: AppError | undefined };

/**
 * The rate of a merchant's look-ups on this node, apart from its payments: whoever looks too often can still be paid. Says with
 * each answer what is left (draft-ietf-httpapi-ratelimit-headers).
 */
export function createReadsLimit(clock: Pick<Clock, 'monotonicMs'>): ReadsLimit {
  const take = createTokenBuckets(clock);
  return ({ id, readsPerSecond }) => {
    const { ok, remaining, retryAfterMs, fullInMs } = take(id, readsPerSecond);
    return {
      headers: [
        'ratelimit-policy',
        `"reads";q=${readsPerSecond};w=1`,
        'ratelimit',
        `"reads";r=${remaining};t=${Math.ceil(fullInMs / 1000)}`,
      ],
      refused: ok
        ? undefined
        : new AppError('rate_limited', undefined, { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
    };
  };
}

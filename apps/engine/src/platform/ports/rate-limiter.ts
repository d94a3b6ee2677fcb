/** Token bucket per key. */
export type RateLimiter = {
  /** Takes one token; when none is left, tells after how many ms one will be. */
  take(key: string, ratePerSecond: number): Promise<{ ok: true } | { ok: false; retryAfterMs: number }>;
};

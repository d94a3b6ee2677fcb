/** What a counter holds, in minor units and payments. */
export type CounterTotals = { amount: number; count: number };

export type Forecast = {
  /** What the window will hold at its end, if it goes on like this. */
  atEnd: CounterTotals;
  /** When it will be full, Unix milliseconds; undefined when it will not within the window. */
  fullAt: number | undefined;
  /** Whether windows before this one were there to go by. */
  basis: 'window' | 'window_and_past';
};

// In the first moments of a window a handful of payments says nothing of the rest of it.
const leastElapsedShare = 0.01;

/**
 * When a counter will be full. Pure. The rest of the window goes on at a rate between the window's own so far and that
 * of the same windows before: at the start the past counts, at the end the window itself.
 * @param past totals of the windows to compare with (the same hour of the days before, the days or months before)
 */
export function forecastWindow({
  used,
  caps,
  start,
  end,
  now,
  past,
}: {
  used: CounterTotals;
  caps: { amount: number | undefined; count: number | undefined };
  /** Unix milliseconds. */
  start: number;
  end: number;
  now: number;
  past: readonly CounterTotals[];
}): Forecast {
  const length = end - start;
  const passed = Math.min(1, Math.max(leastElapsedShare, (now - start) / length));
  const left = Math.max(0, end - now);
  const rateOf = (of: keyof CounterTotals): number => {
    const own = used[of] / (passed * length);
    if (past.length === 0) return own;
    const before = past.reduce((sum, window) => sum + window[of], 0) / past.length / length;
    return passed * own + (1 - passed) * before;
  };
  const fullAtOf = (of: keyof CounterTotals): number | undefined => {
    const cap = caps[of];
    if (cap === undefined) return undefined;
    if (used[of] >= cap) return now;
    const rate = rateOf(of);
    const at = rate > 0 ? now + (cap - used[of]) / rate : Number.POSITIVE_INFINITY;
    return at < end ? Math.round(at) : undefined;
  };
  const fulls = [fullAtOf('amount'), fullAtOf('count')].filter((at) => at !== undefined);
  return {
    atEnd: {
      amount: Math.round(used.amount + rateOf('amount') * left),
      count: Math.round(used.count + rateOf('count') * left),
    },
    fullAt: fulls.length > 0 ? Math.min(...fulls) : undefined,
    basis: past.length > 0 ? 'window_and_past' : 'window',
  };
}

/** How much of a limit is used, 0 to 1 and a little over when it was lowered meanwhile. */
export function shareUsed(
  used: CounterTotals,
  caps: { amount: number | undefined; count: number | undefined },
): number {
  const shareOf = (value: number, cap: number | undefined) => (cap === undefined ? 0 : cap === 0 ? 1 : value / cap);
  return Math.max(shareOf(used.amount, caps.amount), shareOf(used.count, caps.count));
}

export type LimitState = 'ok' | 'warn' | 'full';

export const stateOf = (share: number, warnAtPercent: number): LimitState =>
  share >= 1 ? 'full' : share * 100 >= warnAtPercent ? 'warn' : 'ok';

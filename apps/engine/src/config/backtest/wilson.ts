import type { ExpectedSuccess, Rate } from '@tributary/contracts/backtest';

const z = 1.959964;

/** A share with its 95 % Wilson score interval: right for small samples and for shares near 0 and 1. */
export function rateOf(succeeded: number, observed: number): Rate {
  if (observed === 0) return { observed, succeeded, rate: 0, low: 0, high: 1 };
  const rate = succeeded / observed;
  const spread = z * Math.sqrt((rate * (1 - rate)) / observed + (z * z) / (4 * observed * observed));
  const middle = rate + (z * z) / (2 * observed);
  const scale = 1 + (z * z) / observed;
  return {
    observed,
    succeeded,
    rate,
    low: Math.max(0, (middle - spread) / scale),
    high: Math.min(1, (middle + spread) / scale),
  };
}

/**
 * What success to expect when payments go to channels in these numbers: each channel's own rate, weighted. The interval
 * is as wide as if every channel erred to the same side at once. Payments without a route count as not succeeding;
 * null when a channel was never observed, because then nothing can be said.
 */
export function expectSuccess(
  routed: ReadonlyMap<string, number>,
  rates: ReadonlyMap<string, Rate>,
): ExpectedSuccess | null {
  const sum = { payments: 0, rate: 0, low: 0, high: 0 };
  for (const [channelId, payments] of routed) {
    sum.payments += payments;
    if (channelId === 'none') continue;
    const rate = rates.get(channelId);
    if (!rate || rate.observed === 0) return null;
    sum.rate += payments * rate.rate;
    sum.low += payments * rate.low;
    sum.high += payments * rate.high;
  }
  if (sum.payments === 0) return null;
  const share = (value: number) => value / sum.payments;
  return { payments: sum.payments, rate: share(sum.rate), low: share(sum.low), high: share(sum.high) };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecastWindow, shareUsed, stateOf } from './forecast.ts';

const hour = 3_600_000;
const day = { start: 0, end: 24 * hour, caps: { amount: 1000, count: undefined } };

describe('the forecast of a limit', () => {
  it('goes on as the window did, where nothing is known of the past', () => {
    const half = forecastWindow({ ...day, now: 6 * hour, used: { amount: 500, count: 5 }, past: [] });
    expect(half).toEqual({ atEnd: { amount: 2000, count: 20 }, fullAt: 12 * hour, basis: 'window' });
    expect(
      forecastWindow({ ...day, now: 12 * hour, used: { amount: 400, count: 4 }, past: [] }).fullAt,
    ).toBeUndefined();
    expect(forecastWindow({ ...day, now: 3 * hour, used: { amount: 0, count: 0 }, past: [] }).fullAt).toBeUndefined();
  });

  it('leans on the days before early in the day, and on the day itself late', () => {
    const past = [{ amount: 2400, count: 24 }];
    const early = forecastWindow({ ...day, now: hour, used: { amount: 10, count: 1 }, past });
    expect(early.basis).toBe('window_and_past');
    // 1/24 × 10/h + 23/24 × 100/h ≈ 96 an hour: 990 left last some 10 hours.
    expect(early.fullAt).toBeGreaterThan(11 * hour);
    expect(early.fullAt).toBeLessThan(12 * hour);
    const late = forecastWindow({ ...day, now: 23 * hour, used: { amount: 230, count: 23 }, past });
    expect(late.atEnd.amount).toBe(244);
  });

  it('is full now when it is full, by whichever cap comes first', () => {
    const caps = { amount: 1000, count: 10 };
    expect(forecastWindow({ ...day, caps, now: hour, used: { amount: 1000, count: 1 }, past: [] }).fullAt).toBe(hour);
    const byCount = forecastWindow({ ...day, caps, now: 6 * hour, used: { amount: 100, count: 5 }, past: [] });
    expect(byCount.fullAt).toBe(12 * hour);
  });

  it('is never before now nor after the end, and never later for more use', () => {
    const totals = fc.record({ amount: fc.nat(5000), count: fc.nat(50) });
    fc.assert(
      fc.property(
        totals,
        fc.nat(3000),
        fc.integer({ min: 0, max: 24 * hour - 1 }),
        fc.array(totals, { maxLength: 7 }),
        (used, more, now, past) => {
          const at = (amount: number) =>
            forecastWindow({ ...day, now, used: { ...used, amount }, past }).fullAt ?? Number.POSITIVE_INFINITY;
          const one = at(used.amount);
          expect(one).toBeGreaterThanOrEqual(now);
          if (one !== Number.POSITIVE_INFINITY) expect(one).toBeLessThanOrEqual(day.end);
          expect(at(used.amount + more)).toBeLessThanOrEqual(one);
        },
      ),
    );
  });

  it('warns at the share that the limit names', () => {
    expect(shareUsed({ amount: 79, count: 8 }, { amount: 100, count: 10 })).toBe(0.8);
    expect(shareUsed({ amount: 0, count: 0 }, { amount: 0, count: undefined })).toBe(1);
    expect([0.79, 0.8, 1, 1.3].map((share) => stateOf(share, 80))).toEqual(['ok', 'warn', 'full', 'full']);
  });
});

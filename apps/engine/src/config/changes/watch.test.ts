import { watchThresholdsSchema } from '@tributary/contracts/change';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInCanary } from './canary-share.ts';
import { judgeWatch } from './watch.ts';

const thresholds = watchThresholdsSchema.parse({ minPayments: 100 });
const numbers = (payments: number, succeeded: number, rejected = 0, errors = 0) => ({
  payments,
  succeeded,
  rejected,
  errors,
});

describe('the watch window', () => {
  it('names every number that went bad, and only those', () => {
    expect(judgeWatch(numbers(1000, 950), numbers(200, 180), thresholds).breaches).toEqual([]);
    expect(judgeWatch(numbers(1000, 950), numbers(200, 179), thresholds).breaches).toMatchObject([
      { metric: 'success', before: 95, during: 89.5, limit: 5 },
    ]);
    const worse = judgeWatch(numbers(1000, 950, 10, 5), numbers(200, 150, 30, 20), thresholds);
    expect(worse.breaches.map(({ metric }) => metric)).toEqual(['success', 'reject', 'error']);
  });

  it('says nothing of too few payments, on either side', () => {
    expect(judgeWatch(numbers(99, 99), numbers(5000, 0), thresholds)).toEqual({ enough: false, breaches: [] });
    expect(judgeWatch(numbers(5000, 5000), numbers(99, 0), thresholds)).toEqual({ enough: false, breaches: [] });
  });

  it('never calls better numbers bad', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 5000 }), fc.nat({ max: 100 }), fc.nat({ max: 100 }), (payments, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((percent) => Math.floor((payments * percent) / 100));
        expect(judgeWatch(numbers(payments, low ?? 0), numbers(payments, high ?? 0), thresholds).breaches).toEqual([]);
      }),
    );
  });
});

describe('the share of a canary', () => {
  const merchants = Array.from({ length: 4000 }, (_, n) => `mch_${n}`);
  const shareOf = (changeId: string, percent: number) =>
    merchants.filter((merchant) => isInCanary({ changeId, percent }, merchant));

  it('is about as great as asked for, keeps its merchants as it grows, and is another for another change', () => {
    for (const percent of [1, 10, 50, 99]) {
      expect(Math.abs(shareOf('chg_a', percent).length / merchants.length - percent / 100)).toBeLessThan(0.03);
    }
    const ten = new Set(shareOf('chg_a', 10));
    expect(shareOf('chg_a', 30).filter((merchant) => ten.has(merchant))).toHaveLength(ten.size);
    expect(shareOf('chg_b', 10).filter((merchant) => ten.has(merchant)).length).toBeLessThan(ten.size / 2);
  });
});

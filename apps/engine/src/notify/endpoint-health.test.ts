import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterTry, placesFor, restAfter, retrySeconds } from './endpoint-health.ts';

describe('an endpoint', () => {
  it('rests after five failures in a row, then longer with each probe that fails, ten minutes at most', () => {
    expect([0, 4, 5, 6, 7, 9, 10, 1e6].map(restAfter)).toEqual([0, 0, 30, 60, 120, 480, 600, 600]);
    expect([0, 4, 5, 50].map((failures) => placesFor(failures, 4))).toEqual([4, 4, 1, 1]);
  });
});

describe('a delivery', () => {
  it('is tried twelve times over about a day', () => {
    const waits: number[] = [];
    for (let tries = 1; ; tries++) {
      const next = afterTry({ status: 500 }, tries, 0.5);
      if (next.state !== 'pending') {
        expect([tries, next]).toEqual([12, { state: 'dead' }]);
        break;
      }
      waits.push(next.inSeconds);
    }
    expect(waits).toEqual(retrySeconds);
    expect(waits.reduce((sum, wait) => sum + wait, 0) / 3600).toBeCloseTo(22.8, 0);
  });

  it('is over with 2xx, with 410, and when its URL may not be called; with nothing else', () => {
    expect([200, 204, 299].map((status) => afterTry({ status }, 1, 0))).toEqual(Array(3).fill({ state: 'delivered' }));
    expect(afterTry({ status: 410 }, 1, 0)).toEqual({ state: 'dead' });
    expect(afterTry({ forbidden: true }, 1, 0)).toEqual({ state: 'dead' });
    fc.assert(
      fc.property(
        fc.option(
          fc.integer({ min: 100, max: 599 }).filter((status) => (status < 200 || status > 299) && status !== 410),
          { nil: undefined },
        ),
        fc.integer({ min: 1, max: retrySeconds.length }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (status, tries, chance) => {
          const next = afterTry(status === undefined ? {} : { status }, tries, chance);
          const wait = retrySeconds[tries - 1] ?? 0;
          expect(next.state).toBe('pending');
          if (next.state === 'pending') {
            expect(next.inSeconds).toBeGreaterThanOrEqual(wait * 0.9);
            expect(next.inSeconds).toBeLessThanOrEqual(wait * 1.1 + 1e-9);
          }
        },
      ),
    );
  });
});

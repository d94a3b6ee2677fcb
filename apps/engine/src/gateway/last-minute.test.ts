import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLastMinute, mergeSketches, percentileOf } from './last-minute.ts';

const ok = { failed: false, slow: false, timedOut: false };

describe('the last minute', () => {
  it('counts what ended and what was refused, and forgets it after a minute', () => {
    const minute = createLastMinute();
    minute.ended(1_000, 20, ok);
    minute.ended(2_000, 9_000, { failed: true, slow: true, timedOut: true });
    minute.refused(3_000, 'rejected');
    minute.refused(31_000, 'shortCircuited');
    expect(minute.read(31_000).counts).toEqual({
      calls: 2,
      failed: 1,
      slow: 1,
      timeouts: 1,
      rejected: 1,
      waitedTooLong: 0,
      shortCircuited: 1,
    });
    expect(minute.read(31_000).pace.slice(-7)).toEqual([2, 0, 0, 0, 0, 0, 0]);
    expect(minute.read(61_000).counts).toMatchObject({ calls: 0, rejected: 0, shortCircuited: 1 });
    expect(minute.read(1_000_000).latency).toEqual([]);
    expect(percentileOf(minute.read(1_000_000).latency, 0.5)).toBeUndefined();
  });

  it('knows percentiles to within 5 %, alone and merged', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 2, max: 150_000 }), { minLength: 1, maxLength: 200 }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom(0.5, 0.95, 0.99, 1),
        (byNode, share) => {
          const sketches = byNode.map((times) => {
            const minute = createLastMinute();
            for (const ms of times) minute.ended(0, ms, ok);
            return minute.read(0).latency;
          });
          const all = byNode.flat().sort((a, b) => a - b);
          const exact = all[Math.max(1, Math.ceil(all.length * share)) - 1] as number;
          const told = percentileOf(mergeSketches(sketches), share) as number;
          expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(0.051);
        },
      ),
    );
  });
});

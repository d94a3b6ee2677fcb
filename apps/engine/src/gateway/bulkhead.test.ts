import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBulkhead } from './bulkhead.ts';

describe('a bulkhead', () => {
  it('never lets more in than it has room for, refuses what does not fit in its queue, and leaks no place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 }),
        async (maxConcurrent, maxQueue, works) => {
          const bulkhead = createBulkhead(() => ({ maxConcurrent, maxQueue, queueTimeoutMs: 1000 }));
          let inside = 0;
          let most = 0;
          const outcomes = await Promise.all(
            works.map(async (ticks) => {
              const place = await bulkhead.enter();
              if ('refused' in place) return place.refused;
              most = Math.max(most, ++inside);
              for (let i = 0; i < ticks; i++) await Promise.resolve();
              inside--;
              place.leave();
              place.leave();
              return 'done';
            }),
          );
          expect(most).toBeLessThanOrEqual(maxConcurrent);
          expect(outcomes.filter((o) => o === 'full').length).toBe(
            Math.max(0, works.length - maxConcurrent - maxQueue),
          );
          expect(bulkhead.stats()).toMatchObject({ active: 0, queued: 0 });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('lets waiting calls in first come, first served, and gives up on those that waited too long', async () => {
    const bulkhead = createBulkhead(() => ({ maxConcurrent: 1, maxQueue: 3, queueTimeoutMs: 20 }));
    const first = await bulkhead.enter();
    const order: number[] = [];
    const second = bulkhead.enter().then((place) => order.push('leave' in place ? 2 : -2) && place);
    const third = bulkhead.enter().then((place) => order.push('leave' in place ? 3 : -3) && place);
    if ('leave' in first) first.leave();
    await second;
    await sleep(40);
    await third;
    expect(order).toEqual([2, -3]);
    expect(bulkhead.stats()).toEqual({ active: 1, queued: 0, rejected: 0, timeouts: 1 });
  });

  it('keeps the order of arrival, whatever the works take', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 25 }),
        async (maxConcurrent, works) => {
          const bulkhead = createBulkhead(() => ({ maxConcurrent, maxQueue: 100, queueTimeoutMs: 1000 }));
          const entered: number[] = [];
          await Promise.all(
            works.map(async (ticks, number) => {
              const place = await bulkhead.enter();
              entered.push(number);
              for (let i = 0; i < ticks; i++) await Promise.resolve();
              if ('leave' in place) place.leave();
            }),
          );
          expect(entered).toEqual(works.map((_, number) => number));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('follows limits that change while calls wait, up and down', async () => {
    const limits = { maxConcurrent: 1, maxQueue: 5, queueTimeoutMs: 1000 };
    const bulkhead = createBulkhead(() => limits);
    await bulkhead.enter();
    const waiting = bulkhead.enter();
    limits.maxConcurrent = 3;
    const [second, third] = await Promise.all([waiting, bulkhead.enter()]);
    expect([second, third].every((place) => 'leave' in place)).toBe(true);
    limits.maxConcurrent = 1;
    limits.maxQueue = 0;
    expect(await bulkhead.enter()).toEqual({ refused: 'full' });
    for (const place of [second, third]) if ('leave' in place) place.leave();
    expect(bulkhead.stats().active).toBe(1);
    expect(await bulkhead.enter()).toEqual({ refused: 'full' });
  });
});

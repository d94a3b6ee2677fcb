import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOneAtATime } from './one-at-a-time.ts';

describe('one at a time', () => {
  it('keeps the order of each key, lets keys pass each other, and goes on after a failure', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.constantFrom('a', 'b'), turns: fc.nat({ max: 3 }), fails: fc.boolean() })),
        async (works) => {
          const inTurn = createOneAtATime();
          const running = new Map<string, number>();
          const began: Record<string, number[]> = { a: [], b: [] };
          const results = await Promise.allSettled(
            works.map(({ key, turns, fails }, index) =>
              inTurn(key, async () => {
                running.set(key, (running.get(key) ?? 0) + 1);
                expect(running.get(key)).toBe(1);
                began[key]?.push(index);
                for (let n = 0; n < turns; n++) await turn();
                running.set(key, 0);
                if (fails) throw new Error('no');
                return index;
              }),
            ),
          );
          for (const order of Object.values(began)) expect(order).toEqual(order.toSorted((x, y) => x - y));
          expect(results.map(({ status }) => status === 'rejected')).toEqual(works.map(({ fails }) => fails));
        },
      ),
      { numRuns: 100 },
    );
  });
});

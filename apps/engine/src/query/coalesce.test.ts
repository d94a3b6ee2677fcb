import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCoalesce } from './coalesce.ts';

it('never answers with a state older than the one at the time of asking, and reads once at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.constantFrom('change', 'ask'), { minLength: 1, maxLength: 30 }),
      async (s, steps) => {
        let version = 0;
        let reading = 0;
        const asked: Promise<void>[] = [];
        const coalesce = createCoalesce<number>();
        const read = async () => {
          reading += 1;
          expect(reading).toBe(1);
          const seen = version;
          await s.schedule(Promise.resolve());
          reading -= 1;
          return seen;
        };
        const { task } = s.scheduleSequence(
          steps.map((step) => async () => {
            if (step === 'change') version += 1;
            else {
              const atLeast = version;
              asked.push(coalesce('pay_1', read).then((seen) => expect(seen).toBeGreaterThanOrEqual(atLeast)));
            }
          }),
        );
        await s.waitFor(task);
        await s.waitFor(Promise.all(asked));
      },
    ),
  );
});

it('reads twice for a hundred who ask at once, and each key by itself', async () => {
  const coalesce = createCoalesce<number>();
  let reads = 0;
  const read = async () => ++reads;
  const answers = await Promise.all(Array.from({ length: 100 }, () => coalesce('a', read)));
  expect(answers).toEqual([1, ...Array(99).fill(2)]);
  await Promise.all([coalesce('b', read), coalesce('c', read)]);
  expect(reads).toBe(4);
});

it('a read that fails fails those who shared it, and nobody after', async () => {
  const coalesce = createCoalesce<string>();
  const first = coalesce('a', () => Promise.reject(new Error('away')));
  const second = coalesce('a', async () => 'here');
  await expect(first).rejects.toThrow('away');
  expect(await second).toBe('here');
  expect(await coalesce('a', async () => 'again')).toBe('again');
});

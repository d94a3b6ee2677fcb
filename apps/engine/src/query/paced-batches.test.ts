import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createPacedBatches } from './paced-batches.ts';

function watched(own: { maxBatch?: number; maxInFlight?: number; everyMs?: number; readMs?: number } = {}) {
  const batches: number[][] = [];
  let running = 0;
  let most = 0;
  const get = createPacedBatches<number, number>({
    maxBatch: own.maxBatch ?? 100,
    maxInFlight: own.maxInFlight ?? 2,
    everyMs: own.everyMs ?? 0,
    monotonicMs: () => performance.now(),
    read: async (keys) => {
      batches.push(keys);
      most = Math.max(most, ++running);
      await sleep(own.readMs ?? 1);
      running--;
      if (keys.includes(13)) throw new Error('thirteen');
      return keys.map((key) => key * 2);
    },
  });
  return { get, batches, most: () => most };
}

it('gives everybody its own answer, in batches no larger and no more at once than allowed', async () => {
  const { get, batches, most } = watched({ maxBatch: 7, maxInFlight: 2 });
  const keys = Array.from({ length: 100 }, (_, key) => key + 20);
  expect(await Promise.all(keys.map(get))).toEqual(keys.map((key) => key * 2));
  expect(Math.max(...batches.map((batch) => batch.length))).toBe(7);
  expect(most()).toBe(2);
});

it('asks larger questions instead of more of them', async () => {
  const { get, batches } = watched({ everyMs: 40, readMs: 0 });
  const began = performance.now();
  const asked: Promise<number>[] = [];
  while (performance.now() - began < 200) {
    asked.push(get(asked.length + 20));
    await sleep(1);
  }
  expect(await Promise.all(asked)).toHaveLength(asked.length);
  expect(batches.length).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 39) + 1);
  expect(batches.flat()).toHaveLength(asked.length);
});

it('a batch that fails fails those in it, and nobody after', async () => {
  const { get } = watched();
  const [bad, beside] = [get(13), get(14)];
  await expect(bad).rejects.toThrow('thirteen');
  await expect(beside).rejects.toThrow('thirteen');
  expect(await get(21)).toBe(42);
});

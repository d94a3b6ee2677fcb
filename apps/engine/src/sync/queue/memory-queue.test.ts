import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryQueue } from './memory-queue.ts';

type Real = ReturnType<typeof createMemoryQueue<string>>;
type Model = { times: Map<string, number>; now: number };
const max = 6;
const ids = fc.constantFrom(...'abcdefgh');

class Add implements fc.Command<Model, Real> {
  constructor(
    readonly id: string,
    readonly atMs: number,
  ) {}
  check = () => true;
  run({ times }: Model, real: Real) {
    const fits = times.has(this.id) || times.size < max;
    expect(real.add(this.id, this.id, this.atMs)).toBe(fits);
    if (fits) times.set(this.id, this.atMs);
  }
  toString = () => `add ${this.id} at ${this.atMs}`;
}
class Take implements fc.Command<Model, Real> {
  constructor(
    readonly ms: number,
    readonly limit: number,
  ) {}
  check = () => true;
  run(model: Model, real: Real) {
    model.now += this.ms;
    const due = [...model.times].filter(([, at]) => at <= model.now).map(([, at]) => at);
    const taken = real.take(model.now, this.limit);
    const expected = due.sort((a, b) => a - b).slice(0, this.limit);
    expect(taken.map((id) => model.times.get(id))).toEqual(expected);
    for (const id of taken) model.times.delete(id);
  }
  toString = () => `take ${this.limit} after ${this.ms}`;
}
class Remove implements fc.Command<Model, Real> {
  constructor(readonly id: string) {}
  check = () => true;
  run({ times }: Model, real: Real) {
    expect(real.remove(this.id)).toBe(times.delete(this.id));
  }
  toString = () => `remove ${this.id}`;
}
class Look implements fc.Command<Model, Real> {
  check = () => true;
  run({ times }: Model, real: Real) {
    expect(real.size()).toBe(times.size);
    expect(real.nextAtMs()).toBe(times.size === 0 ? undefined : Math.min(...times.values()));
  }
  toString = () => 'look';
}

describe('the memory queue', () => {
  it('does what a sorted list would do, and never holds more than it may', () => {
    const commands = fc.commands(
      [
        fc.tuple(ids, fc.nat(50)).map(([id, at]) => new Add(id, at)),
        fc.tuple(fc.nat(10), fc.integer({ min: 0, max: 4 })).map(([ms, limit]) => new Take(ms, limit)),
        ids.map((id) => new Remove(id)),
        fc.constant(new Look()),
      ],
      { size: 'medium', maxCommands: 300 },
    );
    fc.assert(
      fc.property(commands, (some) =>
        fc.modelRun(() => ({ model: { times: new Map(), now: 0 }, real: createMemoryQueue<string>(max) }), some),
      ),
      { numRuns: 300 },
    );
  });

  it('gives all of many in order, however often they were moved before', () => {
    const queue = createMemoryQueue<number>(10_000);
    for (let round = 0; round < 5; round++)
      for (let i = 0; i < 10_000; i++) queue.add(`${i}`, i, (i * 7_919 * (round + 1)) % 10_007);
    const times = queue.take(10_007, 10_000).map((i) => (i * 7_919 * 5) % 10_007);
    expect(times).toHaveLength(10_000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('gives everything back at the end', () => {
    const queue = createMemoryQueue<string>(5);
    queue.add('a', 'a', 1);
    queue.add('b', 'b', 2);
    queue.add('a', 'a', 9);
    expect(queue.drain().sort((a, b) => a.atMs - b.atMs)).toEqual([
      { item: 'b', atMs: 2 },
      { item: 'a', atMs: 9 },
    ]);
    expect(queue.size()).toBe(0);
    expect(queue.take(100, 9)).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logicalShards } from '../platform/ids.ts';
import { activeShardOf, assignShards, logicalRangeOf } from './shard-map.ts';

const counts = fc.integer({ min: 1, max: 200 });
const someWorkers = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 });
const none = new Map<number, string>();

const loadsOf = (assigned: ReadonlyMap<number, string>, workers: readonly string[]) =>
  workers.map((worker) => [...assigned.values()].filter((one) => one === worker).length);
const movedFrom = (before: ReadonlyMap<number, string>, after: ReadonlyMap<number, string>) =>
  [...after].filter(([shard, worker]) => before.get(shard) !== worker).map(([shard]) => shard);

describe('active shards', () => {
  it('share the logical ones without a gap or an overlap, evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: logicalShards }), (count) => {
        let next = 0;
        const least = Math.floor(logicalShards / count);
        const wrong: object[] = [];
        for (let shard = 0; shard < count; shard++) {
          const { first, last } = logicalRangeOf(shard, count);
          const size = last - first + 1;
          const isTheirs = [first, last].every((logical) => activeShardOf(logical, count) === shard);
          if (first !== next || size < least || size > least + 1 || !isTheirs) wrong.push({ shard, first, last });
          next = last + 1;
        }
        expect(wrong).toEqual([]);
        expect(next).toBe(logicalShards);
      }),
      { numRuns: 60 },
    );
  });

  it('are cut in two when their number doubles', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2048 }), fc.nat(logicalShards - 1), (count, logical) => {
        expect(Math.floor(activeShardOf(logical, count * 2) / 2)).toBe(activeShardOf(logical, count));
      }),
    );
  });
});

describe('the assignment of shards', () => {
  it('gives each shard to somebody, and everybody the same number or one more, whoever had them before', () => {
    fc.assert(
      fc.property(counts, someWorkers, fc.array(fc.nat(14), { maxLength: 200 }), (count, workers, before) => {
        const held = new Map(before.map((at, shard) => [shard, workers[at] ?? 'gone']));
        const assigned = assignShards({ count, workers, held });
        expect([...assigned.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        const loads = loadsOf(assigned, workers);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is the same on every node, in whatever order it sees the workers, and is left alone once it stands', () => {
    fc.assert(
      fc.property(counts, someWorkers, fc.nat(), (count, workers, turn) => {
        const others = [...workers.slice(turn % workers.length), ...workers.slice(0, turn % workers.length)].reverse();
        const assigned = assignShards({ count, workers, held: none });
        expect(assignShards({ count, workers: others, held: none })).toEqual(assigned);
        expect(movedFrom(assigned, assignShards({ count, workers: others, held: assigned }))).toEqual([]);
      }),
    );
  });

  it('moves only the share of one that joins, and only what one that leaves had', () => {
    fc.assert(
      fc.property(counts, someWorkers, (count, [joins = '', ...workers]) => {
        fc.pre(workers.length > 0);
        const before = assignShards({ count, workers, held: none });
        const after = assignShards({ count, workers: [joins, ...workers], held: before });
        const moved = movedFrom(before, after);
        expect(moved.every((shard) => after.get(shard) === joins)).toBe(true);
        expect(moved.length).toBeLessThanOrEqual(Math.ceil(count / (workers.length + 1)));

        const left = assignShards({ count, workers, held: after });
        expect(movedFrom(after, left).every((shard) => after.get(shard) === joins)).toBe(true);
      }),
    );
  });

  it('keeps a shard where a person put it, as long as that worker is there', () => {
    const workers = ['a', 'b', 'c'];
    const pinned = new Map([0, 1, 2, 3, 4].map((shard) => [shard, 'a'] as const));
    const assigned = assignShards({ count: 6, workers, held: none, pinned });
    for (const shard of pinned.keys()) expect(assigned.get(shard)).toBe('a');
    expect(assigned.size).toBe(6);
    expect(assignShards({ count: 6, workers: ['b', 'c'], held: assigned, pinned }).size).toBe(6);
  });

  it('is empty while nobody is there', () => {
    expect(assignShards({ count: 8, workers: [], held: none }).size).toBe(0);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proposeCount, type ShardLoads } from './propose-count.ts';

const calm: ShardLoads = {
  count: 8,
  minCount: 4,
  maxCount: 64,
  workers: 2,
  open: 1_000,
  overdue: 0,
  oldestMs: 0,
  sinceChangeMs: 3_600_000,
};
const some = fc.record({
  count: fc.integer({ min: 1, max: 4096 }),
  minCount: fc.integer({ min: 1, max: 64 }),
  maxCount: fc.integer({ min: 64, max: 4096 }),
  workers: fc.integer({ min: 0, max: 40 }),
  open: fc.integer({ min: 0, max: 3_000_000 }),
  overdue: fc.integer({ min: 0, max: 3_000_000 }),
  oldestMs: fc.integer({ min: 0, max: 600_000 }),
  sinceChangeMs: fc.integer({ min: 0, max: 7_200_000 }),
});

describe('the number of shards that is proposed', () => {
  it.each<[string, Partial<ShardLoads>, object | undefined]>([
    ['none when all is calm', {}, undefined],
    ['more for a backlog', { open: 100_000 }, { count: 32, why: 'backlog' }],
    ['more for more workers', { workers: 9 }, { count: 32, why: 'workers' }],
    ['twice as many when look-ups are late', { overdue: 900, oldestMs: 31_000 }, { count: 16, why: 'lag' }],
    ['none for a few late ones', { overdue: 700, oldestMs: 31_000 }, undefined],
    ['none right after a change', { open: 100_000, sinceChangeMs: 59_999 }, undefined],
    ['fewer when a quarter would do', { count: 64 }, { count: 8, why: 'idle' }],
    ['fewer only after a while', { count: 64, sinceChangeMs: 599_999 }, undefined],
    ['fewer not while they are late', { count: 64, overdue: 9_000, oldestMs: 40_000 }, undefined],
    ['back within the bounds at once', { count: 2, sinceChangeMs: 0 }, { count: 4, why: 'bounds' }],
    ['no more than may be', { open: 9_000_000 }, { count: 64, why: 'backlog' }],
  ])('is %s', (_, own, expected) => {
    expect(proposeCount({ ...calm, ...own })).toEqual(expected);
  });

  it('stays within its bounds, changes something, and is content with what it brought about', () => {
    fc.assert(
      fc.property(some, (loads) => {
        const proposal = proposeCount(loads);
        if (!proposal) return;
        expect(proposal.count).not.toBe(loads.count);
        expect(proposal.count).toBeGreaterThanOrEqual(loads.minCount);
        expect(proposal.count).toBeLessThanOrEqual(loads.maxCount);
        // Nothing swings: with the same load, and no lag any more, what follows is never the way back.
        const next = proposeCount({ ...loads, count: proposal.count, overdue: 0, oldestMs: 0 });
        if (proposal.why !== 'lag' && next)
          expect(Math.sign(next.count - proposal.count)).toBe(Math.sign(proposal.count - loads.count));
      }),
    );
  });
});

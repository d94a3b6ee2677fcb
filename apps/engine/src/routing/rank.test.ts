import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, maxRoutes, rank } from './rank.ts';

const candidates = fc.uniqueArray(
  fc.record({
    channelId: fc.constantFrom('wx', 'ali'),
    accountId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    dropped: fc.constantFrom(undefined, undefined, 'switched_off'),
    priority: fc.integer({ min: 0, max: 3 }),
    feeBps: fc.integer({ min: 0, max: 2 }),
    resting: fc.boolean(),
  }),
  { selector: ({ accountId }) => accountId },
);
const events = fc.constantFrom(
  { type: 'exclude' as const, params: { accountId: 'a' } },
  { type: 'exclude' as const, params: { channelId: 'ali' } },
  { type: 'prefer' as const, params: { accountId: 'b' } },
  { type: 'setPriority' as const, params: { channelId: 'wx', priority: 9 } },
);
const rules = fc
  .array(events, { maxLength: 4 })
  .map((list) => list.map((event, i) => ({ id: `r${i}`, priority: 1, position: i, event })));

describe('ranking', () => {
  it('keeps only what may be used, gives every candidate a reason, and never changes its mind', () => {
    fc.assert(
      fc.property(candidates, rules, fc.string(), (list, fired, spread) => {
        const { order, judged } = rank(list as Candidate[], fired, spread);
        expect(order.length).toBeLessThanOrEqual(maxRoutes);
        expect(order.every(({ dropped }) => dropped === undefined)).toBe(true);
        // Never a mixture: one that rests is called only when all of them do.
        expect(new Set(order.map(({ resting }) => resting)).size).toBeLessThanOrEqual(1);
        expect(judged.map(({ accountId }) => accountId).sort()).toEqual(list.map(({ accountId }) => accountId).sort());
        expect(judged.every(({ reason }) => reason.length > 0)).toBe(true);
        expect(judged.filter(({ kept }) => kept).length).toBe(order.length);
        expect(rank([...list].reverse() as Candidate[], fired, spread).order).toEqual(order);
      }),
    );
  });

  it('puts preferred first, then priority, then cost, and says which rule took one out', () => {
    const list: Candidate[] = ['a', 'b', 'c', 'd'].map((accountId, i) => ({
      channelId: 'wx',
      accountId,
      dropped: undefined,
      priority: i === 3 ? 0 : 1,
      feeBps: i === 1 ? 10 : 60,
    }));
    const fired = [
      { id: 'no-a', priority: 2, position: 0, event: { type: 'exclude' as const, params: { accountId: 'a' } } },
      { id: 'like-c', priority: 1, position: 1, event: { type: 'prefer' as const, params: { accountId: 'c' } } },
    ];
    const { order, judged } = rank(list, fired, 'x');
    expect(order.map(({ accountId }) => accountId)).toEqual(['c', 'd', 'b']);
    expect(judged.find(({ accountId }) => accountId === 'a')).toMatchObject({ kept: false, reason: 'rule:no-a' });
  });

  it('shares equal accounts about evenly', () => {
    const list: Candidate[] = ['a', 'b'].map((accountId) => ({
      channelId: 'wx',
      accountId,
      dropped: undefined,
      priority: 1,
      feeBps: 60,
    }));
    const first = Array.from({ length: 2000 }, (_, i) => rank(list, [], `order-${i}`).order[0]?.accountId);
    const share = first.filter((id) => id === 'a').length / first.length;
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.55);
  });

  it('leaves out what rests while there is another, and tries it when there is none', () => {
    const of = (accountId: string, resting: boolean): Candidate => ({
      channelId: accountId,
      accountId,
      dropped: undefined,
      priority: accountId === 'a' ? 0 : 1,
      feeBps: 60,
      resting,
    });
    const mixed = rank([of('a', true), of('b', false)], [], 'x');
    expect(mixed.order.map(({ accountId }) => accountId)).toEqual(['b']);
    expect(mixed.judged.find(({ accountId }) => accountId === 'a')).toMatchObject({
      kept: false,
      reason: 'breaker_open',
    });
    expect(rank([of('a', true), of('b', true)], [], 'x').order.map(({ accountId }) => accountId)).toEqual(['a', 'b']);
    // A rule that takes the healthy one out leaves the resting one as the only hope.
    const fired = [
      { id: 'no-b', priority: 1, position: 0, event: { type: 'exclude' as const, params: { accountId: 'b' } } },
    ];
    expect(rank([of('a', true), of('b', false)], fired, 'x').order.map(({ accountId }) => accountId)).toEqual(['a']);
  });
});

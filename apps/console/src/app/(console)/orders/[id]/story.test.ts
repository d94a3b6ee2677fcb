import { describe, expect, it } from 'vitest';
import { countOf, isTrouble, nameKeyOf, nextTrouble, rowsOf, type StoryEvent } from './story.ts';

const event = (seq: number, at: number, own: Partial<StoryEvent> = {}): StoryEvent => ({
  seq,
  at,
  kind: 'attempt.looked_up',
  actor: 'sync',
  from: null,
  to: null,
  data: {},
  ...own,
});
const story = [
  event(1, 1000, { kind: 'payment.received', actor: 'key:a', to: 'created' }),
  event(2, 1002, { kind: 'attempt.sending', to: 'sending', actor: 'system' }),
  event(3, 1010, {
    kind: 'attempt.unknown',
    from: 'sending',
    to: 'unknown',
    actor: 'reply',
    data: { exchange: { op: 'place', error: 'timeout' } },
  }),
  event(4, 9000, { data: { exchange: { op: 'query' } } }),
  event(5, 15_000, { kind: 'attempt.succeeded', from: 'unknown', to: 'succeeded', actor: 'callback' }),
];

describe('the story of an order', () => {
  it('keeps every event and draws silences as gaps', () => {
    const rows = rowsOf(story, 'all');
    expect(rows.map(({ event }) => event.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(rows.map((row) => row.gapMs)).toEqual([undefined, undefined, undefined, 7990, 6000]);
    expect(rows.map((row) => row.sinceMs)).toEqual([0, 2, 8, 7990, 6000]);
  });

  it('says how many events a filter leaves out, and measures the gap between what is shown', () => {
    const rows = rowsOf(story, 'changes');
    expect(rows.map(({ event, hidden }) => [event.seq, hidden])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [5, 1],
    ]);
    expect(rows.at(-1)?.gapMs).toBe(13_990);
    expect(countOf(story, 'channel')).toBe(3);
  });

  it('shows a clock that is behind as a negative step', () => {
    expect(rowsOf([event(1, 1000), event(2, 990)], 'all')[1]?.sinceMs).toBe(-10);
  });

  it('does not call it an answer when nothing was told', () => {
    const named = (kind: string) => nameKeyOf({ kind: 'attempt.answered', data: { result: { kind } } });
    expect([named('unknown'), named('pending')]).toEqual(['attempt_unknown', 'attempt_answered']);
    expect(nameKeyOf({ kind: 'payment.closed', data: {} })).toBe('payment_closed');
  });

  it('walks from trouble to trouble, round and round', () => {
    expect(story.filter(isTrouble).map(({ seq }) => seq)).toEqual([3]);
    expect(nextTrouble(story, null)).toBe(3);
    expect(nextTrouble(story, 3)).toBe(3);
    expect(nextTrouble([event(1, 1)], null)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { type VerdictFacts, verdictOf } from './verdict.ts';

const facts = (own: Partial<VerdictFacts> = {}): VerdictFacts => ({
  stale: false,
  total: 100,
  succeeded: 97,
  failed: 3,
  backlog: { overdue: 0, held: 0, stuckRefunds: 0 },
  channels: [{ id: 'wechat-pay', state: 'on', last5m: { succeeded: 97, failed: 3 } }],
  ...own,
});

describe('the verdict', () => {
  it('is good only with numbers that say so', () => {
    expect(verdictOf(facts()).verdict).toBe('good');
    expect(verdictOf(facts({ total: 0, succeeded: 0, failed: 0, channels: [] })).verdict).toBe('quiet');
    expect(verdictOf(facts({ stale: true })).verdict).toBe('unknown');
  });
  it('names the channel that fails or is off', () => {
    const failing = facts({ channels: [{ id: 'wechat-pay', state: 'on', last5m: { succeeded: 60, failed: 40 } }] });
    expect(verdictOf(failing)).toEqual({
      verdict: 'watch',
      causes: [{ key: 'channelRate', channel: 'wechat-pay', rate: 0.6 }],
    });
    const off = facts({ channels: [{ id: 'wechat-pay', state: 'off', last5m: { succeeded: 0, failed: 0 } }] });
    expect(verdictOf(off).causes).toEqual([{ key: 'channelOff', channel: 'wechat-pay' }]);
  });
  it('does not judge by a handful', () => {
    expect(verdictOf(facts({ total: 10, succeeded: 5, failed: 5, channels: [] })).verdict).toBe('good');
  });
  it('is bad when money waits for a person or for an answer', () => {
    expect(verdictOf(facts({ backlog: { overdue: 21, held: 2, stuckRefunds: 0 } }))).toMatchObject({
      verdict: 'bad',
      causes: [
        { key: 'held', count: 2 },
        { key: 'overdue', count: 21 },
      ],
    });
  });
});

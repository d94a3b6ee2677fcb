import { describe, expect, it } from 'vitest';
import { type ChainFacts, chainOf, stations } from './chain.ts';

const facts = (own: Partial<ChainFacts> = {}): ChainFacts => ({
  payment: { status: 'processing', hold: null, failureCode: null },
  attempts: [{ status: 'unknown' }],
  events: [
    { kind: 'payment.received', actor: 'key:a', at: 1000 },
    { kind: 'risk.decided', actor: 'risk', at: 1001 },
    { kind: 'routing.planned', actor: 'routing', at: 1002 },
    { kind: 'attempt.sending', actor: 'system', at: 1003 },
    { kind: 'attempt.unknown', actor: 'reply', at: 4003 },
  ],
  deliveries: [],
  refunds: [],
  ...own,
});
const marks = (given: ChainFacts) => {
  const chain = chainOf(given);
  return stations.map((station) => `${station} ${chain[station].mark}`);
};

describe('the chain', () => {
  it('marks a lost answer as trouble and what is still to come as waiting', () => {
    expect(marks(facts())).toEqual([
      'access done',
      'risk done',
      'routing done',
      'sent done',
      'answered trouble',
      'synced waiting',
      'final waiting',
      'notified none',
      'refunded none',
    ]);
    expect(chainOf(facts()).answered.afterMs).toBe(3003);
  });

  it('is content once the answer came when it was asked for again, and not when that was lost too', () => {
    const then = (kind: string) =>
      chainOf(facts({ events: [...facts().events, { kind, actor: 'reply', at: 4100 }] })).answered.mark;
    expect([then('attempt.pending'), then('attempt.answered')]).toEqual(['done', 'trouble']);
  });

  it('stops at risk when risk refused', () => {
    const refused = facts({
      payment: { status: 'rejected', hold: null, failureCode: 'risk_rejected' },
      attempts: [],
      events: [
        { kind: 'payment.received', actor: 'key:a', at: 0 },
        { kind: 'risk.decided', actor: 'risk', at: 1 },
        { kind: 'payment.rejected', actor: 'system', at: 1 },
      ],
    });
    expect(marks(refused)).toEqual([
      'access done',
      'risk trouble',
      'routing none',
      'sent none',
      'answered none',
      'synced none',
      'final done',
      'notified none',
      'refunded none',
    ]);
  });

  it('tells a delivered notification from one that was given up', () => {
    expect(chainOf(facts({ deliveries: [{ status: 'delivered', deliveredAt: 2000 }] })).notified).toEqual({
      mark: 'done',
      afterMs: 1000,
    });
    expect(chainOf(facts({ deliveries: [{ status: 'dead', deliveredAt: null }] })).notified.mark).toBe('trouble');
  });
});

import type { ChannelResult } from '@tributary/channels/channel-result';
import { isFinalPayment, isOpenAttempt } from '@tributary/contracts/payment-status';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Aggregate, attemptOf, type Change } from '../aggregate.ts';
import type { NewsSource } from '../operations.ts';
import { aggregateOf, attemptWith, toolsAt } from '../testing/aggregates.ts';
import { decideAttempt } from './decide-attempt.ts';
import type { DecisionTools } from './decision.ts';

type News = { attemptNo: number; result: ChannelResult; source: NewsSource };

const paid = (amount = 1000n): ChannelResult => ({
  kind: 'succeeded',
  channelTxn: 'T1',
  paid: { amountMinor: amount, currency: 'CNY' },
});
const weak: ChannelResult[] = [
  { kind: 'pending' },
  { kind: 'unknown', reason: 'timeout' },
  { kind: 'unknown', reason: 'bad_signature' },
  { kind: 'not_found' },
];
const declined: ChannelResult = {
  kind: 'declined',
  fault: 'payer',
  code: 'payer_declined',
  raw: { code: 'PAYERROR', message: '' },
};

/** What can truly be the case at the channel, and everything it may then truthfully say, each thing once. */
const truths = {
  paid: [...weak, paid()],
  'paid after it was closed': [...weak, { kind: 'closed' } as ChannelResult, paid()],
  'paid after it was declined': [...weak, declined, paid()],
  declined: [...weak, declined],
  closed: [...weak, { kind: 'closed' } as ChannelResult],
  open: weak,
} satisfies Record<string, ChannelResult[]>;

function replay(start: Aggregate, news: readonly News[], tools: DecisionTools): { end: Aggregate; changes: Change[] } {
  const changes: Change[] = [];
  let end = start;
  for (const { attemptNo, result, source } of news) {
    const decision = decideAttempt(end, attemptNo, result, source, tools);
    if (!decision) continue;
    changes.push(decision.change);
    end = decision.change.after;
  }
  return { end, changes };
}

const sources: NewsSource[] = [
  { actor: 'callback', notifyId: 'n' },
  { actor: 'sync', note: 'attempt.looked_up' },
  { actor: 'manual' },
];

/** The same things said in any order, any of them again and again. */
const shuffledWithRepeats = (results: readonly ChannelResult[]) =>
  fc
    .tuple(
      fc.shuffledSubarray(results as ChannelResult[], { minLength: results.length }),
      fc.array(fc.constantFrom(...results), { maxLength: 12 }),
      fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      fc.array(fc.constantFrom(...sources), { minLength: 24, maxLength: 24 }),
    )
    .map(([order, repeats, places, from]) => {
      const all = [...order];
      repeats.forEach((again, i) => {
        all.splice((places[i] ?? 0) % (all.length + 1), 0, again);
      });
      return all.map((result, i): News => ({ attemptNo: 1, result, source: from[i] ?? { actor: 'manual' } }));
    });

const moneyOf = ({ payment, attempts, refunds }: Aggregate) => ({
  status: payment.status,
  winner: attempts.find(({ winner }) => winner)?.no,
  compensations: refunds
    .filter(({ kind }) => kind === 'compensation')
    .map(({ attemptNo, amount }) => ({ attemptNo, amount })),
});

describe('news about an attempt', () => {
  for (const [truth, results] of Object.entries(truths)) {
    it(`comes to the same end in any order and number: ${truth}`, () => {
      fc.assert(
        fc.property(shuffledWithRepeats(results), (news) => {
          const { end } = replay(aggregateOf(), news, toolsAt());
          const money = moneyOf(end);
          const attempt = attemptOf(end, 1);
          if (truth.startsWith('paid')) {
            // Either the payment has the money, or it was already over and the money goes back: never lost, never both.
            expect(['succeeded', 'succeeded_late']).toContain(attempt?.status);
            if (money.status === 'succeeded') expect(money).toMatchObject({ winner: 1, compensations: [] });
            else expect(money).toMatchObject({ winner: undefined, compensations: [{ attemptNo: 1, amount: 1000n }] });
            if (truth === 'paid') expect(money.status).toBe('succeeded');
          } else if (truth === 'open') {
            expect(money).toEqual({ status: 'processing', winner: undefined, compensations: [] });
            expect(attempt && isOpenAttempt(attempt.status)).toBe(true);
          } else {
            expect(money).toEqual({
              status: truth === 'declined' ? 'failed' : 'closed',
              winner: undefined,
              compensations: [],
            });
          }
        }),
        { numRuns: 1000 },
      );
    });

    it(`never leaves a final status, and numbers its events without a gap: ${truth}`, () => {
      fc.assert(
        fc.property(shuffledWithRepeats(results), (news) => {
          const { changes } = replay(aggregateOf(), news, toolsAt());
          for (const { before, after, events } of changes) {
            expect(after.payment.version).toBe(before.payment.version + events.length);
            if (isFinalPayment(before.payment.status)) expect(after.payment.status).toBe(before.payment.status);
            for (const attempt of after.attempts)
              expect(attempt.nextSyncAt !== null).toBe(isOpenAttempt(attempt.status));
            expect(after.attempts.filter(({ winner }) => winner).length).toBeLessThanOrEqual(1);
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  it('loses nothing when some of it never arrives: proof of payment alone decides', () => {
    fc.assert(
      fc.property(fc.subarray(truths.paid.slice(0, -1) as ChannelResult[]), fc.nat(4), (some, at) => {
        const all = [...some];
        all.splice(at % (all.length + 1), 0, paid());
        const news = all.map(
          (result): News => ({ attemptNo: 1, result, source: { actor: 'sync', note: 'attempt.looked_up' } }),
        );
        expect(replay(aggregateOf(), news, toolsAt()).end.payment.status).toBe('succeeded');
      }),
    );
  });

  it('gives back the second of two successes, whichever comes second', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.nat(3), (firstFirst, repeats) => {
        const two = aggregateOf({
          attempts: [attemptWith({ no: 1, status: 'unknown' }), attemptWith({ no: 2, status: 'pending' })],
        });
        const order = firstFirst ? [1, 2] : [2, 1];
        const news = Array.from({ length: repeats + 1 }, () => order)
          .flat()
          .map(
            (attemptNo): News => ({
              attemptNo,
              result: paid(),
              source: { actor: 'callback', notifyId: `${attemptNo}` },
            }),
          );
        const { end } = replay(two, news, toolsAt());
        expect(moneyOf(end)).toEqual({
          status: 'succeeded',
          winner: order[0],
          compensations: [{ attemptNo: order[1], amount: 1000n }],
        });
      }),
    );
  });

  it('holds a payment whose channel says another amount, whatever else is said before or after', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...weak), { maxLength: 6 }),
        fc.nat(6),
        fc.bigInt({ min: 1n, max: 5000n }),
        (some, at, amount) => {
          fc.pre(amount !== 1000n);
          const all = [...some];
          all.splice(at % (all.length + 1), 0, paid(amount));
          const news = all.map(
            (result): News => ({ attemptNo: 1, result, source: { actor: 'callback', notifyId: 'n' } }),
          );
          const { end } = replay(aggregateOf(), news, toolsAt());
          expect(end.payment).toMatchObject({ status: 'processing', hold: 'amount_mismatch' });
        },
      ),
    );
  });
});

describe('failing over', () => {
  const notSent: ChannelResult = { kind: 'not_sent', reason: 'bulkhead_full' };
  const plan = [
    { channelId: 'wechat-pay', accountId: 'a' },
    { channelId: 'wechat-pay', accountId: 'b' },
  ];
  const reply: NewsSource = { actor: 'reply' };

  it('goes on to the next route only when nothing was sent or the channel refused for its own reasons', () => {
    const start = aggregateOf({ plan });
    const refused = (fault: 'channel' | 'issuer' | 'payer'): ChannelResult => ({
      kind: 'declined',
      fault,
      code: 'channel_declined',
      raw: { code: 'X', message: '' },
    });
    expect(decideAttempt(start, 1, notSent, reply, toolsAt())?.next).toMatchObject({
      no: 2,
      accountId: 'b',
      status: 'sending',
    });
    expect(decideAttempt(start, 1, refused('channel'), reply, toolsAt())?.next).toMatchObject({ no: 2 });
    for (const result of [refused('payer'), refused('issuer'), ...weak, { kind: 'closed' } as const]) {
      expect(decideAttempt(start, 1, result, reply, toolsAt())?.next).toBeUndefined();
    }
  });

  it('never does so on news that comes later, after expiry, or once somebody wants the payment closed', () => {
    const declinedByChannel: ChannelResult = {
      kind: 'declined',
      fault: 'channel',
      code: 'channel_declined',
      raw: { code: 'X', message: '' },
    };
    const start = aggregateOf({ plan });
    const late = toolsAt(new Date(start.payment.expiresAt.getTime() + 1));
    const closing = { ...start, payment: { ...start.payment, closeReason: 'closed_by_merchant' as const } };
    expect(decideAttempt(start, 1, declinedByChannel, { actor: 'sync' }, toolsAt())?.next).toBeUndefined();
    expect(decideAttempt(start, 1, declinedByChannel, reply, late)?.next).toBeUndefined();
    expect(decideAttempt(closing, 1, declinedByChannel, reply, toolsAt())?.next).toBeUndefined();
  });

  it('does not take "the look-up was not sent" for news about the attempt', () => {
    expect(
      decideAttempt(aggregateOf(), 1, notSent, { actor: 'sync', note: 'attempt.looked_up' }, toolsAt()),
    ).toBeUndefined();
  });
});

describe('money that went back before we knew of it', () => {
  const givenBack: ChannelResult = { ...paid(), givenBack: true } as ChannelResult;
  const endOf = (status: 'unknown' | 'pending' | 'closed' | 'succeeded') => {
    const succeeded = status === 'succeeded';
    const start = aggregateOf({
      status: succeeded ? 'succeeded' : status === 'closed' ? 'closed' : 'processing',
      attempts: [attemptWith({ status, winner: succeeded })],
    });
    return replay(start, [{ attemptNo: 1, result: givenBack, source: sources[1] as NewsSource }], toolsAt()).end;
  };

  it.each(['unknown', 'pending'] as const)('closes an attempt that is %s: nobody has it any more', (status) => {
    const end = endOf(status);
    expect([end.payment.status, attemptOf(end, 1)?.status, end.refunds]).toEqual(['closed', 'closed', []]);
  });

  it('is not given back once more', () => {
    expect([endOf('closed').payment.status, endOf('closed').refunds]).toEqual(['closed', []]);
  });

  it('is old news of a payment that succeeded', () => {
    expect(endOf('succeeded').payment.status).toBe('succeeded');
  });
});

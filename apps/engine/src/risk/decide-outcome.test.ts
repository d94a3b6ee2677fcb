import type { EventOf } from '@tributary/rules/parse';
import type { FiredRule } from '@tributary/rules/rule-set';
import { describe, expect, it } from 'vitest';
import type { PaymentContext } from '../payments/ports.ts';
import { decideOutcome } from './decide-outcome.ts';
import type { riskEvents } from './events.ts';
import type { AppliedLimits } from './limits/apply-limits.ts';

type Event = EventOf<typeof riskEvents>;

const fired = (...events: Event[]): FiredRule<Event>[] =>
  events.map((event, i) => ({ id: `rule-${i}`, priority: 10 - i, position: i, event }) as FiredRule<Event>);
const reject = (own = {}): Event => ({ type: 'reject', params: { ...own } });
const approve = (own = {}): Event => ({ type: 'approve', params: { ...own } });
const review = (own = {}): Event => ({ type: 'review', params: { ...own } });

const context = (own: { active?: boolean; authCode?: string } = {}) =>
  ({
    merchant: { active: own.active ?? true },
    service: {},
    request: { payer: own.authCode === undefined ? {} : { authCode: own.authCode } },
  }) as unknown as PaymentContext;
const day = { limitId: 'day', name: 'day', scopeKey: 'k', windowStart: '', maxAmount: 1n, maxCount: undefined };
const limits = (own: Partial<AppliedLimits> = {}): AppliedLimits => ({
  refusedBy: undefined,
  shadow: [],
  holds: [day],
  limitsOfRoute: () => ({ holds: [], shadow: [] }),
  ...own,
});
const outcomeOf = (rules: FiredRule<Event>[], own: Partial<AppliedLimits> = {}, from = context()) =>
  decideOutcome(from, rules, limits(own));

describe('the outcome of risk', () => {
  it('is what the highest rule that approves or refuses says; a review counts where none approved', () => {
    expect(outcomeOf([])).toMatchObject({ outcome: 'approve', holds: [day] });
    expect(outcomeOf(fired(approve(), reject()))).toMatchObject({ outcome: 'approve', decidedBy: { id: 'rule-0' } });
    expect(outcomeOf(fired(reject(), approve()))).toMatchObject({ outcome: 'reject', holds: [] });
    expect(outcomeOf(fired(review(), approve())).outcome).toBe('approve');
    expect(outcomeOf(fired(review()))).toMatchObject({ outcome: 'review', holds: [day] });
    expect(outcomeOf(fired(reject()), {}, context({ active: false })).failure?.code).toBe('risk_merchant_blocked');
  });

  it('refuses with the words that the rule has for the merchant and for the payer', () => {
    const words = { code: 'risk_payer_blocked', messageForMerchant: 'stolen card', messageForPayer: 'call your bank' };
    expect(outcomeOf(fired(reject(words))).failure).toEqual({
      code: 'risk_payer_blocked',
      message: 'stolen card',
      payerMessage: 'call your bank',
    });
    expect(outcomeOf(fired(reject({ message: 'short' }))).failure).toEqual({ code: 'risk_rejected', message: 'short' });
  });

  it('holds when any review that counts says so, but never what can not wait', () => {
    expect(outcomeOf(fired(review(), review({ hold: true })))).toMatchObject({
      outcome: 'hold',
      decidedBy: { id: 'rule-1' },
      holds: [day],
    });
    expect(outcomeOf(fired(approve(), review({ hold: true }))).outcome).toBe('approve');
    const scanned = outcomeOf(fired(review({ hold: true })), {}, context({ authCode: '134123456789012345' }));
    expect(scanned).toMatchObject({ outcome: 'reject', failure: { code: 'risk_rejected' }, holds: [] });
    expect(scanned.failure?.message).toContain('can not wait');
  });

  it('records what is in shadow and does nothing of it', () => {
    const rules = fired(reject({ shadow: true }), review({ hold: true, shadow: true }), approve({ shadow: true }));
    const decided = outcomeOf(rules, { shadow: [{ kind: 'limit', id: 'one', name: 'one' }] });
    expect(decided.outcome).toBe('approve');
    expect(decided.decidedBy).toBeUndefined();
    expect(decided.shadow?.map(({ kind, id }) => [kind, id])).toEqual([
      ['rule', 'rule-0'],
      ['rule', 'rule-1'],
      ['rule', 'rule-2'],
      ['limit', 'one'],
    ]);
    expect(outcomeOf(fired(approve({ shadow: true }), reject()))).toMatchObject({ outcome: 'reject' });
  });

  it('keeps limits of one payment whoever approved', () => {
    const refusedBy = { id: 'small', period: 'payment', reject: { messageForPayer: 'pay less' } } as never;
    expect(outcomeOf(fired(approve()), { refusedBy })).toMatchObject({
      outcome: 'reject',
      failure: { code: 'risk_single_limit', payerMessage: 'pay less' },
      decidedBy: { kind: 'limit', id: 'small' },
    });
    // A rule that refuses is named before a limit.
    expect(outcomeOf(fired(reject()), { refusedBy }).decidedBy).toEqual({ kind: 'rule', id: 'rule-0' });
  });
});

import { failureCodes } from '@tributary/contracts/error-code';
import type { EventOf } from '@tributary/rules/parse';
import type { FiredRule, Rule } from '@tributary/rules/rule-set';
import type { PaymentContext, Refusal, RiskDecision, ShadowHit } from '../payments/ports.ts';
import type { riskEvents } from './events.ts';
import { type AppliedLimits, refusalOf } from './limits/apply-limits.ts';

type RiskEvent = EventOf<typeof riskEvents>;
type Fired = FiredRule<RiskEvent>;
type Outcome = Pick<RiskDecision, 'outcome' | 'failure' | 'decidedBy' | 'holds' | 'shadow' | 'limitsOfRoute'>;

/**
 * What becomes of a payment, given the rules that fired (highest priority first) and what limits say. Pure. A suspended
 * merchant is refused before all; then the highest rule that approves or refuses decides; limits hold whoever approves;
 * a review counts only where no rule approved.
 * @param open rules that could not be judged, because their facts could not be had: what the service says then happens
 *   to payments that nothing else decides
 */
export function decideOutcome(
  context: PaymentContext,
  fired: readonly Fired[],
  limits: AppliedLimits,
  open: readonly Rule<RiskEvent>[] = [],
): Outcome {
  const outcome = decideByFired(context, fired, limits);
  const acting = open.filter(
    ({ event }) => event.type !== 'flag' && !('shadow' in event.params && event.params.shadow),
  );
  if (acting.length === 0 || outcome.outcome === 'reject') return outcome;
  const policy = context.service.onFactFailure ?? 'reject';
  if (policy === 'approve') return outcome;
  // An approval above every open rule holds whatever those would have said.
  const approval = fired.find(({ id }) => outcome.outcome === 'approve' && id === outcome.decidedBy?.id);
  if (approval && acting.every(({ priority }) => priority < approval.priority)) return outcome;
  if (policy === 'review') return outcome.outcome === 'hold' ? outcome : { ...outcome, outcome: 'review' };
  const { shadow } = outcome;
  return { ...(shadow ? { shadow } : {}), outcome: 'reject', failure: plain('risk_unavailable'), holds: [] };
}

function decideByFired({ merchant, request }: PaymentContext, fired: readonly Fired[], limits: AppliedLimits): Outcome {
  const shadow: ShadowHit[] = [...fired.filter(inShadow).map(shadowOf), ...limits.shadow];
  const kept = shadow.length > 0 ? { shadow } : {};
  const refuse = (failure: Refusal, decidedBy?: RiskDecision['decidedBy']): Outcome => ({
    ...kept,
    outcome: 'reject',
    failure,
    holds: [],
    ...(decidedBy ? { decidedBy } : {}),
  });
  if (!merchant.active) return refuse(plain('risk_merchant_blocked'));

  const acting = fired.filter((rule) => !inShadow(rule));
  const deciding = acting.find(({ event }) => event.type === 'reject' || event.type === 'approve');
  if (deciding?.event.type === 'reject') return refuse(told(deciding.event), { kind: 'rule', id: deciding.id });
  if (limits.refusedBy) return refuse(refusalOf(limits.refusedBy), { kind: 'limit', id: limits.refusedBy.id });

  const going = { ...kept, holds: limits.holds, limitsOfRoute: limits.limitsOfRoute };
  if (deciding) return { ...going, outcome: 'approve', decidedBy: { kind: 'rule', id: deciding.id } };
  const reviews = acting.filter(({ event }) => event.type === 'review');
  const [review] = reviews;
  const holding = reviews.find(({ event }) => event.type === 'review' && event.params.hold === true);
  if (holding) {
    const decidedBy = { kind: 'rule' as const, id: holding.id };
    // The code is good for a minute and must not be stored: there is nothing to go on with later.
    if (request.payer?.authCode !== undefined)
      return refuse(
        { ...plain('risk_rejected'), message: 'Needs a review, and a payment code can not wait' },
        decidedBy,
      );
    return { ...going, outcome: 'hold', decidedBy };
  }
  if (review) return { ...going, outcome: 'review', decidedBy: { kind: 'rule', id: review.id } };
  return { ...going, outcome: 'approve' };
}

const inShadow = ({ event }: Fired): boolean => 'shadow' in event.params && event.params.shadow === true;

const shadowOf = ({ id, name, event }: Fired): ShadowHit => ({
  kind: 'rule',
  id,
  ...(name === undefined ? {} : { name }),
  event: { type: event.type, params: { ...event.params } },
});

const plain = (code: keyof typeof failureCodes): Refusal => ({ code, message: failureCodes[code].title });

function told({ params }: Extract<RiskEvent, { type: 'reject' }>): Refusal {
  const refusal = plain(params.code ?? 'risk_rejected');
  return {
    code: refusal.code,
    message: params.messageForMerchant ?? params.message ?? refusal.message,
    ...(params.messageForPayer === undefined ? {} : { payerMessage: params.messageForPayer }),
  };
}

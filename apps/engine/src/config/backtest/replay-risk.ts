import type { RiskRules } from '../../risk/check-risk.ts';
import { decideOutcome } from '../../risk/decide-outcome.ts';
import type { AppliedLimits } from '../../risk/limits/apply-limits.ts';
import { contextOf, createRiskFacts } from './rebuild-facts.ts';
import { outcomeThen, type RecordedPayment, refusedBy } from './recorded-payment.ts';
import type { Replay, Replayed } from './replay.ts';

/** What recorded limits say to a replay: nothing, or that they refuse as they did. */
const noLimits: AppliedLimits = {
  refusedBy: undefined,
  shadow: [],
  holds: [],
  limitsOfRoute: () => ({ holds: [], shadow: [] }),
};

/**
 * Judges recorded payments by other risk rules. Limits refuse where they refused then; what they would have said to
 * payments that rules refused is not known and counted as such. Pure.
 */
export function createRiskReplay({ set }: Pick<RiskRules, 'set'>, timeZoneOf: (merchantId: string) => string): Replay {
  const rebuild = createRiskFacts(set.requiredFacts);
  const readsLists = [...set.requiredFacts].some((name) => listFact.test(name));
  return function replay(payment): Replayed {
    const { risk } = payment;
    if (!risk) return { kind: 'passed_over', why: 'noDecision' };
    const context = contextOf(payment, timeZoneOf(payment.merchantId));
    const { facts, missing } = rebuild(payment, context);
    if (missing.length > 0) return { kind: 'not_replayable', facts: missing };

    const fired = set.matches(facts as Parameters<typeof set.matches>[0]);
    const ids = fired.map(({ id }) => id);
    const then = outcomeThen(risk) === 'reject' ? refusedBy(risk) : undefined;
    if (then === 'merchant')
      return {
        kind: 'replayed',
        verdict: 'reject',
        fired: ids,
        assumed: ['merchant_suspended_then'],
        account: undefined,
      };

    const { outcome } = decideOutcome(context, fired, noLimits);
    const assumed: Replayed & { kind: 'replayed' } = {
      kind: 'replayed',
      verdict: outcome,
      fired: ids,
      assumed: readsLists ? ['lists_as_then'] : [],
      account: undefined,
    };
    if (outcome === 'reject' || then === undefined) return assumed;
    if (then === 'limit') return { ...assumed, verdict: 'reject', assumed: [...assumed.assumed, 'limits_as_then'] };
    const why = then === 'facts' ? 'facts_failed_then' : 'limits_not_replayed';
    return { ...assumed, assumed: [...assumed.assumed, why] };
  };
}

const listFact = /(Blocked|Allowed|Watched|Lists)$/;

/** What was decided then. */
export function recordedRisk(payment: RecordedPayment): Replayed {
  const { risk } = payment;
  if (!risk) return { kind: 'passed_over', why: 'noDecision' };
  return {
    kind: 'replayed',
    verdict: outcomeThen(risk),
    fired: risk.fired.map(({ id }) => id),
    assumed: [],
    account: undefined,
  };
}

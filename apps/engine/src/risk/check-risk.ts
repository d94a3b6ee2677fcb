import type { EventOf } from '@tributary/rules/parse';
import type { FiredRule as RuleFired } from '@tributary/rules/rule-set';
import type { VersionedRules } from '../config/compiled-rules.ts';
import type { ConfigSnapshot } from '../config/snapshot.ts';
import type { AssessRisk, FiredRule, PaymentContext, RiskDecision } from '../payments/ports.ts';
import { decideOutcome } from './decide-outcome.ts';
import { riskEvents } from './events.ts';
import { withoutFacts } from './facts/without-facts.ts';
import { type GatheredFacts, type GatherFacts, type RiskFactValues, riskFacts } from './facts.ts';
import { applyLimits } from './limits/apply-limits.ts';

export const riskLanguage = { facts: riskFacts, eventTypes: riskEvents };

export type RiskRules = VersionedRules<typeof riskFacts, typeof riskEvents>;
type RiskEvent = EventOf<typeof riskEvents>;

/** Judges a payment by the rules of its own configuration snapshot. */
export const createAssessRisk = ({
  rulesOf,
  gatherFacts,
}: {
  rulesOf: (snapshot: ConfigSnapshot) => RiskRules;
  gatherFacts: GatherFacts;
}): AssessRisk =>
  async function assessRisk(context) {
    const rules = rulesOf(context.snapshot);
    return judge(context, rules, await gatherFacts(context, rules.set.requiredFacts));
  };

/** The decision, given the facts. Pure; everything that fired is kept, whoever decided. */
export function judge(
  context: PaymentContext,
  { version, set }: RiskRules,
  { values, lists, failure }: GatheredFacts,
): RiskDecision {
  const matched = set.matches(values);
  const sure = failure ? withoutFacts(set.ruleSet, matched, new Set(failure.facts)) : { fired: matched, open: [] };
  const outcome = decideOutcome(context, sure.fired, applyLimits(context), sure.open);
  return {
    ruleSetVersion: version,
    fired: sure.fired.map(shownRule),
    facts: usedFacts(values, set.requiredFacts, failure?.facts ?? []),
    ...(lists.length > 0 ? { lists } : {}),
    ...(failure ? { factFailure: failure } : {}),
    ...outcome,
  };
}

function shownRule({ id, name, event }: RuleFired<RiskEvent>): FiredRule {
  return { id, ...(name === undefined ? {} : { name }), event: { type: event.type, params: { ...event.params } } };
}

/**
 * The facts that rules could look at, and the few that say which payment it was. Null: computed, and the payment has
 * none (no device was named). Absent: not computed, so that other rules tried on this payment later can't know it.
 */
function usedFacts(
  facts: RiskFactValues,
  required: ReadonlySet<string>,
  failed: readonly string[],
): Record<string, unknown> {
  const used: Record<string, unknown> = {
    amount: facts.amount,
    serviceId: facts.serviceId,
    merchantId: facts.merchantId,
  };
  for (const name of required) {
    const value = facts[name as keyof RiskFactValues];
    if (value !== undefined) used[name] = value;
    else if (!failed.includes(name)) used[name] = null;
  }
  return used;
}

import type { EventOf } from '@tributary/rules/parse';
import type { FiredRule as RuleFired } from '@tributary/rules/rule-set';
import type { VersionedRules } from '../config/compiled-rules.ts';
import type { ConfigSnapshot } from '../config/snapshot.ts';
import type { AssessRisk, FiredRule, PaymentContext, RiskDecision } from '../payments/ports.ts';
import { decideOutcome } from './decide-outcome.ts';
import { riskEvents } from './events.ts';
import { type RiskFactValues, riskFacts, riskFactsOf, type VelocityName, velocityNames } from './facts.ts';
import { applyLimits } from './limits/apply-limits.ts';
import type { VelocityStore } from './velocity.store.ts';

export const riskLanguage = { facts: riskFacts, eventTypes: riskEvents };

export type RiskRules = VersionedRules<typeof riskFacts, typeof riskEvents>;
type RiskEvent = EventOf<typeof riskEvents>;

/** Judges a payment by the rules of its own configuration snapshot. */
export const createAssessRisk = ({
  rulesOf,
  velocity,
}: {
  rulesOf: (snapshot: ConfigSnapshot) => RiskRules;
  velocity: VelocityStore;
}): AssessRisk =>
  async function assessRisk(context) {
    const rules = rulesOf(context.snapshot);
    const facts = await gatherFacts(context, rules, velocity);
    return judge(context, rules, facts);
  };

/** Facts for a set of rules; counts are read only when a rule needs one. */
export async function gatherFacts(
  context: PaymentContext,
  { set }: RiskRules,
  velocity: VelocityStore,
): Promise<RiskFactValues> {
  const needed = [...set.requiredFacts].filter((name) => velocityNames.has(name)) as VelocityName[];
  return riskFactsOf(context, needed.length > 0 ? await velocity.read(needed, context) : {});
}

/** The decision, given the facts. Pure; everything that fired is kept, whoever decided. */
export function judge(context: PaymentContext, { version, set }: RiskRules, facts: RiskFactValues): RiskDecision {
  const matched = set.matches(facts);
  return {
    ruleSetVersion: version,
    fired: matched.map(shownRule),
    facts: usedFacts(facts, set.requiredFacts),
    ...decideOutcome(context, matched, applyLimits(context)),
  };
}

function shownRule({ id, name, event }: RuleFired<RiskEvent>): FiredRule {
  return { id, ...(name === undefined ? {} : { name }), event: { type: event.type, params: { ...event.params } } };
}

/** The facts that rules could look at, and the few that say which payment it was. */
function usedFacts(facts: RiskFactValues, required: ReadonlySet<string>): Record<string, unknown> {
  const used: Record<string, unknown> = {
    amount: facts.amount,
    serviceId: facts.serviceId,
    merchantId: facts.merchantId,
  };
  for (const name of required) {
    const value = facts[name as keyof RiskFactValues];
    if (value !== undefined) used[name] = value;
  }
  return used;
}

import type { Condition, FiredRule, Rule, RuleEvent, RuleSet } from '@tributary/rules/rule-set';

/** What can be said of rules when some of their facts could not be had. */
export type Judgeable<E extends RuleEvent> = {
  /** The rules that fired and read none of the missing facts. */
  fired: FiredRule<E>[];
  /** The enabled rules that read one: whether they would have fired is not known. */
  open: Rule<E>[];
};

/** Leaves out what can't be known: a missing fact is not a small one, and a rule over it neither fired nor did not. */
export function withoutFacts<E extends RuleEvent>(
  ruleSet: RuleSet<E>,
  fired: readonly FiredRule<E>[],
  missing: ReadonlySet<string>,
): Judgeable<E> {
  const open = ruleSet.rules.filter((rule) => rule.enabled && reads(rule.conditions, ruleSet, missing));
  const openIds = new Set(open.map(({ id }) => id));
  return { fired: fired.filter(({ id }) => !openIds.has(id)), open };
}

/** Whether a condition looks at one of some facts. Conditions are checked: never deep, never in a circle. */
function reads(condition: Condition, ruleSet: RuleSet, facts: ReadonlySet<string>): boolean {
  if ('all' in condition) return condition.all.some((part) => reads(part, ruleSet, facts));
  if ('any' in condition) return condition.any.some((part) => reads(part, ruleSet, facts));
  if ('not' in condition) return reads(condition.not, ruleSet, facts);
  if ('condition' in condition) {
    const named = ruleSet.conditions[condition.condition];
    return named !== undefined && reads(named, ruleSet, facts);
  }
  const { fact, value } = condition;
  return facts.has(fact) || (typeof value === 'object' && value !== null && 'fact' in value && facts.has(value.fact));
}

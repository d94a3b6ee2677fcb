import type { FactDefinition } from '@tributary/rules/define-fact';
import type { Condition, FactCondition, RuleSet } from '@tributary/rules/rule-set';

type Facts = Record<string, unknown>;

/** Values that a list of a condition contributes, and combinations that a rule does, at most. */
const listValues = 3;
const combinations = 64;

const combinationsOf = (leaves: readonly { values: readonly unknown[] }[]): number =>
  leaves.reduce((product, { values }) => Math.min(combinations, product * values.length), 1);

/**
 * Facts that lie on the edges of rules: for each rule, its conditions' own values, one below and one above, and nothing at
 * all where a fact may be missing, in every combination up to a cap. Every rule gets its turn before any rule gets a second one.
 * @param base what a payment looks like otherwise; taken in turn
 */
export function* boundaryFacts(
  ruleSet: RuleSet,
  definitions: readonly FactDefinition[],
  base: readonly Facts[],
): Generator<Facts> {
  const byName = new Map(definitions.map((fact) => [fact.name, fact]));
  const examples: Facts = Object.fromEntries(definitions.map((fact) => [fact.name, fact.example]));
  const edges = ruleSet.rules
    .filter(({ enabled }) => enabled)
    .map(({ conditions }) => [...leavesOf(conditions, ruleSet)].map((leaf) => edgesOf(leaf, byName, examples)))
    .filter((leaves) => leaves.length > 0);
  const rounds = edges.reduce((most, leaves) => Math.max(most, combinationsOf(leaves)), 0);
  for (let round = 0; round < rounds; round++) {
    for (const [index, leaves] of edges.entries()) {
      if (round >= combinationsOf(leaves)) continue;
      const facts: Facts = { ...examples, ...base[(round * edges.length + index) % Math.max(1, base.length)] };
      // Counts through the combinations as an odometer does, the first condition fastest.
      let rest = round;
      for (const { fact, values } of leaves) {
        const value = values[rest % values.length];
        rest = Math.floor(rest / values.length);
        if (value === undefined) delete facts[fact];
        else facts[fact] = value;
      }
      yield facts;
    }
  }
}

function* leavesOf(condition: Condition, ruleSet: RuleSet): Generator<FactCondition> {
  if ('all' in condition) for (const part of condition.all) yield* leavesOf(part, ruleSet);
  else if ('any' in condition) for (const part of condition.any) yield* leavesOf(part, ruleSet);
  else if ('not' in condition) yield* leavesOf(condition.not, ruleSet);
  else if ('condition' in condition) {
    const named = ruleSet.conditions[condition.condition];
    if (named) yield* leavesOf(named, ruleSet);
  } else yield condition;
}

/** Values of a condition's fact that the condition tells apart, typed as the fact is. */
function edgesOf({ fact, value }: FactCondition, byName: ReadonlyMap<string, FactDefinition>, examples: Facts) {
  const definition = byName.get(fact);
  const wanted = Array.isArray(value) ? value.slice(0, listValues) : [value];
  const values: unknown[] = wanted.flatMap((one) => {
    if (typeof one === 'object' && one !== null && 'fact' in one) return [examples[String(one.fact)]];
    if (definition?.type === 'list') return [[one], [], [one, one]];
    if (definition?.type === 'integer' && typeof one === 'number') return [one, one - 1, one + 1];
    if (definition?.type === 'boolean') return [true, false];
    return typeof one === 'string' ? [one, `${one}x`, one.slice(0, -1)] : [one];
  });
  if (definition?.optional === true) values.push(undefined);
  return { fact, values: values.length > 0 ? values : [undefined] };
}

import type { RuleSet } from '@tributary/rules/rule-set';
import { Engine, type RuleProperties, type TopLevelCondition } from 'json-rules-engine';

type Facts = Readonly<Record<string, unknown>>;

/** What one engine says of some facts: the rules that fire, by priority. */
export type Fired = readonly { id: string; priority: number }[];

const isText = (value: unknown): value is string => typeof value === 'string';

/** Ours, beyond json-rules-engine's own: told to it, so that their use in rules is compared as well. */
const ownOperators: readonly [string, (left: unknown, right: unknown) => boolean][] = [
  ['startsWith', (left, right) => isText(left) && isText(right) && left.slice(0, right.length) === right],
  [
    'startsWithAny',
    (left, right) =>
      isText(left) && Array.isArray(right) && right.some((one) => isText(one) && left.slice(0, one.length) === one),
  ],
];

/**
 * Runs rules through json-rules-engine. A new engine for each run: a shared one loses rules after a rejected run, and
 * both facts and rules are copied, since it writes into them.
 * @returns undefined when it refuses to run these rules on these facts, which says nothing about the result
 */
export async function askOracle(ruleSet: RuleSet, ids: ReadonlySet<string>, facts: Facts): Promise<Fired | undefined> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (const [name, test] of ownOperators) engine.addOperator(name, test);
  try {
    for (const [name, condition] of Object.entries(ruleSet.conditions))
      engine.setCondition(name, structuredClone(condition) as TopLevelCondition);
    for (const { id, priority, conditions, event } of ruleSet.rules)
      if (ids.has(id))
        engine.addRule({
          name: id,
          priority,
          conditions: structuredClone(conditions),
          event: { type: event.type },
        } as unknown as RuleProperties);
    const { results } = await engine.run(structuredClone(facts) as Record<string, unknown>);
    return results.map(({ name, priority }) => ({ id: name, priority: priority ?? 1 }));
  } catch {
    return undefined;
  }
}

/** Priority groups in their order, each as a sorted list: the order within a group is chance there. */
export function groupsOf(fired: Fired): string {
  const groups: { priority: number; ids: string[] }[] = [];
  for (const { id, priority } of fired) {
    if (groups.at(-1)?.priority !== priority) groups.push({ priority, ids: [] });
    groups.at(-1)?.ids.push(id);
  }
  return groups.map(({ priority, ids }) => `${priority}: ${ids.sort().join(', ')}`).join(' | ');
}

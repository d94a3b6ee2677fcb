import { ruleLimits } from './limits.ts';
import { type IssueList, pointer } from './rule-issue.ts';
import { type Condition, type Rule, referencesOf } from './rule-set.ts';
import type { Work } from './slices.ts';

interface Weight {
  readonly size: number;
  readonly depth: number;
}

/** Cycles among named conditions, each reported once. */
function findCycles(conditions: ReadonlyMap<string, Condition>, issues: IssueList): boolean {
  const done = new Set<string>();
  const trail: string[] = [];
  let found = false;

  const visit = (name: string): void => {
    const at = trail.indexOf(name);
    if (at >= 0) {
      found = true;
      const cycle = [...trail.slice(at), name];
      const message = `named conditions refer to each other in a circle: ${cycle.join(' → ')}`;
      issues.add(pointer('/conditions', name), { code: 'condition_cycle', cycle }, message);
      return;
    }
    const condition = conditions.get(name);
    if (!condition || done.has(name)) return;
    trail.push(name);
    for (const next of new Set(referencesOf(condition))) visit(next);
    trail.pop();
    done.add(name);
  };

  for (const name of conditions.keys()) visit(name);
  return found;
}

/** Size and depth of conditions once the named ones are put in place. Needs a graph without cycles. */
function createScales(conditions: ReadonlyMap<string, Condition>): (condition: Condition) => Weight {
  const known = new Map<string, Weight>();

  const group = (parts: readonly Condition[]): Weight => {
    let size = 1;
    let depth = 0;
    for (const part of parts) {
      const weight = weigh(part);
      size += weight.size;
      depth = Math.max(depth, weight.depth);
    }
    return { size, depth: depth + 1 };
  };

  const named = (name: string): Weight => {
    const cached = known.get(name);
    if (cached) return cached;
    const condition = conditions.get(name);
    const weight = condition ? weigh(condition) : { size: 1, depth: 1 };
    known.set(name, weight);
    return weight;
  };

  const weigh = (condition: Condition): Weight => {
    if ('condition' in condition) return named(condition.condition);
    if ('all' in condition) return group(condition.all);
    if ('any' in condition) return group(condition.any);
    if ('not' in condition) return group([condition.not]);
    return { size: 1, depth: 1 };
  };
  return weigh;
}

/** Refuses cycles, and references that would blow a small document up into an endless evaluation. */
export function* checkConditionGraph(
  rules: readonly { readonly rule: Rule; readonly path: string }[],
  conditions: ReadonlyMap<string, Condition>,
  issues: IssueList,
): Work<void> {
  if (findCycles(conditions, issues)) return;
  const weigh = createScales(conditions);
  let total = 0;
  for (const { rule, path } of rules) {
    const { size, depth } = weigh(rule.conditions);
    const limit = ruleLimits.expandedPerRule;
    if (depth > ruleLimits.expandedDepth) {
      const deepest = ruleLimits.expandedDepth;
      issues.add(path, { code: 'too_deep', limit: deepest }, `more than ${deepest} levels with its named conditions`);
    }
    if (size > limit) {
      issues.add(path, { code: 'too_large', what: 'expanded', limit }, `more than ${limit} conditions in one rule`);
    }
    total += size;
    yield;
  }
  if (total > ruleLimits.expandedTotal) {
    const limit = ruleLimits.expandedTotal;
    issues.add('/rules', { code: 'too_large', what: 'expanded', limit }, `more than ${limit} conditions in all rules`);
  }
}

import { type FactDefinition, indexFacts } from './define-fact.ts';
import { canonical } from './diff.ts';
import type { LintCode, LintContext, LintFinding } from './lint-finding.ts';
import { alwaysTrue, decidedAlone, neverTrue } from './lint-range.ts';
import { lintRows } from './lint-rows.ts';
import { findOperator } from './operators/find-operator.ts';
import { pointer, shown } from './rule-issue.ts';
import {
  type Condition,
  type FactCondition,
  inOrder,
  isFactReference,
  type Rule,
  type RuleSet,
  referencesOf,
} from './rule-set.ts';
import { runAtOnce, runInSlices, type Work } from './slices.ts';

/** Whether a missing fact makes the comparison true. */
const trueOfMissing = ({ operator, value }: FactCondition): boolean =>
  !isFactReference(value) && findOperator(operator)?.test(undefined, value) === true;

/** A document that was checked long ago, or without its facts, can name what there is not. */
function lintReferences(
  { fact, operator, value }: FactCondition,
  path: string,
  { facts, findings }: LintContext,
): void {
  const warn = (code: LintCode, at: string, message: string) =>
    findings.push({ code, path: `${path}/${at}`, message, severity: 'warning' });
  if (!facts.has(fact)) warn('unknown_fact', 'fact', `there is no fact ${shown(fact)}`);
  if (isFactReference(value) && !facts.has(value.fact)) {
    warn('unknown_fact', 'value/fact', `there is no fact ${shown(value.fact)}`);
  }
  if (!findOperator(operator)) warn('unknown_operator', 'operator', `there is no operator ${shown(operator)}`);
}

function lintComparison(condition: FactCondition, path: string, context: LintContext): void {
  const { facts, findings } = context;
  lintReferences(condition, path, context);
  const fact = facts.get(condition.fact);
  const alone = decidedAlone(condition, facts);
  if (alone !== undefined) {
    const which = alone === 'never_true' ? 'no value' : 'every value';
    const message = `${which} of ${condition.fact} satisfies this`;
    findings.push({ code: alone, path, message, severity: 'warning' });
  }
  if (fact?.optional && trueOfMissing(condition)) {
    const message = `${fact.name} can be missing, and a missing fact makes "${condition.operator}" true`;
    findings.push({ code: 'negation_of_optional', path, message, severity: 'warning' });
  }
  const ignored = [
    condition.params === undefined ? undefined : 'params',
    condition.path !== undefined && fact !== undefined && fact.type !== 'list' ? 'path' : undefined,
    condition.priority === undefined ? undefined : 'priority',
  ];
  for (const key of ignored) {
    if (key === undefined) continue;
    const message = `"${key}" has no effect on the fact ${condition.fact}`;
    findings.push({ code: 'ignored_setting', path: pointer(path, key), message, severity: 'info' });
  }
}

function lintGroup(key: 'all' | 'any', parts: readonly Condition[], path: string, context: LintContext): void {
  const { facts, findings } = context;
  const seen = new Map<string, number>();
  for (const [i, part] of parts.entries()) {
    const text = canonical(part);
    const first = seen.get(text);
    if (first === undefined) {
      seen.set(text, i);
      continue;
    }
    const message = `the same condition as number ${first + 1} of this "${key}"`;
    findings.push({ code: 'duplicate_condition', path: pointer(path, i), message, severity: 'warning' });
  }
  // Said of the comparison itself.
  if (parts.some((part) => 'fact' in part && decidedAlone(part, facts) !== undefined)) return;
  const fact = key === 'all' ? neverTrue(parts, facts) : alwaysTrue(parts, facts);
  if (fact === undefined) return;
  const code = key === 'all' ? 'never_true' : 'always_true';
  const message = key === 'all' ? `no value of ${fact} satisfies all of this` : `every value of ${fact} satisfies this`;
  findings.push({ code, path, message, severity: 'warning' });
}

function lintCondition(condition: Condition, path: string, context: LintContext): void {
  for (const key of ['all', 'any'] as const) {
    const parts: readonly Condition[] | undefined = key in condition ? Reflect.get(condition, key) : undefined;
    if (!parts) continue;
    const at = pointer(path, key);
    lintGroup(key, parts, at, context);
    parts.forEach((part, i) => {
      lintCondition(part, pointer(at, i), context);
    });
  }
  if ('not' in condition) lintCondition(condition.not, pointer(path, 'not'), context);
  if ('fact' in condition) lintComparison(condition, path, context);
}

function* lintOverlap(ruleSet: RuleSet, pathOf: (rule: Rule) => string, { findings }: LintContext): Work<void> {
  const seen = new Map<string, Rule>();
  for (const rule of inOrder(ruleSet)) {
    yield;
    const text = canonical(rule.conditions);
    const first = seen.get(text);
    if (!first) {
      seen.set(text, rule);
      continue;
    }
    const same = canonical(first.event) === canonical(rule.event);
    const message = same
      ? `the same rule as ${first.id}, which comes before it`
      : `fires exactly when ${first.id} does, which comes before it: where only the first rule counts it never does`;
    findings.push({ code: 'same_conditions', path: pathOf(rule), message, severity: 'warning' });
  }
}

function* lintNames({ rules, conditions }: RuleSet, { findings }: LintContext): Work<void> {
  const roots = [
    ...rules.map((rule, i) => ({ condition: rule.conditions, path: `/rules/${i}/conditions` })),
    ...Object.entries(conditions).map(([name, condition]) => ({ condition, path: pointer('/conditions', name) })),
  ];
  const used = new Set<string>();
  for (const { condition, path } of roots) {
    yield;
    for (const name of referencesOf(condition)) {
      used.add(name);
      if (Object.hasOwn(conditions, name)) continue;
      const message = `there is no named condition ${shown(name)}`;
      findings.push({ code: 'unknown_condition', path, message, severity: 'warning' });
    }
  }
  for (const name of Object.keys(conditions)) {
    if (used.has(name)) continue;
    const message = `no rule uses the condition ${name}`;
    findings.push({ code: 'unused_condition', path: pointer('/conditions', name), message, severity: 'info' });
  }
}

function* linting(ruleSet: RuleSet, facts: readonly FactDefinition[]): Work<LintFinding[]> {
  const context: LintContext = { facts: indexFacts(facts), findings: [] };
  const paths = new Map(ruleSet.rules.map((rule, i) => [rule, pointer('/rules', i)]));
  const pathOf = (rule: Rule): string => paths.get(rule) ?? '/rules';
  for (const rule of ruleSet.rules) {
    yield;
    if (!rule.enabled) {
      const message = `${rule.id} is disabled`;
      context.findings.push({ code: 'disabled_rule', path: pathOf(rule), message, severity: 'info' });
    }
    lintCondition(rule.conditions, pointer(pathOf(rule), 'conditions'), context);
  }
  for (const [name, condition] of Object.entries(ruleSet.conditions)) {
    yield;
    lintCondition(condition, pointer('/conditions', name), context);
  }
  yield* lintOverlap(ruleSet, pathOf, context);
  yield* lintRows(ruleSet, pathOf, context);
  yield* lintNames(ruleSet, context);
  return context.findings;
}

/**
 * Finds what `parse` allows and its writer probably did not mean. Every finding is certain for facts that keep to
 * their schema; the list is far from complete.
 */
export const lint = (ruleSet: RuleSet, facts: readonly FactDefinition[]): LintFinding[] =>
  runAtOnce(linting(ruleSet, facts));

/** As `lint`, in slices that leave the event loop free: thousands of rules side by side take a while. */
export const lintInSlices = (
  ruleSet: RuleSet,
  facts: readonly FactDefinition[],
  budgetMs = 0.25,
): Promise<LintFinding[]> => runInSlices(linting(ruleSet, facts), budgetMs);

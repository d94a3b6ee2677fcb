import { findOperator } from './operators/find-operator.ts';
import { parsePath, readPath } from './path.ts';
import { type Condition, type ConditionValue, type FactCondition, isFactReference, type Rule } from './rule-set.ts';
import { readFact } from './slots.ts';

interface ExplainedLabels {
  readonly name?: string;
  readonly priority?: number;
  readonly result: boolean;
}

export interface ExplainedFact extends ExplainedLabels {
  readonly fact: string;
  readonly operator: string;
  readonly value: ConditionValue;
  /** What the fact was; absent if it was missing. */
  readonly factResult?: unknown;
  /** What it was compared with, references resolved. */
  readonly valueResult?: unknown;
  readonly path?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** One condition with its outcome: json-rules-engine's result shape, plus `result` on groups. */
export type ExplainedCondition =
  | ExplainedFact
  | (ExplainedLabels & { readonly all: readonly ExplainedCondition[] })
  | (ExplainedLabels & { readonly any: readonly ExplainedCondition[] })
  | (ExplainedLabels & { readonly not: ExplainedCondition });

export interface RuleExplanation {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
  readonly conditions: ExplainedCondition;
  readonly event: { readonly type: string; readonly params?: unknown };
  readonly result: boolean;
}

type Facts = Readonly<Record<string, unknown>>;

function readAt(facts: Facts, name: string, path: string | undefined): unknown {
  const value = readFact(facts, name);
  const parsed = path ? parsePath(path) : undefined;
  return parsed?.ok ? readPath(value, parsed.keys) : value;
}

function explainFact(condition: FactCondition, facts: Facts): ExplainedFact {
  const { value } = condition;
  const left = readAt(facts, condition.fact, condition.path);
  const right = isFactReference(value) ? readAt(facts, value.fact, value.path) : value;
  const result = findOperator(condition.operator)?.test(left, right) === true;
  return {
    ...condition,
    ...(left === undefined ? {} : { factResult: left }),
    ...(right === undefined ? {} : { valueResult: right }),
    result,
  };
}

/** Evaluates a condition by walking it, keeping the outcome of every part. Named conditions appear in place. */
export function explainCondition(
  condition: Condition,
  facts: Facts,
  named: Readonly<Record<string, Condition>>,
): ExplainedCondition {
  const explain = (part: Condition): ExplainedCondition => explainCondition(part, facts, named);
  if ('condition' in condition) {
    const { condition: name, ...labels } = condition;
    const target = Object.hasOwn(named, name) ? named[name] : undefined;
    if (!target) throw new Error(`there is no named condition "${name}"`);
    return { name, ...labels, ...explain(target) };
  }
  if ('all' in condition) {
    const all = condition.all.map(explain);
    return { ...condition, all, result: all.every((part) => part.result) };
  }
  if ('any' in condition) {
    const any = condition.any.map(explain);
    return { ...condition, any, result: any.length === 0 || any.some((part) => part.result) };
  }
  if ('not' in condition) {
    const not = explain(condition.not);
    return { ...condition, not, result: !not.result };
  }
  return explainFact(condition, facts);
}

export function explainRule(rule: Rule, facts: Facts, named: Readonly<Record<string, Condition>>): RuleExplanation {
  const conditions = explainCondition(rule.conditions, facts, named);
  const { id, priority, event } = rule;
  return { id, name: rule.name ?? id, priority, conditions, event, result: conditions.result };
}

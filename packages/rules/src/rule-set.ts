/** A scalar or list that a fact is compared with, or a reference to another fact. */
export type ConditionValue =
  | null
  | boolean
  | number
  | string
  | readonly unknown[]
  | { readonly fact: string; readonly path?: string; readonly params?: Readonly<Record<string, unknown>> };

interface Labels {
  /** Shown in explanations. */
  readonly name?: string;
  /** json-rules-engine's evaluation order; accepted and without effect, since facts are plain data here. */
  readonly priority?: number;
}

export interface FactCondition extends Labels {
  readonly fact: string;
  readonly operator: string;
  readonly value: ConditionValue;
  readonly path?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}
export interface AllCondition extends Labels {
  readonly all: readonly Condition[];
}
export interface AnyCondition extends Labels {
  readonly any: readonly Condition[];
}
export interface NotCondition extends Labels {
  readonly not: Condition;
}
export interface NamedCondition extends Labels {
  readonly condition: string;
}
export type Condition = FactCondition | AllCondition | AnyCondition | NotCondition | NamedCondition;

export interface RuleEvent {
  readonly type: string;
  readonly params?: unknown;
}

export interface Rule<E extends RuleEvent = RuleEvent> {
  readonly id: string;
  readonly name?: string;
  readonly priority: number;
  readonly enabled: boolean;
  readonly conditions: Condition;
  readonly event: E;
}

/** A checked rule document: frozen plain data with the defaults filled in. It can be stored and parsed again. */
export interface RuleSet<E extends RuleEvent = RuleEvent> {
  readonly rules: readonly Rule<E>[];
  readonly conditions: Readonly<Record<string, Condition>>;
}

/** A rule that fired. One frozen object per rule, shared by all evaluations. */
export interface FiredRule<E extends RuleEvent = RuleEvent> {
  readonly id: string;
  readonly name?: string;
  readonly priority: number;
  /** Place in the order of evaluation: priority first, then the order in the document. */
  readonly position: number;
  readonly event: E;
}

/** The enabled rules in the order of evaluation: higher priority first, then as written. */
export const inOrder = <E extends RuleEvent>(ruleSet: RuleSet<E>): readonly Rule<E>[] =>
  ruleSet.rules.filter((rule) => rule.enabled).sort((a, b) => b.priority - a.priority);

/** Names of the conditions that this one refers to directly. */
export function referencesOf(condition: Condition): string[] {
  if ('condition' in condition) return [condition.condition];
  if ('all' in condition) return condition.all.flatMap(referencesOf);
  if ('any' in condition) return condition.any.flatMap(referencesOf);
  if ('not' in condition) return referencesOf(condition.not);
  return [];
}

export const isFactReference = (
  value: ConditionValue,
): value is { readonly fact: string; readonly path?: string; readonly params?: Readonly<Record<string, unknown>> } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, 'fact');

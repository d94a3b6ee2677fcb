/** What is known about one side of a comparison before any payment is seen. */
export type OperandKind = 'integer' | 'fraction' | 'string' | 'boolean' | 'null' | 'list' | 'object' | 'unknown';

export interface Operand {
  readonly kind: OperandKind;
  /** May be undefined at run time. */
  readonly optional: boolean;
  /** Kind of a list's values, if known. */
  readonly items: OperandKind;
  /** The value itself, for constants. */
  readonly constant?: { readonly value: unknown };
}

/** A value that a map finds exactly when `===` does. */
export type Key = null | boolean | number | string;

/**
 * What must be so of the left side for a test to hold against a known right side. May be wider than the truth, never
 * narrower: the index leaves a rule out where its need is not met.
 */
export type Need = KeyNeed | RangeNeed;

/** It is one of these values, or a list with one of these items in it. */
export interface KeyNeed {
  readonly kind: 'value' | 'item';
  readonly values: readonly Key[];
}

/** It is a number from `low` to `high`, or no number at all and may still compare like one. */
export interface RangeNeed {
  readonly kind: 'range';
  readonly low: number;
  readonly high: number;
}

/** NaN is no key: a map finds it, `===` and `indexOf` don't. */
export const isKey = (value: unknown): value is Key =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && !Number.isNaN(value));

export type Test = (left: unknown, right: unknown) => boolean;

/** `left <operator> right`. Every function here is total: it answers for any two values and never throws. */
export interface Operator {
  readonly name: string;
  readonly words: { readonly en: string; readonly zh: string };
  readonly test: Test;
  /** A faster test for a right side that is known beforehand. Must agree with `test`. */
  readonly bind?: (right: unknown) => (left: unknown) => boolean;
  /** By what rules with this operator can be found; undefined if by nothing, for any or for this right side. */
  readonly need?: (right: unknown) => Need | undefined;
  /** Why the operator makes no sense between these operands; undefined if it does. */
  readonly check: (left: Operand, right: Operand) => string | undefined;
}

export interface Decorator {
  readonly name: string;
  readonly words: { readonly en: string; readonly zh: string };
  readonly wrap: (next: Test) => Test;
  /** True if the right side reaches the decorated operator unchanged, so that it can be bound beforehand. */
  readonly keepsRight: boolean;
  /** The need of the decorated operator, from the need of the plain one. */
  readonly need?: (next: NonNullable<Operator['need']>, right: unknown) => Need | undefined;
  readonly check: (left: Operand, right: Operand, next: Operator['check']) => string | undefined;
}

export function constantOperand(value: unknown): Operand {
  const constant = { value };
  if (Array.isArray(value)) return { kind: 'list', optional: false, items: 'unknown', constant };
  return { kind: kindOf(value), optional: false, items: 'unknown', constant };
}

function kindOf(value: unknown): OperandKind {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'fraction';
  return typeof value === 'object' ? 'object' : 'unknown';
}

/** The operand that stands for one value of a list. */
export const itemOperand = (list: Operand): Operand => ({ kind: list.items, optional: false, items: 'unknown' });

/** Runs a check against each value of a constant list, or against the kind of the values of a fact's list. */
export function checkItems(list: Operand, check: (item: Operand) => string | undefined): string | undefined {
  const values = list.constant?.value;
  if (!Array.isArray(values)) return check(itemOperand(list));
  for (const value of values) {
    const problem = check(constantOperand(value));
    if (problem) return problem;
  }
  return undefined;
}

const scalars: ReadonlySet<OperandKind> = new Set(['integer', 'string', 'boolean', 'unknown']);

const article: Readonly<Record<OperandKind, string>> = {
  integer: 'an integer',
  fraction: 'a fraction',
  string: 'a string',
  boolean: 'a boolean',
  null: 'null',
  list: 'a list',
  object: 'an object',
  unknown: 'any value',
};

export const describeKind = (kind: OperandKind): string => article[kind];

/** Two scalars of the same kind: otherwise `===` can never hold. */
export function checkSameScalar(left: Operand, right: Operand): string | undefined {
  for (const side of [left, right]) {
    if (!scalars.has(side.kind)) return `${describeKind(side.kind)} can't be compared for equality`;
  }
  if (left.kind === 'unknown' || right.kind === 'unknown' || left.kind === right.kind) return undefined;
  return `${describeKind(left.kind)} never equals ${describeKind(right.kind)}`;
}

/** A side that must be a list at run time, because json-rules-engine rejects the whole run if it is not. */
export function checkCertainList(side: Operand): string | undefined {
  if (side.kind !== 'list') return `a list is needed, not ${describeKind(side.kind)}`;
  return side.optional ? 'the list is an optional fact and may be missing' : undefined;
}

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

export type Test = (left: unknown, right: unknown) => boolean;

/** `left <operator> right`. Every function here is total: it answers for any two values and never throws. */
export interface Operator {
  readonly name: string;
  readonly words: { readonly en: string; readonly zh: string };
  readonly test: Test;
  /** A faster test for a right side that is known beforehand. Must agree with `test`. */
  readonly bind?: (right: unknown) => (left: unknown) => boolean;
  /** Why the operator makes no sense between these operands; undefined if it does. */
  readonly check: (left: Operand, right: Operand) => string | undefined;
}

export interface Decorator {
  readonly name: string;
  readonly words: { readonly en: string; readonly zh: string };
  readonly wrap: (next: Test) => Test;
  /** True if the right side reaches the decorated operator unchanged, so that it can be bound beforehand. */
  readonly keepsRight: boolean;
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

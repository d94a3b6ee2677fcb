import { describeKind, type Need, type Operand, type Operator, type Test } from './operator.ts';

type Order = (left: number, right: number) => boolean;

/**
 * json-rules-engine's comparison: parseFloat of the left side must be a number, then the raw values are compared,
 * so two strings compare as text. Converting an odd object can throw; that counts as "not a number".
 */
function lenient(left: unknown, right: unknown, order: Order): boolean {
  try {
    if (Number.isNaN(Number.parseFloat(left as string))) return false;
    return order(left as number, right as number);
  } catch {
    return false;
  }
}

function check(left: Operand, right: Operand): string | undefined {
  for (const { kind } of [left, right]) {
    if (kind !== 'integer' && kind !== 'unknown') return `integers are compared by size, not ${describeKind(kind)}`;
  }
  return undefined;
}

type Bind = (limit: number) => (left: unknown) => boolean;

/** The limit itself counts as inside: the test decides there. */
const upwards = (limit: number): Need => ({ kind: 'range', low: limit, high: Number.POSITIVE_INFINITY });
const downwards = (limit: number): Need => ({ kind: 'range', low: Number.NEGATIVE_INFINITY, high: limit });

/** `bind` is written out per operator, so that the comparison of two numbers is one inlined instruction. */
function comparison(name: string, sign: string, order: Order, need: (limit: number) => Need, bind: Bind): Operator {
  const test: Test = (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? order(left, right) : lenient(left, right, order);
  return {
    name,
    words: { en: sign, zh: sign },
    test,
    bind: (right) => (typeof right === 'number' ? bind(right) : (left) => test(left, right)),
    need: (right) => (typeof right === 'number' && !Number.isNaN(right) ? need(right) : undefined),
    check,
  };
}

const below: Order = (left, right) => left < right;
const upTo: Order = (left, right) => left <= right;
const above: Order = (left, right) => left > right;
const from: Order = (left, right) => left >= right;

export const lessThan = comparison('lessThan', '<', below, downwards, (limit) => (left) => {
  return typeof left === 'number' ? left < limit : lenient(left, limit, below);
});

export const lessThanInclusive = comparison('lessThanInclusive', '≤', upTo, downwards, (limit) => (left) => {
  return typeof left === 'number' ? left <= limit : lenient(left, limit, upTo);
});

export const greaterThan = comparison('greaterThan', '>', above, upwards, (limit) => (left) => {
  return typeof left === 'number' ? left > limit : lenient(left, limit, above);
});

export const greaterThanInclusive = comparison('greaterThanInclusive', '≥', from, upwards, (limit) => (left) => {
  return typeof left === 'number' ? left >= limit : lenient(left, limit, from);
});

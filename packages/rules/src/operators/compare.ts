import { describeKind, type Operand, type Operator, type Test } from './operator.ts';

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

function comparison(name: string, words: Operator['words'], order: Order): Operator {
  const test: Test = (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? order(left, right) : lenient(left, right, order);
  return { name, words, test, check };
}

export const lessThan: Operator = {
  ...comparison('lessThan', { en: '<', zh: '<' }, (left, right) => left < right),
  bind: (right) => {
    const limit = right as number;
    return (left) => (typeof left === 'number' ? left < limit : lenient(left, right, (a, b) => a < b));
  },
};

export const lessThanInclusive: Operator = {
  ...comparison('lessThanInclusive', { en: '≤', zh: '≤' }, (left, right) => left <= right),
  bind: (right) => {
    const limit = right as number;
    return (left) => (typeof left === 'number' ? left <= limit : lenient(left, right, (a, b) => a <= b));
  },
};

export const greaterThan: Operator = {
  ...comparison('greaterThan', { en: '>', zh: '>' }, (left, right) => left > right),
  bind: (right) => {
    const limit = right as number;
    return (left) => (typeof left === 'number' ? left > limit : lenient(left, right, (a, b) => a > b));
  },
};

export const greaterThanInclusive: Operator = {
  ...comparison('greaterThanInclusive', { en: '≥', zh: '≥' }, (left, right) => left >= right),
  bind: (right) => {
    const limit = right as number;
    return (left) => (typeof left === 'number' ? left >= limit : lenient(left, right, (a, b) => a >= b));
  },
};

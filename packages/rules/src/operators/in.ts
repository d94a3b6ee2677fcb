import {
  checkCertainList,
  checkItems,
  checkSameScalar,
  isKey,
  type Operand,
  type Operator,
  type Test,
} from './operator.ts';

/** Longer lists are looked up in a set. */
const setFrom = 9;

/** indexOf's answer, or undefined where json-rules-engine would throw. A string is searched for a substring. */
function find(left: unknown, right: unknown): boolean | undefined {
  if (Array.isArray(right)) return right.indexOf(left) > -1;
  if (typeof right !== 'string') return undefined;
  try {
    return right.indexOf(left as string) > -1;
  } catch {
    return undefined;
  }
}

function check(left: Operand, right: Operand): string | undefined {
  return checkCertainList(right) ?? checkItems(right, (item) => checkSameScalar(left, item));
}

/** `===` and `Set.has` agree except for NaN, which `indexOf` never finds. */
const has = (values: ReadonlySet<unknown>, left: unknown): boolean => values.has(left) && !Number.isNaN(left);

const test: Test = (left, right) => find(left, right) === true;
const testNot: Test = (left, right) => find(left, right) === false;

export const isIn: Operator = {
  name: 'in',
  words: { en: 'is in', zh: '属于' },
  test,
  bind: (right) => {
    if (!Array.isArray(right) || right.length < setFrom) return (left) => test(left, right);
    const values = new Set<unknown>(right);
    return (left) => has(values, left);
  },
  need: (right) => (Array.isArray(right) && right.every(isKey) ? { kind: 'value', values: right } : undefined),
  check,
};

export const notIn: Operator = {
  name: 'notIn',
  words: { en: 'is not in', zh: '不属于' },
  test: testNot,
  bind: (right) => {
    if (!Array.isArray(right) || right.length < setFrom) return (left) => testNot(left, right);
    const values = new Set<unknown>(right);
    return (left) => !has(values, left);
  },
  check,
};

import { checkItems, checkSameScalar, describeKind, isKey, type Operand, type Operator } from './operator.ts';

function check(left: Operand, right: Operand): string | undefined {
  if (left.kind !== 'list' && left.kind !== 'unknown') return `a list is needed, not ${describeKind(left.kind)}`;
  return checkItems(left, (item) => checkSameScalar(item, right));
}

/** A left side that is no list is false for both operators. */
export const contains: Operator = {
  name: 'contains',
  words: { en: 'contains', zh: '包含' },
  test: (left, right) => Array.isArray(left) && left.indexOf(right) > -1,
  need: (right) => (isKey(right) ? { kind: 'item', values: [right] } : undefined),
  check,
};

export const doesNotContain: Operator = {
  name: 'doesNotContain',
  words: { en: 'does not contain', zh: '不包含' },
  test: (left, right) => Array.isArray(left) && left.indexOf(right) === -1,
  check,
};

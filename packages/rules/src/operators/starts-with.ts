import { checkCertainList, checkItems, describeKind, type Operand, type Operator } from './operator.ts';

function checkText(left: Operand, right: Operand): string | undefined {
  for (const { kind } of [left, right]) {
    if (kind !== 'string' && kind !== 'unknown') return `text is needed, not ${describeKind(kind)}`;
  }
  return right.constant?.value === '' ? 'every text starts with the empty text' : undefined;
}

/** Ours, not json-rules-engine's: linear prefix tests in place of regular expressions. */
export const startsWith: Operator = {
  name: 'startsWith',
  words: { en: 'starts with', zh: '开头是' },
  test: (left, right) => typeof left === 'string' && typeof right === 'string' && left.startsWith(right),
  check: checkText,
};

export const startsWithAny: Operator = {
  name: 'startsWithAny',
  words: { en: 'starts with one of', zh: '开头是其中之一' },
  test: (left, right) =>
    typeof left === 'string' &&
    Array.isArray(right) &&
    right.some((prefix) => typeof prefix === 'string' && left.startsWith(prefix)),
  check: (left, right) => checkCertainList(right) ?? checkItems(right, (item) => checkText(left, item)),
};

import { checkSameScalar, isKey, type Operator } from './operator.ts';

export const equal: Operator = {
  name: 'equal',
  words: { en: '=', zh: '=' },
  test: (left, right) => left === right,
  bind: (right) => (left) => left === right,
  need: (right) => (isKey(right) ? { kind: 'value', values: [right] } : undefined),
  check: checkSameScalar,
};

export const notEqual: Operator = {
  name: 'notEqual',
  words: { en: '≠', zh: '≠' },
  test: (left, right) => left !== right,
  bind: (right) => (left) => left !== right,
  check: checkSameScalar,
};

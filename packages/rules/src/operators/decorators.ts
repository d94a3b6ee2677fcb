import { checkCertainList, checkItems, type Decorator, describeKind, type Key, type Operand } from './operator.ts';

function checkFactList(left: Operand): string | undefined {
  return left.kind === 'list' || left.kind === 'unknown'
    ? undefined
    : `a list is needed, not ${describeKind(left.kind)}`;
}

export const someFact: Decorator = {
  name: 'someFact',
  keepsRight: true,
  words: { en: 'some value', zh: '某个值' },
  wrap: (next) => (left, right) => Array.isArray(left) && left.some((item) => next(item, right)),
  need: (next, right) => {
    const need = next(right);
    return need?.kind === 'value' ? { kind: 'item', values: need.values } : undefined;
  },
  check: (left, right, next) => checkFactList(left) ?? checkItems(left, (item) => next(item, right)),
};

export const everyFact: Decorator = {
  name: 'everyFact',
  keepsRight: true,
  words: { en: 'every value', zh: '每个值' },
  wrap: (next) => (left, right) => Array.isArray(left) && left.every((item) => next(item, right)),
  check: (left, right, next) => checkFactList(left) ?? checkItems(left, (item) => next(item, right)),
};

/** On a right side that is no list json-rules-engine throws; the check refuses that, and the test says false. */
export const someValue: Decorator = {
  name: 'someValue',
  keepsRight: false,
  words: { en: 'for one of the values', zh: '对其中一个值' },
  wrap: (next) => (left, right) => Array.isArray(right) && right.some((item) => next(left, item)),
  need: (next, right) => {
    if (!Array.isArray(right)) return undefined;
    const values: Key[] = [];
    for (const item of right) {
      const need = next(item);
      if (need?.kind !== 'value') return undefined;
      for (const value of need.values) values.push(value);
    }
    return { kind: 'value', values };
  },
  check: (left, right, next) => checkCertainList(right) ?? checkItems(right, (item) => next(left, item)),
};

export const everyValue: Decorator = {
  name: 'everyValue',
  keepsRight: false,
  words: { en: 'for each of the values', zh: '对每一个值' },
  wrap: (next) => (left, right) => Array.isArray(right) && right.every((item) => next(left, item)),
  check: (left, right, next) => checkCertainList(right) ?? checkItems(right, (item) => next(left, item)),
};

export const swap: Decorator = {
  name: 'swap',
  keepsRight: false,
  words: { en: 'sides swapped', zh: '两边互换' },
  wrap: (next) => (left, right) => next(right, left),
  check: (left, right, next) => next(right, left),
};

export const not: Decorator = {
  name: 'not',
  keepsRight: true,
  words: { en: 'not', zh: '非' },
  wrap: (next) => (left, right) => !next(left, right),
  check: (left, right, next) => next(left, right),
};

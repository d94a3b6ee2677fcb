import * as fc from 'fast-check';
import { defineFact } from '../define-fact.ts';
import { documents, type RandomSource } from './random-documents.ts';

const texts = { description: 'A fact.', descriptionZh: '事实。' };

const plainOperators = [
  'equal',
  'notEqual',
  'in',
  'notIn',
  'contains',
  'doesNotContain',
  'lessThan',
  'lessThanInclusive',
  'greaterThan',
  'greaterThanInclusive',
];
const decoratorNames = ['someFact', 'everyFact', 'someValue', 'everyValue', 'swap', 'not'];

const scalar = fc.constantFrom<unknown>(
  ...[null, true, false, 0, -1, 1, 2, 5, 15, 1.5, Number.MAX_SAFE_INTEGER],
  ...['', '0', '5', '9', '15', '12abc', 'a', 'abc', 'null', 'true', '[object Object]', '-1'],
);
const scalarList = fc.array(scalar, { maxLength: 12 });
const nested = fc.constantFrom<unknown>(
  ...[{}, { a: 5 }, { a: { b: 'abc', 'x.y': 1 } }, { a: null }, { a: { b: [] } }, { a: '' }],
  ...[{ a: [5, 'a'] }, [[5]], [{ a: 5 }], ['5', { b: 1 }], { length: 2, b: false }],
);
const anyValue = fc.oneof({ weight: 5, arbitrary: scalar }, { weight: 2, arbitrary: scalarList }, nested);
/** Only as a fact: of a constant json-rules-engine's cloning loses keys that Object.prototype has too. */
const anyFact = fc.oneof({ weight: 12, arbitrary: anyValue }, fc.constant({ toString: 1 }));

const paths = [
  '$',
  'a',
  '$.a',
  'a.b',
  '$.a.b',
  "$['a']",
  "$['a']['x.y']",
  '$[0]',
  '$[1].b',
  '$.a[1]',
  '$.a.0',
  '$.length',
];
const genericNames = ['f0', 'f1', 'f2', 'f3', 'f4', 'missing'] as const;
const genericName = fc.constantFrom(...genericNames);
const maybePath = fc.option(fc.constantFrom(...paths), { nil: undefined, freq: 3 });

function withPath<T extends object>(base: T, path: string | undefined): T & { path?: string } {
  return path === undefined ? base : { ...base, path };
}

const decorated = fc
  .tuple(fc.array(fc.constantFrom(...decoratorNames), { maxLength: 2 }), fc.constantFrom(...plainOperators))
  .map(([before, operator]) => [...before, operator].join(':'));
const operatorName = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...plainOperators) }, decorated);
const reference = fc.tuple(genericName, maybePath).map(([fact, path]) => withPath({ fact }, path));

/** Lists where json-rules-engine needs one, most of the time: a rejected run says nothing about the result. */
const genericLeaf = operatorName.chain((operator) => {
  const wantsList = /(^|:)(in|notIn)$|Value:/.test(operator);
  const constant = wantsList ? fc.oneof({ weight: 9, arbitrary: scalarList }, anyValue) : anyValue;
  const value = fc.oneof({ weight: wantsList ? 12 : 4, arbitrary: constant }, reference);
  return fc
    .tuple(genericName, value, maybePath)
    .map(([fact, right, path]) => withPath({ fact, operator, value: right }, path));
});

const genericFacts = fc.dictionary(fc.constantFrom('f0', 'f1', 'f2', 'f3', 'f4'), anyFact, { minKeys: 3, maxKeys: 5 });

/** Anything json-rules-engine takes, well typed or not: what `compile` does with it must be the same. */
export const generic: RandomSource = {
  name: 'generic',
  valid: false,
  facts: genericNames.map((name) => defineFact({ name, type: 'list', optional: true, example: [], ...texts })),
  cases: fc.record({ document: documents({ leaf: genericLeaf, depth: 3, arity: 4, rules: 20 }), facts: genericFacts }),
};

const numericNames = ['n0', 'n1', 'n2', 'n3'] as const;
const numericName = fc.constantFrom(...numericNames);
const small = fc.integer({ min: 0, max: 6 });
const comparison = fc.constantFrom(
  ...['equal', 'notEqual', 'lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'],
  ...['not:lessThan', 'not:greaterThan', 'swap:lessThan', 'not:swap:greaterThanInclusive'],
);
const numericValue = fc.oneof(
  { weight: 4, arbitrary: small },
  numericName.map((fact) => ({ fact })),
);
const smallList = fc.array(small, { maxLength: 12 });
const numericLeaf = fc.oneof(
  { weight: 5, arbitrary: fc.record({ fact: numericName, operator: comparison, value: numericValue }) },
  fc.record({
    fact: numericName,
    operator: fc.constantFrom('in', 'notIn', 'not:in', 'someValue:equal'),
    value: smallList,
  }),
  fc.record({
    fact: fc.constant('tags'),
    operator: fc.constantFrom('contains', 'doesNotContain', 'someFact:greaterThan', 'everyFact:lessThan'),
    value: small,
  }),
);

/** Well-typed rules on small numbers, so that values lie on the limits all the time. */
export const numeric: RandomSource = {
  name: 'numeric',
  valid: true,
  facts: [
    ...numericNames.map((name) => defineFact({ name, type: 'integer', optional: name === 'n3', example: 1, ...texts })),
    defineFact({ name: 'tags', type: 'list', items: 'integer', example: [1], ...texts }),
  ],
  cases: fc.record({
    document: documents({ leaf: numericLeaf, depth: 3, arity: 4, rules: 20 }),
    facts: fc.record(
      { n0: small, n1: small, n2: small, n3: small, tags: fc.array(small, { maxLength: 4 }) },
      { requiredKeys: ['n0', 'n1', 'n2', 'tags'] },
    ),
  }),
};

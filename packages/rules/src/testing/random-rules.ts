import * as fc from 'fast-check';
import { defineFact, type FactDefinition } from '../define-fact.ts';

/** A document for both engines, and the facts to run it on. */
export interface RandomCase {
  readonly document: {
    readonly rules: readonly { readonly id: string; readonly [key: string]: unknown }[];
    readonly conditions: Readonly<Record<string, unknown>>;
  };
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface RandomSource {
  readonly name: string;
  readonly facts: readonly FactDefinition[];
  /** Whether the documents are meant to pass `parse`. */
  readonly valid: boolean;
  readonly cases: fc.Arbitrary<RandomCase>;
}

const rulesPerCase = 20;
const texts = { description: 'A fact.', descriptionZh: '事实。' };

interface Shape {
  readonly leaf: fc.Arbitrary<object>;
  readonly depth: number;
  readonly arity: number;
}

/** A group of up to `depth` levels over the leaves, sometimes a reference to one of the first `named` conditions. */
function groups({ leaf, depth, arity }: Shape, named: number): fc.Arbitrary<object> {
  const reference = fc.nat({ max: Math.max(0, named - 1) }).map((i) => ({ condition: `c${i}` }));
  const part =
    depth <= 1 ? leaf : fc.oneof({ weight: 3, arbitrary: leaf }, groups({ leaf, depth: depth - 1, arity }, named));
  const child = named === 0 ? part : fc.oneof({ weight: 6, arbitrary: part }, reference);
  const list = fc.array(child, { minLength: 1, maxLength: arity });
  return fc.oneof(
    { weight: 4, arbitrary: list.map((all) => ({ all })) },
    { weight: 4, arbitrary: list.map((any) => ({ any })) },
    { weight: 2, arbitrary: child.map((not) => ({ not })) },
  );
}

function documents(shape: Shape): fc.Arbitrary<RandomCase['document']> {
  const conditions = fc
    .tuple(groups(shape, 0), groups(shape, 1), groups(shape, 2))
    .map(([c0, c1, c2]) => ({ c0, c1, c2 }));
  const rule = fc.record({ priority: fc.integer({ min: 1, max: 3 }), conditions: groups(shape, 3) });
  const rules = fc
    .array(rule, { minLength: rulesPerCase, maxLength: rulesPerCase })
    .map((list) => list.map((one, i) => ({ id: `r${i}`, ...one, event: { type: 'fire' } })));
  return fc.record({ rules, conditions });
}

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
  cases: fc.record({ document: documents({ leaf: genericLeaf, depth: 3, arity: 4 }), facts: genericFacts }),
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
    document: documents({ leaf: numericLeaf, depth: 3, arity: 4 }),
    facts: fc.record(
      { n0: small, n1: small, n2: small, n3: small, tags: fc.array(small, { maxLength: 4 }) },
      { requiredKeys: ['n0', 'n1', 'n2', 'tags'] },
    ),
  }),
};

import * as fc from 'fast-check';
import { defineFact } from '../define-fact.ts';
import { documents, type RandomSource } from './random-documents.ts';

const texts = { description: 'A fact.', descriptionZh: '事实。' };
const textNames = ['k0', 'k1', 'k2'] as const;
const numberNames = ['n0', 'n1'] as const;
const listNames = ['l0', 'l1'] as const;
const names = [...textNames, ...numberNames, ...listNames, 'flag'] as const;

/** Few values, so that rules and facts meet; of several types, since the index must tell `1` from `'1'`. */
const key = fc.constantFrom<unknown>('a', 'b', 'c', 'd', '1', 1, null, true);
const number = fc.integer({ min: 0, max: 4 });
const keyList = fc.array(key, { maxLength: 3 });
/** Lists so long that they are looked up in sets, and that the tree does not repeat them in its branches. */
const longList = fc.tuple(keyList, fc.integer({ min: 9, max: 40 })).map(([values, length]) => {
  const others = Array.from({ length }, (_, i) => `other-${i}`);
  return [...others, ...values];
});
const anyList = fc.oneof({ weight: 4, arbitrary: keyList }, longList);

const path = fc.constantFrom(undefined, '$', '$[0]', '$[0]', '$[1]', '$[1]');
const withPath = <T extends object>(base: T, at: string | undefined) =>
  at === undefined ? base : { ...base, path: at };

const onText = fc.oneof(
  { weight: 4, arbitrary: fc.record({ operator: fc.constant('equal'), value: key }) },
  {
    weight: 3,
    arbitrary: fc.record({ operator: fc.constantFrom('in', 'someValue:equal', 'not:notIn'), value: anyList }),
  },
  fc.record({ operator: fc.constantFrom('someValue:in'), value: fc.array(keyList, { maxLength: 2 }) }),
  fc.record({ operator: fc.constantFrom('notEqual', 'not:equal', 'swap:equal'), value: key }),
  fc.record({ operator: fc.constantFrom('notIn', 'not:in', 'everyValue:equal'), value: keyList }),
);
const onNumber = fc.record({
  operator: fc.constantFrom(
    ...['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive', 'equal'],
    ...['not:lessThan', 'swap:greaterThan', 'swap:lessThanInclusive'],
  ),
  value: fc.oneof({ weight: 8, arbitrary: number }, fc.constantFrom('2', null)),
});
const onList = fc.oneof(
  fc.record({
    operator: fc.constantFrom('contains', 'someFact:equal', 'everyFact:equal', 'doesNotContain', 'not:contains'),
    value: key,
  }),
  fc.record({ operator: fc.constantFrom('someFact:in', 'someFact:notIn', 'everyFact:in'), value: keyList }),
);

const leaf = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.constantFrom(...textNames), onText).map(([fact, rest]) => ({ fact, ...rest })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...numberNames), onNumber).map(([fact, rest]) => ({ fact, ...rest })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom(...listNames), onList).map(([fact, rest]) => ({ fact, ...rest })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...listNames), onText, path)
      .map(([fact, rest, at]) => withPath({ fact, ...rest }, at)),
  },
  fc.record({ fact: fc.constant('flag'), operator: fc.constant('equal'), value: fc.boolean() }),
  fc.tuple(fc.constantFrom(...textNames), fc.constantFrom(...textNames)).map(([fact, other]) => ({
    fact,
    operator: 'equal',
    value: { fact: other },
  })),
);

const list = (arbitrary: fc.Arbitrary<object>, minLength: number, maxLength = minLength) =>
  fc.array(arbitrary, { minLength, maxLength });

/** One way that is rarely open: `k1 = a and n0 >= 3`. */
const rareWay = fc
  .tuple(fc.constantFrom(...textNames), key, fc.constantFrom(...numberNames), number)
  .map(([text, value, name, limit]) => ({
    all: [
      { fact: text, operator: 'equal', value },
      { fact: name, operator: 'greaterThanInclusive', value: limit },
    ],
  }));

/** One way that is often open: `n0 <= 3`. */
const commonWay = fc.record({
  fact: fc.constantFrom(...numberNames),
  operator: fc.constantFrom('lessThanInclusive', 'greaterThanInclusive'),
  value: number,
});

/** More ways to come true than the index tells apart: side by side, or multiplied. */
const manyWays = fc.oneof(
  list(rareWay, 17, 20).map((any) => ({ any })),
  list(
    list(fc.oneof(commonWay, leaf), 3).map((any) => ({ any })),
    3,
  ).map((all) => ({ all })),
);

/** Numbers, mostly; what is none must be left to the test of the rule: `'3'` is greater than 2. */
const numberFact = fc.oneof(
  { weight: 6, arbitrary: number },
  fc.constantFrom<unknown>('0', '3', '4', '12abc', null, true, 2.5, '', ['3']),
);
const facts = fc
  .record(
    {
      ...Object.fromEntries(textNames.map((name) => [name, key])),
      ...Object.fromEntries(numberNames.map((name) => [name, numberFact])),
      ...Object.fromEntries(listNames.map((name) => [name, fc.oneof({ weight: 6, arbitrary: keyList }, key)])),
      flag: fc.boolean(),
      unread: fc.constant(7),
    },
    { requiredKeys: [] },
  )
  // The loader expects facts in the order in which they came before, so they come in any.
  .chain((record) => fc.shuffledSubarray(Object.entries(record), { minLength: Object.keys(record).length }))
  .map((entries) => Object.fromEntries(entries));

/**
 * Rules that the index can find in every way it knows, nested, with several ways each, many of them firing at once; and
 * facts that lie on the limits, have other types than expected, are missing or come in another order.
 */
export const indexSteered: RandomSource = {
  name: 'index-steered',
  valid: false,
  facts: names.map((name) => defineFact({ name, type: 'list', optional: true, example: [], ...texts })),
  cases: fc.record({ document: documents({ leaf, depth: 3, arity: 3, rules: 60, special: manyWays }), facts }),
};

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decorators, findOperator, operators } from './find-operator.ts';

const test = (name: string, left: unknown, right: unknown) => findOperator(name)?.test(left, right);

describe('operators', () => {
  it.each([
    ['equal', Number.NaN, Number.NaN, false],
    ['in', Number.NaN, [Number.NaN], false],
    ['in', 5, '15', true],
    ['notIn', 5, undefined, false],
    ['contains', 'abc', 'a', false],
    ['doesNotContain', 'abc', 'z', false],
    ['doesNotContain', [1], 2, true],
    ['lessThan', '12abc', 20, false],
    ['lessThan', '15', 20, true],
    ['lessThan', '15', '9', true],
    ['lessThan', null, 1, false],
    ['lessThan', undefined, 1, false],
    ['greaterThan', 5, null, true],
    ['greaterThan', [5], 4, true],
    ['lessThan', { toString: 1 }, 4, false],
    ['not:greaterThan', undefined, 1, true],
    ['someFact:equal', [1, 2], 2, true],
    ['someFact:equal', 2, 2, false],
    ['everyFact:equal', [], 2, true],
    ['everyFact:not:equal', [1], 2, true],
    ['someValue:equal', 2, [1, 2], true],
    ['everyValue:lessThan', 0, [1, 2], true],
    ['someValue:equal', 2, 2, false],
    ['swap:lessThan', 1, 2, false],
    ['startsWith', '6222', '62', true],
    ['startsWith', 6222, '62', false],
    ['startsWithAny', '6222', ['53', '62'], true],
    ['startsWithAny', '6222', '62', false],
  ])('%s of %j and %j is %s', (name, left, right, expected) => {
    expect(test(name, left, right)).toBe(expected);
  });

  it.each(['', 'nope', 'nope:equal', 'not:nope', ':equal', 'equal:not', 'toString', 'not:not:not:not:not:equal'])(
    'knows no operator "%s"',
    (name) => {
      expect(findOperator(name)).toBeUndefined();
    },
  );

  it('answers for any two values, bound or not', () => {
    const value = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withObjectString: true });
    const long = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 9, maxLength: 20 });
    const name = fc
      .tuple(
        fc.subarray(
          decorators.map((one) => one.name),
          { maxLength: 2 },
        ),
        fc.constantFrom(...operators),
      )
      .map(([before, operator]) => [...before, operator.name].join(':'));
    const property = fc.property(
      name,
      fc.oneof(value, fc.nat(20)),
      fc.oneof(value, long),
      (operatorName, left, right) => {
        const operator = findOperator(operatorName);
        const result = operator?.test(left, right);
        expect(typeof result).toBe('boolean');
        if (operator?.bind) expect(operator.bind(right)(left)).toBe(result);
      },
    );
    fc.assert(property, { numRuns: 5_000 });
  });
});

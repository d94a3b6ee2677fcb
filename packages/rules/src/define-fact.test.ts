import { expect, expectTypeOf, it } from 'vitest';
import { compile } from './compile.ts';
import { defineFact, type FactValues, indexFacts } from './define-fact.ts';
import { parse } from './parse.ts';
import { documentOf, sampleFacts } from './testing/sample-facts.ts';

const texts = { description: 'd', descriptionZh: 'd' };

it('derives the type of the facts', () => {
  type Values = FactValues<typeof sampleFacts>;
  expectTypeOf<Values['amount']>().toEqualTypeOf<number>();
  expectTypeOf<Values['tags']>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<Values['device']>().toEqualTypeOf<string | undefined>();
  const good: Values = { amount: 1, country: 'CN', night: false, tags: [] };
  expect(good.device).toBeUndefined();
  // @ts-expect-error amount is required
  const bad: Values = { country: 'CN', night: false, tags: [] };
  expect(bad).toBeDefined();
});

it('gives events of their declared types to the compiled set', async () => {
  const parsed = parse(documentOf({ all: [{ fact: 'amount', operator: 'equal', value: 1 }] }), { facts: sampleFacts });
  if (!parsed.ok) throw new Error('invalid');
  const set = await compile(parsed.value, { facts: sampleFacts });
  expectTypeOf(set.first).parameter(0).toEqualTypeOf<FactValues<typeof sampleFacts>>();
});

it('refuses names that could be inherited, wrong examples and doubles', () => {
  for (const name of ['toString', 'constructor', '__proto__', 'Amount', 'a-b', '']) {
    expect(() => defineFact({ name, type: 'integer', example: 1, ...texts })).toThrow('not allowed');
  }
  expect(() => defineFact({ name: 'a', type: 'integer', example: 0.5, ...texts })).toThrow('example');
  const fact = defineFact({ name: 'a', type: 'boolean', example: true, ...texts });
  expect(() => indexFacts([fact, fact])).toThrow('twice');
  expect(Object.isFrozen(fact)).toBe(true);
});

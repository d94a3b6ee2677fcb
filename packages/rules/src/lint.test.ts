import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { defineFact, indexFacts } from './define-fact.ts';
import { lint } from './lint.ts';
import { alwaysTrue, neverTrue } from './lint-range.ts';
import { parse } from './parse.ts';
import type { Condition, RuleSet } from './rule-set.ts';
import { numeric } from './testing/random-rules.ts';
import { documentOf, sampleFacts } from './testing/sample-facts.ts';

function codesOf(document: unknown): string[] {
  const parsed = parse(document, { facts: sampleFacts });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return lint(parsed.value, sampleFacts).map(({ code, path }) => `${code} ${path}`);
}

const amount = (operator: string, value: unknown) => ({ fact: 'amount', operator, value });
const country = (operator: string, value: unknown) => ({ fact: 'country', operator, value });
const root = '/rules/0/conditions';

describe('lint', () => {
  it.each([
    [{ all: [amount('greaterThan', 5), amount('lessThan', 6)] }, [`never_true ${root}/all`]],
    [{ all: [amount('greaterThan', 5), amount('lessThan', 7)] }, []],
    [{ all: [country('equal', 'CN'), country('in', ['HK', 'US'])] }, [`never_true ${root}/all`]],
    [{ all: [country('in', ['HK']), country('notEqual', 'HK')] }, [`never_true ${root}/all`]],
    [{ any: [country('notEqual', 'CN'), country('notEqual', 'HK')] }, [`always_true ${root}/any`]],
    [{ any: [amount('lessThan', 5), amount('greaterThanInclusive', 5)] }, [`always_true ${root}/any`]],
    [{ any: [amount('lessThan', 5), amount('greaterThan', 5)] }, []],
    [
      { any: ['lessThan', 'greaterThanInclusive'].map((operator) => ({ ...amount(operator, 5), fact: 'payerCount' })) },
      [],
    ],
    [{ any: [amount('equal', 5), amount('equal', 5)] }, [`duplicate_condition ${root}/any/1`]],
    [{ all: [{ fact: 'device', operator: 'notEqual', value: 'd' }] }, [`negation_of_optional ${root}/all/0`]],
    [{ all: [{ ...amount('equal', 5), params: {} }] }, [`ignored_setting ${root}/all/0/params`]],
  ])('%j', (condition, expected) => {
    expect(codesOf(documentOf(condition))).toEqual(expected);
  });

  it('takes for granted what a fact can be: what that alone decides is said of the comparison', () => {
    const hour = defineFact({
      name: 'hour',
      type: 'integer',
      least: 0,
      most: 23,
      description: 'hour',
      descriptionZh: '小时',
      example: 3,
    });
    const count = defineFact({ ...hour, name: 'count', optional: true });
    const said = (condition: object) => {
      const parsed = parse(documentOf(condition), { facts: [hour, count] });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
      return lint(parsed.value, [hour, count]).map(({ code, path }) => `${code} ${path}`);
    };
    const at = (operator: string, value: number, fact = 'hour') => ({ fact, operator, value });
    expect(said({ all: [at('greaterThanInclusive', 24)] })).toEqual([`never_true ${root}/all/0`]);
    expect(said({ all: [at('lessThan', 0), at('equal', 3)] })).toEqual([`never_true ${root}/all/0`]);
    expect(said({ any: [at('greaterThanInclusive', 0)] })).toEqual([`always_true ${root}/any/0`]);
    expect(said({ any: [at('notEqual', 24)] })).toEqual([`always_true ${root}/any/0`]);
    expect(said({ all: [at('equal', 23), at('greaterThan', 22)] })).toEqual([]);
    // It may be missing, and then nothing of this is true.
    expect(said({ any: [at('greaterThanInclusive', 0, 'count')] })).toEqual([]);
    expect(said({ any: [at('lessThan', 10), at('greaterThan', 9)] })).toEqual([`always_true ${root}/any`]);
  });

  it('finds rules that repeat another, disabled rules and unused conditions', () => {
    const [rule] = documentOf({ all: [amount('equal', 5)] }).rules;
    const rules = [
      rule,
      { ...rule, id: 'again', priority: 9 },
      { ...documentOf({ all: [amount('equal', 6)] }).rules[0], id: 'off', enabled: false },
    ];
    const findings = codesOf({ rules, conditions: { unused: { all: [amount('equal', 7)] } } });
    expect(findings).toEqual([
      'disabled_rule /rules/2',
      'same_conditions /rules/0',
      'unused_condition /conditions/unused',
    ]);
  });

  const bands = (...limits: [number | undefined, number | undefined][]) => ({
    rules: limits.map(([low, high], i) => ({
      id: `r${i}`,
      conditions: {
        all: [
          country('equal', 'CN'),
          ...(low === undefined ? [] : [amount('greaterThanInclusive', low)]),
          ...(high === undefined ? [] : [amount('lessThan', high)]),
        ],
      },
      event: { type: 'route', params: { to: i } },
    })),
  });

  it.each([
    [bands([0, 100], [100, 200]), []],
    [bands([0, 100], [200, 300]), ['gap /rules/1']],
    [bands([200, 300], [0, 100], [100, undefined]), []],
    [bands([0, 100], [90, 200]), ['overlap /rules/1']],
    [bands([0, 100], [10, 20]), ['masked_rule /rules/1']],
    [bands([10, 20], [0, 100]), []],
    [bands([undefined, 100], [1000, undefined]), []],
  ])('lays rules side by side: %j', (document, expected) => {
    expect(codesOf(document)).toEqual(expected);
  });

  it('names the hole', () => {
    const parsed = parse(bands([0, 100], [200, 300]), { facts: sampleFacts });
    const [finding] = parsed.ok ? lint(parsed.value, sampleFacts) : [];
    expect(finding?.message).toBe('no rule for amount from 100 to 199, between r0 and r1');
  });

  it('finds what a document names and there is not', () => {
    const document = {
      rules: [
        { id: 'a', conditions: { all: [amount('equal', { fact: 'gone' })] }, event: { type: 'x' } },
        { id: 'b', conditions: { any: [{ fact: 'lost', operator: 'equal', value: 1 }] }, event: { type: 'x' } },
      ],
    };
    const parsed = parse(document);
    if (!parsed.ok) throw new Error(parsed.issues[0]?.message);
    expect(lint(parsed.value, sampleFacts).map(({ code, path }) => `${code} ${path}`)).toEqual([
      'unknown_fact /rules/0/conditions/all/0/value/fact',
      'unknown_fact /rules/1/conditions/any/0/fact',
    ]);
    const rules = parsed.value.rules.map((rule) => ({ ...rule, conditions: { condition: 'nowhere' } }));
    const codes = lint({ ...parsed.value, rules }, sampleFacts).map(({ code }) => code);
    expect(codes).toContain('unknown_condition');
  });

  it('is right about every rule that it calls masked', async () => {
    const one = fc.record({
      fact: fc.constantFrom('n0', 'n3'),
      operator: fc.constantFrom('equal', 'notEqual', 'lessThan', 'greaterThanInclusive', 'greaterThan'),
      value: fc.integer({ min: 0, max: 3 }),
    });
    const list = fc.record({
      fact: fc.constantFrom('n0', 'n3'),
      operator: fc.constantFrom('in', 'notIn'),
      value: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
    });
    const other = fc.constantFrom<Condition>(
      { not: { fact: 'n1', operator: 'equal', value: 1 } },
      { fact: 'tags', operator: 'contains', value: 1 },
    );
    const conditions = fc.array(fc.oneof({ weight: 3, arbitrary: one }, list, other), { minLength: 1, maxLength: 3 });
    let found = 0;
    for (const pair of fc.sample(fc.tuple(conditions, conditions), { numRuns: 1_500, seed: 8 })) {
      const rules = pair.map((all, i) => {
        return { id: `r${i}`, priority: 1, enabled: true, conditions: { all }, event: { type: `e${i}` } };
      });
      const ruleSet: RuleSet = { rules, conditions: {} };
      if (!lint(ruleSet, numeric.facts).some(({ code }) => code === 'masked_rule')) continue;
      found++;
      const set = await compile(ruleSet, { facts: numeric.facts });
      for (let n0 = -1; n0 <= 4; n0++) {
        for (const rest of [{}, { n3: -1 }, { n3: 0 }, { n3: 1 }, { n3: 2 }, { n3: 3, tags: [1] }, { n3: 4, n1: 1 }]) {
          const fired = set.matches({ n0, n1: 0, n2: 0, tags: [1], ...rest } as never).map(({ id }) => id);
          if (fired.includes('r1')) expect(fired[0]).toBe('r0');
        }
      }
    }
    expect(found).toBeGreaterThan(50);
  });

  it('is right about every group that it calls never or always true', async () => {
    const facts = indexFacts(numeric.facts);
    const operator = fc.constantFrom(
      'equal',
      'notEqual',
      'lessThan',
      'lessThanInclusive',
      'greaterThan',
      'greaterThanInclusive',
    );
    const one = fc.record({ fact: fc.constantFrom('n0', 'n3'), operator, value: fc.integer({ min: 0, max: 3 }) });
    let found = 0;
    for (const parts of fc.sample(fc.array(one, { minLength: 1, maxLength: 4 }), { numRuns: 2_000, seed: 5 })) {
      const claims: [Condition, boolean][] = [];
      if (neverTrue(parts, facts) !== undefined) claims.push([{ all: parts }, false]);
      if (alwaysTrue(parts, facts) !== undefined) claims.push([{ any: parts }, true]);
      for (const [conditions, result] of claims) {
        found++;
        const rule = { id: 'r', priority: 1, enabled: true, conditions, event: { type: 'x' } };
        const ruleSet: RuleSet = { rules: [rule], conditions: {} };
        const set = await compile(ruleSet, { facts: numeric.facts });
        for (let n0 = -1; n0 <= 4; n0++) {
          for (const other of [{}, { n3: -1 }, { n3: 0 }, { n3: 1 }, { n3: 2 }, { n3: 3 }, { n3: 4 }]) {
            expect(set.first({ n0, ...other } as never) !== undefined).toBe(result);
          }
        }
      }
    }
    expect(found).toBeGreaterThan(100);
  });
});

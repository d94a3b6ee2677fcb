import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { indexFacts } from './define-fact.ts';
import { lint } from './lint.ts';
import { alwaysTrue, neverTrue } from './lint-range.ts';
import { parse } from './parse.ts';
import type { Condition, RuleSet } from './rule-set.ts';
import { numeric } from './testing/random-rules.ts';
import { documentOf, sampleFacts } from './testing/sample-facts.ts';

function codesOf(document: unknown): string[] {
  const parsed = parse(document, { facts: sampleFacts });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return lint(parsed.value, { facts: sampleFacts }).map(({ code, path }) => `${code} ${path}`);
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

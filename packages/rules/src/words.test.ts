import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { diff } from './diff.ts';
import { explainInWords } from './explain.ts';
import { createDocumentSchema, createJsonSchema } from './json-schema.ts';
import type { Language } from './language.ts';
import { parse } from './parse.ts';
import { documentOf, payment, sampleEvents, sampleFacts } from './testing/sample-facts.ts';

const large = { fact: 'amount', operator: 'greaterThan', value: 100_000 };
const abroad = { fact: 'country', operator: 'notIn', value: ['CN', 'HK'] };

function ruleSetOf(document: unknown) {
  const result = parse(document, { facts: sampleFacts });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}

async function say(conditions: unknown, language: Language = 'en'): Promise<string> {
  const set = await compile(ruleSetOf(documentOf(conditions)), { facts: sampleFacts });
  const [explanation] = set.explain(payment);
  return explanation ? explainInWords(explanation, language) : '';
}

describe('an explanation in words', () => {
  it('names what decided', async () => {
    expect(await say({ all: [large] })).toBe('amount 120000 > 100000');
    expect(await say({ all: [large, abroad] })).toBe('not (country CN is not in [CN, HK])');
    expect(await say({ all: [large, { not: abroad }] })).toBe(
      'amount 120000 > 100000 and not (country CN is not in [CN, HK])',
    );
    expect(await say({ any: [abroad, large] })).toBe('amount 120000 > 100000');
    expect(await say({ all: [{ ...large, value: { fact: 'payerCount' } }] })).toBe(
      'not (amount 120000 > payerCount missing)',
    );
    expect(await say({ all: [large, { not: abroad }] }, 'zh')).toBe(
      'amount 120000 > 100000 且 非 (country CN 不属于 [CN, HK])',
    );
  });
});

describe('diff', () => {
  const rule = (id: string, rest: object = {}) => ({
    id,
    conditions: { all: [large] },
    event: { type: 'review' },
    ...rest,
  });

  it('says nothing about equal sets', () => {
    const a = ruleSetOf({ rules: [rule('a'), rule('b', { priority: 3 })] });
    // The order of rules with different priorities changes nothing.
    const b = ruleSetOf({ rules: [rule('b', { priority: 3 }), rule('a')] });
    expect(diff(a, b)).toEqual([]);
  });

  it('tells added, removed, changed and moved rules', () => {
    const a = ruleSetOf({ rules: [rule('a'), rule('b'), rule('c'), rule('d')] });
    const changed = { conditions: { all: [{ ...large, value: 200_000 }] } };
    const b = ruleSetOf({
      rules: [rule('c'), rule('a'), rule('b', changed), rule('e')],
      conditions: { n: { all: [large] } },
    });
    expect(diff(a, b).map((change) => change.words.en)).toEqual([
      'd removed: amount > 100000 → review',
      'b changed: conditions: amount > 100000 → amount > 200000',
      'e added: amount > 100000 → review',
      'c moved among the rules of priority 1',
      'condition n: - → amount > 100000',
    ]);
  });
});

describe('the JSON schema', () => {
  const options = { facts: sampleFacts, eventTypes: sampleEvents };
  const schema = createDocumentSchema(options);

  it.each([
    large,
    abroad,
    { not: large },
    { fact: 'tags', operator: 'someFact:in', value: ['vip'] },
    { fact: 'tags', operator: 'equal', value: 'vip', path: '$[0]' },
    { ...large, value: { fact: 'payerCount' } },
  ])('agrees with parse that %j is good', (condition) => {
    const document = documentOf({ all: [condition] });
    expect(parse(document, options).ok).toBe(true);
    expect(schema.safeParse(document).success).toBe(true);
  });

  it.each([
    { ...large, fact: 'nope' },
    { ...large, operator: 'nope' },
    { ...large, value: 'text' },
    { ...large, extra: 1 },
    { any: [] },
    {},
  ])('agrees with parse that %j is bad', (condition) => {
    const document = documentOf({ all: [condition] });
    expect(parse(document, options).ok).toBe(false);
    expect(schema.safeParse(document).success).toBe(false);
  });

  it('names the facts, operators and events', () => {
    const text = JSON.stringify(createJsonSchema(options));
    for (const word of ['amount', 'Unit: fen.', 'greaterThanInclusive', 'startsWithAny', 'reject', 'everyFact']) {
      expect(text).toContain(word);
    }
  });
});

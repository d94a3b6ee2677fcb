import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from './parse.ts';
import { documentOf, sampleEvents, sampleFacts } from './testing/sample-facts.ts';

const options = { facts: sampleFacts, eventTypes: sampleEvents };
const leaf = { fact: 'amount', operator: 'greaterThan', value: 100_000 };

/** Codes and paths of the issues of a document. */
function issuesOf(document: unknown): string[] {
  const result = parse(document, options);
  return result.ok ? [] : result.issues.map(({ code, path }) => `${code} ${path}`);
}

const issuesOfCondition = (condition: unknown): string[] => issuesOf(documentOf({ all: [condition] }));

const at = '/rules/0/conditions/all/0';

describe('a good document', () => {
  it('comes back with defaults, typed events and frozen', () => {
    const document = {
      rules: [{ id: 'large', conditions: { all: [leaf] }, event: { type: 'reject', params: { code: 'too_large' } } }],
    };
    const result = parse(document, options);
    if (!result.ok) throw new Error(JSON.stringify(result.issues));
    const [rule] = result.value.rules;
    expect(rule).toMatchObject({ id: 'large', priority: 1, enabled: true });
    expect(rule?.event.type === 'reject' && rule.event.params.code).toBe('too_large');
    expect(Object.isFrozen(result.value) && Object.isFrozen(rule?.conditions)).toBe(true);
    expect(parse(JSON.parse(JSON.stringify(result.value)), options)).toEqual(result);
  });

  it.each([
    { fact: 'country', operator: 'in', value: ['CN', 'HK'] },
    { fact: 'country', operator: 'startsWith', value: 'C' },
    { fact: 'country', operator: 'startsWithAny', value: ['C', 'H'] },
    { fact: 'tags', operator: 'contains', value: 'vip' },
    { fact: 'tags', operator: 'someFact:in', value: ['vip'] },
    { fact: 'country', operator: 'someValue:equal', value: ['CN'] },
    { fact: 'amount', operator: 'swap:lessThan', value: { fact: 'payerCount' } },
    { fact: 'country', operator: 'in', value: { fact: 'tags' } },
    { fact: 'tags', operator: 'equal', value: 'vip', path: '$[0]' },
    { fact: 'amount', operator: 'lessThan', value: 5, params: { any: 1 }, name: 'small', priority: 3 },
    { not: leaf },
  ])('takes %j', (condition) => {
    expect(issuesOfCondition(condition)).toEqual([]);
  });
});

describe('a bad condition', () => {
  it.each([
    [{ any: [] }, `empty_group ${at}/any`],
    [{ any: [leaf], all: [leaf] }, `mixed_keys ${at}`],
    [{ ...leaf, all: [leaf] }, `mixed_keys ${at}`],
    [{}, `wrong_type ${at}`],
    [{ ...leaf, fact: 'amont' }, `unknown_fact ${at}/fact`],
    [{ ...leaf, fact: 'toString' }, `unknown_fact ${at}/fact`],
    [{ ...leaf, operator: 'matches' }, `unknown_operator ${at}/operator`],
    [{ ...leaf, operator: 'not:not:not:not:not:equal' }, `unknown_operator ${at}/operator`],
    [{ ...leaf, value: '100000' }, `type_mismatch ${at}/value`],
    [{ ...leaf, value: 0.5 }, `type_mismatch ${at}/value`],
    [{ ...leaf, value: null }, `type_mismatch ${at}/value`],
    [{ ...leaf, value: {} }, `wrong_type ${at}/value`],
    [{ ...leaf, value: { fact: 'country' } }, `type_mismatch ${at}/value`],
    [{ ...leaf, value: { fact: 'nothing' } }, `unknown_fact ${at}/value/fact`],
    [{ ...leaf, extra: 1 }, `unknown_key ${at}/extra`],
    [{ fact: 'amount', operator: 'equal' }, `missing_key ${at}`],
    [{ fact: 'amount', value: 1 }, `missing_key ${at}`],
    [{ fact: 'country', operator: 'in', value: 'CN' }, `type_mismatch ${at}/value`],
    [{ fact: 'country', operator: 'in', value: ['CN', 5] }, `type_mismatch ${at}/value`],
    [{ fact: 'country', operator: 'in', value: { fact: 'tags', path: '$[0]' } }, `type_mismatch ${at}/value`],
    [{ fact: 'country', operator: 'startsWith', value: '' }, `type_mismatch ${at}/value`],
    [{ fact: 'tags', operator: 'equal', value: 'vip' }, `type_mismatch ${at}/value`],
    [{ fact: 'tags', operator: 'contains', value: 'vip', path: '$[*]' }, `invalid_path ${at}/path`],
    [{ fact: 'tags', operator: 'contains', value: 'vip', path: '$.constructor' }, `invalid_path ${at}/path`],
    [{ condition: 'nowhere' }, `unknown_condition ${at}/condition`],
    [{ not: [leaf] }, `wrong_type ${at}/not`],
    [null, `wrong_type ${at}`],
  ])('%j is refused', (condition, issue) => {
    expect(issuesOfCondition(condition)).toEqual([issue]);
  });

  it('refuses a bare comparison as a whole rule', () => {
    expect(issuesOf(documentOf(leaf))).toEqual(['bare_condition /rules/0/conditions']);
  });
});

describe('a bad document', () => {
  const rule = { id: 'a', conditions: { all: [leaf] }, event: { type: 'review' } };

  it.each([
    [null, 'wrong_type '],
    [[], 'wrong_type '],
    [{}, 'wrong_type /rules'],
    [{ rules: [], version: 1 }, 'unknown_key /version'],
    [{ rules: [rule, rule] }, 'duplicate_id /rules/1/id'],
    [{ rules: [{ ...rule, id: '' }] }, 'invalid_name /rules/0/id'],
    [{ rules: [{ ...rule, priority: 0 }] }, 'wrong_type /rules/0/priority'],
    [{ rules: [{ ...rule, enabled: 'yes' }] }, 'wrong_type /rules/0/enabled'],
    [{ rules: [{ ...rule, event: { type: 'explode' } }] }, 'unknown_event /rules/0/event/type'],
    [{ rules: [{ ...rule, event: { type: 'constructor' } }] }, 'unknown_event /rules/0/event/type'],
    [{ rules: [{ ...rule, event: { type: 'reject' } }] }, 'invalid_params /rules/0/event/params/code'],
    [{ rules: [{ ...rule, priority: Number.NaN }] }, 'not_plain_data /rules/0/priority'],
    [{ rules: new Map() }, 'not_plain_data /rules'],
    [JSON.parse('{"rules":[],"__proto__":{"polluted":true}}'), 'forbidden_key '],
    [{ rules: [], conditions: { a: { not: { condition: 'a' } } } }, 'condition_cycle /conditions/a'],
    [
      { rules: [], conditions: { a: { all: [{ condition: 'b' }] }, b: { any: [{ condition: 'a' }, leaf] } } },
      'condition_cycle /conditions/a',
    ],
  ])('%j is refused', (document, issue) => {
    expect(issuesOf(document)).toEqual([issue]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('refuses what is too large', () => {
    const nest = (depth: number, inner: unknown): unknown => {
      let condition = inner;
      for (let i = 0; i < depth; i++) condition = { all: [condition] };
      return condition;
    };
    const doubling = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        `c${i}`,
        { all: i === 0 ? [leaf] : [{ condition: `c${i - 1}` }, { condition: `c${i - 1}` }] },
      ]),
    );
    expect(issuesOf(documentOf(nest(12, leaf)))[0]).toMatch(/^too_deep/);
    expect(issuesOf(documentOf(nest(10, leaf)))).toEqual([]);
    expect(issuesOf(documentOf(nest(1_000, leaf)))[0]).toMatch(/^too_deep/);
    expect(issuesOf(documentOf({ all: Array.from({ length: 257 }, () => leaf) }))[0]).toMatch(/^too_large/);
    expect(issuesOf({ rules: Array.from({ length: 5_001 }, () => rule) })).toEqual(['too_large /rules']);
    expect(issuesOfCondition({ ...leaf, value: Array.from({ length: 1_000_000 }, () => 1) })[0]).toMatch(/^too_large/);
    expect(issuesOf({ rules: [{ ...rule, name: 'x'.repeat(50_000_000) }] })[0]).toMatch(/^too_large/);
    expect(issuesOf({ ...documentOf({ condition: 'c19' }), conditions: doubling })[0]).toMatch(/^too_large|^too_deep/);
  });

  it('reports at most a hundred issues', () => {
    const issues = issuesOf({ rules: Array.from({ length: 5_000 }, () => ({})) });
    expect(issues).toHaveLength(101);
    expect(issues.at(-1)).toBe('too_many_issues ');
  });

  it('survives hostile objects', () => {
    const cyclic: { rules: unknown[] } = { rules: [] };
    cyclic.rules.push(cyclic);
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    const getter = {
      get rules() {
        throw new Error('no');
      },
    };
    for (const input of [cyclic, hostile, getter, Symbol('x'), 1n, () => 1, undefined]) {
      expect(parse(input, options).ok).toBe(false);
    }
  });
});

describe('on any input', () => {
  /** Random JSON made of the words of the format, so that it gets past the first check. */
  const word = fc.constantFrom(
    'rules',
    'all',
    'any',
    'not',
    'fact',
    'operator',
    'value',
    'path',
    'id',
    'event',
    'type',
    '__proto__',
  );
  const text = fc.oneof(
    fc.string(),
    word,
    fc.constantFrom('amount', 'tags', 'equal', 'in', 'someFact:in', 'review', '$.a', 'r1'),
  );
  const { soup } = fc.letrec((tie) => ({
    soup: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.double()),
      fc.array(tie('soup'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(word, text), tie('soup'), { maxKeys: 5 }),
    ),
  }));

  it('never throws and never reports nothing', () => {
    const check = (input: unknown): void => {
      const result = parse(input, options);
      if (!result.ok) expect(result.issues.length).toBeGreaterThan(0);
    };
    fc.assert(
      fc.property(fc.anything({ withMap: true, withDate: true, withBigInt: true, withNullPrototype: true }), check),
    );
    fc.assert(
      fc.property(soup, (condition) => check(documentOf({ all: [condition] }))),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(soup, (rules) => check({ rules: [rules], conditions: { a: rules } })),
      { numRuns: 1_000 },
    );
  });
});

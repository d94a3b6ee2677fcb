import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { lint } from './lint.ts';
import { type ParseResult, parse } from './parse.ts';
import { parseText } from './parse-text.ts';
import { badDocuments } from './testing/bad-documents.ts';
import { payment, sampleEvents, sampleFacts } from './testing/sample-facts.ts';

const options = { facts: sampleFacts, eventTypes: sampleEvents };
const fixtures = path.resolve(import.meta.dirname, '../fixtures');
const readFixture = (name: string): unknown => JSON.parse(readFileSync(path.join(fixtures, name), 'utf8'));

const leaf = { fact: 'amount', operator: 'greaterThan', value: 100_000 };
const rule = { id: 'a', conditions: { all: [leaf] }, event: { type: 'review' } };
const ruleOf = (condition: unknown) => ({ rules: [{ ...rule, conditions: { all: [condition] } }] });

/** Every place of a document that can hold a value, with the value in it. */
const places: readonly ((value: unknown) => unknown)[] = [
  (value) => value,
  (value) => ({ rules: value }),
  (value) => ({ rules: [value] }),
  (value) => ({ rules: [{ ...rule, id: value }] }),
  (value) => ({ rules: [{ ...rule, name: value }] }),
  (value) => ({ rules: [{ ...rule, priority: value }] }),
  (value) => ({ rules: [{ ...rule, conditions: value }] }),
  (value) => ({ rules: [{ ...rule, event: value }] }),
  (value) => ({ rules: [{ ...rule, event: { type: value } }] }),
  (value) => ({ rules: [{ ...rule, event: { type: 'reject', params: { code: value } } }] }),
  (value) => ruleOf(value),
  (value) => ruleOf({ ...leaf, fact: value }),
  (value) => ruleOf({ ...leaf, operator: value }),
  (value) => ruleOf({ ...leaf, value }),
  (value) => ruleOf({ fact: 'country', operator: 'equal', value }),
  (value) => ruleOf({ fact: 'country', operator: 'in', value: [value] }),
  (value) => ruleOf({ fact: 'tags', operator: 'contains', value: 'vip', path: value }),
  (value) => ruleOf({ condition: value }),
  (value) => ({ ...ruleOf(leaf), conditions: { [String(value)]: { all: [leaf] } } }),
  (value) => ({ ...ruleOf(leaf), [String(value)]: 1 }),
];

/** What holds of every answer, whatever was asked; a document that is accepted must also work. */
async function checkAnswer(result: ParseResult): Promise<void> {
  if (!result.ok) {
    expect(result.issues.length).toBeGreaterThan(0);
    for (const { path: at, message } of result.issues) {
      expect(typeof at).toBe('string');
      expect(message.length).toBeLessThan(1_000);
    }
    return;
  }
  const again = parse(JSON.parse(JSON.stringify(result.value)), options);
  expect(again).toEqual(result);
  const set = await compile(result.value, { facts: sampleFacts });
  expect(set.matches(payment).length).toBeLessThanOrEqual(result.value.rules.length);
  expect(Array.isArray(lint(result.value, sampleFacts))).toBe(true);
}

const properties = Object.getOwnPropertyNames(Object.prototype).join();
const isUntouched = () => Object.getOwnPropertyNames(Object.prototype).join() === properties;

describe('a bad document is refused with the place and the reason', () => {
  it.each(badDocuments)('$what', ({ build, issue }) => {
    const result = parse(build(), options);
    if (result.ok) throw new Error('accepted');
    expect(`${result.issues[0]?.code} ${result.issues[0]?.path}`).toMatch(issue);
    expect(result.issues[0]?.message.length).toBeLessThan(300);
    expect(isUntouched()).toBe(true);
  });
});

describe('naughty strings', () => {
  const strings = readFixture('naughty-strings.json') as string[];

  it('are refused or work, in every place', async () => {
    expect(strings.length).toBeGreaterThan(500);
    for (const text of strings) for (const place of places) await checkAnswer(parse(place(text), options));
    expect(isUntouched()).toBe(true);
  }, 60_000);

  it('as facts change nothing and break nothing', async () => {
    const parsed = parse(ruleOf({ fact: 'country', operator: 'startsWithAny', value: ['0', '<', 'null'] }), options);
    if (!parsed.ok) throw new Error(parsed.issues[0]?.message);
    const set = await compile(parsed.value, { facts: sampleFacts });
    for (const text of strings) {
      const fires = ['0', '<', 'null'].some((prefix) => text.startsWith(prefix));
      expect(set.matches({ ...payment, country: text }).length).toBe(fires ? 1 : 0);
    }
  });
});

describe('the files of JSONTestSuite', () => {
  const files = Object.entries(readFixture('json-test-suite.base64.json') as Record<string, string>);
  const texts: readonly [string, string][] = [
    ...files.map(([name, base64]): [string, string] => [name, Buffer.from(base64, 'base64').toString('utf8')]),
    ['n_structure_100000_opening_arrays.json', '['.repeat(100_000)],
    ['n_structure_open_array_object.json', '[{"":'.repeat(50_000)],
  ];

  it('are read or refused as the suite says', () => {
    for (const [name, text] of texts) {
      const result = parseText(text, options);
      if (result.ok) throw new Error(`${name} was accepted as rules`);
      const isBroken = result.issues[0]?.code === 'invalid_json';
      // Broken bytes become U+FFFD on the way to text, which is for the reader of the bytes to refuse.
      if (name.startsWith('y_')) expect([name, isBroken]).toEqual([name, false]);
      if (name.startsWith('n_') && !text.includes('\uFFFD')) expect([name, isBroken]).toEqual([name, true]);
    }
  });

  it('are refused or work as parts of a document, in every place', async () => {
    for (const [, text] of texts) {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        continue;
      }
      for (const place of places) await checkAnswer(parse(place(value), options));
    }
    expect(isUntouched()).toBe(true);
  }, 60_000);
});

it.each([
  ['{"rules":[],"rules":[]}', '/rules'],
  ['{"rules":[{"id":"a","id":"b"}]}', '/rules/0/id'],
  [
    '{"rules":[{},{"conditions":{"all":[{"fact":"amount"},{"value":500000,"value":1}]}}]}',
    '/rules/1/conditions/all/1/value',
  ],
  [String.raw`{"rules":[{"event":{"type":"x","params":{"a/b":"} \" {","\u0061/b":2}}}]}`, '/rules/0/event/params/a~1b'],
])('a key that is there twice is refused and named: %s', (text, path) => {
  const result = parseText(text, options);
  expect(result.ok ? [] : result.issues.map((issue) => [issue.code, issue.path])).toEqual([['duplicate_key', path]]);
});

it('a text without a key there twice is read as JSON.parse reads it', () => {
  const quoted = JSON.stringify({ k: 'k', l: ['k', { k: [] }], m: '\\","k":{' });
  for (const text of [quoted, '{"a":{"k":1},"b":{"k":1}}', '[{"k":1},{"k":1}]', '"k"', '1'])
    expect(parseText(text, options)).toEqual(parse(JSON.parse(text), options));
});

it('a text that is too long is refused before it is read', () => {
  const result = parseText(`{"rules":[${'{},'.repeat(1_000_000)}{}]}`, options);
  expect(result.ok ? [] : result.issues.map(({ code }) => code)).toEqual(['too_large']);
});

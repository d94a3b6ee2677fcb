import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  duplicateRule,
  freeId,
  idOf,
  insertAfter,
  type JsonObject,
  moveRule,
  orderOf,
  priorityOf,
  type RuleDocument,
  readDocument,
  withKey,
  writeDocument,
} from './document.ts';
import { findFault } from './json-fault.ts';

const documents: fc.Arbitrary<RuleDocument> = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 12 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .record(
            {
              priority: fc.integer({ min: 1, max: 4 }),
              enabled: fc.boolean(),
              note: fc.jsonValue() as fc.Arbitrary<never>,
            },
            { requiredKeys: [] },
          )
          .map((rest): JsonObject => ({ id, conditions: { all: [] }, event: { type: 'flag' }, ...rest })),
      ),
    ),
  )
  .map((rules) => ({ rules, extra: { kept: true } }));

const idsInOrder = (document: RuleDocument) => orderOf(document).map((index) => idOf(document.rules[index] ?? {}));
const byId = (document: RuleDocument) => new Map(document.rules.map((rule) => [idOf(rule), rule]));

describe('a rule document', () => {
  it('comes back from its text as it was, with keys that no editor knows', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const read = readDocument(writeDocument(document));
        expect(read).toEqual({ ok: true, document: JSON.parse(JSON.stringify(document)) });
      }),
    );
  });

  it.each([
    ['{"rules":[],\n"rules":[{}]}', '/rules is there twice', 2],
    [
      '{"rules":[{},\n{"conditions":{"all":[{"value":500000,\n"v\\u0061lue":1}]}}]}',
      '/rules/1/conditions/all/0/value is there twice',
      3,
    ],
  ])('is none when a key is there twice, and says which: %s', (text, message, line) => {
    expect(readDocument(text)).toEqual({ ok: false, reason: 'json', message, line });
  });

  it('puts a moved rule exactly where it was put, and touches no other rule', () => {
    fc.assert(
      fc.property(documents, fc.nat(12), fc.nat(12), (document, from, to) => {
        fc.pre(from < document.rules.length && to < document.rules.length);
        const before = idsInOrder(document);
        const expected = before.filter((_, i) => i !== from);
        const id = before[from] ?? '';
        expected.splice(to, 0, id);
        const after = moveRule(document, from, to);
        expect(idsInOrder(after)).toEqual(expected);
        expect(after.extra).toEqual(document.extra);
        const old = byId(document);
        for (const [one, rule] of byId(after)) {
          if (one !== id) expect(rule).toBe(old.get(one));
          else expect({ ...rule, priority: 0 }).toEqual({ ...old.get(one), priority: 0 });
        }
      }),
    );
  });

  it('keeps the priority of a moved rule when its new neighbours allow it', () => {
    const rules = [30, 20, 10].map((priority) => ({ id: `r${priority}`, priority }));
    const moved = moveRule({ rules }, 2, 0);
    expect(priorityOf(byId(moved).get('r10') ?? {})).toBe(30);
    expect(
      priorityOf(byId(moveRule({ rules: [...rules, { id: 'r10b', priority: 10 }] }, 3, 2)).get('r10b') ?? {}),
    ).toBe(10);
  });

  it('stays itself when a move leads nowhere', () => {
    fc.assert(
      fc.property(documents, fc.nat(12), (document, from) => {
        expect(moveRule(document, from, -1)).toBe(document);
        expect(moveRule(document, from, document.rules.length)).toBe(document);
        expect(moveRule(document, document.rules.length, 0)).toBe(document);
      }),
    );
  });

  it('copies a rule right behind itself under an id of its own', () => {
    fc.assert(
      fc.property(documents, fc.nat(12), (document, index) => {
        fc.pre(index < document.rules.length);
        const place = orderOf(document).indexOf(index);
        const copied = duplicateRule(document, index);
        const ids = idsInOrder(copied);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.filter((_, i) => i !== place + 1)).toEqual(idsInOrder(document));
      }),
    );
  });

  it('puts a new first rule first', () => {
    const document: RuleDocument = {
      rules: [
        { id: 'a', priority: 1 },
        { id: 'b', priority: 9 },
      ],
    };
    expect(idsInOrder(insertAfter(document, undefined, { id: 'new' }))).toEqual(['new', 'b', 'a']);
    expect(idsInOrder(insertAfter(document, 1, { id: 'new' }))).toEqual(['b', 'new', 'a']);
  });

  it('finds a free id', () => {
    const rules = ['a', 'a-2', 'b'.repeat(64)].map((id) => ({ id }));
    expect(freeId({ rules }, 'a')).toBe('a-3');
    expect(freeId({ rules }, 'a-2')).toBe('a-3');
    expect(freeId({ rules }, 'b'.repeat(64)).length).toBeLessThanOrEqual(64);
  });

  it('says where text stops being JSON, and what is no document', () => {
    expect(readDocument('{\n "rules": [\n  }')).toMatchObject({ ok: false, reason: 'json', line: 3 });
    expect(readDocument('{\n "rules": [')).toMatchObject({ ok: false, reason: 'json', line: 2 });
    for (const text of ['[]', '1', 'null', '{}', '{"rules":{}}', '{"rules":[1]}'])
      expect(readDocument(text)).toMatchObject({ ok: false, reason: 'shape' });
  });

  it('finds the fault of any broken text, and none in good text', () => {
    const isGood = (text: string) => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', ']', '"', ':', 'x', '{', ' ', '\\', '\u0001', '\u0085'),
        (json, seed, put) => {
          const at = json.length === 0 ? 0 : seed % json.length;
          for (const text of [
            json,
            json.slice(0, at) + put + json.slice(at),
            json.slice(0, at) + put + json.slice(at + 1),
          ]) {
            const fault = findFault(text);
            expect(fault === undefined, text).toBe(isGood(text));
            if (fault !== undefined) expect(fault).toBeLessThanOrEqual(text.length);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps the place of a changed key and drops one set to nothing', () => {
    expect(Object.keys(withKey({ a: 1, b: 2, c: 3 }, 'b', 5))).toEqual(['a', 'b', 'c']);
    expect(withKey({ a: 1, b: 2 }, 'b', undefined)).toEqual({ a: 1 });
  });
});

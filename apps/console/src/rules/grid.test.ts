import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, RuleDocument } from './document.ts';
import { idOf, orderOf, paramsOf } from './document.ts';
import type { Fact, Vocabulary } from './facts.ts';
import { cellOf, columnsOf, type Field, fieldText, paste, putText, readTable, restOf, setCell } from './grid.ts';
import { parseValue, sayValue, valueText } from './value-text.ts';
import { sayCondition } from './words.ts';

const fact = (name: string, type: string, unit: string | null = null, zh = name): Fact => ({
  name,
  type,
  unit,
  description: name,
  descriptionZh: zh,
});
const facts = [
  fact('amount', 'integer', 'minor units', '支付金额（分）'),
  fact('count', 'integer'),
  fact('hour', 'integer', 'hour'),
  fact('payerId', 'string', null, '付款人标识'),
  fact('product', 'string', null, '支付产品'),
  fact('blocked', 'boolean', null, '付款人在黑名单'),
];
const vocabulary: Vocabulary = {
  facts: new Map(facts.map((one) => [one.name, one])),
  choices: new Map([['product', [{ value: 'codepay', label: '付款码' }]]]),
  locale: 'zh',
};
const of = (name: string) => vocabulary.facts.get(name);
const is = (name: string, operator: string, value: JsonObject[string]): JsonObject => ({ fact: name, operator, value });
const rule = (id: string, parts: JsonObject[], rest: JsonObject = {}): JsonObject => ({
  id,
  priority: 10,
  conditions: { all: parts },
  event: { type: 'reject', params: { code: 'risk_rejected' } },
  ...rest,
});
const amount = { fact: 'amount', operator: 'greaterThan' };

describe('the decision table', () => {
  const document: RuleDocument = {
    rules: [
      rule('a', [is('amount', 'greaterThan', 100), is('product', 'in', ['codepay'])]),
      rule('b', [is('amount', 'greaterThan', 200), { any: [is('hour', 'lessThan', 6)] }]),
      rule('c', [], { conditions: { any: [is('amount', 'greaterThan', 1)] } }),
      rule('d', [is('amount', 'greaterThan', 1), is('amount', 'greaterThan', 2), is('product', 'in', ['app'])]),
    ],
  };
  const [a, b, c, d] = document.rules as [JsonObject, JsonObject, JsonObject, JsonObject];

  it('has a column for each comparison that rules share', () => {
    expect(columnsOf(document)).toEqual([amount, { fact: 'product', operator: 'in' }]);
    expect(columnsOf(document, 1)).toEqual([amount]);
    expect([a, b, c, d].map((one) => cellOf(one, amount))).toEqual([100, 200, undefined, undefined]);
  });

  it('says in words what no cell holds, and loses none of it', () => {
    const columns = columnsOf(document);
    expect(restOf(a, columns)).toEqual([]);
    expect(restOf(b, columns)).toEqual([{ any: [is('hour', 'lessThan', 6)] }]);
    expect(restOf(c, columns)).toEqual([c.conditions]);
    expect(restOf(d, columns)).toHaveLength(2);
  });

  it('changes a cell and nothing beside it', () => {
    expect(setCell(a, amount, 500)).toEqual(
      rule('a', [is('amount', 'greaterThan', 500), is('product', 'in', ['codepay'])]),
    );
    expect(setCell(a, amount, undefined)).toEqual(rule('a', [is('product', 'in', ['codepay'])]));
    expect(setCell(setCell(a, amount, undefined), { fact: 'count', operator: 'equal' }, 3).conditions).toEqual({
      all: [is('product', 'in', ['codepay']), is('count', 'equal', 3)],
    });
    expect(setCell(c, amount, 5).conditions).toEqual({ all: [c.conditions, is('amount', 'greaterThan', 5)] });
    expect(setCell(c, amount, undefined)).toBe(c);
  });

  const fields: Field[] = [
    { kind: 'name' },
    { kind: 'cell', column: amount },
    { kind: 'cell', column: { fact: 'product', operator: 'in' } },
    { kind: 'param', key: 'code', type: 'string' },
  ];

  it('takes a table from a spreadsheet: fills down and to the right, adds rows, tells what it could not read', () => {
    const table = readTable('5,000.00\tcodepay; app\r\nnonsense\tapp\r\n¥12\t\r\n1\tx\r\n7\ty\r\n');
    const { document: next, problems } = paste(document, { place: 0, field: 1 }, fields, table, vocabulary);
    const inOrder = orderOf(next).map((index) => next.rules[index] ?? {});
    expect(inOrder.map(idOf)).toEqual(['a', 'b', 'c', 'd', 'd-2']);
    expect(inOrder.map((one) => cellOf(one, amount))).toEqual([500_000, 200, 1200, undefined, undefined]);
    expect(cellOf(inOrder[0] ?? {}, { fact: 'product', operator: 'in' })).toEqual(['codepay', 'app']);
    expect(problems).toEqual([{ row: 1, column: 0, text: 'nonsense' }]);
    expect(paramsOf(inOrder[4] ?? {})).toEqual({ code: 'risk_rejected' });
  });

  it('copies what it pastes: the text of a field put back changes nothing', () => {
    for (const one of document.rules) {
      for (const field of fields) {
        const text = fieldText(one, field, vocabulary);
        if (text === undefined || (field.kind === 'name' && one.name === undefined)) continue;
        expect(putText(one, field, text, vocabulary)).toEqual(one);
      }
    }
  });

  it('reads quotes, tabs and line ends of the clipboard', () => {
    expect(readTable('a\tb\nc\td')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(readTable('"a\t""x""\n2"\tb\r\n')).toEqual([['a\t"x"\n2', 'b']]);
    expect(readTable('')).toEqual([]);
    fc.assert(
      fc.property(
        fc.array(
          fc.array(fc.string({ unit: fc.constantFrom('a', '"', '\t', '\n', ' ') }), { minLength: 2, maxLength: 3 }),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        (rows) => {
          const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join('\t')).join('\n');
          expect(readTable(text)).toEqual(rows);
        },
      ),
    );
  });
});

describe('values as text', () => {
  it('are typed in yuan and kept in fen', () => {
    expect(parseValue('1,234.5', of('amount'), 'greaterThan')).toEqual({ ok: true, value: 123_450 });
    expect(parseValue('￥3', of('amount'), 'greaterThan')).toEqual({ ok: true, value: 300 });
    expect(parseValue('1.234', of('amount'), 'greaterThan')).toEqual({ ok: false, problem: 'amount' });
    expect(sayValue(123_456_789, 'amount', vocabulary)).toBe('¥1,234,567.89');
  });
  it('come back from their text', () => {
    const values: [string, string, fc.Arbitrary<JsonObject[string]>][] = [
      ['amount', 'equal', fc.nat(10 ** 12)],
      ['amount', 'in', fc.uniqueArray(fc.nat(10 ** 9), { maxLength: 4 })],
      ['count', 'equal', fc.integer()],
      ['blocked', 'equal', fc.boolean()],
      ['payerId', 'in', fc.uniqueArray(fc.stringMatching(/^[a-z0-9._-]{1,8}$/), { maxLength: 4 })],
    ];
    for (const [name, operator, arbitrary] of values) {
      fc.assert(
        fc.property(arbitrary, (value) => {
          const text = valueText(value, of(name)) ?? '';
          expect(parseValue(text, of(name), operator)).toEqual({ ok: true, value });
        }),
      );
    }
  });
  it('have no text when no input can hold them', () => {
    for (const value of [{ fact: 'amount' }, null, 1.5, 'text', [['x']]] as JsonObject[string][])
      expect(valueText(value, of('amount'))).toBeUndefined();
    expect(valueText(['a b'], of('payerId'))).toBeUndefined();
  });
});

describe('conditions in words', () => {
  it('speak the reader’s language', () => {
    const said = (condition: JsonObject, locale: 'zh' | 'en' = 'zh') =>
      sayCondition(condition, { ...vocabulary, locale });
    expect(said({ all: [is('amount', 'greaterThan', 100_000), is('product', 'in', ['codepay', 'app'])] })).toBe(
      '支付金额 > ¥1,000.00 且 支付产品 属于 付款码、app',
    );
    expect(
      said({ all: [{ any: [is('count', 'equal', 1), is('blocked', 'equal', true)] }, { condition: 'night' }] }),
    ).toBe('(count 是 1 或 付款人在黑名单) 且 「night」');
    expect(said({ not: { all: [is('blocked', 'equal', false)] } })).toBe('非(非付款人在黑名单)');
    expect(said({ any: [is('hour', 'greaterThanInclusive', 22), is('hour', 'lessThan', 6)] })).toBe('22:00–06:00');
    expect(said({ all: [is('payerId', 'not:in', ['a'])] }, 'en')).toBe('Payer id not is one of a');
    expect(said({ all: [is('amount', 'lessThan', { fact: 'count' })] }, 'en')).toBe('Amount < Count');
    expect(said({})).toBe('（见 JSON）');
  });
});

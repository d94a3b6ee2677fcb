/** What must be refused, and with which first issue: `code path`. Built when asked for, since some weigh 50 MB. */
export interface BadDocument {
  readonly what: string;
  readonly build: () => unknown;
  readonly issue: RegExp;
}

const leaf = { fact: 'amount', operator: 'greaterThan', value: 100_000 };
const rule = (conditions: unknown, id = 'a') => ({ id, conditions, event: { type: 'review' } });
const ruleOf = (...parts: unknown[]) => ({ rules: [rule({ all: parts })] });
const many = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));

function nested(depth: number): unknown {
  let condition: unknown = leaf;
  for (let i = 0; i < depth; i++) condition = { not: condition };
  return condition;
}

/** Each name stands for 250 of the next: 250 to the power of eleven conditions in a few kilobytes. */
const bomb = Object.fromEntries(
  many(12, (i) => [`c${i}`, { all: i === 11 ? [leaf] : many(250, () => ({ condition: `c${i + 1}` })) }]),
);

export const badDocuments: readonly BadDocument[] = [
  { what: 'a depth of 1,000', build: () => ruleOf(nested(1_000)), issue: /^too_deep \/rules\/0\/conditions/ },
  { what: 'a depth of 100,000', build: () => ruleOf(nested(100_000)), issue: /^too_deep \/rules\/0\/conditions/ },
  {
    what: '100,000 conditions in one group',
    build: () => ruleOf(...many(100_000, () => leaf)),
    issue: /^too_large \/rules\/0\/conditions\/all$/,
  },
  {
    what: '100,000 conditions in 400 rules',
    build: () => ({ rules: many(400, (i) => rule({ all: many(250, () => leaf) }, `r${i}`)) }),
    issue: /^too_large \/rules/,
  },
  {
    what: '100,000 rules',
    build: () => ({ rules: many(100_000, () => rule(nested(1))) }),
    issue: /^too_large \/rules$/,
  },
  {
    what: 'a list of a million values',
    build: () => ruleOf({ fact: 'country', operator: 'in', value: many(1_000_000, String) }),
    issue: /^too_large \/rules\/0\/conditions\/all\/0\/value$/,
  },
  {
    what: 'a name of 50 MB',
    build: () => ({ rules: [{ ...rule({ all: [leaf] }), name: 'x'.repeat(50_000_000) }] }),
    issue: /^too_large \/rules\/0\/name$/,
  },
  { what: 'a text of 50 MB', build: () => 'x'.repeat(50_000_000), issue: /^too_large $/ },
  {
    what: '50 MB of rules',
    build: () => ({ rules: many(9_999, (i) => ({ ...rule({ all: [leaf] }, `r${i}`), name: 'x'.repeat(5_000) })) }),
    issue: /^too_large \/rules/,
  },
  {
    what: '30,000 named conditions',
    build: () => ({ rules: [], conditions: Object.fromEntries(many(30_000, (i) => [`c${i}`, { all: [leaf] }])) }),
    issue: /^too_large \/conditions/,
  },
  {
    what: 'named conditions that multiply',
    build: () => ({ rules: [rule({ condition: 'c0' })], conditions: bomb }),
    issue: /^too_large \/rules\/0$/,
  },
  {
    what: 'a chain of a thousand named conditions',
    build: () => ({
      rules: [rule({ condition: 'c0' })],
      conditions: Object.fromEntries(
        many(1_000, (i) => [`c${i}`, { all: [i === 999 ? leaf : { condition: `c${i + 1}` }] }]),
      ),
    }),
    issue: /^too_deep \/rules\/0$/,
  },
  {
    what: 'named conditions in a circle',
    build: () => ({
      rules: [],
      conditions: { a: { all: [{ condition: 'b' }] }, b: { any: [{ condition: 'a' }] } },
    }),
    issue: /^condition_cycle \/conditions\/a$/,
  },
  {
    what: 'a document that holds itself',
    build: () => {
      const document: { rules: unknown[] } = { rules: [] };
      document.rules.push(document);
      return document;
    },
    issue: /^too_deep /,
  },
  {
    what: 'NUL in a name',
    build: () => ({ rules: [{ ...rule({ all: [leaf] }), name: 'a\0b' }] }),
    issue: /^not_plain_data \/rules\/0\/name$/,
  },
  {
    what: 'half a character in a value',
    build: () => ruleOf({ fact: 'country', operator: 'equal', value: 'C\ud800' }),
    issue: /^not_plain_data \/rules\/0\/conditions\/all\/0\/value$/,
  },
  {
    what: 'NUL in a key',
    build: () => ({ rules: [], conditions: { 'a\0': { all: [leaf] } } }),
    issue: /^not_plain_data \/conditions$/,
  },
  {
    what: 'a duplicated id',
    build: () => ({ rules: [rule({ all: [leaf] }), rule({ all: [leaf] })] }),
    issue: /^duplicate_id \/rules\/1\/id$/,
  },
  {
    what: 'the key __proto__',
    build: () => JSON.parse('{"rules":[],"__proto__":{"polluted":true}}'),
    issue: /^forbidden_key $/,
  },
  {
    what: 'the path $.__proto__',
    build: () => ruleOf({ fact: 'tags', operator: 'equal', value: 'x', path: '$.__proto__' }),
    issue: /^invalid_path \/rules\/0\/conditions\/all\/0\/path$/,
  },
  {
    what: 'the path $.constructor.prototype',
    build: () => ruleOf({ fact: 'tags', operator: 'equal', value: 'x', path: '$.constructor.prototype' }),
    issue: /^invalid_path \/rules\/0\/conditions\/all\/0\/path$/,
  },
  {
    what: 'a path that filters',
    build: () => ruleOf({ fact: 'tags', operator: 'equal', value: 'x', path: '$[?(@.a)]' }),
    issue: /^invalid_path \/rules\/0\/conditions\/all\/0\/path$/,
  },
  ...([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const).map((priority) => ({
    what: `the priority ${priority}`,
    build: () => ({ rules: [{ ...rule({ all: [leaf] }), priority }] }),
    issue: /^not_plain_data \/rules\/0\/priority$/,
  })),
  ...[0, -1, 1.5, '5', 1_000_001].map((priority) => ({
    what: `the priority ${JSON.stringify(priority)}`,
    build: () => ({ rules: [{ ...rule({ all: [leaf] }), priority }] }),
    issue: /^wrong_type \/rules\/0\/priority$/,
  })),
  ...[Number.NaN, Number.POSITIVE_INFINITY].map((value) => ({
    what: `an amount over ${value}`,
    build: () => ruleOf({ ...leaf, value }),
    issue: /^not_plain_data \/rules\/0\/conditions\/all\/0\/value$/,
  })),
  ...[12.34, '100000', '1e5', null, true, 2 ** 53, [1]].map((value) => ({
    what: `an amount of the wrong type or unit: ${JSON.stringify(value)}`,
    build: () => ruleOf({ ...leaf, value }),
    issue: /^type_mismatch \/rules\/0\/conditions\/all\/0\/value$/,
  })),
  ...['amont', 'Amount', 'toString', '__proto__', 'constructor', ''].map((fact) => ({
    what: `the fact ${JSON.stringify(fact)}`,
    build: () => ruleOf({ ...leaf, fact }),
    issue: /^unknown_fact \/rules\/0\/conditions\/all\/0\/fact$/,
  })),
  ...['matches', 'constructor', 'not:', ':equal', 'regex', 'equal '].map((operator) => ({
    what: `the operator ${JSON.stringify(operator)}`,
    build: () => ruleOf({ ...leaf, operator }),
    issue: /^unknown_operator \/rules\/0\/conditions\/all\/0\/operator$/,
  })),
];

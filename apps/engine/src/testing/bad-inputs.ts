import * as z from 'zod';

/** One thing that nobody should send. `text` is how it stands in JSON, for what no JSON.stringify would write. */
export type BadValue = { what: string; text: string; value?: unknown };

const plain = (what: string, value: unknown): BadValue => ({ what, text: JSON.stringify(value), value });

/** Values that no field may take, except a field that takes anything. */
export const badValues: readonly BadValue[] = [
  plain('NUL in a text', 'a\u0000b'),
  plain('half a character', 'a\ud800b'),
  plain('a text of 1 MB', 'x'.repeat(1_000_000)),
  plain('an integer over 2^31', 2 ** 31),
  plain('the greatest safe integer', Number.MAX_SAFE_INTEGER),
  plain('an integer over 2^53', 1e18),
  plain('a negative', -1),
  plain('a fraction', 0.5),
  plain('NaN as text', 'NaN'),
  { what: 'a number that is infinite', text: '1e400' },
  plain('null', null),
  plain('a boolean', true),
  plain('a list', [1]),
  plain('an object', { a: 1 }),
  plain('an empty text', ''),
  plain('an odd cursor', 'zzz'),
  plain('a cursor of three parts', '1~2~3'),
  plain('a moment that is none', '2026-13-45T99:99:99Z'),
  plain('a moment of no calendar', '99999999-01-01 00:00:00+00|x'),
  plain('digits beyond any counter', '9'.repeat(19)),
  plain('an odd id', "chg_'; DROP TABLE payments; --"),
  plain('an id of the right length', `pay_${'Z'.repeat(26)}`),
  plain('a path', '../../etc/passwd'),
  { what: '5,000 lists in each other', text: `${'['.repeat(5_000)}${']'.repeat(5_000)}` },
  { what: '3,000 objects in each other', text: `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}` },
  { what: '20,000 objects in each other', text: `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}` },
  { what: '__proto__ as a key', text: '{"__proto__":{"polluted":true}}' },
  { what: 'constructor as a key', text: '{"constructor":{"prototype":{"polluted":true}}}' },
];

type Schema = {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
};

/** What fits the patterns that are in use: the first that does is taken. */
const texts = [
  'because of a test',
  'main',
  'payer',
  'CNY',
  '1',
  '622202',
  '134500000000000001',
  'a'.repeat(64),
  `chg_${'0'.repeat(26)}`,
  `pay_${'0'.repeat(26)}`,
  `bt_${'0'.repeat(26)}`,
  `imp_${'0'.repeat(26)}`,
  `msg_${'0'.repeat(26)}`,
  `whe_${'0'.repeat(26)}`,
  `syb_${'0'.repeat(26)}`,
  `1~chg_${'0'.repeat(26)}`,
  `1.pay_${'0'.repeat(26)}`,
  '2026-11-23T00:00:00.000Z',
  '2026-11-23',
  'https://shop.example/hook',
  'somebody@shop.example',
  '203.0.113.7',
  '203.0.113.0/24',
  '2001:db8::1',
  '2001:db8::/32',
];

/** Where a value stands in an input: keys and indexes. */
export type Place = readonly (string | number)[];

/**
 * A good input for each shape that a schema allows. `own` knows better what stands at a path, e.g. `items.0.kind`;
 * undefined leaves it out.
 */
export function goodInputs(schema: z.ZodType, own: Readonly<Record<string, unknown>> = {}): unknown[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const all = samples(json, [], own);
  const good = all.filter((one) => schema.safeParse(one).success);
  if (good.length === 0) {
    const [problem] = schema.safeParse(all[0]).error?.issues ?? [];
    throw new Error(`no sample fits: ${problem?.path.join('.')} ${problem?.message} in ${JSON.stringify(all[0])}`);
  }
  return good;
}

function samples(schema: Schema, place: Place, own: Readonly<Record<string, unknown>>): unknown[] {
  const at = place.join('.');
  if (Object.hasOwn(own, at)) return [own[at]];
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum) return [schema.enum[0]];
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return variants.filter(({ type }) => type !== 'null').flatMap((one) => samples(one, place, own));
  if (schema.allOf?.[0]) return samples(Object.assign({}, ...schema.allOf), place, own);
  if (schema.type === 'object') return objects(schema, place, own);
  if (schema.type === 'array') return samples(schema.items ?? {}, [...place, 0], own).map((one) => [one]);
  if (schema.type === 'integer' || schema.type === 'number') return [Math.max(schema.minimum ?? 1, 1)];
  if (schema.type === 'boolean') return [true];
  if (schema.type === 'string') return [textOf(schema, place)];
  return [{ rules: [] }];
}

function objects(schema: Schema, place: Place, own: Readonly<Record<string, unknown>>): unknown[] {
  let made: Record<string, unknown>[] = [{}];
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    const values = samples(inner, [...place, key], own);
    // One more shape for each further variant of a part; not every combination.
    const [first = {}] = made;
    made = [
      ...made.map((one) => ({ ...one, [key]: values[0] })),
      ...values.slice(1).map((value) => ({ ...first, [key]: value })),
    ];
  }
  return made;
}

function textOf({ pattern, format, minLength = 0, maxLength = 1e9 }: Schema, place: Place): string {
  const fits = (text: string) =>
    text.length >= minLength &&
    text.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern, 'u').test(text)) &&
    (format !== 'email' || text.includes('@')) &&
    (format !== 'uri' || text.startsWith('https:'));
  const found = texts.find(fits);
  if (found === undefined) throw new Error(`no text is known that fits ${place.join('.')}: ${pattern ?? format}`);
  return found;
}

/** Every place of an input that holds a value, the whole of it first. */
export function placesOf(value: unknown, place: Place = []): Place[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [place];
  return [place, ...Object.entries(value).flatMap(([key, one]) => placesOf(one, [...place, key]))];
}

const mark = '@bad@';

/** The JSON of an input with something bad in one place. */
export function withBad(input: unknown, place: Place, { text }: BadValue): string {
  const copy = structuredClone({ input });
  let holder = copy as Record<string, unknown>;
  let key = 'input';
  for (const next of place) {
    holder = holder[key] as Record<string, unknown>;
    key = String(next);
  }
  holder[key] = mark;
  return JSON.stringify(copy.input).replace(`"${mark}"`, () => text);
}

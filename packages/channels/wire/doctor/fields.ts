import type { SignatureCause } from '@tributary/contracts/signature-doctor';
import { recoded, reserialised } from './body-mistakes.ts';
import type { Mistake } from './examine.ts';
import { type Pasted, PasteError } from './paste.ts';

/** A message to sign that is fields, as they came over the wire, and how they become one text. */
export type SignedFields = {
  /** Names and values as they came: of a form, percent-encoded. */
  raw: readonly (readonly [name: string, value: string])[];
  decode: 'form' | 'percent' | 'none' | 'twice';
  sort: 'bytes' | 'ignoring_case' | 'none';
  /** Fields that the signature does not cover. */
  skip: ReadonlySet<string>;
  empty: 'kept' | 'left_out';
  encode: 'none' | 'percent' | 'form';
  /** Values by name, in place of what came. */
  changed: ReadonlyMap<string, Buffer>;
  /** The whole in another character set. */
  recode?: (text: Buffer) => Buffer | undefined;
};

/** `name=value` with `&` between, as the parts say. */
export function renderFields(parts: SignedFields): Buffer {
  const fields = parts.raw
    .map(([name, value]) => [name, parts.changed.get(name) ?? decodeValue(value, parts.decode)] as const)
    .filter(([name, value]) => !parts.skip.has(name) && (parts.empty === 'kept' || value.length > 0));
  const by = (name: string) => (parts.sort === 'ignoring_case' ? name.toLowerCase() : name);
  if (parts.sort !== 'none') fields.sort(([a], [b]) => (by(a) < by(b) ? -1 : 1));
  const text = Buffer.concat(
    fields.flatMap(([name, value], index) => [
      Buffer.from(`${index === 0 ? '' : '&'}${name}=`),
      encodeValue(value, parts.encode),
    ]),
  );
  return parts.recode?.(text) ?? text;
}

export const fieldsOf = (
  raw: SignedFields['raw'],
  own: Pick<SignedFields, 'skip' | 'empty'> & Partial<SignedFields>,
): SignedFields => ({ raw, decode: 'form', sort: 'bytes', encode: 'none', changed: new Map(), ...own });

const change = (cause: SignatureCause, ...changes: Partial<SignedFields>[]): Mistake<SignedFields> => ({
  cause,
  made: (parts) => changes.map((one) => ({ ...parts, ...one })),
});

const skipping = (parts: SignedFields, name: string, skip: boolean): SignedFields => {
  const names = new Set(parts.skip);
  if (skip) names.add(name);
  else names.delete(name);
  return { ...parts, skip: names };
};

/** What signers get wrong about fields, whatever the channel. */
export const fieldMistakes: readonly Mistake<SignedFields>[] = [
  {
    cause: 'extra_newline_in_body',
    made: (parts) => {
      const [name, value] = parts.raw.at(-1) ?? ['', ''];
      return /\r?\n$/.test(value) ? [{ ...parts, raw: parts.raw.with(-1, [name, value.replace(/\r?\n$/, '')]) }] : [];
    },
  },
  {
    cause: 'plus_vs_percent20',
    made: (parts) => [
      { ...parts, decode: 'percent' },
      { ...parts, encode: 'form' },
      { ...parts, decode: 'percent', encode: 'percent' },
    ],
  },
  change('values_not_decoded', { decode: 'none' }),
  change('values_decoded_twice', { decode: 'twice' }),
  change('values_encoded', { encode: 'percent' }),
  change('not_sorted', { sort: 'none' }),
  change('sorted_ignoring_case', { sort: 'ignoring_case' }),
  {
    cause: 'empty_values_included',
    made: (parts) => (parts.empty === 'left_out' ? [{ ...parts, empty: 'kept' }] : []),
  },
  {
    cause: 'empty_values_left_out',
    made: (parts) => (parts.empty === 'kept' ? [{ ...parts, empty: 'left_out' }] : []),
  },
  {
    cause: 'charset',
    made: (parts) => [0, 1].map((index) => ({ ...parts, recode: (text: Buffer) => recoded(text)[index] })),
  },
  {
    cause: 'body_reserialised',
    made: (parts) =>
      parts.raw.flatMap(([name, value]) =>
        reserialised(decodeValue(value, parts.decode)).map((anew) => ({
          parts: { ...parts, changed: new Map([...parts.changed, [name, anew]]) },
          detail: name,
        })),
      ),
  },
  {
    cause: 'body_trimmed',
    made: (parts) => {
      const trimmed = parts.raw.flatMap(([name, value]): [string, Buffer][] => {
        const text = decodeValue(value, parts.decode).toString();
        return text === text.trim() ? [] : [[name, Buffer.from(text.trim())]];
      });
      return trimmed.length === 0 ? [] : [{ ...parts, changed: new Map([...parts.changed, ...trimmed]) }];
    },
  },
  {
    cause: 'line_endings',
    made: (parts) =>
      [/\r?\n/g, /\r\n/g].map((breaks, index) => ({
        ...parts,
        changed: new Map(
          parts.raw.map(([name, value]) => [
            name,
            Buffer.from(
              decodeValue(value, parts.decode)
                .toString()
                .replaceAll(breaks, index === 0 ? '\r\n' : '\n'),
            ),
          ]),
        ),
      })),
  },
  {
    cause: 'field_left_out',
    made: (parts) =>
      parts.raw
        .filter(([name]) => !parts.skip.has(name))
        .map(([name]) => ({ parts: skipping(parts, name, true), detail: name })),
  },
];

/** A field that the signature must not cover, taken in. */
export const takenIn = (cause: SignatureCause, name: string): Mistake<SignedFields> => ({
  cause,
  made: (parts) => [skipping(parts, name, false)],
});

/** A field that it must cover, left out. */
export const leftOut = (cause: SignatureCause, name: string): Mistake<SignedFields> => ({
  cause,
  made: (parts) => [skipping(parts, name, true)],
});

/** No channel's message has as many; each is a mistake to be tried. */
export const maxFields = 200;

/**
 * The fields of a form, as they came.
 * @throws PasteError when it is none, has too many, or a name comes twice
 */
export function rawFields(form: string, line: number): [string, string][] {
  const fields: [string, string][] = [];
  // Line breaks between fields come from pasting, never from a form.
  for (const pair of form.split('&')) {
    if (pair.trim() === '') continue;
    const split = pair.indexOf('=');
    if (split < 1) throw new PasteError(line, 'no_fields');
    const name = decodeValue(pair.slice(0, split).trim(), 'form').toString();
    if (fields.some(([known]) => known === name)) throw new PasteError(line, 'field_twice');
    const value = pair.slice(split + 1);
    if (/%(?![0-9A-Fa-f]{2})/.test(value)) throw new PasteError(line, 'bad_percent_sign');
    fields.push([name, value]);
    if (fields.length > maxFields) throw new PasteError(line, 'too_many_fields');
  }
  if (fields.length === 0) throw new PasteError(line, 'no_fields');
  return fields;
}

/** The parameters of a request: those of its link, and those of its form. @throws PasteError */
export function requestFields({ target, body, bodyLine }: Pasted): [string, string][] {
  const query = target?.includes('?') ? target.slice(target.indexOf('?') + 1) : '';
  const joined = [query, body.trim() === '' ? '' : body].filter((part) => part !== '').join('&');
  return rawFields(joined, bodyLine);
}

/** A value as it is read by those who read it right. */
export const textOf = (raw: readonly (readonly [string, string])[], name: string): string | undefined => {
  const found = raw.find(([known]) => known === name)?.[1];
  return found === undefined
    ? undefined
    : decodeValue(found, 'form')
        .toString()
        .replace(/\r?\n$/, '');
};

function decodeValue(value: string, how: SignedFields['decode']): Buffer {
  if (how === 'none') return Buffer.from(value);
  const bytes = percentDecode(how === 'percent' ? value : value.replaceAll('+', ' '));
  return how === 'twice' ? percentDecode(bytes.toString().replaceAll('+', ' ')) : bytes;
}

function percentDecode(text: string): Buffer {
  const parts = text.split(/((?:%[0-9A-Fa-f]{2})+)/);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.from(part.replaceAll('%', ''), 'hex') : Buffer.from(part))),
  );
}

function encodeValue(value: Buffer, how: SignedFields['encode']): Buffer {
  if (how === 'none') return value;
  const text = encodeURIComponent(value.toString());
  return Buffer.from(how === 'form' ? text.replaceAll('%20', '+') : text);
}

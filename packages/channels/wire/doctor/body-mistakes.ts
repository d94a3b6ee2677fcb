import type { SignatureCause } from '@tributary/contracts/signature-doctor';
import { encodeGbk } from './gbk.ts';

/** What signers do to a body before they sign it, instead of taking its bytes as they are. */
export const bodyMistakes: readonly { cause: SignatureCause; made: (body: Buffer) => Buffer[] }[] = [
  // Pasting adds one too, which is why it comes first.
  { cause: 'extra_newline_in_body', made: (body) => changed(body, (text) => text.replace(/\r?\n$/, '')) },
  { cause: 'newline_missing_in_body', made: (body) => [Buffer.concat([body, Buffer.from('\n')])] },
  { cause: 'body_reserialised', made: reserialised },
  { cause: 'body_trimmed', made: (body) => changed(body, (text) => text.trim()) },
  {
    cause: 'line_endings',
    made: (body) => [
      ...changed(body, (text) => text.replaceAll(/\r?\n/g, '\r\n')),
      ...changed(body, (text) => text.replaceAll('\r\n', '\n')),
    ],
  },
  {
    cause: 'byte_order_mark',
    made: (body) => [Buffer.concat([bom, body]), ...(body.indexOf(bom) === 0 ? [body.subarray(bom.length)] : [])],
  },
  { cause: 'charset', made: (body) => recoded(body) },
  { cause: 'body_left_out', made: () => [Buffer.alloc(0)] },
];

const bom = Buffer.from([0xef, 0xbb, 0xbf]);

const changed = (body: Buffer, change: (text: string) => string): Buffer[] => {
  const text = body.toString('utf8');
  const after = change(text);
  return after === text ? [] : [Buffer.from(after)];
};

/** The same text in the character sets that it may have been signed in. */
export function recoded(body: Buffer): Buffer[] {
  const text = body.toString('utf8');
  const gbk = encodeGbk(text);
  return [...(gbk && !gbk.equals(body) ? [gbk] : []), ...changed(body, (all) => Buffer.from(all).toString('latin1'))];
}

/** JSON that was read and written anew before it was signed: compact, indented, sorted, and as other languages write it. */
export function reserialised(body: Buffer): Buffer[] {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const compact = JSON.stringify(value);
  const sorted = JSON.stringify(sortedKeys(value));
  const outer = JSON.stringify(Array.isArray(value) ? value : inOrder(value));
  const forms = [
    compact,
    outer,
    sorted,
    JSON.stringify(value, null, 2),
    JSON.stringify(value, null, 4),
    JSON.stringify(value, null, '\t'),
  ];
  for (const form of [compact, sorted, outer]) {
    const escaped = form.replaceAll('/', '\\/');
    // Python's and PHP's defaults: blanks after separators, escaped slashes, nothing beyond ASCII.
    forms.push(escaped, asciiOnly(form), asciiOnly(escaped), spaced(form), asciiOnly(spaced(form)));
  }
  const text = body.toString('utf8');
  // Written without escapes by somebody who does not know that they were there.
  forms.push(text.replaceAll('\\/', '/'), htmlEscaped(compact));
  return [...new Set(forms)].filter((form) => form !== text).map((form) => Buffer.from(form));
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(inOrder(value)).map(([name, item]) => [name, sortedKeys(item)]));
}

const inOrder = (value: object): object =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

const asciiOnly = (json: string): string =>
  json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const htmlEscaped = (json: string): string =>
  json.replaceAll(/[<>&]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** `, ` and `: ` outside of texts. */
const spaced = (json: string): string =>
  json.replaceAll(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) => (token === ',' || token === ':' ? `${token} ` : token));

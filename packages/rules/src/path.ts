import { ruleLimits } from './limits.ts';

/** Names, and the indexes of lists as numbers, which are read several times faster than as text. */
export type PathKeys = readonly (string | number)[];
export type ParsedPath = { ok: true; keys: PathKeys } | { ok: false; reason: string };

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isNameStart = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isNamePart = (code: number): boolean => isNameStart(code) || isDigit(code);

/** Inside quotes: letters, digits, space, dot, hyphen, underscore, slash and anything outside ASCII. */
const isQuotedPart = (code: number): boolean =>
  isNamePart(code) || code === 32 || code === 45 || code === 46 || code === 47 || code > 0x7f;

function readWhile(text: string, from: number, accept: (code: number) => boolean): string {
  let end = from;
  while (end < text.length && accept(text.charCodeAt(end))) end++;
  return text.slice(from, end);
}

/** Reads `[0]` or `['x']` at `from`; returns the key and how far it read. */
function readBracket(text: string, from: number): { key: string; end: number } | undefined {
  const quote = text[from + 1];
  const quoted = quote === "'";
  const start = quoted ? from + 2 : from + 1;
  const key = readWhile(text, start, quoted ? isQuotedPart : isDigit);
  const close = quoted ? "']" : ']';
  if (key === '' || !text.startsWith(close, start + key.length)) return undefined;
  return { key, end: start + key.length + close.length };
}

function readName(text: string, from: number): { key: string; end: number } | undefined {
  const numeric = isDigit(text.charCodeAt(from));
  const key = readWhile(text, from, numeric ? isDigit : isNamePart);
  return key === '' ? undefined : { key, end: from + key.length };
}

function readKeys(text: string): string[] | undefined {
  const keys: string[] = [];
  let at = text.startsWith('$') ? 1 : 0;
  if (at === 0) {
    const first = text[0] === '[' ? readBracket(text, 0) : readName(text, 0);
    if (!first) return undefined;
    keys.push(first.key);
    at = first.end;
  }
  while (at < text.length) {
    const next = text[at] === '[' ? readBracket(text, at) : text[at] === '.' ? readName(text, at + 1) : undefined;
    if (!next) return undefined;
    keys.push(next.key);
    at = next.end;
  }
  return keys;
}

const subset = 'use $.a.b, a.b, $[\'x\'] or [0]; no wildcards, filters, slices or ".."';

/** Parses the subset of JSONPath that we take. Linear, no regular expressions, no evaluation. */
export function parsePath(text: string): ParsedPath {
  if (text === '') return { ok: false, reason: 'the path is empty' };
  if (text.length > ruleLimits.pathLength) return { ok: false, reason: `longer than ${ruleLimits.pathLength}` };
  const keys = readKeys(text);
  if (!keys) return { ok: false, reason: subset };
  const inherited = keys.find((key) => key in Object.prototype);
  if (inherited !== undefined) return { ok: false, reason: `"${inherited}" is not allowed in a path` };
  return { ok: true, keys: keys.map((key) => (/^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : key)) };
}

/** The value at a path, own properties only. As json-rules-engine: a value that is no object is returned as it is. */
export function readPath(value: unknown, keys: PathKeys): unknown {
  if (typeof value !== 'object' || value === null) return value;
  let current: unknown = value;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? '';
    if (!current || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string | number, unknown>)[key];
  }
  return current;
}

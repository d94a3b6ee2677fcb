import { AppError } from '../platform/app-error.ts';

const maxDepth = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a JSON body from its raw bytes. Stricter than JSON.parse where leniency hides attacks: bytes that are not
 * UTF-8, keys that name prototypes, the same key twice, and nesting deeper than any of our schemas are refused.
 * @throws AppError malformed_json
 */
export function readJson(body: Buffer): unknown {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new AppError('malformed_json', 'the body is not UTF-8');
  }
  refuseDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('malformed_json');
  }
  refuseKeys(value);
  refuseDoubleKeys(text);
  return value;
}

/** Counted on the text, before a parser recurses into it. */
function refuseDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (++depth > maxDepth) throw new AppError('malformed_json', `the body is nested deeper than ${maxDepth}`);
    } else if (char === '}' || char === ']') depth--;
  }
}

function refuseKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
      throw new AppError('invalid_request', 'a key names a prototype', {
        errors: [{ path: key, message: 'is not a known field' }],
      });
    }
    refuseKeys(item);
  }
}

/** JSON.parse keeps the last of two equal keys, other parsers the first: what was signed and what was meant would differ. */
function refuseDoubleKeys(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let i = 0;
  let expectKey = false;
  while (i < text.length) {
    const char = text[i];
    if (char === '{') {
      open.push(new Set());
      expectKey = true;
    } else if (char === '[') {
      open.push(undefined);
      expectKey = false;
    } else if (char === '}' || char === ']') {
      open.pop();
      expectKey = false;
    } else if (char === ',') {
      expectKey = open.at(-1) !== undefined;
    } else if (char === '"') {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (expectKey && keys) {
        const key = JSON.parse(text.slice(i, end + 1)) as string;
        if (keys.has(key)) throw new AppError('malformed_json', `the key "${key.slice(0, 40)}" is there twice`);
        keys.add(key);
        expectKey = false;
      }
      i = end;
    }
    i++;
  }
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

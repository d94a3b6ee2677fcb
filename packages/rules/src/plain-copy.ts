import { ruleLimits } from './limits.ts';
import { type IssueList, pointer, shown } from './rule-issue.ts';

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };
export type PlainObject = { readonly [key: string]: Plain };

export const isPlainObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Thrown inside the copy only, to leave it at the first thing that is not plain, small data. */
class Stop extends Error {}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

const isRecord = (value: object): boolean => {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || Object.getPrototypeOf(proto) === null;
};

/**
 * Deep-frozen copy of JSON-like data within the size limits; undefined (with an issue added) for anything else.
 * Everything after this step works on the copy, so getters, proxies and later changes by the caller don't matter.
 */
export function copyPlain(input: unknown, issues: IssueList): Plain | undefined {
  let bytes = 0;

  const spend = (amount: number, path: string): void => {
    bytes += amount;
    if (bytes <= ruleLimits.bytes) return;
    const limit = ruleLimits.bytes;
    issues.add(path, { code: 'too_large', what: 'bytes', limit }, `the document is larger than ${limit} bytes`);
    throw new Stop();
  };

  const refuse = (path: string, message: string): never => {
    issues.add(path, { code: 'not_plain_data' }, message);
    throw new Stop();
  };

  const copyArray = (value: readonly unknown[], path: string, depth: number): readonly Plain[] => {
    if (value.length > ruleLimits.listValues) {
      const limit = ruleLimits.listValues;
      issues.add(path, { code: 'too_large', what: 'list', limit }, `a list of ${value.length}; at most ${limit}`);
      throw new Stop();
    }
    const copy: Plain[] = [];
    for (let i = 0; i < value.length; i++) copy.push(copyValue(value[i], pointer(path, i), depth + 1));
    return Object.freeze(copy);
  };

  const copyObject = (value: object, path: string, depth: number): PlainObject => {
    if (!isRecord(value)) refuse(path, 'only plain objects are allowed');
    const copy: Record<string, Plain> = {};
    for (const key of Object.keys(value)) {
      if (key === '__proto__') {
        issues.add(path, { code: 'forbidden_key', key }, 'the key "__proto__" is not allowed');
        throw new Stop();
      }
      const child: unknown = Reflect.get(value, key);
      if (child === undefined) continue;
      spend(utf8Length(key) + 4, path);
      copy[key] = copyValue(child, pointer(path, key), depth + 1);
    }
    return Object.freeze(copy);
  };

  const copyValue = (value: unknown, path: string, depth: number): Plain => {
    if (depth > ruleLimits.jsonDepth) {
      const limit = ruleLimits.jsonDepth;
      issues.add(path, { code: 'too_deep', limit }, `more than ${limit} levels of nesting`);
      throw new Stop();
    }
    if (value === null || typeof value === 'boolean') {
      spend(5, path);
      return value;
    }
    if (typeof value === 'string') {
      if (bytes + value.length > ruleLimits.bytes) spend(value.length, path);
      spend(utf8Length(value) + 3, path);
      return value;
    }
    if (typeof value === 'number') {
      spend(2, path);
      return Number.isFinite(value) ? value : refuse(path, `${value} is not a JSON number`);
    }
    if (typeof value !== 'object') return refuse(path, `${shown(typeof value)} is not JSON`);
    spend(2, path);
    return Array.isArray(value) ? copyArray(value, path, depth) : copyObject(value, path, depth);
  };

  try {
    return copyValue(input, '', 0);
  } catch (error) {
    // A proxy or getter of the caller's may throw anything; that too is "not plain data".
    if (!(error instanceof Stop)) issues.add('', { code: 'not_plain_data' }, 'the document could not be read');
    return undefined;
  }
}

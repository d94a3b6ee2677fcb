import { ruleLimits } from './limits.ts';
import { type IssueList, pointer, type RuleProblem, shown } from './rule-issue.ts';
import type { Work } from './slices.ts';

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

/** Text that no store of ours would keep: with NUL, or with half a character. */
const isBroken = (text: string): boolean => text.includes('\0') || /\p{Cs}/u.test(text);

const isRecord = (value: object): boolean => {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || Object.getPrototypeOf(proto) === null;
};

/** Copies one document and keeps count of its size. */
class Copier {
  private readonly issues: IssueList;
  private bytes = 0;

  constructor(issues: IssueList) {
    this.issues = issues;
  }

  /** The document, its members and their members one by one: rules and named conditions. */
  *copyInSteps(value: unknown, path = '', depth = 0): Work<Plain> {
    if (depth > 1 || typeof value !== 'object' || value === null) {
      yield;
      return this.copy(value, path, depth);
    }
    this.spend(2, path);
    if (Array.isArray(value)) {
      const copy: Plain[] = [];
      this.checkList(value, path);
      for (let i = 0; i < value.length; i++) copy.push(yield* this.copyInSteps(value[i], pointer(path, i), depth + 1));
      return Object.freeze(copy);
    }
    const copy: Record<string, Plain> = {};
    for (const key of this.keysOf(value, path)) {
      const child: unknown = Reflect.get(value, key);
      if (child !== undefined) copy[key] = yield* this.copyInSteps(child, pointer(path, key), depth + 1);
    }
    return Object.freeze(copy);
  }

  private copy(value: unknown, path: string, depth: number): Plain {
    if (typeof value !== 'object' || value === null) return this.scalar(value, path);
    if (depth > ruleLimits.jsonDepth) {
      const limit = ruleLimits.jsonDepth;
      this.stop(path, { code: 'too_deep', limit }, `more than ${limit} levels of nesting`);
    }
    this.spend(2, path);
    return Array.isArray(value) ? this.list(value, path, depth) : this.object(value, path, depth);
  }

  private list(value: readonly unknown[], path: string, depth: number): readonly Plain[] {
    this.checkList(value, path);
    const copy: Plain[] = [];
    for (let i = 0; i < value.length; i++) copy.push(this.copy(value[i], pointer(path, i), depth + 1));
    return Object.freeze(copy);
  }

  private object(value: object, path: string, depth: number): PlainObject {
    const copy: Record<string, Plain> = {};
    for (const key of this.keysOf(value, path)) {
      const child: unknown = Reflect.get(value, key);
      if (child !== undefined) copy[key] = this.copy(child, pointer(path, key), depth + 1);
    }
    return Object.freeze(copy);
  }

  private scalar(value: unknown, path: string): Plain {
    if (value === null || typeof value === 'boolean') {
      this.spend(5, path);
      return value;
    }
    if (typeof value === 'string') {
      // The length first: counting the bytes of a text of 50 MB takes its time too.
      if (this.bytes + value.length > ruleLimits.bytes) this.spend(value.length, path);
      this.spend(utf8Length(value) + 3, path);
      if (isBroken(value)) this.refuse(path, 'a text with NUL or half a character');
      return value;
    }
    if (typeof value !== 'number') return this.refuse(path, `${shown(typeof value)} is not JSON`);
    this.spend(2, path);
    return Number.isFinite(value) ? value : this.refuse(path, `${value} is not a JSON number`);
  }

  private checkList(value: readonly unknown[], path: string): void {
    if (value.length <= ruleLimits.listValues) return;
    const limit = ruleLimits.listValues;
    this.stop(path, { code: 'too_large', what: 'list', limit }, `a list of ${value.length}; at most ${limit}`);
  }

  private keysOf(value: object, path: string): readonly string[] {
    if (!isRecord(value)) this.refuse(path, 'only plain objects are allowed');
    const keys = Object.keys(value);
    for (const key of keys) {
      if (key === '__proto__') {
        this.stop(path, { code: 'forbidden_key', key }, 'the key "__proto__" is not allowed');
      }
      this.spend(utf8Length(key) + 4, path);
      if (isBroken(key)) this.refuse(path, 'a key with NUL or half a character');
    }
    return keys;
  }

  private spend(amount: number, path: string): void {
    this.bytes += amount;
    if (this.bytes <= ruleLimits.bytes) return;
    const limit = ruleLimits.bytes;
    this.stop(path, { code: 'too_large', what: 'bytes', limit }, `the document is larger than ${limit} bytes`);
  }

  private refuse(path: string, message: string): never {
    return this.stop(path, { code: 'not_plain_data' }, message);
  }

  private stop(path: string, problem: RuleProblem, message: string): never {
    this.issues.add(path, problem, message);
    throw new Stop();
  }
}

/**
 * Deep-frozen copy of JSON-like data within the size limits; undefined (with an issue added) for anything else.
 * Everything after this step works on the copy, so getters, proxies and later changes by the caller don't matter.
 */
export function* copyPlain(input: unknown, issues: IssueList): Work<Plain | undefined> {
  try {
    return yield* new Copier(issues).copyInSteps(input);
  } catch (error) {
    // A proxy or getter of the caller's may throw anything; that too is "not plain data".
    if (!(error instanceof Stop)) issues.add('', { code: 'not_plain_data' }, 'the document could not be read');
    return undefined;
  }
}

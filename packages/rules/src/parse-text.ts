import { findDuplicateKey } from './duplicate-key.ts';
import { ruleLimits } from './limits.ts';
import { type EventOf, type EventTypes, type ParseOptions, type ParseResult, parse } from './parse.ts';
import { type RuleIssue, shown } from './rule-issue.ts';

const refused = (issue: RuleIssue): { readonly ok: false; readonly issues: readonly RuleIssue[] } => ({
  ok: false,
  issues: [issue],
});

/**
 * As `parse`, for a document that is still text. Better than JSON.parse before `parse` where the text comes from outside:
 * one that is too long is refused before it becomes objects, a broken one is an issue, not an exception, and a key that is
 * there twice is an issue as well, where JSON.parse keeps the last one and says nothing.
 */
export function parseText<T extends EventTypes>(
  text: string,
  options: ParseOptions & { readonly eventTypes: T },
): ParseResult<EventOf<T>>;
export function parseText(text: string, options?: ParseOptions): ParseResult;
export function parseText(text: string, options: ParseOptions = {}): ParseResult {
  const limit = ruleLimits.bytes;
  if (text.length > limit) {
    const message = `the document is larger than ${limit} bytes`;
    return refused({ code: 'too_large', what: 'bytes', limit, path: '', message, severity: 'error' });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.slice(0, 200) : 'it could not be read';
    return refused({ code: 'invalid_json', path: '', message: `not JSON: ${reason}`, severity: 'error' });
  }
  const twice = findDuplicateKey(text);
  if (twice) {
    const message = `the key ${shown(twice.key)} is there twice`;
    return refused({ code: 'duplicate_key', ...twice, message, severity: 'error' });
  }
  return parse(json, options);
}

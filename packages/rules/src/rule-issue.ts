import { ruleLimits } from './limits.ts';

/** What is wrong, one shape per code, so that a caller can translate or repair it. */
export type RuleProblem =
  | { code: 'invalid_json' }
  | { code: 'duplicate_key'; key: string }
  | { code: 'not_plain_data' }
  | { code: 'too_large'; what: 'bytes' | 'rules' | 'list' | 'group' | 'named_conditions' | 'expanded'; limit: number }
  | { code: 'too_deep'; limit: number }
  | { code: 'forbidden_key'; key: string }
  | { code: 'wrong_type'; expected: string }
  | { code: 'missing_key'; key: string }
  | { code: 'unknown_key'; key: string }
  | { code: 'mixed_keys'; keys: readonly string[] }
  | { code: 'empty_group'; key: 'any' | 'all' }
  | { code: 'bare_condition' }
  | { code: 'invalid_name'; name: string }
  | { code: 'duplicate_id'; id: string; firstPath: string }
  | { code: 'unknown_fact'; fact: string }
  | { code: 'unknown_operator'; operator: string }
  | { code: 'unknown_condition'; name: string }
  | { code: 'condition_cycle'; cycle: readonly string[] }
  | { code: 'unknown_event'; event: string; allowed: readonly string[] }
  | { code: 'invalid_params' }
  | { code: 'invalid_path'; reason: string }
  | { code: 'type_mismatch'; fact: string; operator: string }
  | { code: 'too_many_issues'; limit: number };

/** `path` is a JSON pointer into the document ('' is the document itself). */
export type RuleIssue = RuleProblem & { path: string; message: string; severity: 'error' };

export function pointer(path: string, key: string | number): string {
  const plain = typeof key === 'number' || !(key.includes('/') || key.includes('~'));
  return `${path}/${plain ? key : key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** A value in a message: short, and never the attacker's megabyte. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

export interface IssueList {
  readonly items: RuleIssue[];
  readonly full: boolean;
  add(path: string, problem: RuleProblem, message: string): void;
}

/** Collects issues up to `ruleLimits.issues`, then says once that there are more. */
export function createIssueList(): IssueList {
  const items: RuleIssue[] = [];
  return {
    items,
    get full() {
      return items.length > ruleLimits.issues;
    },
    add(path, problem, message) {
      if (items.length > ruleLimits.issues) return;
      if (items.length === ruleLimits.issues) {
        const limit = ruleLimits.issues;
        items.push({
          code: 'too_many_issues',
          limit,
          path: '',
          message: `more than ${limit} issues`,
          severity: 'error',
        });
        return;
      }
      items.push({ ...problem, path, message, severity: 'error' });
    },
  };
}

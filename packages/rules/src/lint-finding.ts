import type { FactDefinition } from './define-fact.ts';

export type LintCode =
  | 'never_true'
  | 'always_true'
  | 'duplicate_condition'
  | 'same_conditions'
  | 'masked_rule'
  | 'overlap'
  | 'gap'
  | 'unknown_fact'
  | 'unknown_operator'
  | 'unknown_condition'
  | 'disabled_rule'
  | 'unused_condition'
  | 'negation_of_optional'
  | 'ignored_setting';

/** Something that is allowed but probably not meant. `path` is a JSON pointer into the document. */
export interface LintFinding {
  readonly code: LintCode;
  readonly path: string;
  readonly message: string;
  readonly severity: 'warning' | 'info';
}

/** What the parts of the linter share. */
export interface LintContext {
  readonly facts: ReadonlyMap<string, FactDefinition>;
  readonly findings: LintFinding[];
}

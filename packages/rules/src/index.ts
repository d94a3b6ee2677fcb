// biome-ignore-all lint/performance/noBarrelFile: the package's entry; each name can also be had from its own module
export { type CompiledRuleSet, type CompileOptions, compile } from './compile.ts';
export { defineFact, type FactDefinition, type FactValues } from './define-fact.ts';
export { type DiffWording, diff, type RuleChange } from './diff.ts';
export { conditionInWords, explainInWords } from './explain.ts';
export type { ExplainedCondition, RuleExplanation } from './explain-rule.ts';
export { type Glossary, glossaryOf } from './glossary.ts';
export { createJsonSchema } from './json-schema.ts';
export { ruleLimits } from './limits.ts';
export { lint } from './lint.ts';
export type { LintFinding } from './lint-finding.ts';
export { type EventOf, type EventTypes, type ParseResult, parse, parseInSlices } from './parse.ts';
export { parseText } from './parse-text.ts';
export type { RuleIssue } from './rule-issue.ts';
export type { Condition, FiredRule, Rule, RuleEvent, RuleSet } from './rule-set.ts';

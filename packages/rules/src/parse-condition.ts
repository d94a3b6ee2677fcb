import type { FactDefinition } from './define-fact.ts';
import { ruleLimits } from './limits.ts';
import { findOperator } from './operators/find-operator.ts';
import { constantOperand, type Operand } from './operators/operator.ts';
import { parsePath } from './path.ts';
import { isPlainObject, type Plain, type PlainObject } from './plain-copy.ts';
import { type IssueList, pointer, shown } from './rule-issue.ts';
import type { Condition } from './rule-set.ts';

export interface ConditionContext {
  /** Undefined if any fact will do. */
  readonly facts: ReadonlyMap<string, FactDefinition> | undefined;
  /** Names of the document's named conditions. */
  readonly conditionNames: ReadonlySet<string>;
  readonly issues: IssueList;
}

const kinds = ['all', 'any', 'not', 'condition', 'fact'] as const;
type Kind = (typeof kinds)[number];

const labelKeys = ['name', 'priority'];
const allowedKeys: Readonly<Record<Kind, readonly string[]>> = {
  all: ['all', ...labelKeys],
  any: ['any', ...labelKeys],
  not: ['not', ...labelKeys],
  condition: ['condition', ...labelKeys],
  fact: ['fact', 'operator', 'value', 'path', 'params', ...labelKeys],
};

const unknownOperand: Operand = { kind: 'unknown', optional: true, items: 'unknown' };

/** Adds an issue for every key that is not in the list. */
export function refuseUnknownKeys(raw: PlainObject, allowed: readonly string[], path: string, issues: IssueList): void {
  for (const key of Object.keys(raw)) {
    if (!allowed.includes(key)) {
      const message = `unknown key ${shown(key)}; known are ${allowed.join(', ')}`;
      issues.add(pointer(path, key), { code: 'unknown_key', key }, message);
    }
  }
}

export function expectType(path: string, expected: string, actual: unknown, issues: IssueList): void {
  issues.add(path, { code: 'wrong_type', expected }, `expected ${expected}, found ${shown(actual)}`);
}

export function checkPriority(value: Plain | undefined, path: string, issues: IssueList): void {
  if (value === undefined) return;
  const good = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= ruleLimits.priority;
  if (!good) expectType(path, `an integer from 1 to ${ruleLimits.priority}`, value, issues);
}

function checkLabels(raw: PlainObject, path: string, issues: IssueList): void {
  const { name } = raw;
  if (name !== undefined && (typeof name !== 'string' || name.length === 0 || name.length > 200)) {
    expectType(pointer(path, 'name'), 'a text of 1 to 200 characters', name, issues);
  }
  checkPriority(raw.priority, pointer(path, 'priority'), issues);
}

function kindOf(raw: PlainObject, path: string, issues: IssueList): Kind | undefined {
  const present = kinds.filter((kind) => Object.hasOwn(raw, kind));
  if (present.length === 1) return present[0];
  if (present.length === 0) {
    expectType(path, 'a condition: all, any, not, condition or fact', raw, issues);
  } else {
    issues.add(path, { code: 'mixed_keys', keys: present }, `use one of ${present.join(', ')}, not several together`);
  }
  return undefined;
}

function checkGroup(
  raw: Plain | undefined,
  key: 'all' | 'any',
  path: string,
  depth: number,
  context: ConditionContext,
) {
  const { issues } = context;
  const at = pointer(path, key);
  if (!Array.isArray(raw)) {
    expectType(at, 'a list of conditions', raw, issues);
    return;
  }
  const parts: readonly Plain[] = raw;
  if (parts.length === 0) {
    issues.add(at, { code: 'empty_group', key }, `an empty "${key}" would match everything`);
    return;
  }
  if (parts.length > ruleLimits.groupSize) {
    const limit = ruleLimits.groupSize;
    issues.add(at, { code: 'too_large', what: 'group', limit }, `${parts.length} conditions; at most ${limit}`);
    return;
  }
  parts.forEach((part, i) => {
    checkCondition(part, pointer(at, i), depth + 1, context);
  });
}

function checkReference(name: Plain | undefined, path: string, { conditionNames, issues }: ConditionContext): void {
  const at = pointer(path, 'condition');
  if (typeof name !== 'string') {
    expectType(at, 'the name of a condition', name, issues);
    return;
  }
  if (!conditionNames.has(name)) {
    issues.add(at, { code: 'unknown_condition', name }, `there is no named condition ${shown(name)}`);
  }
}

function refuseFact(name: string, path: string, issues: IssueList): undefined {
  issues.add(pointer(path, 'fact'), { code: 'unknown_fact', fact: name }, `there is no fact ${shown(name)}`);
}

/** Checks `{fact, path?, params?}` on either side; says what can be known of its value. */
function checkFact(raw: PlainObject, path: string, { facts, issues }: ConditionContext): Operand | undefined {
  const { fact: name, path: jsonPath, params } = raw;
  if (params !== undefined && !isPlainObject(params)) expectType(pointer(path, 'params'), 'an object', params, issues);
  let pathIsGood = true;
  if (jsonPath !== undefined) {
    const at = pointer(path, 'path');
    const parsed = typeof jsonPath === 'string' ? parsePath(jsonPath) : undefined;
    if (!parsed) expectType(at, 'a text', jsonPath, issues);
    else if (!parsed.ok) issues.add(at, { code: 'invalid_path', reason: parsed.reason }, parsed.reason);
    pathIsGood = parsed?.ok === true;
  }
  if (typeof name !== 'string') {
    expectType(pointer(path, 'fact'), 'the name of a fact', name, issues);
    return undefined;
  }
  if (!facts) return name in Object.prototype ? refuseFact(name, path, issues) : unknownOperand;
  const fact = facts.get(name);
  if (!fact) return refuseFact(name, path, issues);
  if (!pathIsGood) return undefined;
  if (fact.type === 'list' && jsonPath !== undefined && jsonPath !== '$') return unknownOperand;
  const items = fact.type === 'list' ? (fact.items ?? 'unknown') : 'unknown';
  return { kind: fact.type, optional: fact.optional === true, items };
}

function checkValue(raw: PlainObject, path: string, context: ConditionContext): Operand | undefined {
  const { value } = raw;
  const { issues } = context;
  const at = pointer(path, 'value');
  if (value === undefined) {
    issues.add(path, { code: 'missing_key', key: 'value' }, 'the condition has no "value"');
    return undefined;
  }
  if (!isPlainObject(value)) return constantOperand(value);
  if (!Object.hasOwn(value, 'fact')) {
    expectType(at, 'a constant, a list or {fact}', value, issues);
    return undefined;
  }
  refuseUnknownKeys(value, ['fact', 'path', 'params'], at, issues);
  return checkFact(value, at, context);
}

function checkComparison(raw: PlainObject, path: string, context: ConditionContext): void {
  const { issues } = context;
  const left = checkFact(raw, path, context);
  const right = checkValue(raw, path, context);
  const name = raw.operator;
  if (name === undefined) {
    issues.add(path, { code: 'missing_key', key: 'operator' }, 'the condition has no "operator"');
    return;
  }
  if (typeof name !== 'string') {
    expectType(pointer(path, 'operator'), 'an operator', name, issues);
    return;
  }
  const operator = findOperator(name);
  if (!operator) {
    const message = `there is no operator ${shown(name)}`;
    issues.add(pointer(path, 'operator'), { code: 'unknown_operator', operator: name }, message);
    return;
  }
  if (!left || !right) return;
  const problem = operator.check(left, right);
  if (!problem) return;
  const fact = String(raw.fact);
  const message = `${fact} ${name} ${shown(raw.value)}: ${problem}`;
  issues.add(pointer(path, 'value'), { code: 'type_mismatch', fact, operator: name }, message);
}

/** Checks one condition and everything below it; all that is wrong goes to the issue list. */
export function checkCondition(raw: Plain | undefined, path: string, depth: number, context: ConditionContext): void {
  const { issues } = context;
  if (issues.full) return;
  if (depth > ruleLimits.conditionDepth) {
    const limit = ruleLimits.conditionDepth;
    issues.add(path, { code: 'too_deep', limit }, `more than ${limit} levels of conditions`);
    return;
  }
  if (!isPlainObject(raw)) {
    expectType(path, 'a condition', raw, issues);
    return;
  }
  const kind = kindOf(raw, path, issues);
  if (!kind) return;
  refuseUnknownKeys(raw, allowedKeys[kind], path, issues);
  checkLabels(raw, path, issues);
  if (kind === 'all' || kind === 'any') checkGroup(raw[kind], kind, path, depth, context);
  else if (kind === 'not') checkCondition(raw.not, pointer(path, 'not'), depth + 1, context);
  else if (kind === 'condition') checkReference(raw.condition, path, context);
  else checkComparison(raw, path, context);
}

/** The root of a rule or named condition: as in json-rules-engine a group or a reference, never a bare comparison. */
export function parseRootCondition(raw: Plain | undefined, path: string, context: ConditionContext): Condition {
  const { issues } = context;
  if (isPlainObject(raw) && Object.hasOwn(raw, 'fact')) {
    issues.add(path, { code: 'bare_condition' }, 'put the condition into "all" or "any"');
  }
  checkCondition(raw, path, 1, context);
  return raw as unknown as Condition;
}

import type * as z from 'zod';
import { checkConditionGraph } from './condition-graph.ts';
import { type FactDefinition, indexFacts } from './define-fact.ts';
import { ruleLimits } from './limits.ts';
import {
  type ConditionContext,
  checkPriority,
  expectType,
  parseRootCondition,
  refuseUnknownKeys,
} from './parse-condition.ts';
import { copyPlain, isPlainObject, type Plain, type PlainObject } from './plain-copy.ts';
import { createIssueList, type IssueList, pointer, type RuleIssue, shown } from './rule-issue.ts';
import type { Condition, Rule, RuleEvent, RuleSet } from './rule-set.ts';
import { runAtOnce, runInSlices, type Work } from './slices.ts';

/** Which events rules may fire, and the schema of each one's params. */
export type EventTypes = Readonly<Record<string, z.ZodType>>;

/** The events of a map of event types, as a union on `type`. */
export type EventOf<T extends EventTypes> = {
  [K in keyof T & string]: { readonly type: K; readonly params: z.output<T[K]> };
}[keyof T & string];

export type ParseResult<E extends RuleEvent = RuleEvent> =
  | { readonly ok: true; readonly value: RuleSet<E> }
  | { readonly ok: false; readonly issues: readonly RuleIssue[] };

export interface ParseOptions {
  /** What conditions may speak of. Without them, facts may have any name and type. */
  readonly facts?: readonly FactDefinition[];
  /** What rules may do. Without them, events may have any type and params. */
  readonly eventTypes?: EventTypes;
}

interface Context extends ConditionContext {
  readonly eventTypes: EventTypes | undefined;
  readonly paths: Map<string, string>;
}

const idStart = /^[A-Za-z0-9]/;
const idPattern = /^[A-Za-z0-9_.:-]{1,64}$/;
const isName = (text: unknown): text is string =>
  typeof text === 'string' && text.length <= 64 && idPattern.test(text) && idStart.test(text);

const nameHelp = '1 to 64 letters, digits, "_", ".", ":" or "-", first a letter or digit';

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
}

function parseParams(schema: z.ZodType, raw: Plain | undefined, path: string, issues: IssueList): unknown {
  const result = schema.safeParse(raw ?? {});
  if (result.success) {
    deepFreeze(result.data);
    return result.data;
  }
  for (const { path: keys, message } of result.error.issues) {
    const at = keys.reduce<string>((base, key) => pointer(base, String(key)), path);
    issues.add(at, { code: 'invalid_params' }, message.slice(0, 200));
  }
  return undefined;
}

function parseEvent(raw: Plain | undefined, path: string, { eventTypes, issues }: Context): RuleEvent {
  const nothing = { type: '' };
  if (!isPlainObject(raw)) {
    expectType(path, 'an event {type, params?}', raw, issues);
    return nothing;
  }
  refuseUnknownKeys(raw, ['type', 'params'], path, issues);
  const { type, params } = raw;
  if (typeof type !== 'string' || type === '' || type.length > 64) {
    expectType(pointer(path, 'type'), 'an event type', type, issues);
    return nothing;
  }
  const at = pointer(path, 'params');
  if (params !== undefined && !isPlainObject(params)) {
    expectType(at, 'an object', params, issues);
    return nothing;
  }
  if (!eventTypes) return Object.freeze(params === undefined ? { type } : { type, params });
  const schema = Object.hasOwn(eventTypes, type) ? eventTypes[type] : undefined;
  if (!schema) {
    const allowed = Object.keys(eventTypes);
    const message = `there is no event ${shown(type)}; known are ${allowed.join(', ')}`;
    issues.add(pointer(path, 'type'), { code: 'unknown_event', event: type, allowed }, message);
    return nothing;
  }
  return Object.freeze({ type, params: parseParams(schema, params, at, issues) });
}

function checkId(id: Plain | undefined, path: string, { issues, paths }: Context): string {
  const at = pointer(path, 'id');
  if (!isName(id)) {
    issues.add(at, { code: 'invalid_name', name: shown(id) }, `a rule needs an id: ${nameHelp}`);
    return '';
  }
  const firstPath = paths.get(id);
  if (firstPath !== undefined) {
    issues.add(at, { code: 'duplicate_id', id, firstPath }, `the id ${shown(id)} is already used at ${firstPath}`);
  } else {
    paths.set(id, path);
  }
  return id;
}

function parseRule(raw: Plain, path: string, context: Context): Rule {
  const { issues } = context;
  const source: PlainObject = isPlainObject(raw) ? raw : {};
  if (!isPlainObject(raw)) expectType(path, 'a rule', raw, issues);
  refuseUnknownKeys(source, ['id', 'name', 'priority', 'enabled', 'conditions', 'event'], path, issues);
  const { name, priority, enabled } = source;
  const id = checkId(source.id, path, context);
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > 200)) {
    expectType(pointer(path, 'name'), 'a text of 1 to 200 characters', name, issues);
  }
  checkPriority(priority, pointer(path, 'priority'), issues);
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    expectType(pointer(path, 'enabled'), 'true or false', enabled, issues);
  }
  const conditions = parseRootCondition(source.conditions, pointer(path, 'conditions'), context);
  const event = parseEvent(source.event, pointer(path, 'event'), context);
  return Object.freeze({
    id,
    ...(typeof name === 'string' ? { name } : {}),
    priority: typeof priority === 'number' ? priority : 1,
    enabled: enabled !== false,
    conditions,
    event,
  });
}

function* parseRules(raw: Plain | undefined, context: Context): Work<{ rule: Rule; path: string }[]> {
  const { issues } = context;
  if (!Array.isArray(raw)) {
    expectType('/rules', 'a list of rules', raw, issues);
    return [];
  }
  const list: readonly Plain[] = raw;
  if (list.length > ruleLimits.rules) {
    const limit = ruleLimits.rules;
    issues.add('/rules', { code: 'too_large', what: 'rules', limit }, `${list.length} rules; at most ${limit}`);
    return [];
  }
  const rules: { rule: Rule; path: string }[] = [];
  for (const [i, item] of list.entries()) {
    if (issues.full) break;
    const path = pointer('/rules', i);
    rules.push({ rule: parseRule(item, path, context), path });
    yield;
  }
  return rules;
}

function* parseNamed(raw: PlainObject, context: Context): Work<Map<string, Condition>> {
  const { issues } = context;
  const named = new Map<string, Condition>();
  for (const [name, condition] of Object.entries(raw)) {
    if (issues.full) break;
    const path = pointer('/conditions', name);
    if (!isName(name)) issues.add(path, { code: 'invalid_name', name: shown(name) }, `a condition's name: ${nameHelp}`);
    named.set(name, parseRootCondition(condition, path, context));
    yield;
  }
  return named;
}

function namedConditions(document: PlainObject, issues: IssueList): PlainObject {
  const raw = document.conditions;
  if (raw === undefined) return {};
  if (!isPlainObject(raw)) {
    expectType('/conditions', 'an object of named conditions', raw, issues);
    return {};
  }
  const count = Object.keys(raw).length;
  const limit = ruleLimits.namedConditions;
  if (count <= limit) return raw;
  issues.add('/conditions', { code: 'too_large', what: 'named_conditions', limit }, `${count} names; at most ${limit}`);
  return {};
}

function* parseDocument(document: PlainObject, options: ParseOptions, issues: IssueList): Work<RuleSet> {
  refuseUnknownKeys(document, ['rules', 'conditions'], '', issues);
  const rawConditions = namedConditions(document, issues);
  const context: Context = {
    facts: options.facts && indexFacts(options.facts),
    conditionNames: new Set(Object.keys(rawConditions)),
    eventTypes: options.eventTypes,
    issues,
    paths: new Map(),
  };
  const conditions = yield* parseNamed(rawConditions, context);
  const rules = yield* parseRules(document.rules, context);
  // The graph is walked recursively, which is only safe on conditions that have passed the checks.
  if (issues.items.length === 0) yield* checkConditionGraph(rules, conditions, issues);
  return Object.freeze({
    rules: Object.freeze(rules.map(({ rule }) => rule)),
    conditions: Object.freeze(Object.fromEntries(conditions)),
  });
}

function* parsing(json: unknown, options: ParseOptions): Work<ParseResult> {
  const issues = createIssueList();
  const copy = yield* copyPlain(json, issues);
  if (copy === undefined) return { ok: false, issues: issues.items };
  if (!isPlainObject(copy)) {
    expectType('', 'a document {rules, conditions?}', copy, issues);
    return { ok: false, issues: issues.items };
  }
  const value = yield* parseDocument(copy, options, issues);
  return issues.items.length === 0 ? { ok: true, value } : { ok: false, issues: issues.items };
}

/**
 * Checks a rule document and returns it as frozen plain data, or everything that is wrong with it.
 * Never throws on any input. Work is bounded by `ruleLimits`.
 */
export function parse<T extends EventTypes>(
  json: unknown,
  options: ParseOptions & { readonly eventTypes: T },
): ParseResult<EventOf<T>>;
export function parse(json: unknown, options?: ParseOptions): ParseResult;
export function parse(json: unknown, options: ParseOptions = {}): ParseResult {
  return runAtOnce(parsing(json, options));
}

/**
 * As `parse`, in slices that leave the event loop free: for a process that takes payments meanwhile.
 * @param options with `budgetMs`, how long to work before letting others run
 */
export function parseInSlices<T extends EventTypes>(
  json: unknown,
  options: ParseOptions & { readonly eventTypes: T; readonly budgetMs?: number },
): Promise<ParseResult<EventOf<T>>>;
export function parseInSlices(
  json: unknown,
  options?: ParseOptions & { readonly budgetMs?: number },
): Promise<ParseResult>;
export function parseInSlices(
  json: unknown,
  { budgetMs = 0.25, ...options }: ParseOptions & { readonly budgetMs?: number } = {},
): Promise<ParseResult> {
  return runInSlices(parsing(json, options), budgetMs);
}

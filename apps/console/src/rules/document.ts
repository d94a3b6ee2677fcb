import { findDoubleKey, findFault, parseJson } from './json-fault.ts';

/**
 * The one model behind the table, the form and the JSON text: plain JSON, never a translation of it. Every edit makes a
 * new document that differs from the old one in the edited place only, so keys that no editor knows survive all of them.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export type RuleDocument = JsonObject & { readonly rules: readonly JsonObject[] };

export type Read =
  | { readonly ok: true; readonly document: RuleDocument }
  | { readonly ok: false; readonly reason: 'json' | 'shape'; readonly message: string; readonly line?: number };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON text as a rule document, or why it is none. What the rules say is for the engine to judge, not for us. */
export function readDocument(text: string): Read {
  let value: Json;
  try {
    value = parseJson(text) as Json;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const fault = findFault(text) ?? findDoubleKey(text)?.at;
    const line = fault === undefined ? undefined : text.slice(0, fault).split('\n').length;
    return { ok: false, reason: 'json', message, ...(line === undefined ? {} : { line }) };
  }
  if (!isObject(value)) return { ok: false, reason: 'shape', message: '{ "rules": [ … ] }' };
  const { rules } = value;
  if (!Array.isArray(rules) || !rules.every(isObject))
    return { ok: false, reason: 'shape', message: '{ "rules": [ { … } ] }' };
  return { ok: true, document: value as RuleDocument };
}

export const writeDocument = (document: JsonObject): string => JSON.stringify(document, null, 2);

export const idOf = (rule: JsonObject): string => (typeof rule.id === 'string' ? rule.id : '');
export const nameOf = (rule: JsonObject): string => (typeof rule.name === 'string' ? rule.name : idOf(rule));
export const isEnabled = (rule: JsonObject): boolean => rule.enabled !== false;
/** Higher is tried first; 1 when nothing is said. */
export const priorityOf = (rule: JsonObject): number => (typeof rule.priority === 'number' ? rule.priority : 1);
export const eventOf = (rule: JsonObject): JsonObject => (isObject(rule.event) ? rule.event : {});
export const eventTypeOf = (rule: JsonObject): string => {
  const { type } = eventOf(rule);
  return typeof type === 'string' ? type : '';
};
export const paramsOf = (rule: JsonObject): JsonObject => {
  const { params } = eventOf(rule);
  return isObject(params) ? params : {};
};
export const namedConditions = (document: JsonObject): JsonObject =>
  isObject(document.conditions) ? document.conditions : {};

/** Places in `rules` in the order of evaluation: higher priority first, then as written. Disabled rules keep theirs. */
export function orderOf({ rules }: RuleDocument): number[] {
  return rules
    .map((rule, index) => ({ index, priority: priorityOf(rule) }))
    .sort((a, b) => b.priority - a.priority || a.index - b.index)
    .map(({ index }) => index);
}

/** An object with one key changed, in its place; `undefined` takes the key away. */
export function withKey<T extends JsonObject>(object: T, key: string, value: Json | undefined): T {
  if (value !== undefined) return { ...object, [key]: value };
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key)) as T;
}

const withRules = (document: RuleDocument, rules: readonly JsonObject[]): RuleDocument => ({ ...document, rules });

export const changeRule = (
  document: RuleDocument,
  index: number,
  change: (rule: JsonObject) => JsonObject,
): RuleDocument =>
  withRules(
    document,
    document.rules.map((rule, i) => (i === index ? change(rule) : rule)),
  );

export const removeRule = (document: RuleDocument, index: number): RuleDocument =>
  withRules(
    document,
    document.rules.filter((_, i) => i !== index),
  );

/** `id` when nobody has it, else `id-2`, `id-3`, … within the 64 characters that an id may have. */
export function freeId({ rules }: RuleDocument, id: string): string {
  const taken = new Set(rules.map(idOf));
  if (!taken.has(id)) return id;
  for (let n = 2; ; n++) {
    const next = `${id.slice(0, 60).replace(/-\d+$/, '')}-${n}`;
    if (!taken.has(next)) return next;
  }
}

/** A rule put right behind another in the order of evaluation (first, when there is none): with that rule's priority. */
export function insertAfter(document: RuleDocument, after: number | undefined, rule: JsonObject): RuleDocument {
  const neighbour = after === undefined ? undefined : document.rules[after];
  const first = document.rules[orderOf(document)[0] ?? -1];
  const priority = neighbour ? priorityOf(neighbour) : first ? priorityOf(first) : 100;
  const rules = [...document.rules];
  rules.splice(after === undefined ? 0 : after + 1, 0, { ...rule, priority });
  return withRules(document, rules);
}

export function duplicateRule(document: RuleDocument, index: number): RuleDocument {
  const rule = document.rules[index];
  if (!rule) return document;
  return insertAfter(document, index, { ...rule, id: freeId(document, idOf(rule) || 'rule') });
}

/**
 * Moves the rule at place `from` of the order of evaluation to place `to`. Its priority changes only as far as its new
 * neighbours demand, and no other rule changes.
 */
export function moveRule(document: RuleDocument, from: number, to: number): RuleDocument {
  const order = orderOf(document);
  const index = order[from];
  const rule = index === undefined ? undefined : document.rules[index];
  if (index === undefined || !rule || to < 0 || to >= order.length || from === to) return document;
  const rest = order.filter((_, place) => place !== from);
  const above = rest[to - 1];
  const below = rest[to];
  const ceiling = above === undefined ? Number.POSITIVE_INFINITY : priorityOf(document.rules[above] ?? {});
  const floor = below === undefined ? Number.NEGATIVE_INFINITY : priorityOf(document.rules[below] ?? {});
  const priority = Math.min(ceiling, Math.max(floor, priorityOf(rule)));
  const moved = priority === priorityOf(rule) ? rule : { ...rule, priority };
  // Among equals the order of writing decides: behind the upper neighbour if it is its equal, else before the lower one.
  const anchor = above !== undefined && priority === ceiling ? above : below;
  const rules: JsonObject[] = [];
  for (const [i, one] of document.rules.entries()) {
    if (i === index) continue;
    if (i === anchor && anchor !== above) rules.push(moved);
    rules.push(one);
    if (i === anchor && anchor === above) rules.push(moved);
  }
  if (anchor === undefined) rules.push(moved);
  return withRules(document, rules);
}

import { isObject, type Json, type JsonObject, withKey } from './document.ts';

/** Where a condition is below its root: `['all', 2, 'not']`. */
export type Path = readonly (string | number)[];

export type Kind = 'all' | 'any' | 'not' | 'condition' | 'fact' | 'other';

const kinds = ['all', 'any', 'not', 'condition', 'fact'] as const;

/** What a condition is; `other` is anything that only the JSON editor can show. */
export function kindOf(condition: Json | undefined): Kind {
  if (!isObject(condition)) return 'other';
  const present = kinds.filter((kind) => Object.hasOwn(condition, kind));
  const [kind] = present;
  if (!kind || present.length > 1) return 'other';
  const value = condition[kind];
  if (kind === 'all' || kind === 'any') return Array.isArray(value) ? kind : 'other';
  if (kind === 'not') return isObject(value) ? kind : 'other';
  return typeof value === 'string' ? kind : 'other';
}

/** The parts of a group. */
export function partsOf(condition: Json | undefined): readonly Json[] {
  if (!isObject(condition)) return [];
  const kind = kindOf(condition);
  const parts = kind === 'all' || kind === 'any' ? condition[kind] : [];
  return Array.isArray(parts) ? (parts as readonly Json[]) : [];
}

export function conditionAt(root: Json | undefined, path: Path): Json | undefined {
  let found = root;
  for (const key of path) {
    if (Array.isArray(found) && typeof key === 'number') found = (found as readonly Json[])[key];
    else if (isObject(found) && typeof key === 'string' && Object.hasOwn(found, key)) found = found[key];
    else return undefined;
  }
  return found;
}

/** The root with the condition at a path changed; itself when the path leads nowhere. */
export function changeAt(root: Json, path: Path, change: (condition: Json) => Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return change(root);
  if (Array.isArray(root) && typeof key === 'number') {
    const list = root as readonly Json[];
    if (key < 0 || key >= list.length) return root;
    return list.map((item, i) => (i === key ? changeAt(item, rest, change) : item));
  }
  if (!isObject(root) || typeof key !== 'string' || !Object.hasOwn(root, key)) return root;
  return { ...root, [key]: changeAt(root[key] ?? null, rest, change) };
}

/** Adds a part to the group at a path. */
export const addTo = (root: Json, path: Path, part: Json): Json =>
  changeAt(root, path, (group) => {
    const kind = kindOf(group);
    return isObject(group) && (kind === 'all' || kind === 'any')
      ? { ...group, [kind]: [...partsOf(group), part] }
      : group;
  });

/** Takes a part out of its group, or a `not` away with what it denies. The root stays: a rule without one is none. */
export function removeAt(root: Json, path: Path): Json {
  const key = path.at(-1);
  if (key === undefined) return root;
  if (key === 'not') return removeAt(root, path.slice(0, -1));
  return changeAt(root, path.slice(0, -1), (list) =>
    Array.isArray(list) ? (list as readonly Json[]).filter((_, i) => i !== key) : list,
  );
}

/** Moves a part within its group. */
export const moveAt = (root: Json, path: Path, by: -1 | 1): Json => {
  const from = path.at(-1);
  if (typeof from !== 'number') return root;
  return changeAt(root, path.slice(0, -1), (list) => {
    if (!Array.isArray(list)) return list;
    const items = [...(list as readonly Json[])];
    const [one] = items.splice(from, 1);
    if (one === undefined || from + by < 0 || from + by > items.length) return list;
    items.splice(from + by, 0, one);
    return items;
  });
};

/** A group's kind turned between "all of" and "any of"; its labels stay. */
export const turnGroup = (root: Json, path: Path, kind: 'all' | 'any'): Json =>
  changeAt(root, path, (group) => {
    const old = kindOf(group);
    if (!isObject(group) || (old !== 'all' && old !== 'any') || old === kind) return group;
    return Object.fromEntries(Object.entries(group).map(([key, value]) => [key === old ? kind : key, value]));
  });

/** Denies a condition, or takes the denial away. */
export const toggleNot = (root: Json, path: Path): Json =>
  changeAt(root, path, (condition) =>
    kindOf(condition) === 'not' && isObject(condition) ? (condition.not ?? null) : { not: condition },
  );

/** Puts a condition into a group of its own; a group that has one part left can be dissolved again. */
export const wrapAt = (root: Json, path: Path, kind: 'all' | 'any'): Json =>
  changeAt(root, path, (condition) => ({ [kind]: [condition] }));

export const unwrapAt = (root: Json, path: Path): Json =>
  changeAt(root, path, (group) => {
    const parts = partsOf(group);
    return parts.length === 1 ? (parts[0] ?? group) : group;
  });

/** Every fact, by name, that a condition reads on either side, named conditions not followed. */
export function factsIn(condition: Json | undefined): string[] {
  if (Array.isArray(condition)) return (condition as readonly Json[]).flatMap(factsIn);
  if (!isObject(condition)) return [];
  const kind = kindOf(condition);
  if (kind === 'all' || kind === 'any') return partsOf(condition).flatMap(factsIn);
  if (kind === 'not') return factsIn(condition.not);
  if (kind !== 'fact') return [];
  const { value } = condition;
  const right = isObject(value) && typeof value.fact === 'string' ? [value.fact] : [];
  return [condition.fact as string, ...right];
}

/** `not:everyFact:in` as its decorators, outermost first, and the operator itself. */
export function operatorParts(operator: string): { decorators: string[]; name: string } {
  const parts = operator.split(':');
  return { name: parts.pop() ?? '', decorators: parts };
}

export const operatorName = ({ decorators, name }: { decorators: readonly string[]; name: string }): string =>
  [...decorators, name].join(':');

/** A part of the day by hours, `from` inclusive and `to` exclusive, over midnight when `from` is the greater. */
export type HourWindow = { from: number; to: number };

/** The group that says an hour lies in a window. A window of the whole day or of nothing can not be said so. */
export function hourWindow(fact: string, { from, to }: HourWindow): JsonObject {
  const since = { fact, operator: 'greaterThanInclusive', value: from };
  const until = { fact, operator: 'lessThan', value: to };
  return from < to ? { all: [since, until] } : { any: [since, until] };
}

/** The window that a group says, when it says just that: so it can be edited as one, and nothing else is taken for one. */
export function readHourWindow(condition: Json | undefined, hourFacts: ReadonlySet<string>): HourWindow | undefined {
  const kind = kindOf(condition);
  if ((kind !== 'all' && kind !== 'any') || !isObject(condition) || Object.keys(condition).length !== 1)
    return undefined;
  const parts = partsOf(condition);
  const [since, until] = parts;
  if (parts.length !== 2 || !isObject(since) || !isObject(until) || since.fact !== until.fact) return undefined;
  if (typeof since.fact !== 'string' || !hourFacts.has(since.fact)) return undefined;
  if (since.operator !== 'greaterThanInclusive' || until.operator !== 'lessThan') return undefined;
  if (Object.keys(since).length !== 3 || Object.keys(until).length !== 3) return undefined;
  const { value: from } = since;
  const { value: to } = until;
  const isHour = (value: Json | undefined): value is number => Number.isInteger(value) && Number(value) >= 0;
  if (!isHour(from) || !isHour(to) || from > 23 || to > 24 || from === to) return undefined;
  return (kind === 'all') === from < to ? { from, to } : undefined;
}

/** A comparison with one of its keys changed. */
export const setKey = (root: Json, path: Path, key: string, value: Json | undefined): Json =>
  changeAt(root, path, (condition) => (isObject(condition) ? withKey(condition, key, value) : condition));

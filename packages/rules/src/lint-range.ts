import type { FactDefinition } from './define-fact.ts';
import { type Condition, type FactCondition, isFactReference } from './rule-set.ts';

type Facts = ReadonlyMap<string, FactDefinition>;

/** What a group of comparisons leaves of one fact's values. */
export interface Room {
  low: number;
  high: number;
  /** Values still possible; undefined means any. */
  values: Set<unknown> | undefined;
  readonly excluded: Set<unknown>;
}

/** A comparison of one fact with constants, without path or decorators. */
export interface Simple {
  readonly fact: string;
  readonly operator: string;
  readonly value: unknown;
}

const opposites: Readonly<Record<string, string>> = {
  equal: 'notEqual',
  notEqual: 'equal',
  in: 'notIn',
  notIn: 'in',
  lessThan: 'greaterThanInclusive',
  lessThanInclusive: 'greaterThan',
  greaterThan: 'lessThanInclusive',
  greaterThanInclusive: 'lessThan',
};

const isOrder = (operator: string): boolean => operator.includes('Than');

/** Undefined if the comparison is more than that. */
export function toSimple(condition: FactCondition, facts: Facts): Simple | undefined {
  const { fact, operator, value, path } = condition;
  if (path !== undefined || isFactReference(value) || !Object.hasOwn(opposites, operator)) return undefined;
  const type = facts.get(fact)?.type;
  // Integers have no value between 1 and 2; that reasoning holds for no other type.
  if (isOrder(operator) && (type !== 'integer' || !Number.isSafeInteger(value))) return undefined;
  return { fact, operator, value };
}

/** The comparison that is true exactly when this one is false. Order has none if the fact can be missing. */
function negate(simple: Simple, facts: Facts): Simple | undefined {
  const operator = opposites[simple.operator];
  if (operator === undefined) return undefined;
  if (isOrder(operator) && facts.get(simple.fact)?.optional) return undefined;
  return { ...simple, operator };
}

function restrict(room: Room, values: readonly unknown[]): void {
  const { values: old } = room;
  room.values = new Set(old ? values.filter((value) => old.has(value)) : values);
}

/** All values that the fact can have. */
export function createRoom(fact?: FactDefinition): Room {
  const { least, most } = fact?.type === 'integer' ? fact : {};
  return {
    low: least ?? Number.NEGATIVE_INFINITY,
    high: most ?? Number.POSITIVE_INFINITY,
    values: undefined,
    excluded: new Set(),
  };
}

export function apply(room: Room, { operator, value }: Simple): void {
  const limit = value as number;
  if (operator === 'equal') restrict(room, [value]);
  else if (operator === 'in') restrict(room, Array.isArray(value) ? value : []);
  else if (operator === 'notEqual') room.excluded.add(value);
  else if (operator === 'notIn') for (const item of Array.isArray(value) ? value : []) room.excluded.add(item);
  else if (operator === 'lessThan') room.high = Math.min(room.high, limit - 1);
  else if (operator === 'lessThanInclusive') room.high = Math.min(room.high, limit);
  else if (operator === 'greaterThan') room.low = Math.max(room.low, limit + 1);
  else room.low = Math.max(room.low, limit);
}

function isEmpty({ low, high, values, excluded }: Room): boolean {
  if (low > high) return true;
  if (!values) return false;
  for (const value of values) {
    const inRange = typeof value !== 'number' || (value >= low && value <= high);
    if (inRange && !excluded.has(value)) return false;
  }
  return true;
}

/** The fact that no value of can satisfy all of the comparisons, if there is one. */
function contradiction(comparisons: readonly Simple[], facts: Facts): string | undefined {
  const rooms = new Map<string, Room>();
  for (const simple of comparisons) {
    const room = rooms.get(simple.fact) ?? createRoom(facts.get(simple.fact));
    rooms.set(simple.fact, room);
    apply(room, simple);
    if (isEmpty(room)) return simple.fact;
  }
  return undefined;
}

/** The comparisons that must all hold, nested `all` groups included. */
function conjuncts(parts: readonly Condition[], facts: Facts): Simple[] {
  return parts.flatMap((part) => {
    if ('all' in part) return conjuncts(part.all, facts);
    if (!('fact' in part)) return [];
    return toSimple(part, facts) ?? [];
  });
}

function disjuncts(parts: readonly Condition[], facts: Facts): Simple[] {
  return parts.flatMap((part) => {
    if ('any' in part) return disjuncts(part.any, facts);
    if (!('fact' in part)) return [];
    const simple = toSimple(part, facts);
    return (simple && negate(simple, facts)) ?? [];
  });
}

/** The fact on which an `all` contradicts itself, so that the group is never true. */
export const neverTrue = (all: readonly Condition[], facts: Facts): string | undefined =>
  contradiction(conjuncts(all, facts), facts);

/** The fact whose every value satisfies an `any`, so that the group is always true. */
export const alwaysTrue = (any: readonly Condition[], facts: Facts): string | undefined =>
  contradiction(disjuncts(any, facts), facts);

/** What a comparison says of all values that its fact can have, by itself. */
export function decidedAlone(condition: FactCondition, facts: Facts): 'never_true' | 'always_true' | undefined {
  const simple = toSimple(condition, facts);
  if (!simple) return undefined;
  if (contradiction([simple], facts) !== undefined) return 'never_true';
  const opposite = negate(simple, facts);
  return opposite && contradiction([opposite], facts) !== undefined ? 'always_true' : undefined;
}

import { findOperator } from '../operators/find-operator.ts';
import type { Key, Need } from '../operators/operator.ts';
import { type Condition, type FactCondition, isFactReference } from '../rule-set.ts';
import type { SlotTable } from '../slots.ts';

/** What must be so of the value in one slot. */
export type Access = Need & { readonly slot: number };

/** Accesses that must all hold. An empty clause always holds. */
export type Clause = readonly Access[];

/**
 * The ways in which a condition can come true: it is true only if all accesses of at least one clause hold. The converse
 * is not promised, so whoever finds a rule by them must still run its test.
 */
export type Alternatives = readonly Clause[];

const always: Alternatives = [[]];

/** More ways than this are not worth telling apart. */
const mostAlternatives = 16;

const sameSlot = (a: Access, b: Access): boolean => a.slot === b.slot && a.kind === b.kind;

/** Both at once. Two ranges of one slot become their common part; of two lists of values the shorter one is enough. */
function narrow(clause: Clause, access: Access): Clause {
  const at = clause.findIndex((other) => sameSlot(other, access));
  const other = clause[at];
  // A list can have one item for the one need and another item for the other: both stay.
  if (!other || access.kind === 'item') return [...clause, access];
  return clause.with(at, both(other, access));
}

function both(a: Access, b: Access): Access {
  if (a.kind === 'range' && b.kind === 'range') {
    return { ...a, low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) };
  }
  return a.kind === 'value' && b.kind === 'value' && b.values.length < a.values.length ? b : a;
}

function allOf(parts: readonly Alternatives[]): Alternatives {
  let product = always;
  for (const part of parts) {
    if (product.length * part.length > mostAlternatives) {
      // Either side alone is still necessary; the one with fewer ways says more.
      if (part.length < product.length) product = part;
      continue;
    }
    product = product.flatMap((clause) => part.map((other) => other.reduce(narrow, clause)));
  }
  return product;
}

/** `bank = A or bank = B` is one access with two values. */
function merge(clauses: Alternatives): Alternatives {
  const groups = new Map<string, { readonly first: Access; readonly values: Set<Key> }>();
  const others: Clause[] = [];
  for (const clause of clauses) {
    const [only] = clause;
    if (!only || only.kind === 'range' || clause.length > 1) {
      others.push(clause);
      continue;
    }
    const key = `${only.kind} ${only.slot}`;
    const group = groups.get(key) ?? { first: only, values: new Set() };
    groups.set(key, group);
    for (const value of only.values) group.values.add(value);
  }
  const merged = [...groups.values()].map(({ first, values }) => [{ ...first, values: [...values] } as Access]);
  return [...merged, ...others];
}

function anyOf(parts: readonly Alternatives[]): Alternatives {
  // As in json-rules-engine, an empty `any` is true.
  if (parts.length === 0) return always;
  const clauses = merge(parts.flat());
  return clauses.length > mostAlternatives || clauses.some((clause) => clause.length === 0) ? always : clauses;
}

/** Finds the alternatives of conditions whose facts lie in the slots of a table. */
export function createAlternatives(table: SlotTable, conditions: Readonly<Record<string, Condition>>) {
  const named = new Map<string, Alternatives>();

  const ofNamed = (name: string): Alternatives => {
    const known = named.get(name);
    if (known) return known;
    const condition = Object.hasOwn(conditions, name) ? conditions[name] : undefined;
    const alternatives = condition ? of(condition) : always;
    named.set(name, alternatives);
    return alternatives;
  };

  const ofFact = ({ fact, path, operator, value }: FactCondition): Alternatives => {
    if (isFactReference(value)) return always;
    const need = findOperator(operator)?.need?.(value);
    return need ? [[{ ...need, slot: table.slotOf(fact, path) }]] : always;
  };

  const of = (condition: Condition): Alternatives => {
    if ('condition' in condition) return ofNamed(condition.condition);
    if ('all' in condition) return allOf(condition.all.map(of));
    if ('any' in condition) return anyOf(condition.any.map(of));
    // Nothing is known of what makes a condition false.
    if ('not' in condition) return always;
    return ofFact(condition);
  };
  return of;
}

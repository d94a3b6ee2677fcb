import { findOperator } from '../operators/find-operator.ts';
import type { Key, KeyNeed, Need } from '../operators/operator.ts';
import { type Condition, type FactCondition, isFactReference } from '../rule-set.ts';
import type { SlotTable } from '../slots.ts';

/** What must be so of the value in one slot. */
export interface Access {
  readonly slot: number;
  /** Whether a path has to be read for it. */
  readonly isPath: boolean;
  readonly need: Need;
}

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

const sameSlot = (a: Access, b: Access): boolean => a.slot === b.slot && a.need.kind === b.need.kind;

/** Both at once. Two ranges become their common part; of two lists of values the shorter one is enough. */
function both(a: Need, b: Need): Need {
  if (a.kind === 'range' && b.kind === 'range') {
    return { kind: 'range', low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) };
  }
  return a.kind === 'value' && b.kind === 'value' && b.values.length < a.values.length ? b : a;
}

/** Both clauses at once. */
function join(clause: Clause, other: Clause): Clause {
  if (clause.length === 0 || other.length === 0) return clause.length === 0 ? other : clause;
  const joined = [...clause];
  for (const access of other) {
    // A list can meet one need with one item and another need with another: those stay apart.
    const at = access.need.kind === 'item' ? -1 : joined.findIndex((known) => sameSlot(known, access));
    const known = joined[at];
    if (known) joined[at] = { ...known, need: both(known.need, access.need) };
    else joined.push(access);
  }
  return joined;
}

function allOf(parts: readonly Alternatives[]): Alternatives {
  let product = always;
  for (const part of parts) {
    if (product.length * part.length <= mostAlternatives) {
      product = product.flatMap((clause) => part.map((other) => join(clause, other)));
    } else if (part.length < product.length) {
      // Either side alone is still necessary; the one with fewer ways says more.
      product = part;
    }
  }
  return product;
}

/** `bank = A or bank = B` is one access with two values. */
function merge(clauses: Alternatives): Alternatives {
  const groups = new Map<
    string,
    { readonly first: Access; readonly kind: KeyNeed['kind']; readonly values: Set<Key> }
  >();
  const others: Clause[] = [];
  for (const clause of clauses) {
    const [first] = clause;
    if (!first || first.need.kind === 'range' || clause.length > 1) {
      others.push(clause);
      continue;
    }
    const { slot, need } = first;
    const group = groups.get(`${need.kind} ${slot}`) ?? { first, kind: need.kind, values: new Set() };
    groups.set(`${need.kind} ${slot}`, group);
    for (const value of need.values) group.values.add(value);
  }
  const merged = [...groups.values()].map(({ first, kind, values }) => [
    { ...first, need: { kind, values: [...values] } },
  ]);
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
    if (!need) return always;
    const slot = table.slotOf(fact, path);
    return [[{ slot, isPath: slot !== table.slotOf(fact, undefined), need }]];
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

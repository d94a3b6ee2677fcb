import { findOperator } from './operators/find-operator.ts';
import { readPath } from './path.ts';
import { type Condition, type FactCondition, isFactReference } from './rule-set.ts';
import type { Slots, SlotTable } from './slots.ts';

export type Predicate = (slots: Slots) => boolean;

export interface ConditionCompiler {
  compile(condition: Condition): Predicate;
}

function joinAll(parts: readonly Predicate[]): Predicate {
  const [first, second, third] = parts;
  if (!first) return () => true;
  if (!second) return first;
  if (!third) return (slots) => first(slots) && second(slots);
  if (parts.length === 3) return (slots) => first(slots) && second(slots) && third(slots);
  return (slots) => {
    for (const part of parts) if (!part(slots)) return false;
    return true;
  };
}

function joinAny(parts: readonly Predicate[]): Predicate {
  const [first, second, third] = parts;
  // json-rules-engine's empty `any` is true; parse refuses it.
  if (!first) return () => true;
  if (!second) return first;
  if (!third) return (slots) => first(slots) || second(slots);
  return (slots) => {
    for (const part of parts) if (part(slots)) return true;
    return false;
  };
}

/** Turns conditions into closures over slots. Named conditions are compiled once and shared. */
export function createConditionCompiler(
  table: SlotTable,
  conditions: Readonly<Record<string, Condition>>,
): ConditionCompiler {
  const named = new Map<string, Predicate>();
  const open = new Set<string>();

  const compileNamed = (name: string): Predicate => {
    const known = named.get(name);
    if (known) return known;
    const condition = Object.hasOwn(conditions, name) ? conditions[name] : undefined;
    if (!condition) throw new Error(`there is no named condition "${name}"`);
    if (open.has(name)) throw new Error(`named condition "${name}" refers to itself`);
    open.add(name);
    const predicate = compile(condition);
    open.delete(name);
    named.set(name, predicate);
    return predicate;
  };

  const compileFact = (condition: FactCondition): Predicate => {
    const operator = findOperator(condition.operator);
    if (!operator) throw new Error(`there is no operator "${condition.operator}"`);
    const { slot, keys } = table.placeOf(condition.fact, condition.path);
    const { value } = condition;
    const { test } = operator;
    if (isFactReference(value)) {
      const right = table.placeOf(value.fact, value.path);
      return (slots) => test(readPath(slots[slot], keys), readPath(slots[right.slot], right.keys));
    }
    const bound = operator.bind?.(value) ?? ((left: unknown) => test(left, value));
    return keys.length === 0 ? (slots) => bound(slots[slot]) : (slots) => bound(readPath(slots[slot], keys));
  };

  const compile = (condition: Condition): Predicate => {
    if ('condition' in condition) return compileNamed(condition.condition);
    if ('all' in condition) return joinAll(condition.all.map(compile));
    if ('any' in condition) return joinAny(condition.any.map(compile));
    if ('not' in condition) {
      const inner = compile(condition.not);
      return (slots) => !inner(slots);
    }
    return compileFact(condition);
  };

  return { compile };
}

import { type PathKeys, parsePath, readPath } from './path.ts';

/** Values of the facts of one evaluation, one place per (fact, path) that any rule reads. */
export type Slots = unknown[];

export interface SlotTable {
  /** Number of the slot of a fact and path; the same pair always gets the same slot. */
  slotOf(fact: string, path: string | undefined): number;
  readonly facts: ReadonlySet<string>;
  /** Fills the slots. A fact that is missing, or not the object's own, is undefined. */
  load(facts: object, slots: Slots): void;
}

interface Slot {
  readonly fact: string;
  readonly keys: PathKeys | undefined;
}

function keysOf(path: string | undefined): PathKeys | undefined {
  if (path === undefined || path === '') return undefined;
  const parsed = parsePath(path);
  if (!parsed.ok) throw new Error(`path ${path}: ${parsed.reason}`);
  return parsed.keys.length === 0 ? undefined : parsed.keys;
}

export function createSlotTable(): SlotTable {
  const slots: Slot[] = [];
  const numbers = new Map<string, number>();
  const names = new Set<string>();

  return {
    facts: names,
    slotOf(fact, path) {
      const key = JSON.stringify([fact, path ?? '']);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const number = slots.length;
      slots.push({ fact, keys: keysOf(path) });
      numbers.set(key, number);
      names.add(fact);
      return number;
    },
    load(facts, into) {
      for (let i = 0; i < slots.length; i++) {
        const slot = slots[i];
        if (slot === undefined) continue;
        const { fact, keys } = slot;
        const value = Object.hasOwn(facts, fact) ? (facts as Record<string, unknown>)[fact] : undefined;
        into[i] = keys === undefined ? value : readPath(value, keys);
      }
    },
  };
}

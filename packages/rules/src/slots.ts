import { type PathKeys, parsePath, readPath } from './path.ts';

/** Values of the facts of one evaluation, one place per (fact, path) that any rule reads. */
export type Slots = unknown[];

/** Fills the slots. A fact that is missing, or not the object's own, is undefined. Never throws. */
export type LoadSlots = (facts: object, slots: Slots) => void;

/** Where the value at a path of a fact comes from: what lies in the slot of the fact, and the keys from there. */
export interface Place {
  readonly slot: number;
  readonly keys: PathKeys;
}

export interface SlotTable {
  placeOf(fact: string, path: string | undefined): Place;
  /** Number of the slot of a fact and path; the same pair always gets the same slot. */
  slotOf(fact: string, path: string | undefined): number;
  /** The facts that have a slot. */
  readonly facts: ReadonlySet<string>;
  /**
   * Loads the slots of all facts there are by now, and those of the paths that are searched by. Other paths are read by
   * the few tests that want them.
   */
  createLoader(searched: ReadonlySet<number>): LoadSlots;
}

/** The slots of one fact: its own, and those of paths into it. */
interface FactSlots {
  readonly plain: number;
  /** Undefined in place of an empty list, which would be walked over for every payment. */
  paths: readonly PathSlot[] | undefined;
}

interface PathSlot {
  readonly slot: number;
  readonly path: string;
  readonly keys: PathKeys;
}

function keysOf(path: string | undefined): PathKeys {
  if (path === undefined || path === '') return [];
  const parsed = parsePath(path);
  if (!parsed.ok) throw new Error(`path ${path}: ${parsed.reason}`);
  return parsed.keys;
}

export function createSlotTable(): SlotTable {
  const byFact = new Map<string, FactSlots>();
  const names = new Set<string>();
  let size = 0;

  const slotsOf = (fact: string): FactSlots => {
    const known = byFact.get(fact);
    if (known) return known;
    const slots: FactSlots = { plain: size++, paths: undefined };
    byFact.set(fact, slots);
    names.add(fact);
    return slots;
  };

  const withSearched = ({ plain, paths }: FactSlots, searched: ReadonlySet<number>): FactSlots => {
    const loaded = paths?.filter(({ slot }) => searched.has(slot)) ?? [];
    return { plain, paths: loaded.length > 0 ? loaded : undefined };
  };

  return {
    facts: names,
    placeOf: (fact, path) => ({ slot: slotsOf(fact).plain, keys: keysOf(path) }),
    slotOf(fact, path) {
      const slots = slotsOf(fact);
      const keys = keysOf(path);
      if (keys.length === 0 || path === undefined) return slots.plain;
      const known = slots.paths?.find((one) => one.path === path);
      if (known) return known.slot;
      const slot = size++;
      slots.paths = [...(slots.paths ?? []), { slot, path, keys }];
      return slot;
    },
    createLoader(searched) {
      const loaded = [...byFact].map(([fact, slots]) => [fact, withSearched(slots, searched)] as const);
      return createLoader(new Map(loaded), size);
    },
  };
}

/** One fact, as rules see it: an own enumerable property, as JSON's are. Everything else counts as missing. */
export const readFact = (facts: object, name: string): unknown =>
  Object.prototype.propertyIsEnumerable.call(facts, name) ? (facts as Record<string, unknown>)[name] : undefined;

/** Objects with more keys than this are no usual facts, and not worth remembering. */
const mostKeysRemembered = 256;

const nothing = Object.freeze({});

/** Whether someone gave every object in this process an enumerable property. */
function everyObjectInherits(): boolean {
  for (const _ in nothing) return true;
  return false;
}

/**
 * Walks over the facts once, as an engine does fastest: a `for in` over a plain object yields its keys without looking
 * any of them up. Facts usually come in the same order, so each key is first compared with the one that came there last
 * time, and only if it is another is its place looked up.
 */
function createLoader(byFact: ReadonlyMap<string, FactSlots>, size: number): LoadSlots {
  const noSlots: FactSlots = { plain: size, paths: undefined };
  const keys: string[] = [];
  const places: FactSlots[] = [];

  const learn = (key: string, at: number): FactSlots => {
    const place = byFact.get(key) ?? noSlots;
    if (at < mostKeysRemembered) [keys[at], places[at]] = [key, place];
    return place;
  };

  const put = (value: unknown, { plain, paths }: FactSlots, slots: Slots): void => {
    slots[plain] = value;
    if (paths !== undefined) for (const { slot, keys: into } of paths) slots[slot] = readPath(value, into);
  };

  const clear = (slots: Slots): void => {
    // One more than there are: what no rule reads goes there.
    for (let i = 0; i <= size; i++) slots[i] = undefined;
  };

  const loadPlain = (facts: object, slots: Slots): void => {
    let at = 0;
    for (const key in facts) {
      const place = keys[at] === key ? places[at] : undefined;
      put((facts as Record<string, unknown>)[key], place ?? learn(key, at), slots);
      at++;
    }
  };

  const loadOneByOne = (facts: object, slots: Slots): void => {
    for (const [fact, place] of byFact) {
      try {
        put(readFact(facts, fact), place, slots);
      } catch {
        // A getter or proxy of the caller's: what can't be read is missing.
        put(undefined, place, slots);
      }
    }
  };

  return (facts, slots) => {
    clear(slots);
    try {
      // Only then are all enumerable properties its own.
      if (Object.getPrototypeOf(facts) === Object.prototype && !everyObjectInherits()) {
        loadPlain(facts, slots);
        return;
      }
    } catch {
      clear(slots);
    }
    loadOneByOne(facts, slots);
  };
}

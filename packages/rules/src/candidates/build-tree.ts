import type { Key, KeyNeed, RangeNeed } from '../operators/operator.ts';
import type { Work } from '../slices.ts';
import type { Access, Alternatives, Clause } from './alternatives.ts';

/** Rules to try, and how to find more of them by the values in the slots. */
export interface Node {
  /** Positions of the rules that can't be told apart here, ascending. */
  readonly rules: Int32Array;
  readonly lookups: readonly Lookup[];
  readonly ranges: readonly RangeTable[];
}

export interface Tree {
  readonly root: Node;
  /** Slots whose values it asks for. */
  readonly searched: ReadonlySet<number>;
}

/** Rules by the value of a slot, or by the items of the list in it. */
export interface Lookup {
  readonly slot: number;
  readonly kind: 'value' | 'item';
  readonly children: ReadonlyMap<unknown, Node>;
}

/** Rules by the range that the number in a slot must lie in, ascending by `lows`. */
export interface RangeTable {
  readonly slot: number;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  readonly rules: Int32Array;
}

/** One way for one rule to come true. */
interface Entry {
  readonly rule: number;
  readonly clause: Clause;
}

/** What a lookup costs, in tries of rules that fail: measured as about 25 ns to 15. Reading a path comes on top. */
const worthOfLookup = 1.5;
const worthOfPath = 4;
/** So few rules are tried rather than told apart. */
const leafSize = 3;
const deepest = 3;
/** Longer lists of values are looked up at the root only, where each of them costs one place and not one per branch. */
const mostValuesBelowRoot = 32;
/** Places that all branches together may take, per place of the root. Past it, branches stay leaves. */
const growth = 20;

/** Unknown domains: how many values a slot has besides those that rules name. */
const unnamedValues = 8;
/** What share of payments a range lets through; a guess, and a high one, because ranges of many rules nest. */
const rangeShare = { oneSided: 0.4, twoSided: 0.15 } as const;
/** A long list is a list of exceptions. */
const longest = 0.1;

/** After so many values others may run. */
const stepSize = 64;

/** Lets others run, and starts counting steps anew. */
function* letOthersRun(): Work<number> {
  yield;
  return 0;
}

/** Accesses of one group are looked up in one place. */
const groupOf = ({ slot, need }: Access): number => 3 * slot + kinds.indexOf(need.kind);
const kinds = ['value', 'item', 'range'];

/** How many values each group is compared with, all rules taken together. */
function* countValues(entries: readonly Entry[]): Work<ReadonlyMap<number, number>> {
  const seen = new Map<number, Set<Key>>();
  let steps = 0;
  for (const { clause } of entries) {
    for (const access of clause) {
      const { need } = access;
      if (need.kind === 'range') continue;
      const group = groupOf(access);
      const values = seen.get(group) ?? new Set();
      seen.set(group, values);
      for (const value of need.values) values.add(value);
      steps += need.values.length;
    }
    if (steps++ > stepSize) steps = yield* letOthersRun();
  }
  return new Map([...seen].map(([group, values]) => [group, values.size]));
}

/** The share of payments that an access is expected to let through. */
function shareOf(access: Access, counts: ReadonlyMap<number, number>): number {
  const { need } = access;
  if (need.kind === 'range') {
    return Number.isFinite(need.low) && Number.isFinite(need.high) ? rangeShare.twoSided : rangeShare.oneSided;
  }
  const { values } = need;
  if (values.every((value) => typeof value === 'boolean')) return values.length / 2;
  return Math.min(longest, values.length / ((counts.get(groupOf(access)) ?? 0) + unnamedValues));
}

const ascending = (rules: Iterable<number>): Int32Array => Int32Array.from(new Set(rules)).sort();

const leaf = (entries: readonly Entry[]): Node => ({
  rules: ascending(entries.map(({ rule }) => rule)),
  lookups: [],
  ranges: [],
});

interface Ranged {
  readonly rule: number;
  readonly need: RangeNeed;
}

function rangeTable(slot: number, ranged: readonly Ranged[]): RangeTable {
  const sorted = ranged.toSorted((a, b) => a.need.low - b.need.low || a.rule - b.rule);
  return {
    slot,
    lows: Float64Array.from(sorted, ({ need }) => need.low),
    highs: Float64Array.from(sorted, ({ need }) => need.high),
    rules: Int32Array.from(sorted, ({ rule }) => rule),
  };
}

interface Choice {
  readonly entry: Entry;
  /** By what the entry is found; undefined if it is simply tried. */
  access: Access | undefined;
}

/** The entries of one node, each where it will be found. */
interface Placed {
  readonly unfindable: Entry[];
  readonly keyed: Map<number, { readonly slot: number; readonly kind: KeyNeed['kind']; readonly byValue: ByValue }>;
  readonly ranged: Map<number, Ranged[]>;
}
type ByValue = Map<Key, Entry[]>;

/** Builds the tree for one set of rules. */
class Builder {
  private readonly counts: ReadonlyMap<number, number>;
  private placesLeft = Number.POSITIVE_INFINITY;
  private placesUsed = 0;
  private steps = 0;
  /** Slots whose values the tree asks for. */
  readonly searched = new Set<number>();

  constructor(counts: ReadonlyMap<number, number>) {
    this.counts = counts;
  }

  *root(entries: readonly Entry[]): Work<Node> {
    return yield* this.node(entries, 0);
  }

  private *node(entries: readonly Entry[], depth: number): Work<Node> {
    if (depth > 0 && (entries.length <= leafSize || depth > deepest || this.placesLeft <= 0)) return leaf(entries);
    const { unfindable, keyed, ranged } = yield* this.place(entries, depth);
    if (depth === 0) this.placesLeft = growth * (this.placesUsed + entries.length);
    const lookups: Lookup[] = [];
    for (const { slot, kind, byValue } of keyed.values()) {
      this.searched.add(slot);
      lookups.push({ slot, kind, children: yield* this.children(byValue, depth) });
    }
    for (const slot of ranged.keys()) this.searched.add(slot);
    const ranges = [...ranged].map(([slot, found]) => rangeTable(slot, found));
    return { rules: ascending(unfindable.map(({ rule }) => rule)), lookups, ranges };
  }

  private *children(byValue: ByValue, depth: number): Work<Map<Key, Node>> {
    const children = new Map<Key, Node>();
    const single = new Map<Entry, Node>();
    for (const [value, found] of byValue) {
      const [only] = found;
      if (found.length === 1 && only) {
        // A list of ten thousand values with one rule behind each shares one leaf.
        const shared = single.get(only) ?? leaf(found);
        single.set(only, shared);
        children.set(value, shared);
      } else children.set(value, yield* this.node(found, depth + 1));
      if (this.steps++ > stepSize) this.steps = yield* letOthersRun();
    }
    return children;
  }

  /** Puts every entry where it is met most rarely. */
  private *place(entries: readonly Entry[], depth: number): Work<Placed> {
    const placed: Placed = { unfindable: [], keyed: new Map(), ranged: new Map() };
    const choices: Choice[] = entries.map((entry) => ({ entry, access: this.rarest(entry.clause, depth) }));
    this.spareLookups(choices, depth);
    for (const { entry, access } of choices) {
      if (!access) placed.unfindable.push(entry);
      else if (access.need.kind === 'range') {
        const found = placed.ranged.get(access.slot) ?? [];
        placed.ranged.set(access.slot, found);
        found.push({ rule: entry.rule, need: access.need });
      } else {
        this.placeByValue(placed, entry, access, access.need);
        if (depth > 0) this.placesLeft -= access.need.values.length;
      }
      if (this.steps++ > stepSize) this.steps = yield* letOthersRun();
    }
    return placed;
  }

  /** Where few entries use a lookup, and trying them more often costs less than looking up, it is spared. */
  private spareLookups(choices: readonly Choice[], depth: number): void {
    const users = new Map<number, Choice[]>();
    for (const choice of choices) {
      if (!choice.access) continue;
      const group = groupOf(choice.access);
      const others = users.get(group);
      if (others) others.push(choice);
      else users.set(group, [choice]);
    }
    for (const [group, few] of [...users].sort(([, a], [, b]) => a.length - b.length)) {
      const worth = few[0]?.access?.isPath ? worthOfPath : worthOfLookup;
      if (few.length > 2 * worth) break;
      const instead = few.map(({ entry }) => {
        const left = entry.clause.filter((access) => groupOf(access) !== group && users.has(groupOf(access)));
        return this.rarest(left, depth);
      });
      const tries = instead.reduce((sum, access) => sum + (access ? shareOf(access, this.counts) : 1), 0);
      if (tries > worth) continue;
      users.delete(group);
      for (const [i, choice] of few.entries()) {
        const access = instead[i];
        choice.access = access;
        if (access) users.get(groupOf(access))?.push(choice);
      }
    }
  }

  private placeByValue({ keyed }: Placed, { rule, clause }: Entry, access: Access, need: KeyNeed): void {
    const group = groupOf(access);
    const { byValue } = keyed.get(group) ?? { byValue: new Map() };
    keyed.set(group, { slot: access.slot, kind: need.kind, byValue });
    // What is left to tell the rules behind one value apart by.
    const rest: Entry = { rule, clause: clause.filter((other) => other !== access) };
    for (const value of need.values) {
      const found = byValue.get(value);
      if (found) found.push(rest);
      else byValue.set(value, [rest]);
    }
    this.steps += need.values.length;
    this.placesUsed += need.values.length;
  }

  private rarest(clause: Clause, depth: number): Access | undefined {
    let best: Access | undefined;
    let bestShare = 1;
    for (const access of clause) {
      const { need } = access;
      if (depth > 0 && need.kind !== 'range' && need.values.length > mostValuesBelowRoot) continue;
      const share = shareOf(access, this.counts);
      if (share < bestShare) [best, bestShare] = [access, share];
    }
    return best;
  }
}

/** @param rules alternatives of each rule, in the order of evaluation */
export function* buildTree(rules: readonly Alternatives[]): Work<Tree> {
  const entries: Entry[] = [];
  for (const [rule, alternatives] of rules.entries()) for (const clause of alternatives) entries.push({ rule, clause });
  const counts = yield* countValues(entries);
  const builder = new Builder(counts);
  const root = yield* builder.root(entries);
  return { root, searched: builder.searched };
}

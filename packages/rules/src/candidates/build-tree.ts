import type { Key } from '../operators/operator.ts';
import type { Work } from '../slices.ts';
import type { Access, Alternatives, Clause } from './alternatives.ts';

/** Rules to try, and how to find more of them by the values in the slots. */
export interface Node {
  /** Positions of the rules that can't be told apart here, ascending. */
  readonly rules: Int32Array;
  readonly lookups: readonly Lookup[];
  readonly ranges: readonly RangeTable[];
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

type KeyAccess = Extract<Access, { values: readonly Key[] }>;
type RangeAccess = Extract<Access, { kind: 'range' }>;

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

const isKeyAccess = (access: Access): access is KeyAccess => access.kind !== 'range';
const groupOf = (access: Access): string => `${access.kind} ${access.slot}`;

/** How many values each slot is compared with, all rules taken together. */
function* countValues(entries: readonly Entry[]): Work<ReadonlyMap<string, number>> {
  const seen = new Map<string, Set<Key>>();
  for (const { clause } of entries) {
    for (const access of clause) {
      if (!isKeyAccess(access)) continue;
      const group = groupOf(access);
      const values = seen.get(group) ?? new Set();
      seen.set(group, values);
      for (const value of access.values) values.add(value);
    }
    yield;
  }
  return new Map([...seen].map(([group, values]) => [group, values.size]));
}

/** The share of payments that an access is expected to let through. */
function shareOf(access: Access, counts: ReadonlyMap<string, number>): number {
  if (!isKeyAccess(access)) {
    return Number.isFinite(access.low) && Number.isFinite(access.high) ? rangeShare.twoSided : rangeShare.oneSided;
  }
  const { values } = access;
  if (values.every((value) => typeof value === 'boolean')) return values.length / 2;
  return Math.min(longest, values.length / ((counts.get(groupOf(access)) ?? 0) + unnamedValues));
}

const ascending = (rules: Iterable<number>): Int32Array => Int32Array.from(new Set(rules)).sort();

const leaf = (entries: readonly Entry[]): Node => ({
  rules: ascending(entries.map(({ rule }) => rule)),
  lookups: [],
  ranges: [],
});

function rangeTable(slot: number, entries: readonly { readonly rule: number; readonly access: RangeAccess }[]) {
  const sorted = entries.toSorted((a, b) => a.access.low - b.access.low || a.rule - b.rule);
  return {
    slot,
    lows: Float64Array.from(sorted, ({ access }) => access.low),
    highs: Float64Array.from(sorted, ({ access }) => access.high),
    rules: Int32Array.from(sorted, ({ rule }) => rule),
  };
}

interface Sorted {
  readonly rest: Entry[];
  readonly keyed: Map<string, { readonly access: KeyAccess; readonly byValue: Map<Key, Entry[]> }>;
  readonly ranged: Map<number, { readonly rule: number; readonly access: RangeAccess }[]>;
}

/** Builds the tree for one set of rules. */
class Builder {
  private readonly counts: ReadonlyMap<string, number>;
  private placesLeft = Number.POSITIVE_INFINITY;
  private placesUsed = 0;

  constructor(counts: ReadonlyMap<string, number>) {
    this.counts = counts;
  }

  *root(entries: readonly Entry[]): Work<Node> {
    return yield* this.node(entries, 0);
  }

  private *node(entries: readonly Entry[], depth: number): Work<Node> {
    if (depth > 0 && (entries.length <= leafSize || depth > deepest || this.placesLeft <= 0)) return leaf(entries);
    const { rest, keyed, ranged } = yield* this.sort(entries, depth);
    if (depth === 0) this.placesLeft = growth * (this.placesUsed + entries.length);
    const lookups: Lookup[] = [];
    for (const { access, byValue } of keyed.values()) {
      const children = new Map<Key, Node>();
      const single = new Map<Entry, Node>();
      for (const [value, found] of byValue) {
        children.set(value, yield* this.child(found, single, depth));
        yield;
      }
      lookups.push({ slot: access.slot, kind: access.kind, children });
    }
    const ranges = [...ranged].map(([slot, found]) => rangeTable(slot, found));
    return { rules: ascending(rest.map(({ rule }) => rule)), lookups, ranges };
  }

  /** A list of ten thousand values with one rule behind each shares one leaf. */
  private *child(entries: readonly Entry[], single: Map<Entry, Node>, depth: number): Work<Node> {
    const [only] = entries;
    if (entries.length > 1 || !only) return yield* this.node(entries, depth + 1);
    const known = single.get(only) ?? leaf(entries);
    single.set(only, known);
    return known;
  }

  /** Puts every entry where it is found most rarely. */
  private *sort(entries: readonly Entry[], depth: number): Work<Sorted> {
    const sorted: Sorted = { rest: [], keyed: new Map(), ranged: new Map() };
    for (const entry of entries) {
      const access = this.rarest(entry.clause, depth);
      if (!access) sorted.rest.push(entry);
      else if (isKeyAccess(access)) this.placeByValue(sorted, entry, access, depth);
      else {
        const found = sorted.ranged.get(access.slot) ?? [];
        sorted.ranged.set(access.slot, found);
        found.push({ rule: entry.rule, access });
      }
      yield;
    }
    return sorted;
  }

  private placeByValue({ keyed }: Sorted, { rule, clause }: Entry, access: KeyAccess, depth: number): void {
    const group = groupOf(access);
    const { byValue } = keyed.get(group) ?? { byValue: new Map<Key, Entry[]>() };
    keyed.set(group, { access, byValue });
    const left: Entry = { rule, clause: clause.filter((other) => other !== access) };
    for (const value of access.values) {
      const found = byValue.get(value);
      if (found) found.push(left);
      else byValue.set(value, [left]);
    }
    this.placesUsed += access.values.length;
    if (depth > 0) this.placesLeft -= access.values.length;
  }

  private rarest(clause: Clause, depth: number): Access | undefined {
    let best: Access | undefined;
    let bestShare = 1;
    for (const access of clause) {
      if (depth > 0 && isKeyAccess(access) && access.values.length > mostValuesBelowRoot) continue;
      const share = shareOf(access, this.counts);
      if (share < bestShare) [best, bestShare] = [access, share];
    }
    return best;
  }
}

/** @param rules alternatives of each rule, in the order of evaluation */
export function* buildTree(rules: readonly Alternatives[]): Work<Node> {
  const entries = rules.flatMap((alternatives, rule) => alternatives.map((clause) => ({ rule, clause })));
  const counts = yield* countValues(entries);
  return yield* new Builder(counts).root(entries);
}

import type { Evaluator, PreparedRule } from '../evaluate-in-order.ts';
import type { FiredRule, RuleEvent } from '../rule-set.ts';
import type { Slots } from '../slots.ts';
import type { Lookup, Node, RangeTable } from './build-tree.ts';

/** Up to so many are sorted where they lie, which is faster and takes no memory. */
const fewRules = 32;

/** Ascending, in place. */
function sortFirst(numbers: Int32Array, count: number): void {
  if (count > fewRules) {
    numbers.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const moved = numbers[i] ?? 0;
    let at = i;
    for (; at > 0; at--) {
      const before = numbers[at - 1] ?? 0;
      if (before <= moved) break;
      numbers[at] = before;
    }
    numbers[at] = moved;
  }
}

/** What never equals, never contains and never compares with a number, whatever the number. */
const comparesWithNothing = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'boolean';

/**
 * Tries only the rules that the tree finds for the values in the slots. Says the same as trying them all, because the
 * tree leaves out only rules that can't fire. One run at a time, which is no loss in code that can't be interrupted.
 */
export function createTreeEvaluator<E extends RuleEvent>(
  rules: readonly PreparedRule<E>[],
  root: Node,
): Evaluator<E> & {
  /** How many tests of rules the last run took. */
  readonly tried: () => number;
} {
  const tests = rules.map((rule) => rule.test);
  const fired = rules.map((rule) => rule.fired);
  const found = new Int32Array(rules.length);
  // A rule with several alternatives can be met several times; it counts once.
  const foundInRun = new Int32Array(rules.length);
  let run = 0;
  let count = 0;
  let tried = 0;

  const tryRule = (rule: number, slots: Slots): void => {
    tried++;
    if (foundInRun[rule] === run || !tests[rule]?.(slots)) return;
    foundInRun[rule] = run;
    found[count++] = rule;
  };

  const tryRange = ({ slot, lows, highs, rules: inRange }: RangeTable, slots: Slots): void => {
    const value = slots[slot];
    if (comparesWithNothing(value)) return;
    if (typeof value !== 'number') {
      // A text or an object may compare like a number: only the test knows.
      for (let i = 0; i < inRange.length; i++) tryRule(inRange[i] ?? 0, slots);
      return;
    }
    for (let i = 0; i < lows.length; i++) {
      // Written so that NaN, which is in no range, ends the search.
      if (!((lows[i] ?? 0) <= value)) return;
      if (value <= (highs[i] ?? 0)) tryRule(inRange[i] ?? 0, slots);
    }
  };

  const lookUp = ({ slot, kind, children }: Lookup, slots: Slots): void => {
    const value = slots[slot];
    if (kind === 'value') {
      const child = children.get(value);
      if (child !== undefined) visit(child, slots);
      return;
    }
    if (!Array.isArray(value)) return;
    for (let i = 0; i < value.length; i++) {
      const child = children.get(value[i]);
      if (child !== undefined) visit(child, slots);
    }
  };

  const visit = ({ rules: here, lookups, ranges }: Node, slots: Slots): void => {
    for (let i = 0; i < here.length; i++) tryRule(here[i] ?? 0, slots);
    for (let i = 0; i < lookups.length; i++) lookUp(lookups[i] as Lookup, slots);
    for (let i = 0; i < ranges.length; i++) tryRange(ranges[i] as RangeTable, slots);
  };

  const search = (slots: Slots): void => {
    run = (run + 1) | 0;
    // Numbers of runs start over after 2^32 of them; zero is what rules never found are marked with.
    if (run === 0) {
      foundInRun.fill(0);
      run = 1;
    }
    count = 0;
    tried = 0;
    visit(root, slots);
  };

  return {
    evaluate(slots, out) {
      search(slots);
      sortFirst(found, count);
      for (let i = 0; i < count; i++) out[i] = fired[found[i] ?? 0] as FiredRule<E>;
      return count;
    },
    first(slots) {
      search(slots);
      let first = rules.length;
      for (let i = 0; i < count; i++) first = Math.min(first, found[i] ?? first);
      return fired[first];
    },
    tried: () => tried,
  };
}

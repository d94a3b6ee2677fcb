import type { Predicate } from './compile-condition.ts';
import type { FiredRule, RuleEvent } from './rule-set.ts';
import type { Slots } from './slots.ts';

export interface PreparedRule<E extends RuleEvent> {
  readonly fired: FiredRule<E>;
  readonly test: Predicate;
}

/**
 * Finds the rules that fire on loaded slots. The seam for faster strategies: an implementation may skip rules
 * that it knows can't fire, but writes the rest to `out` in the order of evaluation.
 */
export interface Evaluator<E extends RuleEvent> {
  evaluate(slots: Slots, out: FiredRule<E>[]): number;
  first(slots: Slots): FiredRule<E> | undefined;
}

/** Tries one rule after the other. */
export function createOrderedEvaluator<E extends RuleEvent>(rules: readonly PreparedRule<E>[]): Evaluator<E> {
  const tests = rules.map((rule) => rule.test);
  const fired = rules.map((rule) => rule.fired);
  return {
    evaluate(slots, out) {
      let count = 0;
      for (let i = 0; i < tests.length; i++) {
        if (tests[i]?.(slots)) {
          const rule = fired[i];
          if (rule) out[count++] = rule;
        }
      }
      return count;
    },
    first(slots) {
      for (let i = 0; i < tests.length; i++) if (tests[i]?.(slots)) return fired[i];
      return undefined;
    },
  };
}

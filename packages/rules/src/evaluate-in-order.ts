import type { Predicate } from './compile-condition.ts';
import type { FiredRule, RuleEvent } from './rule-set.ts';
import type { Slots } from './slots.ts';

export interface PreparedRule<E extends RuleEvent> {
  readonly fired: FiredRule<E>;
  readonly test: Predicate;
}

/**
 * Finds the rules that fire on loaded slots. An implementation may skip rules that it knows can't fire, but writes the
 * rest to `out` in the order of evaluation.
 */
export interface Evaluator<E extends RuleEvent> {
  evaluate(slots: Slots, out: FiredRule<E>[]): number;
  first(slots: Slots): FiredRule<E> | undefined;
}

/**
 * Tries one rule after the other, and takes a test that throws for false. No fact of JSON makes one throw; a proxy among
 * the facts can. That is when the faster evaluator gives up and this one answers.
 */
export function createOrderedEvaluator<E extends RuleEvent>(rules: readonly PreparedRule<E>[]): Evaluator<E> {
  const fires = ({ test }: PreparedRule<E>, slots: Slots): boolean => {
    try {
      return test(slots);
    } catch {
      return false;
    }
  };
  return {
    evaluate(slots, out) {
      let count = 0;
      for (const rule of rules) if (fires(rule, slots)) out[count++] = rule.fired;
      return count;
    },
    first: (slots) => rules.find((rule) => fires(rule, slots))?.fired,
  };
}

import { createConditionCompiler } from './compile-condition.ts';
import { type FactDefinition, type FactValues, indexFacts } from './define-fact.ts';
import { createOrderedEvaluator, type Evaluator, type PreparedRule } from './evaluate-in-order.ts';
import { explainRule, type RuleExplanation } from './explain-rule.ts';
import { type FiredRule, inOrder, type Rule, type RuleEvent, type RuleSet } from './rule-set.ts';
import { createSlotTable, type Slots, type SlotTable } from './slots.ts';

/** A rule set that is ready to run. Immutable; share it between payments, swap it as a whole. */
export interface CompiledRuleSet<Values extends object, E extends RuleEvent = RuleEvent> {
  readonly ruleSet: RuleSet<E>;
  /** The facts that some enabled rule reads. Others need not be computed. */
  readonly requiredFacts: ReadonlySet<string>;
  /**
   * Writes the rules that fire to `out[0 .. count-1]` in the order of evaluation and returns the count.
   * `out` is the caller's to reuse; what lies beyond the count is left from before. Synchronous, never throws,
   * changes nothing else, allocates nothing per rule.
   */
  evaluate(facts: Values, out: FiredRule<E>[]): number;
  /** As `evaluate`, as a fresh list. */
  matches(facts: Values): FiredRule<E>[];
  /** The first rule that fires. */
  first(facts: Values): FiredRule<E> | undefined;
  /** Why each enabled rule, or the one named (even if disabled), fired or did not. */
  explain(facts: Values, ruleId?: string): RuleExplanation[];
}

export interface CompileOptions<F extends readonly FactDefinition[]> {
  readonly facts: F;
  /** How long to work before letting others run. */
  readonly budgetMs?: number;
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function createPreparer<E extends RuleEvent>(table: SlotTable, ruleSet: RuleSet<E>) {
  const compiler = createConditionCompiler(table, ruleSet.conditions);
  return (rule: Rule<E>, position: number): PreparedRule<E> => {
    const { id, name, priority, event } = rule;
    const fired = Object.freeze({ id, ...(name === undefined ? {} : { name }), priority, position, event });
    return { fired, test: compiler.compile(rule.conditions) };
  };
}

function refuseUnknownFacts(required: ReadonlySet<string>, known: ReadonlyMap<string, FactDefinition>): void {
  for (const name of required) if (!known.has(name)) throw new Error(`there is no fact "${name}"`);
}

function createCompiledRuleSet<Values extends object, E extends RuleEvent>(
  ruleSet: RuleSet<E>,
  table: SlotTable,
  evaluator: Evaluator<E>,
): CompiledRuleSet<Values, E> {
  const ordered = inOrder(ruleSet);
  // One set of slots is enough: evaluation is synchronous and calls nothing outside this package.
  const slots: Slots = [];

  const evaluate = (facts: Values, out: FiredRule<E>[]): number => {
    table.load(facts, slots);
    return evaluator.evaluate(slots, out);
  };

  return Object.freeze({
    ruleSet,
    requiredFacts: table.facts,
    evaluate,
    matches(facts: Values) {
      const out: FiredRule<E>[] = [];
      evaluate(facts, out);
      return out;
    },
    first(facts: Values) {
      table.load(facts, slots);
      return evaluator.first(slots);
    },
    explain(facts: Values, ruleId?: string) {
      const rules = ruleId === undefined ? ordered : ruleSet.rules.filter((rule) => rule.id === ruleId);
      return rules.map((rule) => explainRule(rule, facts as Readonly<Record<string, unknown>>, ruleSet.conditions));
    },
  });
}

/**
 * Compiles a parsed rule set to closures, in slices that leave the event loop free.
 * Rejects only on a set that `parse` would not have let through.
 */
export async function compile<const F extends readonly FactDefinition[], E extends RuleEvent>(
  ruleSet: RuleSet<E>,
  { facts, budgetMs = 5 }: CompileOptions<F>,
): Promise<CompiledRuleSet<FactValues<F>, E>> {
  const known = indexFacts(facts);
  const table = createSlotTable();
  const prepare = createPreparer(table, ruleSet);
  const prepared: PreparedRule<E>[] = [];
  let sliceEnd = performance.now() + budgetMs;
  for (const [position, rule] of inOrder(ruleSet).entries()) {
    prepared.push(prepare(rule, position));
    if (performance.now() < sliceEnd) continue;
    await pause();
    sliceEnd = performance.now() + budgetMs;
  }
  refuseUnknownFacts(table.facts, known);
  return createCompiledRuleSet(ruleSet, table, createOrderedEvaluator(prepared));
}

import { type Alternatives, createAlternatives } from './candidates/alternatives.ts';
import { buildTree } from './candidates/build-tree.ts';
import { createTreeEvaluator } from './candidates/tree-evaluator.ts';
import { createConditionCompiler } from './compile-condition.ts';
import { type FactDefinition, type FactValues, indexFacts } from './define-fact.ts';
import { createOrderedEvaluator, type PreparedRule } from './evaluate-in-order.ts';
import { explainRule, type RuleExplanation } from './explain-rule.ts';
import { type Condition, type FiredRule, inOrder, type Rule, type RuleEvent, type RuleSet } from './rule-set.ts';
import { runInSlices, type Work } from './slices.ts';
import { createSlotTable, type LoadSlots, type Slots } from './slots.ts';

/** A rule set that is ready to run. Immutable; share it between payments, swap it as a whole. */
export interface CompiledRuleSet<Values extends object, E extends RuleEvent = RuleEvent> {
  readonly ruleSet: RuleSet<E>;
  /** The facts that some enabled rule reads. Others need not be computed. */
  readonly requiredFacts: ReadonlySet<string>;
  /**
   * Writes the rules that fire to `out[0 .. count-1]` in the order of evaluation and returns the count.
   * `out` is the caller's to reuse; what lies beyond the count is left from before. Synchronous, never throws,
   * changes nothing else, allocates nothing.
   */
  evaluate(facts: Values, out: FiredRule<E>[]): number;
  /** As `evaluate`, as a fresh list. */
  matches(facts: Values): FiredRule<E>[];
  /** The first rule that fires. */
  first(facts: Values): FiredRule<E> | undefined;
  /** Why each enabled rule, or the one named (even if disabled), fired or did not. */
  explain(facts: Values, ruleId?: string): RuleExplanation[];
  /** How many rules have to be tried on these facts, out of all the enabled ones. For measuring. */
  candidates(facts: Values): number;
}

export interface CompileOptions<F extends readonly FactDefinition[]> {
  readonly facts: F;
  /** Named conditions that several rule sets share. The rule set's own come first. */
  readonly conditions?: Readonly<Record<string, Condition>>;
  /** How long to work before letting others run. */
  readonly budgetMs?: number;
}

/** What there is of a set when its last slice is done. */
interface Compiled<E extends RuleEvent> {
  readonly rules: readonly PreparedRule<E>[];
  readonly load: LoadSlots;
  readonly requiredFacts: ReadonlySet<string>;
  readonly evaluator: ReturnType<typeof createTreeEvaluator<E>>;
}

function firedBy<E extends RuleEvent>({ id, name, priority, event }: Rule<E>, position: number): FiredRule<E> {
  return Object.freeze({ id, ...(name === undefined ? {} : { name }), priority, position, event });
}

function refuseUnknownFacts(required: ReadonlySet<string>, known: ReadonlyMap<string, FactDefinition>): void {
  for (const name of required) if (!known.has(name)) throw new Error(`there is no fact "${name}"`);
}

function* compileRules<E extends RuleEvent>(ruleSet: RuleSet<E>, facts: readonly FactDefinition[]): Work<Compiled<E>> {
  const table = createSlotTable();
  const compiler = createConditionCompiler(table, ruleSet.conditions);
  const alternativesOf = createAlternatives(table, ruleSet.conditions);
  const rules: PreparedRule<E>[] = [];
  const alternatives: Alternatives[] = [];
  for (const [position, rule] of inOrder(ruleSet).entries()) {
    rules.push({ fired: firedBy(rule, position), test: compiler.compile(rule.conditions) });
    alternatives.push(alternativesOf(rule.conditions));
    yield;
  }
  refuseUnknownFacts(table.facts, indexFacts(facts));
  const { root, searched } = yield* buildTree(alternatives);
  const evaluator = createTreeEvaluator(rules, root);
  return { rules, load: table.createLoader(searched), requiredFacts: table.facts, evaluator };
}

function createCompiledRuleSet<Values extends object, E extends RuleEvent>(
  ruleSet: RuleSet<E>,
  { rules, load, requiredFacts, evaluator }: Compiled<E>,
): CompiledRuleSet<Values, E> {
  const ordered = inOrder(ruleSet);
  const exact = createOrderedEvaluator(rules);
  // One set of slots is enough: evaluation is synchronous and calls nothing outside this package.
  const slots: Slots = [];

  const evaluate = (facts: Values, out: FiredRule<E>[]): number => {
    load(facts, slots);
    try {
      return evaluator.evaluate(slots, out);
    } catch {
      return exact.evaluate(slots, out);
    }
  };

  return Object.freeze({
    ruleSet,
    requiredFacts,
    evaluate,
    matches(facts: Values) {
      const out: FiredRule<E>[] = [];
      evaluate(facts, out);
      return out;
    },
    first(facts: Values) {
      load(facts, slots);
      try {
        return evaluator.first(slots);
      } catch {
        return exact.first(slots);
      }
    },
    explain(facts: Values, ruleId?: string) {
      const explained = ruleId === undefined ? ordered : ruleSet.rules.filter((rule) => rule.id === ruleId);
      return explained.map((rule) => explainRule(rule, facts as Readonly<Record<string, unknown>>, ruleSet.conditions));
    },
    candidates(facts: Values) {
      evaluate(facts, []);
      return evaluator.tried();
    },
  });
}

/**
 * Compiles a parsed rule set to closures and a tree that finds them, in slices that leave the event loop free.
 * Rejects only on a set that `parse` would not have let through.
 */
export async function compile<const F extends readonly FactDefinition[], E extends RuleEvent>(
  source: RuleSet<E>,
  { facts, conditions, budgetMs = 0.25 }: CompileOptions<F>,
): Promise<CompiledRuleSet<FactValues<F>, E>> {
  const ruleSet = conditions ? { ...source, conditions: { ...conditions, ...source.conditions } } : source;
  return createCompiledRuleSet(ruleSet, await runInSlices(compileRules(ruleSet, facts), budgetMs));
}

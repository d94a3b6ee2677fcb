import { setImmediate as pause } from 'node:timers/promises';
import { Engine, type RuleProperties, type TopLevelCondition } from 'json-rules-engine';
import { compile } from './compile.ts';
import type { FactDefinition } from './define-fact.ts';
import { startsWith, startsWithAny } from './operators/starts-with.ts';
import { type Condition, inOrder, isFactReference, type RuleSet } from './rule-set.ts';

type Facts = Readonly<Record<string, unknown>>;

/** One set of facts on which the two engines do not agree: rule ids, highest priority first. */
export interface OracleDifference {
  readonly facts: Facts;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

export interface OracleReport {
  /** Fact sets compared. */
  readonly samples: number;
  /** Fact sets that json-rules-engine refuses to judge: nothing to compare there. */
  readonly rejected: number;
  readonly differences: readonly OracleDifference[];
}

export interface OracleOptions {
  /** Stops early when this much time has passed; what was compared until then is the report. */
  readonly budgetMs?: number;
  readonly maxDifferences?: number;
}

/**
 * Compiles a rule set and replays samples through it and through json-rules-engine. Rules on which the two differ must
 * not be published.
 * @param samples facts as payments had them; without any, facts that stand where these rules change their mind
 */
export async function verifyAgainstOracle(
  source: RuleSet,
  facts: readonly FactDefinition[],
  samples: Iterable<Facts> = boundaryFacts(source, facts, 1_000, Math.random),
  options: OracleOptions = {},
): Promise<OracleReport> {
  const set = await compile(source, { facts });
  return verifyByOracle(source, (one) => set.matches(one as never).map(({ id }) => id), samples, options);
}

/**
 * Decides the same facts by json-rules-engine, whose format and semantics ours are, and by a compiled set. A new engine
 * for every run: a used one loses rules after a rejected run. Rules of one priority are compared as a set, because the
 * order among them is chance there. Slow by design (milliseconds a sample); gives the event loop its turn after each.
 *
 * @param matches the compiled set's answer, as ids
 */
export async function verifyByOracle(
  ruleSet: RuleSet,
  matches: (facts: Facts) => readonly string[],
  samples: Iterable<Facts>,
  { budgetMs = 5_000, maxDifferences = 20 }: OracleOptions = {},
): Promise<OracleReport> {
  const until = performance.now() + budgetMs;
  const priorities = new Map(ruleSet.rules.map(({ id, priority }) => [id, priority]));
  const inGroups = (ids: readonly string[]) =>
    ids.toSorted((a, b) => (priorities.get(b) ?? 0) - (priorities.get(a) ?? 0) || (a < b ? -1 : 1));
  const differences: OracleDifference[] = [];
  let compared = 0;
  let rejected = 0;
  for (const facts of samples) {
    if (performance.now() >= until || differences.length >= maxDifferences) break;
    const expected = await decideByOracle(ruleSet, facts);
    await pause();
    if (expected === undefined) {
      rejected++;
      continue;
    }
    compared++;
    const [want, got] = [inGroups(expected), inGroups(matches(structuredClone(facts)))];
    if (want.join('\n') !== got.join('\n')) differences.push({ facts, expected: want, actual: got });
  }
  return { samples: compared, rejected, differences };
}

async function decideByOracle(ruleSet: RuleSet, facts: Facts): Promise<string[] | undefined> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (const { name, test } of [startsWith, startsWithAny]) engine.addOperator(name, test);
  try {
    for (const [name, condition] of Object.entries(ruleSet.conditions))
      engine.setCondition(name, structuredClone(condition) as TopLevelCondition);
    for (const { id, priority, conditions, event } of inOrder(ruleSet))
      engine.addRule({ name: id, priority, ...structuredClone({ conditions, event }) } as unknown as RuleProperties);
    // Facts that are there but undefined are as good as absent.
    const present = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
    const { results } = await engine.run(structuredClone(present));
    return results.map(({ name }) => name);
  } catch {
    return undefined;
  }
}

/**
 * Fact sets that stand where a rule set changes its mind: for every number it compares with, that number and its
 * neighbours; for every text, the text and a longer one; lists' members; absence, for what may be absent.
 * @param random 0 ≤ x < 1, e.g. a seeded generator, so that a failure can be seen again
 */
export function* boundaryFacts(
  ruleSet: RuleSet,
  facts: readonly FactDefinition[],
  count: number,
  random: () => number,
): Generator<Facts> {
  const pools = new Map(facts.map((fact) => [fact.name, poolOf(fact)]));
  const note = (condition: Condition): void => {
    if ('all' in condition) for (const part of condition.all) note(part);
    else if ('any' in condition) for (const part of condition.any) note(part);
    else if ('not' in condition) note(condition.not);
    else if ('fact' in condition && !isFactReference(condition.value)) {
      const fact = facts.find(({ name }) => name === condition.fact);
      if (fact) for (const value of [condition.value].flat()) pools.get(fact.name)?.push(...around(fact, value));
    }
  };
  for (const { conditions } of ruleSet.rules) note(conditions);
  for (const condition of Object.values(ruleSet.conditions)) note(condition);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  for (let made = 0; made < count; made++) {
    const chosen: Record<string, unknown> = {};
    for (const { name, type, optional } of facts) {
      const pool = pools.get(name) ?? [];
      if (optional && random() < 0.2) continue;
      chosen[name] =
        type === 'list' ? Array.from({ length: Math.floor(random() * 4) }, () => pick(pool) ?? null) : pick(pool);
    }
    yield chosen;
  }
}

/** What a fact may be when no rule says anything about it. */
function poolOf(fact: FactDefinition): unknown[] {
  if (fact.type === 'boolean') return [true, false];
  return fact.type === 'list' ? [...fact.example] : [fact.example];
}

function around(fact: FactDefinition, value: unknown): unknown[] {
  const wanted = fact.type === 'list' ? (fact.items ?? 'string') : fact.type;
  if (wanted === 'integer' && typeof value === 'number' && Number.isSafeInteger(value))
    return [value - 1, value, value + 1].filter(Number.isSafeInteger);
  if (wanted === 'string' && typeof value === 'string') return [value, `${value}0`];
  return [];
}

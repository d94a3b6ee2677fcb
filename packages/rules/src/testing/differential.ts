import * as fc from 'fast-check';
import { Engine, type RuleProperties, type TopLevelCondition } from 'json-rules-engine';
import { type CompiledRuleSet, compile } from '../compile.ts';
import { parse } from '../parse.ts';
import type { RuleSet } from '../rule-set.ts';
import type { RandomCase, RandomSource } from './random-documents.ts';

export interface Difference {
  readonly case: RandomCase;
  readonly expected: string;
  readonly actual: string;
}

export interface DifferentialReport {
  readonly source: string;
  /** Compared (rule, facts) pairs. */
  pairs: number;
  /** Pairs that fired. */
  fired: number;
  /** Pairs not compared, because json-rules-engine rejected the run. */
  rejected: number;
  readonly differences: Difference[];
}

interface Outcome {
  readonly id: string;
  readonly priority: number;
}

/** A new engine per run: a shared one loses rules after a rejected run. Undefined if the run is rejected. */
async function runOracle(
  randomCase: RandomCase,
  rules: RandomCase['document']['rules'],
): Promise<Outcome[] | undefined> {
  const document: RandomCase['document'] = structuredClone(randomCase.document);
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (const [name, condition] of Object.entries(document.conditions)) {
    engine.setCondition(name, condition as TopLevelCondition);
  }
  const wanted = new Set(rules.map((rule) => rule.id));
  try {
    for (const rule of document.rules) {
      if (wanted.has(rule.id)) engine.addRule({ ...rule, name: rule.id } as unknown as RuleProperties);
    }
    const { results } = await engine.run(structuredClone(randomCase.facts));
    return results.map(({ name, priority }) => ({ id: name, priority: priority ?? 1 }));
  } catch {
    return undefined;
  }
}

/** Priority groups in the order in which they came, each as a sorted multiset: order inside a group is chance there. */
function groupsOf(outcomes: readonly Outcome[]): string {
  const groups: string[][] = [];
  let last: number | undefined;
  for (const { id, priority } of outcomes) {
    if (priority !== last) groups.push([`p${priority}`]);
    last = priority;
    groups.at(-1)?.push(id);
  }
  return groups.map((group) => group.sort().join(',')).join(' | ');
}

/** Plain documents are structurally rule sets; those of some sources skip `parse` on purpose. */
export function toRuleSet(document: RandomCase['document'], source: RandomSource): RuleSet {
  if (!source.valid) {
    const rules = document.rules.map((rule) => ({ ...rule, enabled: true }));
    return { ...document, rules } as unknown as RuleSet;
  }
  const parsed = parse(document, { facts: source.facts });
  if (!parsed.ok) throw new Error(`the generator made an invalid document: ${JSON.stringify(parsed.issues[0])}`);
  return parsed.value;
}

type AnySet = CompiledRuleSet<object>;

async function compareCase(set: AnySet, randomCase: RandomCase, report: DifferentialReport): Promise<void> {
  // Cloned as the oracle's, so that no object of the generator's is shared between rule and fact.
  const ours = set.matches(structuredClone(randomCase.facts));
  const { rules } = randomCase.document;

  const compareRules = (expected: readonly Outcome[], compared: ReadonlySet<string>): void => {
    const actual = ours.filter((fired) => compared.has(fired.id));
    report.pairs += compared.size;
    report.fired += expected.length;
    const [want, got] = [groupsOf(expected), groupsOf(actual)];
    if (want !== got) report.differences.push({ case: randomCase, expected: want, actual: got });
  };

  const whole = await runOracle(randomCase, rules);
  if (whole) {
    compareRules(whole, new Set(rules.map((rule) => rule.id)));
    return;
  }
  for (const rule of rules) {
    const alone = await runOracle(randomCase, [rule]);
    if (alone) compareRules(alone, new Set([rule.id]));
    else report.rejected++;
  }
}

/** So many documents are drawn at once, and each of them is run on its own facts and on those of some others. */
const batchSize = 25;
const factsPerDocument = 4;

/** Runs random rules through json-rules-engine and through ours until `pairs` pairs are compared. */
export async function runDifferential(source: RandomSource, pairs: number, seed: number): Promise<DifferentialReport> {
  const report: DifferentialReport = { source: source.name, pairs: 0, fired: 0, rejected: 0, differences: [] };
  for (let batch = 0; ; batch++) {
    const cases = fc.sample(source.cases, { numRuns: batchSize, seed: seed * 1_000_003 + batch });
    for (const [i, { document }] of cases.entries()) {
      const set = (await compile(toRuleSet(document, source), { facts: source.facts })) as AnySet;
      for (let other = 0; other < factsPerDocument; other++) {
        const facts = cases[(i + other) % cases.length]?.facts ?? {};
        await compareCase(set, { document, facts }, report);
        if (report.pairs >= pairs || report.differences.length >= 20) return report;
      }
    }
  }
}

import type { FactDefinition } from '@tributary/rules/define-fact';
import type { RuleEvent, RuleSet } from '@tributary/rules/rule-set';
import { askOracle, groupsOf } from './ask-oracle.ts';

type Facts = Readonly<Record<string, unknown>>;

/** Rules as both engines are given them. */
export type ComparedRules = {
  ruleSet: RuleSet<RuleEvent>;
  matches(facts: Facts): readonly { id: string; priority: number }[];
};

export type OracleVerdict = {
  /** Fact sets on which both engines were asked. */
  samples: number;
  differences: number;
  /** The first fact sets that are decided otherwise, for a person to look at. */
  examples: { facts: Facts; ours: string; oracle: string }[];
  /** Rules that json-rules-engine refused to run on some fact set. */
  refused: number;
  /** It took too long: fewer samples than there were. */
  cutShort: boolean;
};

const examplesKept = 5;

/** Asks both engines about every sample until the time is up. */
export async function verifyDocument(
  { ruleSet, matches }: ComparedRules,
  samples: Iterable<Facts>,
  { most, deadline }: { most: number; deadline: () => boolean },
): Promise<OracleVerdict> {
  const enabled = new Set(ruleSet.rules.filter((rule) => rule.enabled).map(({ id }) => id));
  const verdict: OracleVerdict = { samples: 0, differences: 0, examples: [], refused: 0, cutShort: false };
  for (const facts of samples) {
    if (verdict.samples >= most) break;
    if (deadline()) {
      verdict.cutShort = true;
      break;
    }
    const ours = matches(structuredClone(facts));
    let differs = false;
    const compare = (ids: ReadonlySet<string>, theirs: readonly { id: string; priority: number }[]) => {
      const [left, right] = [groupsOf(ours.filter(({ id }) => ids.has(id))), groupsOf(theirs)];
      if (left === right) return;
      differs = true;
      if (verdict.examples.length < examplesKept) verdict.examples.push({ facts, ours: left, oracle: right });
    };
    const theirs = await askOracle(ruleSet, enabled, facts);
    if (theirs) compare(enabled, theirs);
    else {
      // One rule that it can't run rejects the whole run: then each rule by itself.
      for (const id of enabled) {
        const alone = await askOracle(ruleSet, new Set([id]), facts);
        if (alone) compare(new Set([id]), alone);
        else verdict.refused++;
        if (deadline()) break;
      }
    }
    verdict.samples++;
    if (differs) verdict.differences++;
  }
  return verdict;
}

/** A fact set of nothing but what every payment has, for rules without any condition on others. */
export const exampleFacts = (definitions: readonly FactDefinition[]): Facts =>
  Object.fromEntries(
    definitions.filter(({ optional }) => optional !== true).map(({ name, example }) => [name, example]),
  );

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { createConditionCompiler } from './compile-condition.ts';
import { createOrderedEvaluator } from './evaluate-in-order.ts';
import { type FiredRule, inOrder, type RuleSet } from './rule-set.ts';
import { createSlotTable } from './slots.ts';
import { toRuleSet } from './testing/differential.ts';
import { indexSteered } from './testing/index-steered.ts';
import { type Mutant, mutants } from './testing/mutants.ts';
import type { RandomSource } from './testing/random-documents.ts';
import { generic, numeric } from './testing/random-rules.ts';

type Facts = Readonly<Record<string, unknown>>;
type Compile = typeof compile;

/** A rule set, facts, and per facts the ids that fire, by trying one rule after the other. */
interface Prepared {
  readonly source: RandomSource;
  readonly ruleSet: RuleSet;
  readonly facts: readonly Facts[];
  readonly expected: readonly string[];
}

const idsOf = (fired: readonly FiredRule[]): string => fired.map(({ id }) => id).join(' ');

/** The evaluation without any index; that it agrees with json-rules-engine is for the differential test to say. */
function prepare(source: RandomSource, ruleSet: RuleSet, facts: readonly Facts[]): Prepared {
  const table = createSlotTable();
  const compiler = createConditionCompiler(table, ruleSet.conditions);
  const rules = inOrder(ruleSet).map(({ id, priority, event, conditions }, position) => ({
    fired: { id, priority, event, position },
    test: compiler.compile(conditions),
  }));
  const evaluator = createOrderedEvaluator(rules);
  const expected = facts.map((one) => {
    const slots: unknown[] = [];
    // A loader of its own for each: it has seen no other facts.
    table.createLoader(new Set())(one, slots);
    const fired: FiredRule[] = [];
    evaluator.evaluate(slots, fired);
    return idsOf(fired);
  });
  return { source, ruleSet, facts, expected };
}

function prepareAll(): Prepared[] {
  const prepared = [indexSteered, numeric, generic].flatMap((source) => {
    const cases = fc.sample(source.cases, { numRuns: 60, seed: 17 });
    return cases.map(({ document }, i) => {
      const facts = Array.from({ length: 30 }, (_, k) => cases[(i + k) % cases.length]?.facts ?? {});
      return prepare(source, toRuleSet(document, source), facts);
    });
  });
  // No document may have it, but a rule set that was built otherwise can, and json-rules-engine calls it true.
  const event = { type: 'fire' };
  const empty: RuleSet = {
    conditions: {},
    rules: [{ id: 'empty', priority: 1, enabled: true, conditions: { any: [] }, event }],
  };
  return [...prepared, prepare(indexSteered, empty, [{ k0: 'a' }])];
}

/** The first disagreement of a `compile` with what is expected. */
async function findDifference(compileMutant: Compile, prepared: readonly Prepared[]): Promise<string | undefined> {
  for (const { source, ruleSet, facts, expected } of prepared) {
    const set = await compileMutant(ruleSet, { facts: source.facts, budgetMs: 1_000 });
    for (const [i, one] of facts.entries()) {
      const fired = set.matches(one as never);
      if (idsOf(fired) !== expected[i]) return `${source.name}: ${idsOf(fired)} in place of ${expected[i]}`;
      if ((set.first(one as never)?.id ?? '') !== (expected[i] ?? '').split(' ')[0]) return `${source.name}: first`;
    }
  }
  return undefined;
}

const folder = import.meta.dirname;

/** `compile` with one mistake built in. */
async function compileWith({ file, from, to }: Mutant): Promise<Compile> {
  const mutation: Plugin = {
    name: 'mutation',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async (args) => {
        if (path.relative(folder, args.path) !== file) return undefined;
        const source = await readFile(args.path, 'utf8');
        if (source.split(from).length !== 2) throw new Error(`"${from}" is not exactly once in ${file}`);
        return { contents: source.replace(from, () => to), loader: 'ts' };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [path.join(folder, 'compile.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    plugins: [mutation],
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  const module: { compile: Compile } = await import(/* @vite-ignore */ `data:text/javascript;base64,${code}`);
  return module.compile;
}

describe('mistakes in the index', () => {
  let prepared: Prepared[];
  beforeAll(() => {
    prepared = prepareAll();
  });

  it('there is none', async () => {
    expect(await findDifference(compile, prepared)).toBeUndefined();
  }, 60_000);

  it.each(mutants)(
    'would be noticed: $mistake',
    async (mutant) => {
      expect(await findDifference(await compileWith(mutant), prepared)).toBeDefined();
    },
    60_000,
  );
});

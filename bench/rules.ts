// npm run bench:rules: the rule engine beside json-rules-engine, zen-engine and json-logic-engine, on the same rules and
// payments, in one process, in turns. The last line is JSON; the lines before it say what was measured.

import { measureBadInput } from './rules/bad-input.ts';
import {
  type Contestant,
  compileOurs,
  createJsonLogicEngine,
  createJsonRulesEngine,
  createOurs,
  createZen,
} from './rules/engines.ts';
import { bytesPerEvaluation, clockCostUs, latenciesOf, median, quantile, ratesOf } from './rules/measure.ts';
import { measureReload, type ReloadReport } from './rules/reload.ts';
import { createWorkload, type Workload } from './rules/workload.ts';

const sizes = [20, 200, 2_000];
const rounds = 12;
/** zen-engine works in native threads: with four evaluations at once it is at its best here. */
const zenConcurrency = 4;
const warmUpMs = 300;
const turnMs = { ours: 80, jsonRulesEngine: 200, zen: 200, jsonLogicEngine: 60 };

interface Row {
  readonly rules: number;
  readonly vsJsonRulesEngine: number;
  readonly vsZen: number;
  readonly p50us: number;
  readonly p99us: number;
  readonly bytesPerEval: number;
}

const say = (line: string) => console.log(line);
const round = (value: number, digits = 2) => Number(value.toFixed(digits));

/** Every engine must give the same answer, or comparing their speed means nothing. */
async function checkAnswers(contestants: readonly Contestant[], { payments }: Workload): Promise<void> {
  for (const payment of payments.slice(0, 40)) {
    const [ours, ...others] = await Promise.all(
      contestants.map(async (contestant) => [contestant.name, (await contestant.judge(payment)).toSorted().join()]),
    );
    for (const [name, ids] of others) {
      if (ids !== ours?.[1]) throw new Error(`${name} says ${ids}, we say ${ours?.[1]}: ${JSON.stringify(payment)}`);
    }
  }
}

async function measure(name: Workload['name'], size: number): Promise<{ row: Row; evalsPerSecond: number }> {
  const workload = createWorkload(name, size);
  const { rules, payments } = workload;
  const set = await compileOurs(rules);
  const ours = createOurs(set);
  const jre = createJsonRulesEngine(rules);
  const zen = createZen(rules, zenConcurrency);
  const logic = createJsonLogicEngine(rules);
  await checkAnswers([ours, jre, zen, logic], workload);

  const fired = payments.reduce((sum, payment) => sum + set.matches(payment).length, 0);
  const tried = payments.reduce((sum, payment) => sum + set.candidates(payment), 0);
  say(
    `${name} ${size}: ${payments.length} payments, ${round(fired / payments.length)} rules fire per payment, ` +
      `${round(tried / payments.length)} rules are tried per payment`,
  );

  const turns: [Contestant, number][] = [
    [ours, turnMs.ours],
    [jre, turnMs.jsonRulesEngine],
    [zen, turnMs.zen],
    [logic, turnMs.jsonLogicEngine],
  ];
  const rates = new Map<Contestant, number[]>(turns.map(([contestant]) => [contestant, []]));
  for (const [contestant] of turns) await ratesOf(contestant, payments, warmUpMs);
  latenciesOf(set, payments, 20);
  const latencies: { p50: number; p99: number }[] = [];
  for (let i = 0; i < rounds; i++) {
    for (const [contestant, ms] of turns) rates.get(contestant)?.push(...(await ratesOf(contestant, payments, ms)));
    const sorted = latenciesOf(set, payments, 20);
    latencies.push({ p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) });
  }
  const rate = (contestant: Contestant) => median(rates.get(contestant) ?? []);
  for (const [contestant] of turns) say(`  ${contestant.name}: ${Math.round(rate(contestant))} evaluations/s`);
  const row: Row = {
    rules: size,
    vsJsonRulesEngine: Math.round(rate(ours) / rate(jre)),
    vsZen: Math.round(rate(ours) / rate(zen)),
    p50us: round(median(latencies.map(({ p50 }) => p50))),
    p99us: round(median(latencies.map(({ p99 }) => p99))),
    bytesPerEval: bytesPerEvaluation(set, payments),
  };
  say(`  ${round(rate(ours) / rate(logic), 1)} times json-logic-engine; ${JSON.stringify(row)}`);
  zen.close?.();
  return { row, evalsPerSecond: rate(ours) };
}

say(
  `node ${process.version}; ${rounds} turns per engine, of which the median batch counts; the clock itself takes ${clockCostUs()} µs`,
);
say('rare: limits of merchants, routing, exceptions, as operators write them; most payments fire none.');
say('busy: the same, with six rules that every second payment meets in the place of the first six.');

const result: Record<Workload['name'], Row[]> = { rare: [], busy: [] };
let growth = 0;
for (const name of ['rare', 'busy'] as const) {
  const rateOfSize = new Map<number, number>();
  for (const size of sizes) {
    const { row, evalsPerSecond } = await measure(name, size);
    result[name].push(row);
    rateOfSize.set(size, evalsPerSecond);
  }
  // Of the two workloads, the one that grows faster.
  growth = Math.max(growth, (rateOfSize.get(200) ?? 0) / (rateOfSize.get(2_000) ?? 1));
}

const reloads: ReloadReport[] = [];
for (let i = 0; i < 5; i++) reloads.push(await measureReload(2_000, 10));
for (const reload of reloads) {
  say(`ten reloads of 2,000 rules, checked and compiled while payments are judged: ${JSON.stringify(reload)}`);
}
const reloadGapP99Ms = median(reloads.map(({ gapP99Ms }) => gapP99Ms));
say(`documents that are refused, checked at once: ${JSON.stringify(measureBadInput())}`);
console.log(JSON.stringify({ ...result, growth: round(growth), reloadGapP99Ms: round(reloadGapP99Ms) }));

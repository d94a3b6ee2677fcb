// Swapping in 2,000 rules while payments are judged: how long does the event loop stand still?
import { readFileSync } from 'node:fs';
import { compile } from '../../packages/rules/src/compile.ts';
import { parseInSlices } from '../../packages/rules/src/parse.ts';
import { compileOurs, type OurSet } from './engines.ts';
import { quantile } from './measure.ts';
import { createWorkload, facts, type Payment } from './workload.ts';

const evaluationsPerTurn = 20;

export interface ReloadReport {
  readonly gapP99Ms: number;
  readonly gapMaxMs: number;
  /** The same loop with nothing reloaded: what the machine itself does. */
  readonly idleGapP99Ms: number;
  readonly idleGapMaxMs: number;
  /** The 99th percentile of the gaps less the time in which the system gave the processor to others; Linux only. */
  readonly ownGapP99Ms: number | undefined;
  /** From the document to the swap. */
  readonly reloadMs: number;
  readonly turns: number;
}

/** How long this thread was ready to run and had to wait for a processor, in milliseconds since it began. */
function waitedMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

interface Gaps {
  readonly all: Float64Array;
  readonly own: Float64Array;
}

/** Judges payments turn by turn until `done`, and returns the times between turns, sorted, in milliseconds. */
async function judgeUntil(done: () => boolean, current: () => OurSet, payments: readonly Payment[]): Promise<Gaps> {
  const gaps: number[] = [];
  const own: number[] = [];
  let at = 0;
  let waited = waitedMs();
  let last = performance.now();
  while (!done()) {
    for (let i = 0; i < evaluationsPerTurn; i++) current().first(payments[at++ % payments.length] as Payment);
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    gaps.push(now - last);
    const waitedNow = waitedMs();
    own.push(Math.max(0, now - last - (waitedNow - waited)));
    waited = waitedNow;
    // Reading the system's clock is no part of the gap.
    last = performance.now();
  }
  return { all: Float64Array.from(gaps).sort(), own: Float64Array.from(own).sort() };
}

export async function measureReload(rules: number, reloads: number): Promise<ReloadReport> {
  const workload = createWorkload('busy', rules);
  const document = { rules: workload.rules };
  let set = await compileOurs(workload.rules);
  const current = () => set;

  const idleUntil = performance.now() + 1_000;
  const idle = await judgeUntil(() => performance.now() > idleUntil, current, workload.payments);

  let left = reloads;
  const times: number[] = [];
  const reload = async (): Promise<void> => {
    while (left > 0) {
      const from = performance.now();
      const parsed = await parseInSlices(document, { facts });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues[0]));
      set = (await compile(parsed.value, { facts })) as unknown as OurSet;
      times.push(performance.now() - from);
      left--;
    }
  };
  const [gaps] = await Promise.all([judgeUntil(() => left === 0, current, workload.payments), reload()]);
  return {
    gapP99Ms: quantile(gaps.all, 0.99),
    gapMaxMs: quantile(gaps.all, 1),
    ownGapP99Ms: Number.isNaN(gaps.own[0]) ? undefined : quantile(gaps.own, 0.99),
    idleGapP99Ms: quantile(idle.all, 0.99),
    idleGapMaxMs: quantile(idle.all, 1),
    reloadMs: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0,
    turns: gaps.all.length,
  };
}

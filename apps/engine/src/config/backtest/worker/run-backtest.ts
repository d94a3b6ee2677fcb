import { type BacktestResult, backtestLimits } from '@tributary/contracts/backtest';
import { createPool, type Pool } from '../../../platform/db.ts';
import { createBacktestStore } from '../backtest.store.ts';
import { compareBatch, compileComparison } from '../compare.ts';
import { countPopulation, readAll, readEveryNth, readRates } from '../read-recorded.ts';
import { createTally } from '../tally.ts';
import type { BacktestJob } from './lab-job.ts';

const keepEveryMs = 500;

/** A run from its first query to its result. Ends the run in the store whatever happens, with what was found by then. */
export async function runBacktest(job: BacktestJob): Promise<void> {
  const pool = createPool({ url: job.databaseUrl, max: 2, name: 'backtest', statementTimeoutMs: 120_000 });
  try {
    await run(job, pool);
  } finally {
    await pool.end();
  }
}

async function run(job: BacktestJob, pool: Pool): Promise<void> {
  const { input, runId } = job;
  const store = createBacktestStore(pool);
  const tally = createTally(input.kind);
  const speed: BacktestResult['speed'] = { evaluations: 0, evaluateMs: 0, readMs: 0 };
  let facts = { population: 0, everyNth: 1, rates: new Map() as Awaited<ReturnType<typeof readRates>>, speed };
  let done = 0;
  try {
    const comparison = await compileComparison(job);
    const population = await countPopulation(pool, input);
    if (input.sample.kind === 'all' && population > backtestLimits.payments)
      throw new Error(`the window has ${population} payments: take a sample, or a shorter window`);
    const everyNth = input.sample.kind === 'all' ? 1 : Math.max(1, Math.ceil(population / input.sample.size));
    facts = { population, everyNth, rates: await readRates(pool, input), speed };
    const batches = everyNth === 1 ? readAll(pool, input) : readEveryNth(pool, input, everyNth);
    const total = everyNth === 1 ? population : Math.ceil(population / everyNth);
    if (!(await store.progress(runId, { done, total, result: tally.result(facts) })))
      return await store.finish(runId, 'cancelled');
    let kept = performance.now();
    for (;;) {
      const reading = performance.now();
      const { value: batch } = await batches.next();
      speed.readMs += performance.now() - reading;
      if (!batch) break;
      const rows = compareBatch(batch, comparison, tally, speed);
      done += batch.length;
      await store.addRows(runId, rows);
      if (performance.now() - kept < keepEveryMs) continue;
      kept = performance.now();
      if (!(await store.progress(runId, { done, total: Math.max(total, done), result: tally.result(facts) })))
        return await store.finish(runId, 'cancelled', { result: tally.result(facts), done });
    }
    await store.finish(runId, 'finished', { result: tally.result(facts), done });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await store.finish(runId, 'failed', { result: tally.result(facts), done, error: message.slice(0, 500) });
  }
}

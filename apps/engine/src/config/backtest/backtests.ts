import type { Worker } from 'node:worker_threads';
import { type BacktestSubject, backtestLimits, type StartBacktest } from '@tributary/contracts/backtest';
import { AppError } from '../../platform/app-error.ts';
import type { Pool, PoolClient } from '../../platform/db.ts';
import { newId } from '../../platform/ids.ts';
import type { ConfigSnapshot } from '../snapshot.ts';
import { createBacktestStore } from './backtest.store.ts';
import { countPopulation } from './read-recorded.ts';
import { startLabWorker } from './worker/start-lab-worker.ts';

type Log = { warn(fields: object, message: string): void; error(fields: object, message: string): void };

/** Runs at once on one node: each has a core and two connections. */
const atOnce = 2;
const sweepEveryMs = 10_000;

/** Backtests of this node: starts them in threads of their own, and sweeps up after nodes that went away. */
export function createBacktests({
  pool,
  databaseUrl,
  node,
  log,
}: {
  pool: Pool;
  databaseUrl: string;
  node: string;
  log: Log;
}) {
  const store = createBacktestStore(pool);
  const workers = new Map<string, Worker>();
  let sweeping: NodeJS.Timeout | undefined;

  async function watch(runId: string, worker: Worker): Promise<void> {
    let problem: string | undefined;
    worker.on('error', (error) => {
      problem = error instanceof Error ? error.message : String(error);
    });
    await new Promise((done) => worker.once('exit', done));
    workers.delete(runId);
    // Does nothing after the worker's own last word.
    await store.finish(runId, 'failed', { error: problem ?? 'the worker ended before its time' });
    if (problem) log.error({ runId, problem }, 'a backtest failed');
  }

  return {
    ...store,

    /**
     * Writes the run down in the caller's transaction. It begins with `begin`, once that is committed.
     * @throws AppError invalid_request (more payments than a run may take), overloaded
     */
    async create(
      client: PoolClient,
      run: {
        input: Omit<StartBacktest, 'subject'>;
        subject: BacktestSubject;
        document: unknown;
        contentHash: string;
        publishedVersion: number;
        createdBy: string;
      },
    ): Promise<string> {
      if (workers.size >= atOnce) throw new AppError('overloaded', `${atOnce} backtests are running on this node`);
      const { input } = run;
      if (input.sample.kind === 'all') {
        const payments = await countPopulation(pool, input);
        if (payments > backtestLimits.payments)
          throw new AppError('invalid_request', `the window has ${payments} payments`, {
            errors: [{ path: 'sample', message: `at most ${backtestLimits.payments}: take a sample` }],
          });
      }
      const id = newId('bt');
      await store.create(client, {
        id,
        input,
        subject: run.subject.from === 'document' ? { from: 'document' } : run.subject,
        document: run.document,
        contentHash: run.contentHash,
        baselineVersion: run.publishedVersion,
        node,
        createdBy: run.createdBy,
      });
      return id;
    },

    begin(id: string, input: Omit<StartBacktest, 'subject'>, document: unknown, snapshot: ConfigSnapshot): void {
      const { version, document: published } = snapshot.rules[input.kind];
      const worker = startLabWorker({
        task: 'backtest',
        databaseUrl,
        runId: id,
        input,
        document,
        published: { version, document: published },
        timeZones: new Map([...snapshot.merchants.values()].map((one) => [one.id, one.timeZone])),
        channels: new Map(
          [...snapshot.channels.values()].map(({ id, feeBps, priority }) => [id, { feeBps, priority }]),
        ),
      });
      workers.set(id, worker);
      void watch(id, worker).catch((err) => log.warn({ err, runId: id }, 'a backtest could not be closed'));
    },

    start(): void {
      const sweep = () => void store.markLost().catch((err) => log.warn({ err }, 'lost backtests could not be marked'));
      sweep();
      sweeping = setInterval(sweep, sweepEveryMs);
      sweeping.unref();
    },

    /** Ends the runs of this node; what they found stays. */
    async stop(): Promise<void> {
      clearInterval(sweeping);
      for (const [id, worker] of workers) {
        await store.finish(id, 'lost', { error: 'the node that ran it was stopped' }).catch(() => undefined);
        await worker.terminate();
      }
    },
  };
}

export type Backtests = ReturnType<typeof createBacktests>;

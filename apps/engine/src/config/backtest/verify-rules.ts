import type { OracleReport } from '@tributary/rules/oracle';
import { AppError } from '../../platform/app-error.ts';
import type { OracleJob } from './worker/lab-job.ts';
import { startLabWorker } from './worker/start-lab-worker.ts';
import { createTurns } from './worker/take-turns.ts';

/** How long json-rules-engine is asked, and how long is waited for the thread that asks it. */
const budgetMs = 4_000;
const deadlineMs = 20_000;
/** Threads at once, beside the one that takes payments; the wait for a turn is not counted into the deadline. */
const takeTurn = createTurns(2);

/**
 * Replays recorded facts, and facts on the rules' edges, through json-rules-engine: in a thread of its own, because that
 * engine takes milliseconds for each. Part of the gate before a publish.
 */
export const createVerifyRules = (databaseUrl: string) =>
  /** @throws AppError unavailable when there was no answer: rules that can't be verified are not published */
  async function verifyRules(
    kind: 'risk' | 'routing',
    document: unknown,
  ): Promise<{ samples: number; differences: number; report: OracleReport }> {
    const report = await takeTurn(() => ask({ task: 'oracle', databaseUrl, kind, document, budgetMs }));
    if (report.samples === 0 && report.rejected === 0) throw unverified('not one sample was compared in time');
    return { samples: report.samples, differences: report.differences.length, report };
  };

const unverified = (why: string) => new AppError('unavailable', `the rules could not be verified: ${why}`);

function ask(job: OracleJob): Promise<OracleReport> {
  const worker = startLabWorker(job);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(unverified(`no answer within ${deadlineMs} ms`));
      void worker.terminate();
    }, deadlineMs);
    worker.once('message', resolve);
    worker.once('error', (error) => reject(unverified(error.message)));
    worker.once('exit', () => {
      clearTimeout(timer);
      reject(unverified('the thread ended before its time'));
    });
  });
}

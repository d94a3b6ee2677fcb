import { AppError } from '../../platform/app-error.ts';
import type { Pool } from '../../platform/db.ts';
import { runTests } from './cases/cases.store.ts';
import type { OracleVerdict } from './oracle/verify-document.ts';
import type { OracleJob } from './worker/lab-job.ts';
import { startLabWorker } from './worker/start-lab-worker.ts';

/** How long json-rules-engine is asked, and how long is waited for the thread that asks it. */
const budgetMs = 5_000;
const deadlineMs = 20_000;

/** What rules must pass before they are published, beyond being well-formed. */
export function createRulesGate({ pool, databaseUrl }: { pool: Pool; databaseUrl: string }) {
  return {
    /** Runs the kept test cases. */
    async runTests(kind: 'risk' | 'routing', document: unknown) {
      const { passed, failed, results } = await runTests(pool, kind, document);
      const failures = results
        .filter(({ ok }) => !ok)
        .map(({ name, problems }) => ({
          name,
          problems: problems.map(({ path, expected, actual }) => `${path}: expected ${expected}, got ${actual}`),
        }));
      return { passed, failed, failures };
    },

    /**
     * Replays recorded facts and facts on the rules' edges through json-rules-engine, in a thread of its own.
     * @throws AppError unavailable when it gave no answer: rules that can't be verified are not published
     */
    async verifyByOracle(kind: 'risk' | 'routing', document: unknown): Promise<OracleVerdict> {
      return ask({ task: 'oracle', databaseUrl, kind, document, budgetMs });
    },
  };
}

export type RulesGate = ReturnType<typeof createRulesGate>;

function ask(job: OracleJob): Promise<OracleVerdict> {
  const worker = startLabWorker(job);
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new AppError('unavailable', `the rules could not be verified: ${why}`));
    const timer = setTimeout(() => {
      fail(`no answer within ${deadlineMs} ms`);
      void worker.terminate();
    }, deadlineMs);
    worker.once('message', resolve);
    worker.once('error', (error) => fail(error.message));
    worker.once('exit', () => {
      clearTimeout(timer);
      fail('the thread ended before its time');
    });
  });
}

import type { JobQueue } from '../platform/ports/job-queue.ts';
import { type JobHandlers, type JobKind, jobKinds } from './jobs.ts';

type Log = { error(fields: object, message: string): void };

/**
 * Connects queues to handlers. A payload that does not fit is logged and dropped (trying again can't help); a handler
 * that throws is tried again by the queue, and in the end by the sweep.
 */
export async function startWorkers({
  jobs,
  handlers,
  onJob,
  log,
}: {
  jobs: JobQueue;
  handlers: JobHandlers;
  onJob?: (kind: JobKind, outcome: 'done' | 'failed' | 'unreadable' | 'dead', ms: number) => void;
  log: Log;
}): Promise<void> {
  for (const kind of Object.keys(jobKinds) as JobKind[]) {
    const { payload: schema, concurrency } = jobKinds[kind];
    const handle = handlers[kind] as (payload: unknown) => Promise<void>;
    await jobs.work(
      kind,
      async (payload) => {
        const started = performance.now();
        const parsed = schema.safeParse(payload);
        if (!parsed.success) {
          log.error({ kind, issues: parsed.error.issues }, 'a job with an unreadable payload was dropped');
          onJob?.(kind, 'unreadable', 0);
          return;
        }
        try {
          await handle(parsed.data);
          onJob?.(kind, 'done', performance.now() - started);
        } catch (err) {
          log.error({ err, kind, payload: parsed.data }, 'a job failed and will be tried again');
          onJob?.(kind, 'failed', performance.now() - started);
          throw err;
        }
      },
      {
        concurrency,
        onDead: (payload, err) => {
          log.error({ err, kind, payload }, 'a job failed for the last time; its due time brings the work back');
          onJob?.(kind, 'dead', 0);
        },
      },
    );
  }
}

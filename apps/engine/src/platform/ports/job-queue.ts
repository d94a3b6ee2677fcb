/** A message for a worker. `key` makes it unique among waiting jobs of its queue; `runAt` delays it. */
export type Job = { queue: string; key: string; payload: unknown; runAt?: Date };

/**
 * Carries work between processes: at least once, in no order. It cannot join a database transaction: messages come
 * from the outbox, and losing the whole queue only costs latency because due times are in Postgres.
 */
export type JobQueue = {
  /** Enqueues many at once. A job whose key is already waiting is dropped. */
  enqueue(jobs: readonly Job[]): Promise<void>;
  /** Starts working a queue. A handler that throws is retried with back-off by the queue. */
  work(queue: string, handle: (payload: unknown) => Promise<void>, options: { concurrency: number }): Promise<void>;
  /** How many jobs wait, run and failed, per queue. */
  counts(queue: string): Promise<{ waiting: number; delayed: number; active: number; failed: number }>;
  /** Stops taking work, waits for what runs, closes connections. */
  close(): Promise<void>;
};

/** A message for a worker. `key` makes it unique among waiting jobs of its queue; `runAt` delays it. */
export type Job = { queue: string; key: string; payload: unknown; runAt?: Date };

/**
 * Carries work between processes: at least once, in no order. It cannot join a database transaction: messages come
 * from the outbox, and losing the whole queue only costs latency because due times are in Postgres.
 */
export type JobQueue = {
  /**
   * Enqueues many at once, each queue's as a whole. A job whose key is already waiting is dropped. Fails within seconds
   * while the server is away; what it was asked for may then still arrive.
   */
  enqueue(jobs: readonly Job[]): Promise<void>;
  /** Starts working a queue. A handler that throws is retried with back-off by the queue, until the job is dead. */
  work(
    queue: string,
    handle: (payload: unknown) => Promise<void>,
    options: { concurrency: number; onDead?: (payload: unknown, error: Error) => void },
  ): Promise<void>;
  /** How many jobs wait, run and are dead, per queue. */
  counts(queue: string): Promise<{ waiting: number; delayed: number; active: number; failed: number }>;
  /** Stops taking work, waits for what runs (not for ever), closes connections. Safe to call twice. */
  close(): Promise<void>;
};

import { createPostgresBackend, createRedisBackend, runMigrations, withBackend } from 'bullmq';
import pg from 'pg';
import { keepAlive, surviveLostConnections } from '../db.ts';
import type { Job, JobQueue } from '../ports/job-queue.ts';
import { connectRedis } from '../redis/connect-redis.ts';

type Log = { warn(fields: object, message: string): void };

/** What both backends' classes have in common, as far as we use it. */
type QueueLike = {
  addBulk(jobs: { name: string; data: unknown; opts: object }[]): Promise<unknown>;
  getJobCounts(...types: string[]): Promise<Record<string, number>>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
};
type BullJob = { data: unknown; finishedOn?: number | undefined };
type WorkerLike = {
  waitUntilReady(): Promise<unknown>;
  /** Works until closed. */
  run(): Promise<void>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'failed', listener: (job: BullJob | undefined, error: Error) => void): unknown;
};
type Backend = {
  queue(name: string): QueueLike;
  worker(name: string, handle: (job: BullJob) => Promise<void>, concurrency: number): WorkerLike;
  close(): Promise<void>;
};

/** How often a job is tried before it is dead, and the first wait between two tries (doubling, with jitter). */
type Patience = { attempts?: number; backoffMs?: number };

/** Longer than any job of ours: a call to a channel, or to a merchant. */
const closeWithinMs = 20_000;
const enqueueWithinMs = 5_000;
const startAgainAfterMs = 1_000;

/** BullMQ on one of its backends. The same code for Postgres and Redis: only how classes are made differs. */
function createBullmqJobQueue(
  backend: Backend,
  { log, attempts = 8, backoffMs = 500 }: { log: Log } & Patience,
): JobQueue {
  const queues = new Map<string, QueueLike>();
  const workers = new Set<WorkerLike>();
  let closing: Promise<void> | undefined;
  const jobOptions = {
    attempts,
    backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
    removeOnComplete: true,
    // The dead are kept for a look; due times in Postgres bring the work back anyway.
    removeOnFail: { count: 1_000 },
  };

  function queueOf(name: string): QueueLike {
    const existing = queues.get(name);
    if (existing) return existing;
    const made = backend.queue(name);
    made.on('error', (err) => log.warn({ err, queue: name }, 'queue connection'));
    // BullMQ remembers a failed start for ever: the next call begins anew.
    made.waitUntilReady().catch(() => queues.delete(name));
    queues.set(name, made);
    return made;
  }

  /**
   * Not awaited: a server that is away must not keep a node from starting. BullMQ remembers a failed start for ever, and
   * a worker that runs on it asks again without a pause, which stops the whole process: such a worker never runs, and
   * another is made.
   */
  function startWorker(name: string, make: () => WorkerLike): void {
    if (closing) return;
    const worker = make();
    workers.add(worker);
    worker.waitUntilReady().then(
      () => worker.run().catch((err) => log.warn({ err, queue: name }, 'a worker stopped')),
      (err) => {
        workers.delete(worker);
        if (closing) return;
        log.warn({ err, queue: name }, 'a worker could not start; another will be made');
        void worker.close().catch(() => undefined);
        setTimeout(() => startWorker(name, make), startAgainAfterMs).unref();
      },
    );
  }

  async function close(): Promise<void> {
    const stopped = Promise.allSettled([...workers].map((worker) => worker.close())).then(() =>
      Promise.allSettled([...queues.values()].map((queue) => queue.close())),
    );
    await within(closeWithinMs, stopped).catch((err) => log.warn({ err }, 'workers did not stop in time'));
    await backend.close();
  }

  return {
    async enqueue(jobs) {
      const now = Date.now();
      const byQueue = new Map<string, Job[]>();
      for (const job of jobs) {
        const group = byQueue.get(job.queue);
        if (group) group.push(job);
        else byQueue.set(job.queue, [job]);
      }
      for (const [name, group] of byQueue) {
        const bulk = group.map(({ key, payload, runAt }) => ({
          name,
          data: payload,
          opts: { ...jobOptions, jobId: key, delay: runAt ? Math.max(0, runAt.getTime() - now) : 0 },
        }));
        await within(enqueueWithinMs, queueOf(name).addBulk(bulk));
      }
    },
    async work(name, handle, { concurrency, onDead }) {
      startWorker(name, () => {
        const worker = backend.worker(name, (job) => handle(job.data), concurrency);
        worker.on('error', (err) => log.warn({ err, queue: name }, 'worker connection'));
        // Told of every failure; only the last one sets an end. Without a job: it was lost too often to be found again.
        worker.on('failed', (job, error) => {
          if (!job || job.finishedOn !== undefined) onDead?.(job?.data, error);
        });
        return worker;
      });
    },
    async counts(name) {
      const counts = await within(
        enqueueWithinMs,
        queueOf(name).getJobCounts('waiting', 'delayed', 'active', 'failed'),
      );
      return {
        waiting: counts.waiting ?? 0,
        delayed: counts.delayed ?? 0,
        active: counts.active ?? 0,
        failed: counts.failed ?? 0,
      };
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** @throws Error when the work is not done in time; the work itself goes on */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`not done within ${ms} ms`), { code: 'ETIMEDOUT' })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Jobs in Postgres, in a schema of their own. Waits until that schema is migrated. */
export async function createPostgresJobQueue({
  url,
  log,
  max = 12,
  ...patience
}: { url: string; log: Log; max?: number } & Patience): Promise<JobQueue> {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: 'tributary jobs',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    query_timeout: 35_000,
    idle_in_transaction_session_timeout: 15_000,
    lock_timeout: 15_000,
    ...keepAlive,
    options: '-c search_path=bullmq',
  });
  surviveLostConnections(pool, (err) => log.warn({ err }, 'a connection of the job queue was lost'));
  const client = await pool.connect();
  try {
    await runMigrations(client as never, 'bullmq');
  } finally {
    client.release();
  }
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const connection = pool as never;
  return createBullmqJobQueue(
    {
      queue: (name) => new Queue(name, { connection }) as unknown as QueueLike,
      worker: (name, handle, concurrency) =>
        new Worker(name, handle, { connection, concurrency, autorun: false }) as unknown as WorkerLike,
      close: () => pool.end(),
    },
    { log, ...patience },
  );
}

/** Jobs in Redis, one server or a cluster. The hash tag keeps a queue's keys on one node, and queues on several. */
export function createRedisJobQueue({ url, log, ...patience }: { url: string; log: Log } & Patience): JobQueue {
  const { Queue, Worker } = withBackend(createRedisBackend);
  const prefixOf = (name: string) => `{bull:${name}}`;
  const connections: ReturnType<typeof connectRedis>[] = [];
  const connect = (kind: 'none' | 'endless') => {
    const made = connectRedis({
      url,
      patience: kind,
      onLost: (err) => log.warn({ err }, 'Redis connection of the job queue'),
    });
    connections.push(made);
    return made as never;
  };
  const shared = connect('none');
  return createBullmqJobQueue(
    {
      queue: (name) => new Queue(name, { connection: shared, prefix: prefixOf(name) }) as unknown as QueueLike,
      worker: (name, handle, concurrency) =>
        new Worker(name, handle, {
          connection: connect('endless'),
          prefix: prefixOf(name),
          concurrency,
          autorun: false,
        }) as unknown as WorkerLike,
      close: async () => {
        for (const connection of connections) connection.disconnect();
      },
    },
    { log, ...patience },
  );
}

import { createPostgresBackend, createRedisBackend, runMigrations, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Job, JobQueue } from '../ports/job-queue.ts';

type Log = { warn(fields: object, message: string): void };

/** What both backends' classes have in common, as far as we use it. */
type QueueLike = {
  addBulk(jobs: { name: string; data: unknown; opts: object }[]): Promise<unknown>;
  getJobCounts(...types: string[]): Promise<Record<string, number>>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
};
type WorkerLike = { close(): Promise<void>; on(event: string, listener: (...args: never[]) => void): unknown };
type Process = (job: { data: unknown }) => Promise<void>;
type Backend = {
  queue(name: string): QueueLike;
  worker(name: string, handle: Process, concurrency: number): WorkerLike;
  close(): Promise<void>;
};

const jobOptions = {
  attempts: 8,
  backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
  removeOnComplete: true,
  // What failed eight times is kept for a look; its due time in Postgres brings the work back anyway.
  removeOnFail: { count: 1_000 },
};

/** BullMQ on one of its backends. The same code for Postgres and Redis: only how classes are made differs. */
function createBullmqJobQueue(backend: Backend, log: Log): JobQueue {
  const queues = new Map<string, QueueLike>();
  const workers: WorkerLike[] = [];

  function queueOf(name: string): QueueLike {
    const existing = queues.get(name);
    if (existing) return existing;
    const made = backend.queue(name);
    made.on('error', (err) => log.warn({ err, queue: name }, 'queue connection'));
    queues.set(name, made);
    return made;
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
        await queueOf(name).addBulk(
          group.map(({ key, payload, runAt }) => ({
            name,
            data: payload,
            opts: { ...jobOptions, jobId: key, delay: runAt ? Math.max(0, runAt.getTime() - now) : 0 },
          })),
        );
      }
    },
    async work(name, handle, { concurrency }) {
      const worker = backend.worker(name, (job) => handle(job.data), concurrency);
      worker.on('error', (err: Error) => log.warn({ err, queue: name }, 'worker connection'));
      workers.push(worker);
    },
    async counts(name) {
      const counts = await queueOf(name).getJobCounts('waiting', 'delayed', 'active', 'failed');
      return {
        waiting: counts.waiting ?? 0,
        delayed: counts.delayed ?? 0,
        active: counts.active ?? 0,
        failed: counts.failed ?? 0,
      };
    },
    async close() {
      await Promise.allSettled(workers.map((worker) => worker.close()));
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
      await backend.close();
    },
  };
}

/** Jobs in Postgres, in a schema of their own. Waits until that schema is migrated. */
export async function createPostgresJobQueue({
  url,
  log,
  max = 12,
}: {
  url: string;
  log: Log;
  max?: number;
}): Promise<JobQueue> {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: 'tributary jobs',
    options: '-c search_path=bullmq',
  });
  pool.on('error', () => undefined);
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
        new Worker(name, handle, { connection, concurrency }) as unknown as WorkerLike,
      close: () => pool.end(),
    },
    log,
  );
}

/** Jobs in Redis. The hash tag keeps a queue's keys on one node of a cluster. */
export function createRedisJobQueue({ url, log }: { url: string; log: Log }): JobQueue {
  const { Queue, Worker } = withBackend(createRedisBackend);
  const prefix = '{bull}';
  const connections: Redis[] = [];
  const connect = () => {
    const made = new Redis(url, { maxRetriesPerRequest: null });
    made.on('error', (err) => log.warn({ err }, 'Redis connection of the job queue'));
    connections.push(made);
    return made as never;
  };
  const shared = connect();
  return createBullmqJobQueue(
    {
      queue: (name) => new Queue(name, { connection: shared, prefix }) as unknown as QueueLike,
      worker: (name, handle, concurrency) =>
        new Worker(name, handle, { connection: connect(), prefix, concurrency }) as unknown as WorkerLike,
      close: async () => {
        for (const connection of connections) connection.disconnect();
      },
    },
    log,
  );
}

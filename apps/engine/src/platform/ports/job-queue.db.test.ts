import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasRedis } from '../../../../../scripts/testing/redis.ts';
import { hasRedisCluster } from '../../../../../scripts/testing/redis-cluster.ts';
import { startTcpGate, type TcpGate } from '../../../../../scripts/testing/tcp-gate.ts';
import { createPostgresJobQueue, createRedisJobQueue } from '../bullmq/job-queue.bullmq.ts';
import { useStores } from '../testing/stores.ts';
import type { Job, JobQueue } from './job-queue.ts';

const stores = useStores();

const log = { warn: () => undefined };
const patience = { attempts: 3, backoffMs: 10 };
const inAnHour = () => new Date(Date.now() + 3_600_000);

const adapters = [
  {
    name: 'Postgres',
    skip: false,
    gate: () => startTcpGate(stores.database.url),
    connect: (url: string) => createPostgresJobQueue({ url, log, ...patience }),
  },
  {
    name: 'Redis',
    skip: !hasRedis,
    gate: () => startTcpGate(stores.redis.url),
    connect: async (url: string) => createRedisJobQueue({ url, log, ...patience }),
  },
  {
    name: 'a Redis cluster',
    skip: !hasRedisCluster,
    gate: async (): Promise<TcpGate> => ({ ...stores.cluster, close: async () => stores.cluster.open() }),
    connect: async (url: string) => createRedisJobQueue({ url, log, ...patience }),
  },
];

describe.each(adapters)('the job queue on $name', ({ skip, gate: openGate, connect }) => {
  let gate: TcpGate;
  let jobs: JobQueue;
  let queue: string;
  let done: unknown[];

  beforeEach(async () => {
    if (skip) return;
    gate = await openGate();
    jobs = await connect(gate.url);
    queue = `q${Math.random().toString(36).slice(2)}`;
    done = [];
  });
  afterEach(async () => {
    if (skip) return;
    await jobs.close();
    await gate.close();
  });

  const job = (key: string, rest: Partial<Job> = {}): Job => ({ queue, key, payload: { key }, ...rest });
  const workAll = (node = jobs) => node.work(queue, async (payload) => void done.push(payload), { concurrency: 4 });

  it.skipIf(skip)('gives each job to one worker, with its payload as it was', async () => {
    const other = await connect(gate.url);
    await workAll();
    await workAll(other);
    const payloads = Array.from({ length: 40 }, (_, i) => ({ i, text: 'a “b”\n三', list: [null, { deep: true }] }));
    await jobs.enqueue(payloads.map((payload) => job(`k${payload.i}`, { payload })));
    await vi.waitFor(() => expect(done).toHaveLength(40), { timeout: 10_000 });
    expect([...(done as typeof payloads)].sort((a, b) => a.i - b.i)).toEqual(payloads);
    await other.close();
    expect(await jobs.counts(queue)).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0 });
  });

  it.skipIf(skip)('holds a job back until its time', async () => {
    await jobs.enqueue([job('later', { runAt: inAnHour() }), job('past', { runAt: new Date(0) }), job('now')]);
    await workAll();
    await vi.waitFor(() => expect(done).toHaveLength(2), { timeout: 10_000 });
    expect(done).toEqual(expect.arrayContaining([{ key: 'now' }, { key: 'past' }]));
    expect(await jobs.counts(queue)).toMatchObject({ waiting: 0, delayed: 1 });
  });

  it.skipIf(skip)('drops a job whose key is already waiting, and takes it again once that was worked', async () => {
    await jobs.enqueue([job('same'), job('same')]);
    await jobs.enqueue([job('same')]);
    expect(await jobs.counts(queue)).toMatchObject({ waiting: 1 });
    await workAll();
    await vi.waitFor(async () => {
      expect(done).toHaveLength(1);
      expect(await jobs.counts(queue)).toMatchObject({ waiting: 0, active: 0 });
    });
    await jobs.enqueue([job('same')]);
    await vi.waitFor(() => expect(done).toHaveLength(2), { timeout: 10_000 });
  });

  it.skipIf(skip)('tries a job that failed again', async () => {
    let tries = 0;
    await jobs.work(
      queue,
      async (payload) => {
        if (++tries < 3) throw new Error('not yet');
        done.push(payload);
      },
      { concurrency: 1 },
    );
    await jobs.enqueue([job('stubborn')]);
    await vi.waitFor(() => expect(done).toEqual([{ key: 'stubborn' }]), { timeout: 10_000 });
  });

  it.skipIf(skip)('says when a job has failed for the last time, once, and works the others', async () => {
    const dead: unknown[] = [];
    await jobs.work(
      queue,
      async (payload) => {
        if ((payload as { key: string }).key === 'poison') throw new Error('never');
        done.push(payload);
      },
      { concurrency: 1, onDead: (payload, error) => dead.push([payload, error.message]) },
    );
    await jobs.enqueue([job('poison'), job('good')]);
    await vi.waitFor(() => expect(dead).toEqual([[{ key: 'poison' }, 'never']]), { timeout: 10_000 });
    expect(done).toEqual([{ key: 'good' }]);
    expect(await jobs.counts(queue)).toMatchObject({ failed: 1 });
  });

  it.skipIf(skip)('refuses a job it can not take, and takes the others when asked singly', async () => {
    await expect(jobs.enqueue([job('good'), job('123')])).rejects.toThrow();
    await jobs.enqueue([job('good')]);
    expect(await jobs.counts(queue)).toMatchObject({ waiting: 1 });
  });

  it.skipIf(skip)('refuses at once while the server is away, and takes and works jobs when it is back', async () => {
    await workAll();
    await jobs.enqueue([job('before')]);
    await vi.waitFor(() => expect(done).toHaveLength(1), { timeout: 10_000 });
    gate.shut();
    await expect(jobs.enqueue([job('during')])).rejects.toThrow();
    gate.open();
    await vi.waitFor(() => jobs.enqueue([job('after')]), { timeout: 10_000, interval: 100 });
    await vi.waitFor(() => expect(done).toContainEqual({ key: 'after' }), { timeout: 20_000 });
  });

  it.skipIf(skip)('starts working though the server goes away while it starts', async () => {
    await workAll();
    gate.shut();
    // Long enough for the first look at the server to fail; a worker that spins would never let this pass.
    await new Promise((later) => setTimeout(later, 50));
    gate.open();
    await vi.waitFor(() => jobs.enqueue([job('after')]), { timeout: 10_000, interval: 100 });
    await vi.waitFor(() => expect(done).toEqual([{ key: 'after' }]), { timeout: 20_000 });
  });

  it.skipIf(skip)('waits for the jobs in work when it closes', async () => {
    let finish = () => {};
    const begun = new Promise<void>((begin) => {
      void jobs.work(
        queue,
        async (payload) => {
          begin();
          await new Promise<void>((go) => {
            finish = go;
          });
          done.push(payload);
        },
        { concurrency: 1 },
      );
    });
    await jobs.enqueue([job('long')]);
    await begun;
    const closing = jobs.close();
    finish();
    await closing;
    expect(done).toEqual([{ key: 'long' }]);
  });

  it.skipIf(skip)('closes though the server is away', async () => {
    await workAll();
    await jobs.enqueue([job('before')]);
    await vi.waitFor(() => expect(done).toHaveLength(1), { timeout: 10_000 });
    gate.shut();
    await jobs.close();
    await jobs.close();
  });
});

describe.skipIf(!hasRedis)('the job queue on Redis', () => {
  it('lets a node start while Redis is away', async () => {
    const gate = await startTcpGate(stores.redis.url);
    gate.shut();
    const jobs = createRedisJobQueue({ url: gate.url, log, ...patience });
    const done: unknown[] = [];
    await jobs.work('late', async (payload) => void done.push(payload), { concurrency: 1 });
    await expect(jobs.enqueue([{ queue: 'late', key: 'a', payload: 'early' }])).rejects.toThrow();
    gate.open();
    await vi.waitFor(() => jobs.enqueue([{ queue: 'late', key: 'b', payload: 'later' }]), {
      timeout: 10_000,
      interval: 100,
    });
    await vi.waitFor(() => expect(done).toContain('later'), { timeout: 20_000 });
    await jobs.close();
    await gate.close();
  });
});

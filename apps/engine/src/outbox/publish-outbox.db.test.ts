import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasRedis, startTestRedis, type TestRedis } from '../../../../scripts/testing/redis.ts';
import { startTcpGate, type TcpGate } from '../../../../scripts/testing/tcp-gate.ts';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createPostgresJobQueue, createRedisJobQueue } from '../platform/bullmq/job-queue.bullmq.ts';
import { createPool, type Pool } from '../platform/db.ts';
import type { JobQueue } from '../platform/ports/job-queue.ts';
import { createOutboxPublisher } from './publish-outbox.ts';

let database: TestDatabase;
let redis: TestRedis;
let pool: Pool;

const log = { warn: () => undefined, error: () => undefined };
// BullMQ refuses a key that is a whole number.
const poison = '13';
const add = (...keys: string[]) =>
  pool.query(
    `INSERT INTO outbox (topic, key, payload) SELECT 'sync-attempt', k, to_jsonb(k) FROM unnest($1::text[]) k`,
    [keys],
  );
const left = async () => (await pool.query('SELECT key FROM outbox ORDER BY id')).rows.map(({ key }) => key as string);
const makeDue = () => pool.query('UPDATE outbox SET retry_at = now()');

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 8, name: 'test' });
  if (hasRedis) redis = await startTestRedis();
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  await redis?.stop();
});

const queues = [
  {
    name: 'Postgres',
    skip: false,
    server: () => database.url,
    connect: (url: string) => createPostgresJobQueue({ url, log }),
  },
  {
    name: 'Redis',
    skip: !hasRedis,
    server: () => redis.url,
    connect: async (url: string) => createRedisJobQueue({ url, log }),
  },
];

describe.each(queues)('the outbox in front of a queue on $name', ({ skip, server, connect }) => {
  let gate: TcpGate;
  let jobs: JobQueue;
  let taken: unknown[];

  beforeEach(async () => {
    if (skip) return;
    await pool.query('DELETE FROM outbox');
    gate = await startTcpGate(server());
    jobs = await connect(gate.url);
    taken = [];
    await jobs.work('sync-attempt', async (payload) => void taken.push(payload), { concurrency: 8 });
  });
  afterEach(async () => {
    if (skip) return;
    await jobs.close();
    await gate.close();
  });

  const hear = (...keys: string[]) =>
    vi.waitFor(() => expect([...taken].sort()).toEqual([...keys].sort()), { timeout: 20_000 });

  it.skipIf(skip)('gives each message to the queue once, however many publish at once', async () => {
    const keys = Array.from({ length: 900 }, (_, i) => `m${i}`);
    await add(...keys);
    const publishers = Array.from({ length: 4 }, () => createOutboxPublisher({ pool, jobs, log }));
    for (let round = 0; round < 4; round++) await Promise.all(publishers.map(({ publishOnce }) => publishOnce()));
    expect(await left()).toEqual([]);
    await hear(...keys);
  });

  it.skipIf(skip)('keeps its messages while the queue is away, and brings all when it is back', async () => {
    const keys = Array.from({ length: 9 }, (_, i) => `m${i}`);
    await add(...keys);
    const { publishOnce } = createOutboxPublisher({ pool, jobs, log });
    gate.shut();
    await expect(publishOnce()).rejects.toThrow();
    expect(await left()).toEqual(keys);
    gate.open();
    await vi.waitFor(
      async () => {
        await makeDue();
        await publishOnce();
      },
      { timeout: 10_000, interval: 100 },
    );
    await hear(...keys);
    expect(await left()).toEqual([]);
  });

  it.skipIf(skip)('lets others pass a message that the queue refuses, and keeps it for later', async () => {
    await add('a', poison, 'b');
    const { publishOnce } = createOutboxPublisher({ pool, jobs, log });
    expect(await publishOnce()).toBe(2);
    await hear('a', 'b');
    expect(await left()).toEqual([poison]);
    expect(await publishOnce()).toBe(0);
    const { rows } = await pool.query('SELECT attempts, last_error FROM outbox');
    expect(rows).toEqual([{ attempts: 1, last_error: expect.stringContaining('cannot be integers') }]);
  });

  it.skipIf(skip)('is not held up by a refused message that was alone', async () => {
    const publisher = createOutboxPublisher({ pool, jobs, log });
    publisher.start();
    await add(poison);
    await vi.waitFor(async () => expect((await pool.query('SELECT attempts FROM outbox')).rows[0].attempts).toBe(1));
    await add('behind');
    await hear('behind');
    await publisher.stop();
  });

  it.skipIf(skip)('is not held up by more refused messages than it tries in a row', async () => {
    const refused = Array.from({ length: 10 }, (_, i) => `${i + 1}`);
    await add(...refused, 'behind');
    const publisher = createOutboxPublisher({ pool, jobs, log });
    publisher.start();
    await hear('behind');
    await publisher.stop();
    expect(await left()).toEqual(refused);
  });

  it.skipIf(skip)('leaves events for merchants to those who number them', async () => {
    await pool.query(`INSERT INTO outbox (topic, key, payload) VALUES ('notify-merchant', 'event', '"event"')`);
    await add('a');
    const { publishOnce } = createOutboxPublisher({ pool, jobs, log });
    expect(await publishOnce()).toBe(1);
    await hear('a');
    const { rows } = await pool.query(`DELETE FROM outbox RETURNING topic`);
    expect(rows).toEqual([{ topic: 'notify-merchant' }]);
  });

  it.skipIf(skip)('does not miss a message whose transaction commits after a later one was published', async () => {
    const slow = await pool.connect();
    await slow.query('BEGIN');
    await slow.query(`INSERT INTO outbox (topic, key, payload) VALUES ('sync-attempt', 'early', '"early"')`);
    await add('late');
    const { publishOnce } = createOutboxPublisher({ pool, jobs, log });
    await publishOnce();
    await slow.query('COMMIT');
    slow.release();
    await publishOnce();
    await hear('late', 'early');
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createPool, type Pool } from '../platform/db.ts';
import type { Job, JobQueue } from '../platform/ports/job-queue.ts';
import { createOutboxPublisher } from './publish-outbox.ts';

let database: TestDatabase;
let pool: Pool;
let taken: Job[];
let refuse: (job: Job) => boolean;

// Not a stand-in for the queue's behaviour, only for its being away or refusing: what real queues do when they fail.
const jobs: JobQueue = {
  enqueue: async (batch) => {
    if (batch.some((job) => refuse(job))) throw new Error('refused');
    taken.push(...batch);
  },
  work: async () => undefined,
  counts: async () => ({ waiting: 0, delayed: 0, active: 0, failed: 0 }),
  close: async () => undefined,
};
const log = { warn: () => undefined, error: () => undefined };
const add = (...keys: string[]) =>
  pool.query(`INSERT INTO outbox (topic, key, payload) SELECT 'sync-attempt', k, '{}' FROM unnest($1::text[]) k`, [
    keys,
  ]);
const left = async () => (await pool.query('SELECT key FROM outbox ORDER BY id')).rows.map(({ key }) => key as string);

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 8, name: 'test' });
});
beforeEach(async () => {
  await pool.query('DELETE FROM outbox');
  taken = [];
  refuse = () => false;
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('the outbox', () => {
  it('gives each message to the queue once, however many publish at once', async () => {
    await add(...Array.from({ length: 900 }, (_, i) => `m${i}`));
    const publishers = Array.from({ length: 4 }, () => createOutboxPublisher({ pool, jobs, log }));
    for (let round = 0; round < 4; round++) await Promise.all(publishers.map(({ publishOnce }) => publishOnce()));
    expect(taken.map(({ key }) => key).sort()).toEqual(Array.from({ length: 900 }, (_, i) => `m${i}`).sort());
    expect(await left()).toEqual([]);
  });

  it('keeps its messages while the queue is away', async () => {
    await add('a', 'b');
    refuse = () => true;
    const { publishOnce } = createOutboxPublisher({ pool, jobs, log });
    await expect(publishOnce()).rejects.toThrow('refused');
    expect(await left()).toEqual(['a', 'b']);
    refuse = () => false;
    await publishOnce();
    expect(taken.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('lets others pass a message that the queue refuses, and keeps it for later', async () => {
    await add('a', 'poison', 'b');
    refuse = ({ key }) => key === 'poison';
    const { publishOnce } = createOutboxPublisher({ pool, jobs, log });
    await publishOnce();
    expect(taken.map(({ key }) => key).sort()).toEqual(['a', 'b']);
    expect(await left()).toEqual(['poison']);
    expect(await publishOnce()).toBe(0);
  });

  it('does not miss a message whose transaction commits after a later one was published', async () => {
    const slow = await pool.connect();
    await slow.query('BEGIN');
    await slow.query(`INSERT INTO outbox (topic, key, payload) VALUES ('sync-attempt', 'early', '{}')`);
    await add('late');
    const { publishOnce } = createOutboxPublisher({ pool, jobs, log });
    await publishOnce();
    await slow.query('COMMIT');
    slow.release();
    await publishOnce();
    expect(taken.map(({ key }) => key)).toEqual(['late', 'early']);
  });
});

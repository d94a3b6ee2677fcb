import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createAudit } from '../config/audit.store.ts';
import { createPool, type Pool } from '../platform/db.ts';
import { createPostgresLease } from '../platform/postgres/lease.postgres.ts';
import { createDynamicCount, readProposal } from './dynamic-count.ts';

let database: TestDatabase;
let pool: Pool;
const log = { info: () => undefined, warn: () => undefined };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
});
beforeEach(async () => {
  await pool.query('DELETE FROM leases');
  await pool.query(
    `UPDATE sharding SET count = 8, dynamic = true, min_count = 4, max_count = 64, changed_at = now() - interval '1 hour'`,
  );
  await pool.query('DELETE FROM shard_workers');
  await pool.query(`INSERT INTO shard_workers (holder, node) SELECT 'w' || n, 'w' || n FROM generate_series(1, 9) n`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const runner = (node = 'a') =>
  createDynamicCount({ pool, audit: createAudit(pool), lease: createPostgresLease(pool), node, log });
const count = async () => (await pool.query('SELECT count FROM sharding')).rows[0].count;

describe('the number of shards', () => {
  it('follows the load once the same was proposed twice, with its reason in the audit log', async () => {
    const one = runner();
    expect(await one.runOnce()).toBeUndefined();
    expect(await count()).toBe(8);
    expect(await one.runOnce()).toBe(32);
    expect(await count()).toBe(32);
    const { rows } = await pool.query(`SELECT reason FROM audit_log WHERE action = 'shards.changeCount'`);
    expect(rows).toEqual([{ reason: expect.stringMatching(/^workers: 0 open, 0 overdue, 9 workers/) }]);
    expect(await one.runOnce()).toBeUndefined();
  });

  it('is only proposed where that is not switched on', async () => {
    await pool.query('UPDATE sharding SET dynamic = false');
    const one = runner();
    for (let n = 0; n < 3; n++) expect(await one.runOnce()).toBeUndefined();
    expect((await readProposal(pool)).proposal).toEqual({ count: 32, why: 'workers' });
    expect(await count()).toBe(8);
  });

  it('is looked at by one worker at a time', async () => {
    const [a, b] = [runner('a'), runner('b')];
    await a.runOnce();
    await b.runOnce();
    await b.runOnce();
    expect(await count()).toBe(8);
    await a.runOnce();
    expect(await count()).toBe(32);
  });
});

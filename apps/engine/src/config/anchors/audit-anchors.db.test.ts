import { randomBytes } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import { createPostgresLease } from '../../platform/postgres/lease.postgres.ts';
import { createAudit } from '../audit.store.ts';
import { createAuditAnchors } from './audit-anchors.ts';

const databases: TestDatabase[] = [];
const pools: Pool[] = [];
let pool: Pool;
const pepper = randomBytes(32);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const actor = { id: 'ann', role: 'admin', ip: undefined, userAgent: undefined };

beforeEach(async () => {
  const database = await createTestDatabase();
  databases.push(database);
  pool = createPool({ url: database.url, max: 3, name: 'test' });
  pools.push(pool);
  for (let n = 0; n < 5; n++) await write(n);
});
afterAll(async () => {
  for (const one of pools) await one.end();
  for (const one of databases) await one.drop();
});

const write = (n: number) =>
  createAudit(pool).append({ actor, action: 'test', objectType: 'x', objectId: String(n), result: 'ok' });
const anchors = (secret = pepper) =>
  createAuditAnchors({
    pool,
    audit: createAudit(pool),
    lease: createPostgresLease(pool),
    node: 'a',
    pepper: secret,
    log,
  });
/** As one who owns the database may. */
const tamper = async (sql: string) => {
  for (const table of ['audit_log', 'audit_anchors']) await pool.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await pool.query(sql);
  for (const table of ['audit_log', 'audit_anchors']) await pool.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
};

describe('anchors of the audit log', () => {
  it('are made when something was written, and hold', async () => {
    expect(await anchors().anchor()).toBe(true);
    expect(await anchors().anchor()).toBe(false);
    await write(6);
    expect(await anchors().anchor()).toBe(true);
    expect(await anchors().verify()).toEqual({ rows: 6, anchors: 2, brokenAt: undefined });
  });

  it.each([
    ['its end was cut off', 'DELETE FROM audit_log WHERE id > (SELECT max(id) - 2 FROM audit_log)', /^anchor/],
    ['all of it is gone', 'DELETE FROM audit_log', /^anchor/],
    ['a row was changed', `UPDATE audit_log SET actor_id = 'eve' WHERE id = (SELECT min(id) FROM audit_log)`, /^\d+$/],
    ['an anchor was changed', `UPDATE audit_anchors SET last_id = last_id - 1`, /^anchor/],
    [
      'an anchor was made up',
      `INSERT INTO audit_anchors (last_id, row_hash, mac) SELECT id, row_hash, row_hash FROM audit_log`,
      /^anchor/,
    ],
  ])('show that %s', async (_, sql, where) => {
    await anchors().anchor();
    await tamper(sql);
    expect((await anchors().verify()).brokenAt).toMatch(where);
  });

  it('can not be made by one who has the database alone', async () => {
    await anchors(randomBytes(32)).anchor();
    expect((await anchors().verify()).brokenAt).toMatch(/^anchor/);
  });

  it('and what they stand for can not be emptied', async () => {
    for (const table of [
      'audit_log',
      'audit_anchors',
      'config_publications',
      'config_versions CASCADE',
      'list_changes',
    ])
      await expect(pool.query(`TRUNCATE ${table}`)).rejects.toThrow(/append-only/);
  });
});

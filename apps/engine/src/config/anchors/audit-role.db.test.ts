import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import { createPostgresLease } from '../../platform/postgres/lease.postgres.ts';
import { createAudit } from '../audit.store.ts';
import { createAuditAnchors } from './audit-anchors.ts';

// Roles belong to the server, not to a database: a name of its own for every run.
const role = `engine_${randomBytes(6).toString('hex')}`;
const actor = { id: 'ann', role: 'admin', ip: undefined, userAgent: undefined };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let database: TestDatabase;
let owner: Pool;
let engine: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({ url: database.url, max: 1, name: 'owner' });
  const page = await readFile(new URL('../../../../../docs/operating.md', import.meta.url), 'utf8');
  const grants = /```sql\n([\s\S]*?tributary_engine[\s\S]*?)```/.exec(page)?.[1] as string;
  await owner.query(grants.replaceAll('tributary_engine', role).replaceAll("'…'", "'secret'"));
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  engine = createPool({ url: url.href, max: 2, name: 'engine' });
});
afterAll(async () => {
  await engine?.end();
  await owner?.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await owner?.end();
  await database?.drop();
});

describe("the engine's role as docs/operating.md grants it", () => {
  it('writes to the audit log, anchors its head and verifies both', async () => {
    await createAudit(engine).append({ actor, action: 'test', objectType: 'x', objectId: '1', result: 'ok' });
    const anchors = createAuditAnchors({
      pool: engine,
      audit: createAudit(engine),
      lease: createPostgresLease(engine),
      node: 'a',
      pepper: randomBytes(32),
      log,
    });
    expect(await anchors.anchor()).toBe(true);
    expect(await anchors.verify()).toEqual({ rows: 1, anchors: 1, brokenAt: undefined });
  });

  it.each([
    'UPDATE audit_log SET id = id',
    'DELETE FROM audit_log',
    'TRUNCATE audit_log',
    'UPDATE audit_anchors SET id = id',
    'DELETE FROM audit_anchors',
    'TRUNCATE audit_anchors',
  ])('may not: %s', async (sql) => {
    // 42501 is insufficient_privilege: refused by the grants, before any trigger is asked.
    await expect(engine.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});

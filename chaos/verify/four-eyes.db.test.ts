import { type ChangeItemInput, publishPlanSchema } from '@tributary/contracts/change';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAudit } from '../../apps/engine/src/config/audit.store.ts';
import { type Changes, createChanges } from '../../apps/engine/src/config/changes/changes.ts';
import { createGate } from '../../apps/engine/src/config/changes/gate.ts';
import { createConfigSource, type RunningConfig } from '../../apps/engine/src/config/config-source.ts';
import { contentHashOf } from '../../apps/engine/src/config/content-hash.ts';
import { createConfigKinds } from '../../apps/engine/src/config/kinds.ts';
import { followRules } from '../../apps/engine/src/config/unleash/follow-rules.ts';
import { createPool, type Pool } from '../../apps/engine/src/platform/db.ts';
import type { Bus } from '../../apps/engine/src/platform/ports/bus.ts';
import { riskLanguage } from '../../apps/engine/src/risk/check-risk.ts';
import { routingLanguage } from '../../apps/engine/src/routing/plan-route.ts';
import { publishDocument } from '../../scripts/testing/documents.ts';
import { createTestDatabase, type TestDatabase } from '../../scripts/testing/test-database.ts';
import { checkFourEyes } from './four-eyes.ts';

let database: TestDatabase;
let pool: Pool;
let db: pg.Client;
let config: RunningConfig;
let changes: Changes;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const silent = { subscribe: async () => async () => undefined, publish: async () => undefined } as unknown as Bus;
const person = (id: string) => ({ id, role: 'risk', ip: undefined, userAgent: undefined });
const [ann, ben] = [person('ann'), person('ben')];
const now = publishPlanSchema.parse({});

const limit = (id: string, maxAmount: number) => ({
  id,
  name: id,
  scope: ['merchant'],
  period: 'day',
  currency: 'CNY',
  maxAmount,
});
const rules = (value: number) => ({
  rules: [
    {
      id: 'large',
      conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value }] },
      event: { type: 'reject', params: { code: 'risk_rejected' } },
    },
  ],
});
const versionOf = async (kind: string, id: string): Promise<number> =>
  (await db.query('SELECT version FROM config_live WHERE kind = $1 AND object_id = $2', [kind, id])).rows[0]?.version ??
  0;
const item = async (kind: ChangeItemInput['kind'], objectId: string, document: object | null) =>
  ({ kind, objectId, document, baseVersion: await versionOf(kind, objectId) }) as ChangeItemInput;

/** A change by Ann, approved by Ben, published. */
async function published(items: ChangeItemInput[], plan = now): Promise<string> {
  const made = await changes.create(ann, { title: 't', reason: 'because', items });
  const { contentHash } = await changes.submit(ann, { ...made, plan, acknowledgement: 'meant' });
  await changes.approve(ben, { id: made.id, contentHash });
  await changes.publish(ann, { id: made.id, contentHash, plan });
  return made.id;
}

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
  config = createConfigSource({ pool, bus: silent, log });
  const audit = createAudit(pool);
  const gate = createGate({
    kinds: createConfigKinds({ languages: { risk: riskLanguage, routing: routingLanguage }, adapters: new Map() }),
    runTests: async () => ({ passed: 0, failed: 0, failures: [] }),
    verifyByOracle: async () => ({ samples: 0, differences: 0 }),
  });
  changes = createChanges({ audit, gate, config });
  await publishDocument(db, 'limit', 'first', limit('first', 1));
  await publishDocument(db, 'risk', 'main', rules(1));
  await publishDocument(db, 'list', 'friends', { id: 'friends', name: 'f', subject: 'payer', effect: 'allow' });
  await config.refresh();

  await published([await item('limit', 'day', limit('day', 10))]);
  const back = await published([await item('limit', 'day', limit('day', 20))]);
  await changes.rollBack(ann, { id: back, reason: 'too much' });
  const gone = await published([await item('limit', 'gone', limit('gone', 20))]);
  await changes.rollBack(ann, { id: gone, reason: 'not needed' });
  await published([await item('limit', 'paired', limit('paired', 7)), await item('limit', 'other', limit('other', 8))]);
  const emergency = async (id: string) =>
    changes.publishEmergency(ann, { title: 't', reason: 'fraud', items: [await item('limit', id, limit(id, 5))] });
  await emergency('open');
  const looked = await emergency('looked');
  const { rows } = await db.query('SELECT content_hash FROM change_requests WHERE id = $1', [looked.id]);
  await changes.reviewEmergency(ben, { id: looked.id, contentHash: rows[0].content_hash });
  const document = rules(2);
  const said = { document, contentHash: contentHashOf(document) };
  await followRules(audit, 'risk', { all: said, canary: undefined } as never);
  await config.refresh();
  await published(
    [await item('limit', 'day', limit('day', 30))],
    publishPlanSchema.parse({ canary: { percent: 10, minutes: 60 } }),
  );
  await db.query(
    `INSERT INTO list_entries (list, value, reason, created_by, approved_by) VALUES ('friends', 'p', 'r', 'ann', 'ben')`,
  );
});
beforeEach(() => config.refresh());
afterAll(async () => {
  await config.stop();
  await pool.end();
  await db.end();
  await database.drop();
});

/** What is said of a damaged copy: the damage is rolled back, triggers look away. */
async function damaged(sql: string) {
  await db.query('BEGIN');
  try {
    await db.query('SET LOCAL session_replication_role = replica');
    await db.query(sql);
    return (await checkFourEyes(db)).map(({ invariant, subject, seen }) => `${invariant}: ${subject} ${seen}`);
  } finally {
    await db.query('ROLLBACK');
  }
}

const lone = 'every version in force was approved by another person';
const canary = `(SELECT id FROM change_requests WHERE status = 'canary')`;

describe('four eyes', () => {
  it('are found on all that the engine put in force', async () => {
    expect(await checkFourEyes(db)).toEqual([]);
    const { rows } = await db.query('SELECT count(*)::int AS n FROM config_live');
    expect(rows[0].n).toBeGreaterThan(8);
  });

  it.each([
    [
      'an approval is missing',
      `DELETE FROM change_approvals WHERE change_id IN (SELECT change_id FROM change_items WHERE object_id = 'paired')`,
      `${lone}: limit/paired v1`,
    ],
    [
      'maker and checker are one',
      `UPDATE change_approvals SET "by" = 'ann' WHERE change_id IN (SELECT change_id FROM change_items WHERE object_id = 'paired')`,
      `${lone}: limit/paired v1`,
    ],
    [
      'the approval came after',
      `UPDATE change_approvals SET at = now() + interval '1 h' WHERE change_id IN (SELECT change_id FROM change_items WHERE object_id = 'paired')`,
      `${lone}: limit/paired v1`,
    ],
    [
      'the approval is older than the submission',
      `UPDATE change_requests SET submitted_at = now() + interval '1 h' WHERE id IN (SELECT change_id FROM change_items WHERE object_id = 'paired')`,
      `${lone}: limit/paired v1`,
    ],
    [
      'something else was approved',
      `UPDATE change_approvals SET content_hash = repeat('0', 64) WHERE change_id IN (SELECT change_id FROM change_items WHERE object_id = 'paired')`,
      `${lone}: limit/paired v1`,
    ],
    [
      'a rejection stands for an approval',
      `UPDATE change_approvals SET verdict = 'reject' WHERE change_id = ${canary}`,
      `${lone}: limit/day v4`,
    ],
    [
      'another version is in force',
      `INSERT INTO config_versions SELECT kind, object_id, 2, document, content_hash, note, created_by, created_at, change_id FROM config_versions WHERE object_id = 'paired';
       INSERT INTO config_publications (kind, object_id, version, change_id, published_by) SELECT kind, object_id, 2, change_id, 'ann' FROM config_versions WHERE object_id = 'paired' AND version = 2;
       UPDATE config_live SET version = 2 WHERE object_id = 'paired'`,
      `${lone}: limit/paired v2 is not the version`,
    ],
    [
      'another content is in force',
      `UPDATE config_versions SET document = document || '{"maxAmount": 999}' WHERE object_id = 'paired'`,
      'every version in force is the content that was approved: limit/paired v1',
    ],
    [
      'another content with its own hash is in force',
      `UPDATE config_versions SET content_hash = repeat('0', 64) WHERE object_id = 'paired'`,
      `${lone}: limit/paired v1 is another content`,
    ],
    [
      'it was never published',
      `DELETE FROM config_publications WHERE object_id = 'paired'`,
      `${lone}: limit/paired v1 was never published`,
    ],
    [
      'its change is gone',
      `DELETE FROM change_requests WHERE id IN (SELECT change_id FROM change_items WHERE object_id = 'paired')`,
      `${lone}: limit/paired v1 its change is not there`,
    ],
    [
      'somebody published by SQL what changes had brought',
      `SELECT tributary_publish('limit', 'paired', '{"id": "paired"}', 'mallory')`,
      `${lone}: limit/paired v2 published by mallory without a change`,
    ],
    [
      'somebody called himself Unleash',
      `SELECT tributary_publish('risk', 'main', '{"rules": []}', 'unleash')`,
      `${lone}: risk/main v3 Unleash never said so`,
    ],
    [
      'going back brought something else',
      `UPDATE config_versions SET document = '{"id": "day", "maxAmount": 1}' WHERE object_id = 'day' AND version = 3`,
      `${lone}: limit/day v3 is not what was there before`,
    ],
    [
      'an emergency was never looked at',
      `UPDATE config_publications SET published_at = now() - interval '25 h' WHERE object_id = 'open'`,
      `${lone}: limit/open v1 an emergency`,
    ],
    [
      'an emergency was looked at by who did it',
      `UPDATE change_approvals SET "by" = 'ann' WHERE verdict = 'review'`,
      `${lone}: limit/looked v1 an emergency`,
    ],
    [
      'one person let somebody through',
      `UPDATE list_entries SET approved_by = created_by`,
      'nothing is let through by one person alone: friends p',
    ],
    [
      'nobody agreed to an entry',
      `INSERT INTO list_entries (list, value, reason, created_by) VALUES ('friends', 'q', 'r', 'ann')`,
      'nothing is let through by one person alone: friends q',
    ],
  ])('are missed where %s', async (_, sql, found) => {
    expect(await damaged(sql)).toContainEqual(expect.stringContaining(found));
  });
});

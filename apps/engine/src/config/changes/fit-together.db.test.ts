import type { ChangeItemInput } from '@tributary/contracts/change';
import { type PublishPlan, publishPlanSchema } from '@tributary/contracts/change';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { liveDocument, publishDocument } from '../../../../../scripts/testing/documents.ts';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import type { Bus } from '../../platform/ports/bus.ts';
import { riskLanguage } from '../../risk/check-risk.ts';
import { routingLanguage } from '../../routing/plan-route.ts';
import { type Actor, createAudit } from '../audit.store.ts';
import { createConfigHistory } from '../config-history.ts';
import { createConfigSource, type RunningConfig } from '../config-source.ts';
import { createConfigKinds } from '../kinds.ts';
import { type Changes, createChanges } from './changes.ts';
import { createGate } from './gate.ts';

let database: TestDatabase;
let pool: Pool;
let db: pg.Client;
let nodes: { config: RunningConfig; changes: Changes }[];
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const silent: Bus = { subscribe: async () => async () => undefined, publish: async () => undefined } as unknown as Bus;
const person = (id: string): Actor => ({ id, role: 'ops', ip: undefined, userAgent: undefined });
const [ann, ben] = ['ann@t', 'ben@t'].map(person) as [Actor, Actor];
const plan = publishPlanSchema.parse({});

const channel = (id: string) => ({ id, name: id, adapter: 'wechat-pay' });
const service = (...channelIds: string[]) => ({
  id: 'wechat.native',
  name: 'native',
  enabled: true,
  product: 'native',
  channelIds,
  steps: ['risk', 'routing', 'gateway', 'sync'],
  currencies: ['CNY'],
  minAmount: 1,
  maxAmount: 100,
  expiresInSeconds: 600,
  placeTimeoutMs: 5_000,
  syncSchedule: { firstSeconds: 5, steps: [], backoff: { baseSeconds: 5, maxSeconds: 60 } },
});
const rule = (conditions: object, event: object = { type: 'reject', params: { code: 'risk_rejected' } }) => ({
  rules: [{ id: 'one', conditions: { all: [conditions] }, event }],
});
const large = { fact: 'amount', operator: 'greaterThan', value: 1000 };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 10, name: 'test' });
  db = new pg.Client(database.url);
  await db.connect();
  const kinds = createConfigKinds({
    languages: { risk: riskLanguage, routing: routingLanguage },
    adapters: new Map([['wechat-pay', { products: new Set(['native']) }]]),
  });
  const gate = createGate({
    kinds,
    runTests: async () => ({ passed: 0, failed: 1, failures: [{ name: 'a case', problems: ['fails'] }] }),
    verifyByOracle: async () => ({ samples: 0, differences: 0 }),
  });
  const passing = createGate({
    kinds,
    runTests: async () => ({ passed: 0, failed: 0, failures: [] }),
    verifyByOracle: async () => ({ samples: 0, differences: 0 }),
  });
  nodes = [passing, passing, gate].map((one) => {
    const config = createConfigSource({ pool, bus: silent, log });
    return { config, changes: createChanges({ audit: createAudit(pool), gate: one, config }) };
  });
});
beforeEach(async () => {
  await publishDocument(db, 'channel', 'wechat-pay', channel('wechat-pay'));
  await publishDocument(db, 'channel', 'other', channel('other'));
  await publishDocument(db, 'service', 'wechat.native', service('wechat-pay'));
  await publishDocument(db, 'risk', 'main', rule(large));
  for (const { config } of nodes) await config.refresh();
});
afterAll(async () => {
  for (const { config } of nodes) await config.stop();
  await pool.end();
  await db.end();
  await database.drop();
});

const node = (index: number) => nodes[index] as (typeof nodes)[number];
async function item(kind: ChangeItemInput['kind'], objectId: string, document: object | null) {
  const { rows } = await db.query('SELECT version FROM config_live WHERE kind = $1 AND object_id = $2', [
    kind,
    objectId,
  ]);
  return { kind, objectId, document, baseVersion: rows[0]?.version ?? 0 } as ChangeItemInput;
}
async function readyFor(plan: PublishPlan, ...of: Parameters<typeof item>) {
  const { changes } = node(0);
  const made = await changes.create(ann, { title: 't', reason: 'r', items: [await item(...of)] });
  const { contentHash } = await changes.submit(ann, { ...made, plan, acknowledgement: 'meant' });
  await changes.approve(ben, { id: made.id, contentHash });
  return { id: made.id, contentHash };
}
const ready = (...of: Parameters<typeof item>) => readyFor(plan, ...of);
const live = (kind: ChangeItemInput['kind'], id: string) => liveDocument(db, kind, id).catch(() => undefined);

describe('documents that speak of each other', () => {
  it('are published one change after the other: of two nodes that contradict each other one is refused', async () => {
    for (let round = 0; round < 3; round++) {
      await publishDocument(db, 'channel', 'other', channel('other'));
      await publishDocument(db, 'service', 'wechat.native', service('wechat-pay'));
      for (const { config } of nodes) await config.refresh();
      const removal = await ready('channel', 'other', null);
      const use = await ready('service', 'wechat.native', service('wechat-pay', 'other'));
      const ends = await Promise.allSettled([
        node(0).changes.publish(ann, { ...removal, plan }),
        node(1).changes.publish(ann, { ...use, plan }),
      ]);
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const used = JSON.stringify(await live('service', 'wechat.native')).includes('other');
      expect(used).toBe((await live('channel', 'other')) != null);
    }
  });

  it('are not torn apart by going back: a channel stays while a service uses it', async () => {
    const made = await ready('channel', 'third', channel('third'));
    await node(0).changes.publish(ann, { ...made, plan });
    await publishDocument(db, 'service', 'wechat.native', service('wechat-pay', 'third'));
    const back = node(1).changes.rollBack(ben, { id: made.id, reason: 'back' });
    await expect(back).rejects.toMatchObject({ code: 'invalid_rule_set' });
    expect(await live('channel', 'third')).toMatchObject({ id: 'third' });
    await publishDocument(db, 'service', 'wechat.native', service('wechat-pay'));
    await node(1).changes.rollBack(ben, { id: made.id, reason: 'back' });
    expect((await live('channel', 'third')) ?? null).toBeNull();
  });

  it('are told when they name what is not there', async () => {
    const unknown = async (kind: 'risk' | 'routing', document: object) => {
      const { changes, config } = node(0);
      await config.refresh();
      const { id } = await changes.create(ann, {
        title: 't',
        reason: 'r',
        items: [await item(kind, 'main', document)],
      });
      const found = await db.query('SELECT content_hash FROM change_requests WHERE id = $1', [id]);
      return changes.submit(ann, { id, contentHash: found.rows[0].content_hash }).then(
        () => [],
        ({ errors }) => errors.map(({ message }: { message: string }) => message),
      );
    };
    expect(await unknown('risk', rule({ fact: 'payerLists', operator: 'contains', value: 'nowhere' }))).toContain(
      'there is no list nowhere',
    );
    expect(await unknown('risk', rule({ fact: 'merchantId', operator: 'equal', value: 'mch_nope' }))).toContain(
      'there is no merchant mch_nope',
    );
    expect(await unknown('routing', rule(large, { type: 'prefer', params: { accountId: 'wx-nope' } }))).toContain(
      'there is no account wx-nope',
    );
  });

  it('never leave risk without a rule', async () => {
    for (const document of [{ rules: [] }, { rules: rule(large).rules.map((one) => ({ ...one, enabled: false })) }])
      await expect(ready('risk', 'main', document)).rejects.toMatchObject({ code: 'invalid_rule_set' });
  });
});

describe('a list', () => {
  it('does not come to let payments through with entries that one person put on it', async () => {
    const list = (effect: string) => ({ id: 'friends', name: 'Friends', subject: 'payer', effect });
    await publishDocument(db, 'list', 'friends', list('watch'));
    for (const { config } of nodes) await config.refresh();
    const made = await ready('list', 'friends', list('allow'));
    await db.query(`INSERT INTO list_entries (list, value, reason, created_by) VALUES ('friends', 'p', 'r', 'ann@t')`);
    await expect(node(0).changes.publish(ann, { ...made, plan })).rejects.toMatchObject({
      code: 'invalid_rule_set',
      errors: [{ path: 'list/friends/effect' }],
    });
    expect(await live('list', 'friends')).toMatchObject({ effect: 'watch' });
    await db.query(`DELETE FROM list_entries WHERE list = 'friends'`);
    expect(await node(0).changes.publish(ann, { ...made, plan })).toBe('watching');
  });
});

describe('an emergency', () => {
  it('is stopped by no test case, but by what does not fit', async () => {
    const { changes } = node(2);
    const publish = async (document: object) =>
      changes.publishEmergency(ann, { title: 't', reason: 'r', items: [await item('risk', 'main', document)] });
    const { id } = await publish(rule({ ...large, value: 2000 }));
    const { rows } = await db.query(
      `SELECT checks -> 'items' -> 0 -> 'tests' AS tests FROM change_requests WHERE id = $1`,
      [id],
    );
    expect(rows[0].tests).toMatchObject({ failed: 1 });
    await expect(publish({ rules: [] })).rejects.toMatchObject({ code: 'invalid_rule_set' });
  });

  it('brings nothing back that was taken back, or that nobody has looked at yet', async () => {
    const history = createConfigHistory(pool);
    const first = rule(large);
    const bad = rule({ ...large, value: 3000 });
    expect(await history.wasInForce('risk', 'main', first)).toBe(true);
    const made = await ready('risk', 'main', bad);
    await node(0).changes.publish(ann, { ...made, plan });
    expect(await history.wasInForce('risk', 'main', bad)).toBe(true);
    await node(0).changes.rollBack(ben, { id: made.id, reason: 'bad' });
    expect(await history.wasInForce('risk', 'main', bad)).toBe(false);
    expect(await history.wasInForce('risk', 'main', first)).toBe(true);
    const other = rule({ ...large, value: 4000 });
    await node(0).changes.publishEmergency(ann, {
      title: 't',
      reason: 'r',
      items: [await item('risk', 'main', other)],
    });
    expect(await history.wasInForce('risk', 'main', other)).toBe(false);
  });
});

describe('an approval', () => {
  it('can not be saved up: nothing is scheduled past its end', async () => {
    const publishIn = async (hours: number) => {
      const then = { ...plan, at: Date.now() + hours * 3_600_000 };
      const made = await readyFor(then, 'risk', 'main', rule({ ...large, value: 5000 }));
      return node(0).changes.publish(ann, { ...made, plan: then });
    };
    await expect(publishIn(25)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await publishIn(23)).toBe('scheduled');
  });
});

describe('a row written behind our back', () => {
  it.each([
    ['manual', true],
    ['sql:0000', true],
    ['f'.repeat(64), true],
    ['', false],
  ])('is not run: hash %s, published %s', async (hash, published) => {
    await db.query('BEGIN');
    await db.query('SET LOCAL session_replication_role = replica');
    const { rows } = await db.query(
      `INSERT INTO config_versions (kind, object_id, version, document, content_hash, note, created_by)
       SELECT 'risk', 'main', max(version) + 1, '{"rules":[]}'::jsonb,
         coalesce(nullif($1, ''), 'sql:' || encode(sha256(convert_to('{"rules": []}', 'UTF8')), 'hex')), '', 'x'
       FROM config_versions WHERE kind = 'risk' RETURNING version`,
      [hash],
    );
    const { version } = rows[0];
    if (published)
      await db.query(
        `INSERT INTO config_publications (kind, object_id, version, arm, published_by) VALUES ('risk', 'main', $1, 'all', 'x')`,
        [version],
      );
    await db.query(`UPDATE config_live SET version = $1 WHERE kind = 'risk'`, [version]);
    await db.query('UPDATE config_state SET version = version + 1');
    await db.query('COMMIT');
    const { config } = node(0);
    await config.refresh();
    const { rules, problems } = config.current();
    expect(rules.risk.version).not.toBe(version);
    expect(problems).toMatchObject([
      { ref: 'risk/main', version, message: expect.stringContaining('behind our back') },
    ]);
  });
});

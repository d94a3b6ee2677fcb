import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { liveDocument, publishDocument } from '../../../../../scripts/testing/documents.ts';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { type Context, createCallerFactory } from '../../access/trpc.ts';
import { createAudit } from '../../config/audit.store.ts';
import { createChanges } from '../../config/changes/changes.ts';
import { createGate } from '../../config/changes/gate.ts';
import { createConfigHistory } from '../../config/config-history.ts';
import { createConfigSource, type RunningConfig } from '../../config/config-source.ts';
import { createConfigKinds } from '../../config/kinds.ts';
import { systemClock } from '../../platform/clock.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import type { Bus } from '../../platform/ports/bus.ts';
import { riskLanguage } from '../../risk/check-risk.ts';
import { routingLanguage } from '../../routing/plan-route.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createChangesRouter } from './changes.router.ts';

let database: TestDatabase;
let pool: Pool;
let db: pg.Client;
let config: RunningConfig;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const silent = { subscribe: async () => async () => undefined, publish: async () => undefined } as unknown as Bus;
const limit = (maxAmount: number) => ({
  id: 'day',
  name: 'day',
  scope: ['merchant'],
  period: 'day',
  currency: 'CNY',
  maxAmount,
});

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 5, name: 'test' });
  db = new pg.Client(database.url);
  await db.connect();
  config = createConfigSource({ pool, bus: silent, log });
});
beforeEach(async () => {
  await publishDocument(db, 'limit', 'day', limit(1000));
  await config.refresh();
});
afterAll(async () => {
  await db.end();
  await pool.end();
  await database.drop();
});

function as(role: string, { id = role, approver = false } = {}) {
  const audit = createAudit(pool);
  const kinds = createConfigKinds({ languages: { risk: riskLanguage, routing: routingLanguage }, adapters: new Map() });
  const passed = { passed: 0, failed: 0, failures: [] };
  const gate = createGate({
    kinds,
    runTests: async () => passed,
    verifyByOracle: async () => ({ samples: 0, differences: 0 }),
  });
  const router = createChangesRouter({
    pool,
    kinds,
    config,
    clock: systemClock,
    changes: createChanges({ audit, gate, config }),
    history: createConfigHistory(pool),
  } as unknown as AdminDeps);
  const viewer = {
    id,
    email: `${id}@t.example`,
    name: id,
    role,
    approver,
    merchantId: undefined,
    locale: undefined,
  };
  const context: Context = { viewer, requestId: 'r', ip: '127.0.0.1', userAgent: undefined, audit, log };
  return createCallerFactory(router)(context);
}

const live = async () => (await liveDocument(db, 'limit', 'day')).maxAmount;
const versionOf = async (): Promise<number> =>
  (await db.query(`SELECT version FROM config_live WHERE kind = 'limit' AND object_id = 'day'`)).rows[0].version;
const change = async (maxAmount: number) => ({
  title: 'the limit',
  reason: 'because',
  items: [{ kind: 'limit' as const, objectId: 'day', document: limit(maxAmount), baseVersion: await versionOf() }],
});

const refOf = ({ id, contentHash }: { id: string; contentHash: string }) => ({ id, contentHash });

describe('an emergency', () => {
  it('lets on call bring back what was in force, and nothing that never was', async () => {
    await publishDocument(db, 'limit', 'day', limit(5));
    await config.refresh();
    await expect(as('oncall').emergency(await change(777))).rejects.toThrow(/only bring back/);
    expect(await live()).toBe(5);
    await as('oncall').emergency(await change(1000));
    expect(await live()).toBe(1000);
  });

  it('is nobody else’s, and stays open until an approver who did not do it has looked', async () => {
    for (const role of ['risk', 'ops', 'support', 'auditor'])
      await expect(as(role).emergency(await change(3))).rejects.toThrow();
    expect(await live()).toBe(1000);
    const { id } = await as('admin').emergency(await change(3));
    expect(await live()).toBe(3);
    const { contentHash, reviewOpen } = await as('ops', { approver: true }).get({ id });
    expect(reviewOpen).toBe(true);
    await expect(as('admin', { approver: true }).reviewEmergency({ id, contentHash })).rejects.toThrow(/somebody else/);
    await as('ops', { approver: true }).reviewEmergency({ id, contentHash });
    expect((await as('risk').get({ id })).reviewOpen).toBe(false);
  });
});

describe('an older version', () => {
  it('comes back as a draft, or at once where that is allowed, always as a new version', async () => {
    const old = await versionOf();
    await publishDocument(db, 'limit', 'day', limit(5));
    await config.refresh();
    const wish = { kind: 'limit' as const, objectId: 'day', version: old, reason: 'it was better' };
    const { id } = await as('risk').revert(wish);
    expect(await as('risk').get({ id })).toMatchObject({ status: 'draft', reverts: `limit/day@${old}` });
    expect(await live()).toBe(5);
    await expect(as('risk').revert({ ...wish, emergency: true })).rejects.toThrow(/approval/);
    await expect(as('auditor').revert(wish)).rejects.toThrow(/may not make changes/);
    await expect(as('ops').revert(wish)).rejects.toThrow(/may not change limit/);
    await expect(as('risk').revert({ ...wish, version: old + 50 })).rejects.toThrow(/never had/);
    await as('oncall').revert({ ...wish, emergency: true });
    expect(await live()).toBe(1000);
    expect(await versionOf()).toBe(old + 2);
  });
});

describe('what somebody may do to a change', () => {
  it('is said for each act, with the reason where they may not', async () => {
    const made = refOf(await as('risk', { id: 'ann' }).create(await change(2000)));
    await as('risk', { id: 'ann' }).submit(made);
    const possible = async (who: ReturnType<typeof as>) =>
      Object.fromEntries((await who.get({ id: made.id })).possible.map(({ act, may, why }) => [act, may ? true : why]));
    expect(await possible(as('risk', { id: 'ann', approver: true }))).toMatchObject({
      edit: true,
      approve: 'author',
      publish: 'status',
    });
    expect(await possible(as('ops'))).toMatchObject({ approve: 'permission', edit: 'permission' });
    const ben = as('ops', { id: 'ben', approver: true });
    expect(await possible(ben)).toMatchObject({ approve: true });
    await ben.approve(made);
    await publishDocument(db, 'limit', 'day', limit(6));
    expect(await possible(as('risk', { id: 'ann' }))).toMatchObject({ publish: 'overtaken' });
    const { items } = await ben.get({ id: made.id });
    expect(items[0]?.overtaken?.lost).toContainEqual({
      en: 'most amount: ¥10.00 → ¥0.06',
      zh: '最高金额：¥10.00 → ¥0.06',
    });
    expect((await ben.list({ show: 'to_approve' })).changes.map(({ id }) => id)).not.toContain(made.id);
    expect((await as('risk', { id: 'ann' }).list({ show: 'mine' })).changes.map(({ id }) => id)).toContain(made.id);
  });
});

describe('four eyes', () => {
  const ann = () => as('risk', { id: 'ann' });
  const ben = () => as('risk', { id: 'ben', approver: true });
  const plan = { watch: { minutes: 1, autoRollback: false } };

  it('are not those of one who chose the plan, or vouched for the findings, of a change that another wrote', async () => {
    const planned = refOf(await ann().create(await change(2000)));
    const { contentHash } = await ben().submit({ ...planned, plan });
    await expect(ben().approve({ id: planned.id, contentHash })).rejects.toThrow(/wrote this change/);
    await as('risk', { id: 'cid', approver: true }).approve({ id: planned.id, contentHash });

    const vouched = refOf(await ann().create(await change(2001)));
    const submitted = await ben().submit({ ...vouched, acknowledgement: 'as it should be' });
    await expect(ben().approve({ id: vouched.id, contentHash: submitted.contentHash })).rejects.toThrow(/wrote this/);

    // Handing in as it is shapes nothing.
    const plain = refOf(await ann().create(await change(2002)));
    const handed = await ben().submit(plain);
    await ben().approve({ id: plain.id, contentHash: handed.contentHash });
  });

  it('are not undone by one who may only read such documents', async () => {
    const made = refOf(await ann().create(await change(500)));
    const { contentHash } = await ann().submit(made);
    await ben().approve({ id: made.id, contentHash });
    await ann().publish({ id: made.id, contentHash });
    await config.refresh();
    expect(await live()).toBe(500);
    await expect(as('ops').rollback({ id: made.id, reason: 'too strict' })).rejects.toThrow(/may not change limit/);
    expect(await live()).toBe(500);
    await as('oncall').rollback({ id: made.id, reason: 'it hurts' });
    await config.refresh();
    expect(await live()).toBe(1000);

    // What was rolled back did not prove itself: one person can't bring it back, by whichever door.
    const version = (await versionOf()) - 1;
    const wish = { kind: 'limit' as const, objectId: 'day', version, reason: 'again', emergency: true };
    await expect(as('oncall').revert(wish)).rejects.toThrow(/only bring back/);
    expect(await live()).toBe(1000);
  });
});

describe('a draft', () => {
  it('is kept unfinished, and its author hears at once of all that stands against it', async () => {
    const bad = { ...limit(5), foo: 1 };
    const rules = {
      rules: [
        { id: 'a', conditions: { all: [{ fact: 'gone', operator: 'near', value: 1 }] }, event: { type: 'reject' } },
        { id: 'a', conditions: { condition: 'circle' }, event: { type: 'reject' } },
      ],
      conditions: { circle: { condition: 'circle' } },
    };
    const item = (kind: 'limit' | 'risk', objectId: string, document: Record<string, unknown>, baseVersion = 0) => ({
      kind,
      objectId,
      document,
      baseVersion,
    });
    const items = [item('limit', 'day', bad, await versionOf()), item('risk', 'main', rules)];
    const { id, contentHash, issues } = await as('risk').create({ title: 'half', reason: 'not done yet', items });
    expect(issues.find(({ kind }) => kind === 'limit')).toMatchObject({ severity: 'error', code: 'does_not_fit' });
    expect(issues.filter(({ kind }) => kind === 'risk').map(({ code }) => code)).toEqual(
      expect.arrayContaining(['unknown_fact', 'unknown_operator', 'duplicate_id']),
    );
    await expect(as('risk').submit({ id, contentHash })).rejects.toThrow(/can not be published/);
    const mended = await as('risk').edit({
      id,
      contentHash,
      items: [item('limit', 'day', limit(5), await versionOf())],
    });
    expect(mended.issues).toEqual([]);
  });
});

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ChangeItemInput } from '@tributary/contracts/change';
import { type PublishPlan, publishPlanSchema } from '@tributary/contracts/change';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { liveDocument, publishDocument } from '../../../../../scripts/testing/documents.ts';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createTestCore, paidInFull, type TestCore } from '../../payments/testing/core.ts';
import type { Bus } from '../../platform/ports/bus.ts';
import { riskLanguage } from '../../risk/check-risk.ts';
import { routingLanguage } from '../../routing/plan-route.ts';
import { type Actor, type Audit, createAudit } from '../audit.store.ts';
import { removeCase, runTests, saveCase } from '../backtest/cases/cases.store.ts';
import { createVerifyRules } from '../backtest/verify-rules.ts';
import { createConfigHistory } from '../config-history.ts';
import { createConfigSource, type RunningConfig } from '../config-source.ts';
import { createConfigKinds } from '../kinds.ts';
import { isInCanary } from './canary-share.ts';
import { type Change, mustFindChange } from './change.store.ts';
import { type Changes, createChanges } from './changes.ts';
import { createGate } from './gate.ts';
import { createStages } from './run-stages.ts';

let database: TestDatabase;
let core: TestCore;
let db: pg.Client;
let config: RunningConfig;
let changes: Changes;
let audit: Audit;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
// Announcements are the bus's business and tested with it: here every reload is asked for.
const silent: Bus = { subscribe: async () => async () => undefined, publish: async () => undefined } as unknown as Bus;
const person = (id: string): Actor => ({ id, role: 'risk', ip: undefined, userAgent: undefined });
const [ann, ben, cho] = ['ann@t', 'ben@t', 'cho@t'].map(person) as [Actor, Actor, Actor];
const now = publishPlanSchema.parse({});

const limit = (maxAmount: number) => ({
  id: 'day',
  name: 'day',
  enabled: true,
  mode: 'enforce',
  match: {},
  scope: ['merchant'],
  period: 'day',
  currency: 'CNY',
  maxAmount,
  warnAtPercent: 80,
  releaseOnRefund: false,
  reject: {},
});
const rules = (...ids: string[]) => ({
  rules: ids.map((id, index) => ({
    id,
    priority: 10 + index,
    conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value: 1000 + index }] },
    event: { type: 'reject', params: { code: 'risk_rejected' } },
  })),
});
const item = (over: Partial<ChangeItemInput> = {}): ChangeItemInput => ({
  kind: 'limit',
  objectId: 'day',
  document: limit(2000),
  baseVersion: 1,
  ...over,
});

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
  db = new pg.Client(database.url);
  await db.connect();
  const { pool } = core;
  config = createConfigSource({ pool, bus: silent, log });
  const kinds = createConfigKinds({
    languages: { risk: riskLanguage, routing: routingLanguage },
    adapters: new Map([['wechat-pay', { products: new Set(['native']) }]]),
  });
  const gate = createGate({
    kinds,
    runTests: async (kind, document) => {
      const { passed, failed, results } = await runTests(pool, kind, document);
      const failures = results.filter(({ ok }) => !ok).map(({ name }) => ({ name, problems: ['not as expected'] }));
      return { passed, failed, failures };
    },
    verifyByOracle: createVerifyRules(database.url),
  });
  audit = createAudit(pool);
  changes = createChanges({ audit, gate, config });
});
beforeEach(async () => {
  await publishDocument(db, 'limit', 'day', limit(1000));
  await publishDocument(db, 'risk', 'main', rules('first'));
  await config.refresh();
});
afterEach(async () => {
  await db.query(`UPDATE change_requests SET status = 'rolled_back' WHERE status IN ('canary', 'watching')`);
});
afterAll(async () => {
  await config.stop();
  await core.end();
  await db.end();
  await database.drop();
});

const versionOf = async (kind: string, objectId: string): Promise<number> =>
  (await db.query('SELECT version FROM config_live WHERE kind = $1 AND object_id = $2', [kind, objectId])).rows[0]
    ?.version ?? 0;
const find = (id: string): Promise<Change> => mustFindChange(core.pool, id);

async function draft(...items: ChangeItemInput[]): Promise<{ id: string; contentHash: string }> {
  const based = await Promise.all(
    items.map(async (one) => ({ ...one, baseVersion: await versionOf(one.kind, one.objectId) })),
  );
  return changes.create(ann, { title: 'a change', reason: 'because', items: based });
}

async function approvedFor(plan: PublishPlan, ...items: ChangeItemInput[]) {
  const made = await draft(...items);
  const { contentHash } = await changes.submit(ann, { ...made, plan, acknowledgement: 'as meant' });
  await changes.approve(ben, { id: made.id, contentHash });
  return { id: made.id, contentHash };
}
const approved = (...items: ChangeItemInput[]) => approvedFor(now, ...items);

describe('a change', () => {
  it('goes live after another person approved it, and leaves its whole story', async () => {
    const before = await versionOf('limit', 'day');
    const made = await draft(item());
    await changes.submit(ann, made);
    await expect(changes.approve(ann, made)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await find(made.id)).status).toBe('in_review');
    await changes.approve(ben, { ...made, comment: 'fine' });
    expect(await changes.publish(ann, { ...made, plan: now })).toBe('watching');
    expect(await versionOf('limit', 'day')).toBe(before + 1);
    expect(config.current().limits.find(({ id }) => id === 'day')?.maxAmount).toBe(2000);
    const story = await db.query('SELECT kind FROM change_events WHERE change_id = $1 ORDER BY id', [made.id]);
    expect(story.rows.map(({ kind }) => kind)).toEqual(['created', 'submit', 'approve', 'publish']);
    const entries = await db.query('SELECT action, actor_id, result FROM audit_log WHERE object_id = $1 ORDER BY id', [
      made.id,
    ]);
    expect(entries.rows.map(({ action, actor_id, result }) => `${action} ${actor_id} ${result}`)).toEqual([
      'changes.create ann@t ok',
      'changes.submit ann@t ok',
      'changes.approve ann@t failed',
      'changes.approve ben@t ok',
      'changes.publish ann@t ok',
    ]);
    expect(await audit.verify()).toMatchObject({ brokenAt: undefined });
  });

  it('loses its approval with any edit, and whoever edited it is an author from then on', async () => {
    const made = await approved(item());
    const edited = await changes.edit(cho, {
      ...made,
      items: [item({ document: limit(3000), baseVersion: await versionOf('limit', 'day') })],
    });
    expect((await find(made.id)).status).toBe('voided');
    await expect(changes.publish(ann, { ...made, plan: now })).rejects.toMatchObject({ code: 'conflict' });
    await expect(changes.publish(ann, { id: made.id, ...edited, plan: now })).rejects.toMatchObject({
      code: 'conflict',
    });
    await changes.submit(ann, { id: made.id, ...edited });
    await expect(changes.approve(cho, { id: made.id, ...edited })).rejects.toMatchObject({ code: 'forbidden' });
    await changes.approve(ben, { id: made.id, ...edited });
    expect(await changes.publish(ann, { id: made.id, ...edited, plan: now })).toBe('watching');
  });

  it('can not be approved by an author even in plain SQL', async () => {
    const made = await draft(item());
    await expect(
      db.query(
        `INSERT INTO change_approvals (change_id, content_hash, verdict, by) VALUES ($1, $2, 'approve', 'ann@t')`,
        [made.id, made.contentHash],
      ),
    ).rejects.toMatchObject({ constraint: 'change_approvals_four_eyes' });
  });

  it('is refused when somebody else published meanwhile, and nothing of it goes live', async () => {
    const [first, second] = [await approved(item()), await approved(item({ document: limit(5000) }))];
    await changes.publish(ann, { ...first, plan: now });
    const live = await versionOf('limit', 'day');
    await expect(changes.publish(ann, { ...second, plan: now })).rejects.toMatchObject({ code: 'conflict' });
    expect(await versionOf('limit', 'day')).toBe(live);
    expect((await find(second.id)).status).toBe('approved');
  });

  it('publishes all of its documents or none', async () => {
    const other = await draft(
      item({ objectId: 'other', document: { ...limit(1), id: 'other' }, baseVersion: 0 }),
      item(),
    );
    await changes.submit(ann, other);
    await changes.approve(ben, other);
    await publishDocument(db, 'limit', 'day', limit(7));
    await expect(changes.publish(ann, { ...other, plan: now })).rejects.toMatchObject({ code: 'conflict' });
    expect(await versionOf('limit', 'other')).toBe(0);
  });

  it('is published once by ten who try at once', async () => {
    const made = await approved(item());
    const before = await versionOf('limit', 'day');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => changes.publish(ann, { ...made, plan: now })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await versionOf('limit', 'day')).toBe(before + 1);
  });
});

describe('an approval', () => {
  const plan = publishPlanSchema.parse({ canary: { percent: 10, minutes: 60 } });
  const riskItem = (...ids: string[]) => item({ kind: 'risk', objectId: 'main', document: rules(...ids) });
  const aCase = (facts = 500) => ({
    kind: 'risk' as const,
    name: 'small payments pass',
    facts: { amount: facts, currency: 'CNY', serviceId: 's', product: 'native', merchantId: 'm' },
    expect: { notFires: ['first'] },
  });
  const asAnn = <Result>(work: (client: Parameters<typeof saveCase>[0]) => Promise<Result>) =>
    audit.audited({ actor: ann, action: 'test', objectType: 'test_case', objectId: 'x' }, work);
  afterEach(() => db.query('DELETE FROM config_tests'));

  it('is of how a change is published too: another plan is refused, whichever part of it differs', async () => {
    const made = await approvedFor(plan, item());
    const live = await versionOf('limit', 'day');
    const others: PublishPlan[] = [
      now,
      { ...plan, at: Date.now() + 60_000 },
      { ...plan, canary: { percent: 99, minutes: 60 } },
      { ...plan, watch: { ...plan.watch, autoRollback: false } },
      { ...plan, watch: { ...plan.watch, thresholds: { ...plan.watch.thresholds, maxRejectRise: 100 } } },
    ];
    for (const other of others)
      await expect(changes.publish(ann, { ...made, plan: other })).rejects.toMatchObject({
        code: 'conflict',
        errors: [{ path: 'plan' }],
      });
    expect(await versionOf('limit', 'day')).toBe(live);
    expect((await find(made.id)).status).toBe('approved');
    expect(await changes.publish(ann, { ...made, plan })).toBe('canary');
  });

  it('is voided by another plan, and is of what the approver saw: a plan that came after that is not approved', async () => {
    const made = await approvedFor(plan, item());
    const edited = await changes.edit(ann, { ...made, plan: now });
    expect(await find(made.id)).toMatchObject({ status: 'voided', plan: now });
    expect(edited.contentHash).not.toBe(made.contentHash);
    const submitted = await changes.submit(ann, { id: made.id, ...edited });
    await expect(changes.approve(ben, made)).rejects.toMatchObject({ code: 'conflict' });
    await changes.approve(ben, { id: made.id, contentHash: submitted.contentHash });
    expect(await changes.publish(ann, { id: made.id, ...edited, plan: now })).toBe('watching');
  });

  it.each([
    ['changed', (id: string) => asAnn((client) => saveCase(client, { ...aCase(700), id }, 'ann@t'))],
    ['taken away', (id: string) => asAnn((client) => removeCase(client, 'risk', id))],
    ['added', () => asAnn((client) => saveCase(client, { ...aCase(), name: 'another' }, 'ann@t'))],
  ])('is lost when a test case is %s before the change is published', async (_, meddle) => {
    const { id: caseId } = await asAnn((client) => saveCase(client, aCase(), 'ann@t'));
    const made = await approved(riskItem('first', 'second'));
    await meddle(caseId);
    const live = await versionOf('risk', 'main');
    await expect(changes.publish(ann, { ...made, plan: now })).rejects.toMatchObject({ code: 'conflict' });
    expect(await find(made.id)).toMatchObject({ status: 'voided', error: expect.stringContaining('test cases') });
    expect(await versionOf('risk', 'main')).toBe(live);
    const again = await changes.submit(ann, { ...made, acknowledgement: 'as meant' });
    await changes.approve(ben, { id: made.id, contentHash: again.contentHash });
    expect(await changes.publish(ann, { id: made.id, contentHash: again.contentHash, plan: now })).toBe('watching');
  });

  it('is not given for cases that are not those it was submitted with, and no limit cares for cases', async () => {
    const [rulesOf, limitOf] = [await draft(riskItem('first', 'second')), await draft(item())];
    const submitted = await changes.submit(ann, { ...rulesOf, acknowledgement: 'as meant' });
    await changes.submit(ann, limitOf);
    await asAnn((client) => saveCase(client, aCase(), 'ann@t'));
    await expect(changes.approve(ben, { id: rulesOf.id, contentHash: submitted.contentHash })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await find(rulesOf.id)).status).toBe('voided');
    await changes.approve(ben, limitOf);
    expect(await changes.publish(ann, { ...limitOf, plan: now })).toBe('watching');
  });
});

describe('a draft', () => {
  const nested = (depth: number) => JSON.parse(`${'{"not":'.repeat(depth)}{}${'}'.repeat(depth)}`);
  const leaf = { fact: 'amount', operator: 'greaterThan', value: 1 };
  const rule = (conditions: unknown) => ({ id: 'x', conditions, event: { type: 'review' } });
  const beyond: [string, object, string][] = [
    ['900 levels', { rules: [rule(nested(900))] }, '/rules/0/conditions'],
    ['5,000 levels', { rules: [rule(nested(5_000))] }, '/rules/0/conditions'],
    [
      '2.5 MB',
      { rules: Array.from({ length: 500 }, () => ({ ...rule({ all: [leaf] }), name: 'x'.repeat(5_000) })) },
      '',
    ],
    ['100,000 conditions', { rules: [rule({ all: Array(100_000).fill(leaf) })] }, '/rules/0/conditions/all'],
    [
      'a list of a million values',
      { rules: [rule({ all: [{ ...leaf, fact: 'payerId', operator: 'in', value: Array(1_000_000).fill('p') }] })] },
      '/rules/0/conditions/all/0/value',
    ],
    ['__proto__', JSON.parse('{"rules":[],"conditions":{"__proto__":{"all":[]}}}'), '/conditions'],
    ['NUL', { rules: [{ ...rule({ all: [leaf] }), name: 'a\0b' }] }, '/rules/0/name'],
  ];

  /** @returns how long the event loop stood still at most, in ms, when called */
  function watchLoop(): () => number {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    return () => {
      delay.disable();
      return delay.max / 1e6;
    };
  }

  it.each(beyond)('that can never be published is not kept: %s', async (_, document, at) => {
    const count = async () => (await db.query('SELECT count(*)::int AS n FROM change_requests')).rows[0].n;
    const before = await count();
    const running = config.current();
    const one = item({ kind: 'risk', objectId: 'main', document: document as Record<string, unknown> });
    const refused = { code: 'invalid_rule_set', errors: [{ path: expect.stringContaining(`risk/main${at}`) }] };
    const emergency = () => changes.publishEmergency(ann, { title: 't', reason: 'because', items: [one] });
    const tries = [];
    for (const attempt of [() => draft(one), emergency, () => draft(one)]) {
      const stop = watchLoop();
      const started = performance.now();
      await expect(attempt()).rejects.toMatchObject(refused);
      tries.push({ took: performance.now() - started, blocked: stop() });
    }
    // The best of three: a busy machine is slow for reasons of its own.
    expect(Math.min(...tries.map(({ took }) => took))).toBeLessThan(200);
    expect(Math.min(...tries.map(({ blocked }) => blocked))).toBeLessThan(50);
    expect(await count()).toBe(before);
    const made = await draft(item());
    await expect(changes.edit(ann, { ...made, items: [one] })).rejects.toMatchObject(refused);
    expect(await find(made.id)).toMatchObject({ contentHash: made.contentHash, items: [{ kind: 'limit' }] });
    expect(config.current()).toBe(running);
  });

  it.each([
    ['half a rule', { rules: [{ id: 'x' }] }],
    ['an unknown fact', { rules: [rule({ all: [{ ...leaf, fact: 'colour' }] })] }],
    ['a duplicated id', { rules: [rule({ all: [leaf] }), rule({ all: [leaf] })] }],
    [
      'a cycle',
      {
        rules: [rule({ condition: 'a' })],
        conditions: { a: { all: [{ condition: 'b' }] }, b: { any: [{ condition: 'a' }] } },
      },
    ],
  ])('that only has mistakes is kept until they are mended: %s', async (_, document) => {
    const made = await draft(item({ kind: 'risk', objectId: 'main', document }));
    expect((await find(made.id)).items[0]?.document).toEqual(document);
    await expect(changes.submit(ann, made)).rejects.toMatchObject({ code: 'invalid_rule_set' });
  });
});

describe('the gate', () => {
  it.each([
    ['a document that does not fit', item({ document: { ...limit(1), maxAmount: -1 } }), /maxAmount/],
    ['a limit under another name', item({ document: { ...limit(1), id: 'night' } }), /id/],
    [
      'rules that do not parse',
      item({ kind: 'risk', objectId: 'main', document: { rules: [{ id: 'x' }] } }),
      /conditions/,
    ],
    ['rules under another name', item({ kind: 'risk', objectId: 'side', document: rules('a') }), /./],
    [
      'a service on a channel that is not there',
      item({ kind: 'service', objectId: 'a.b', document: { id: 'a.b' } }),
      /./,
    ],
    ['the removal of a rule set', item({ kind: 'risk', objectId: 'main', document: null }), /taken out/],
  ])('refuses %s, and says where', async (_name, one, message) => {
    const made = await draft(one);
    await expect(changes.submit(ann, made)).rejects.toMatchObject({
      code: 'invalid_rule_set',
      message: expect.stringMatching(message),
    });
    expect((await find(made.id)).status).toBe('draft');
  });

  it('asks for a word on what the linter found', async () => {
    const odd = rules('a');
    odd.rules.push({ ...(odd.rules[0] as (typeof odd.rules)[number]), id: 'b' });
    const made = await draft(item({ kind: 'risk', objectId: 'main', document: odd }));
    await expect(changes.submit(ann, made)).rejects.toMatchObject({ code: 'invalid_request' });
    const { checks } = await changes.submit(ann, { ...made, acknowledgement: 'b follows' });
    expect(checks[0]?.findings.length).toBeGreaterThan(0);
    expect(checks[0]?.oracle).toMatchObject({ differences: 0 });
    expect(checks[0]?.oracle?.samples).toBeGreaterThan(50);
  });

  it('refuses rules that fail a kept test case', async () => {
    const client = await core.pool.connect();
    await saveCase(
      client,
      {
        kind: 'risk',
        name: 'small payments pass',
        facts: { amount: 500, currency: 'CNY', serviceId: 's', product: 'native', merchantId: 'm' },
        expect: { notFires: ['greedy'] },
      },
      'ann@t',
    );
    client.release();
    const greedy = rules('greedy');
    (greedy.rules[0] as (typeof greedy.rules)[number]).conditions.all[0] = {
      fact: 'amount',
      operator: 'greaterThan',
      value: 1,
    };
    const made = await draft(item({ kind: 'risk', objectId: 'main', document: greedy }));
    await expect(changes.submit(ann, { ...made, acknowledgement: 'x' })).rejects.toMatchObject({
      message: expect.stringContaining('small payments pass'),
    });
    await db.query('DELETE FROM config_tests');
  });
});

describe('a canary', () => {
  const plan = publishPlanSchema.parse({ canary: { percent: 30, minutes: 60 } });
  const merchants = Array.from({ length: 400 }, (_, n) => `mch_${n}`);
  const cap = (merchant: string) => config.snapshotFor(merchant).limits.find(({ id }) => id === 'day')?.maxAmount;

  it('is in force for its share of merchants and nobody else, then for all', async () => {
    const made = await approvedFor(plan, item());
    const live = await versionOf('limit', 'day');
    expect(await changes.publish(ann, { ...made, plan })).toBe('canary');
    expect(await versionOf('limit', 'day')).toBe(live);
    for (const merchant of merchants)
      expect(cap(merchant)).toBe(isInCanary({ changeId: made.id, percent: 30 }, merchant) ? 2000 : 1000);
    expect(config.snapshotFor(merchants.find((one) => cap(one) === 2000) ?? '').versions.get('limit/day')).toBe(
      live + 1,
    );
    await expect(changes.promote(ann, made.id)).rejects.toMatchObject({ code: 'forbidden' });
    await changes.promote(ben, made.id);
    expect(merchants.every((merchant) => cap(merchant) === 2000)).toBe(true);
    expect(await versionOf('limit', 'day')).toBe(live + 1);
  });

  it('ends without a trace in what the others get', async () => {
    const made = await approvedFor(plan, item());
    await changes.publish(ann, { ...made, plan });
    await changes.rollBack(ann, { id: made.id, reason: 'not good' });
    expect(merchants.every((merchant) => cap(merchant) === 1000)).toBe(true);
  });

  it('runs alone, and not for what all merchants share', async () => {
    const first = await approvedFor(plan, item());
    await changes.publish(ann, { ...first, plan });
    const second = await approvedFor(
      plan,
      item({ kind: 'risk', objectId: 'main', document: rules('first', 'second') }),
    );
    await expect(changes.publish(ann, { ...second, plan })).rejects.toMatchObject({ code: 'conflict' });
    expect((await find(second.id)).status).toBe('approved');
    const channel = { id: 'wechat-pay', name: 'WeChat', adapter: 'wechat-pay', priority: 1, feeBps: 60, params: {} };
    const shared = await draft(item({ kind: 'channel', objectId: 'wechat-pay', document: channel }));
    await expect(changes.submit(ann, { ...shared, plan })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('after publishing', () => {
  it('one act takes it back as a new version equal to the old, unless somebody built on it', async () => {
    const made = await approved(item());
    await changes.publish(ann, { ...made, plan: now });
    const published = await versionOf('limit', 'day');
    await changes.rollBack(ben, { id: made.id, reason: 'too low' });
    expect(await versionOf('limit', 'day')).toBe(published + 1);
    expect(await liveDocument(db, 'limit', 'day')).toEqual(limit(1000));
    await publishDocument(db, 'limit', 'day', { ...limit(1000), name: 'a "day" \\ 天' });
    const again = await approved(item());
    await changes.publish(ann, { ...again, plan: now });
    await changes.rollBack(ben, { id: again.id, reason: 'too low' });
    expect((await liveDocument(db, 'limit', 'day')).name).toBe('a "day" \\ 天');
    const third = await approved(item());
    await changes.publish(ann, { ...third, plan: now });
    await publishDocument(db, 'limit', 'day', limit(9));
    await expect(changes.rollBack(ben, { id: third.id, reason: 'too low' })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await liveDocument(db, 'limit', 'day')).toEqual(limit(9));
  });

  it('is asked what was in force at any moment', async () => {
    const history = createConfigHistory(core.pool);
    const at = async () => (await db.query('SELECT clock_timestamp() AS at')).rows[0].at as Date;
    const before = await at();
    const made = await approved(item());
    await changes.publish(ann, { ...made, plan: now });
    const after = await at();
    const capAt = async (when: Date) =>
      (await history.asOf(when, 'limit')).find(({ objectId }) => objectId === 'day')?.document.maxAmount;
    expect([await capAt(before), await capAt(after)]).toEqual([1000, 2000]);
  });

  it('an emergency goes live at once and stays open until another person looked', async () => {
    const items = [item({ baseVersion: await versionOf('limit', 'day') })];
    const { id } = await changes.publishEmergency(ann, { title: 'now', reason: 'fraud', items });
    expect((await liveDocument(db, 'limit', 'day')).maxAmount).toBe(2000);
    const { contentHash } = await find(id);
    await expect(changes.reviewEmergency(ann, { id, contentHash })).rejects.toMatchObject({ code: 'forbidden' });
    await changes.reviewEmergency(ben, { id, contentHash });
    expect((await find(id)).reviewOpen).toBe(false);
  });
});

describe('stages', () => {
  const inAnHour = () => publishPlanSchema.parse({ at: Date.now() + 3_600_000 });
  const stages = () => createStages({ pool: core.pool, changes, mayRun: async () => true, log });

  it('publish what was scheduled, once, on however many nodes', async () => {
    const plan = inAnHour();
    const made = await approvedFor(plan, item());
    const before = await versionOf('limit', 'day');
    expect(await changes.publish(ann, { ...made, plan })).toBe('scheduled');
    await stages().runOnce();
    expect(await versionOf('limit', 'day')).toBe(before);
    await db.query(`UPDATE change_requests SET publish_at = now() - interval '1 s' WHERE id = $1`, [made.id]);
    await Promise.all(Array.from({ length: 4 }, () => stages().runOnce()));
    expect(await versionOf('limit', 'day')).toBe(before + 1);
    expect((await find(made.id)).status).toBe('watching');
  });

  it("are one node's work at a time", async () => {
    const plan = inAnHour();
    const made = await approvedFor(plan, item());
    await changes.publish(ann, { ...made, plan });
    await db.query(`UPDATE change_requests SET publish_at = now() - interval '1 s' WHERE id = $1`, [made.id]);
    await createStages({ pool: core.pool, changes, mayRun: async () => false, log }).runOnce();
    expect((await find(made.id)).status).toBe('scheduled');
    await changes.withdraw(ann, { id: made.id, reason: 'only a trial' });
  });

  it('end a canary that somebody has published over, at once, and leave what is in force alone', async () => {
    const plan = publishPlanSchema.parse({ canary: { percent: 10, minutes: 60 } });
    const made = await approvedFor(plan, item());
    await changes.publish(ann, { ...made, plan });
    await publishDocument(db, 'limit', 'day', limit(9));
    await db.query('UPDATE change_requests SET stage_ends_at = now() WHERE id = $1', [made.id]);
    await stages().runOnce();
    expect((await find(made.id)).status).toBe('rolled_back');
    expect(await liveDocument(db, 'limit', 'day')).toEqual(limit(9));
    expect(config.current().limits.find(({ id }) => id === 'day')?.maxAmount).toBe(9);
  });

  it('void what could not be published at its time, and approvals that are too old', async () => {
    const plan = inAnHour();
    const [late, old] = [await approvedFor(plan, item()), await approved(item({ document: limit(4000) }))];
    await changes.publish(ann, { ...late, plan });
    await publishDocument(db, 'limit', 'day', limit(8));
    await db.query(`UPDATE change_requests SET publish_at = now() - interval '1 s' WHERE id = $1`, [late.id]);
    await db.query(`UPDATE change_requests SET approved_at = now() - interval '25 h' WHERE id = $1`, [old.id]);
    await stages().runOnce();
    expect(await find(late.id)).toMatchObject({
      status: 'voided',
      error: expect.stringContaining('published meanwhile'),
    });
    expect(await find(old.id)).toMatchObject({ status: 'voided' });
  });

  it('roll back by themselves what made payments fail, with the numbers; and verify what did no harm', async () => {
    const place = async (count: number) => {
      for (let i = 0; i < count; i++) await core.place(core.caller(), core.claim(), core.request());
    };
    core.script.answer = (call) => paidInFull(call);
    await place(6);
    const plan = publishPlanSchema.parse({ watch: { minutes: 1, thresholds: { minPayments: 5 }, autoRollback: true } });
    const harmless = await approvedFor(plan, item());
    await changes.publish(ann, { ...harmless, plan });
    await db.query(`UPDATE change_requests SET stage_ends_at = now() WHERE id = $1`, [harmless.id]);
    await stages().runOnce();
    expect((await find(harmless.id)).status).toBe('verified');

    await new Promise((done) => setTimeout(done, 20));
    const harmful = await approvedFor(plan, item({ document: limit(6000) }));
    await changes.publish(ann, { ...harmful, plan });
    core.script.answer = () => ({
      kind: 'declined',
      fault: 'payer',
      code: 'payer_declined',
      raw: { code: 'X', message: '' },
    });
    await place(6);
    await stages().runOnce();
    const ended = await find(harmful.id);
    expect(ended.status).toBe('rolled_back');
    expect(ended.outcome).toMatchObject({
      during: { payments: 6, succeeded: 0 },
      verdict: { breaches: [{ metric: 'success' }] },
    });
    expect(await liveDocument(db, 'limit', 'day')).toEqual(limit(2000));

    // Payments that wait for a person are no better than refused ones.
    core.script.answer = (call) => paidInFull(call);
    await new Promise((done) => setTimeout(done, 20));
    const holding = await approvedFor(plan, item({ document: limit(7000) }));
    await changes.publish(ann, { ...holding, plan });
    core.script.outcome = 'hold';
    await place(6);
    core.script.outcome = 'approve';
    await stages().runOnce();
    const held = await find(holding.id);
    expect(held.status).toBe('rolled_back');
    expect(held.outcome).toMatchObject({ during: { payments: 6, rejected: 6 } });
  });
});

describe('what is stored', () => {
  it('is refused when it is not what its hash says, and the last good version goes on', async () => {
    await db.query(
      `INSERT INTO config_versions (kind, object_id, version, document, content_hash, created_by)
       SELECT 'limit', 'day', max(version) + 1, $1, repeat('0', 64), 'somebody' FROM config_versions WHERE kind = 'limit' AND object_id = 'day'`,
      [JSON.stringify(limit(1))],
    );
    const forged = (
      await db.query(`SELECT max(version) AS v FROM config_versions WHERE kind = 'limit' AND object_id = 'day'`)
    ).rows[0].v;
    await db.query(`SELECT tributary_put_in_force('limit', 'day', $1, 'somebody', NULL)`, [forged]);
    await config.refresh();
    expect(config.current().limits.find(({ id }) => id === 'day')?.maxAmount).toBe(1000);
    expect(config.current().problems).toMatchObject([{ ref: 'limit/day', version: forged }]);
    const fresh = createConfigSource({ pool: core.pool, bus: silent, log });
    await fresh.refresh();
    expect(fresh.current().limits.find(({ id }) => id === 'day')?.maxAmount).toBe(1000);
    const strict = createConfigSource({ pool: core.pool, bus: silent, log, onBadStart: 'refuse' });
    await expect(strict.refresh()).rejects.toThrow(`limit/day v${forged}`);
    expect(strict.isLoaded()).toBe(false);
  });
});

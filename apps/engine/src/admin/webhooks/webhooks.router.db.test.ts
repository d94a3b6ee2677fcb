import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { type Context, createCallerFactory } from '../../access/trpc.ts';
import { createAudit } from '../../config/audit.store.ts';
import { createEventRecorder } from '../../notify/record-events.ts';
import { createTestCore, paidInFull, type TestCore } from '../../payments/testing/core.ts';
import { webhookKeyAad, webhookSecretAad } from '../../platform/secret-places.ts';
import { createSecrets, parseKeyRing } from '../../platform/secrets.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createWebhooksRouter } from './webhooks.router.ts';

let database: TestDatabase;
let core: TestCore;
const secrets = createSecrets(parseKeyRing(`k:${randomBytes(32).toString('base64')}`));
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
  core.script.answer = (call) => paidInFull(call);
});
beforeEach(async () => {
  await core.pool.query(
    'TRUNCATE merchant_event_counters, merchant_events, webhook_endpoints, webhook_deliveries, webhook_tries, outbox',
  );
  await core.pool.query('DELETE FROM merchants');
  await core.pool.query(
    `INSERT INTO merchants (id, name, webhook_url) VALUES ('mch_1', 'One', NULL), ('mch_2', 'Two', NULL)`,
  );
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

function consoleOf(role: string, merchantId?: string) {
  const audit = createAudit(core.pool);
  const router = createWebhooksRouter({ pool: core.pool, audit, secrets, log } as unknown as AdminDeps);
  const email = `${role}@x.example`;
  const viewer = { id: '1', email, name: role, role, approver: false, merchantId, locale: undefined };
  const context: Context = { viewer, requestId: 'r', ip: '127.0.0.1', userAgent: undefined, audit, log };
  return createCallerFactory(router)(context);
}

async function paid(own: { notifyUrl?: string; merchantId?: string } = {}): Promise<string> {
  const { merchantId = 'mch_1', notifyUrl } = own;
  const { body } = await core.place(
    core.caller(merchantId),
    core.claim(),
    core.request(notifyUrl ? { notifyUrl } : {}),
  );
  await createEventRecorder({
    pool: core.pool,
    dataOf: async () => undefined,
    onRecorded: () => undefined,
    log,
  }).recordOnce();
  return JSON.parse(body).id;
}
const url = 'https://shop.example/hook';
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    ({ code }) => code,
  );
const giveUp = () =>
  core.pool.query(`UPDATE webhook_deliveries SET status = 'dead', attempts = 12, next_attempt_at = NULL`);
const audited = async (action: string) =>
  (await core.pool.query('SELECT result, reason FROM audit_log WHERE action = $1 ORDER BY id', [action])).rows;

describe('deliveries', () => {
  it('are listed with their tries, to merchants only their own', async () => {
    const id = await paid({ notifyUrl: url });
    await paid({ notifyUrl: url, merchantId: 'mch_2' });
    const { deliveries } = await consoleOf('ops').list({});
    expect(deliveries).toHaveLength(2);
    const own = await consoleOf('merchant', 'mch_1').list({ merchantId: 'mch_2' });
    expect(own.deliveries).toMatchObject([{ paymentId: id, seq: 1, state: 'pending', attempts: 0, url }]);
    const theirs = deliveries.find(({ merchantId }) => merchantId === 'mch_2')?.id ?? '';
    expect(await codeOf(consoleOf('merchant', 'mch_1').get({ id: theirs }))).toBe('NOT_FOUND');
    await core.pool.query(
      `INSERT INTO webhook_tries (delivery_id, no, endpoint_id, node, status, duration_ms) VALUES ($1, 1, 'e', 'n', 500, 12)`,
      [theirs],
    );
    expect(await consoleOf('support').get({ id: theirs })).toMatchObject({
      merchantName: 'Two',
      tries: [{ no: 1, status: 500, durationMs: 12 }],
    });
    expect((await consoleOf('merchant', 'mch_1').endpoints()).map(({ merchantId }) => merchantId)).toEqual(['mch_1']);
  });

  it('are listed page by page, and by state, endpoint and payment', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await paid({ notifyUrl: `${url}?order=${i}` }));
    const ops = consoleOf('ops');
    const first = await ops.list({ limit: 3 });
    const second = await ops.list({ limit: 3, ...(first.nextCursor ? { cursor: first.nextCursor } : {}) });
    expect([...first.deliveries, ...second.deliveries].map(({ paymentId }) => paymentId)).toEqual([...ids].reverse());
    expect(second.nextCursor).toBeNull();
    // One place for all of them, however their addresses end.
    const endpoints = await ops.endpoints();
    expect(endpoints).toMatchObject([{ origin: 'https://shop.example', waiting: 5, state: 'well' }]);
    expect((await ops.list({ endpointId: endpoints[0]?.id ?? '' })).deliveries).toHaveLength(5);
    expect((await ops.list({ paymentId: ids[2] ?? '' })).deliveries).toHaveLength(1);
    expect((await ops.list({ state: 'dead' })).deliveries).toEqual([]);
  });

  it('that were given up are sent again under the same id, with all their tries before them', async () => {
    await paid({ notifyUrl: url });
    await giveUp();
    const [before] = (await consoleOf('ops').list({ state: 'dead' })).deliveries;
    const id = before?.id ?? '';
    expect(await codeOf(consoleOf('support').resend({ id }))).toBe('FORBIDDEN');
    await consoleOf('oncall').resend({ id });
    const { rows } = await core.pool.query('SELECT id, status, attempts, retries_from FROM webhook_deliveries');
    expect(rows).toEqual([{ id, status: 'pending', attempts: 12, retries_from: 12 }]);
    expect((await consoleOf('ops').endpoints())[0]).toMatchObject({ waiting: 1, dead: 0 });
    expect(await audited('webhooks.resend')).toEqual([{ result: 'ok', reason: null }]);
  });

  it('of a range are sent again: by number, by time, or those that were given up', async () => {
    for (let i = 0; i < 4; i++) await paid({ notifyUrl: url });
    await core.pool.query(`UPDATE webhook_deliveries SET status = 'delivered', next_attempt_at = NULL`);
    await core.pool.query(`UPDATE webhook_deliveries SET status = 'dead' WHERE seq = 3`);
    const oncall = consoleOf('oncall');
    const range = { merchantId: 'mch_1', fromSeq: 2, toSeq: 3 };
    expect(await oncall.countReplay(range)).toMatchObject({ events: 2, sendable: 2 });
    expect(await oncall.countReplay({ ...range, onlyDead: true })).toMatchObject({ events: 1 });
    expect(await oncall.countReplay({ merchantId: 'mch_1', from: Date.now() + 60_000 })).toMatchObject({ events: 0 });
    expect(await oncall.replay({ ...range, reason: 'they lost two' })).toEqual({ due: 2 });
    const { rows } = await core.pool.query(
      `SELECT seq::int FROM webhook_deliveries WHERE status = 'pending' ORDER BY 1`,
    );
    expect(rows).toEqual([{ seq: 2 }, { seq: 3 }]);
    expect(await audited('webhooks.replay')).toEqual([{ result: 'ok', reason: 'they lost two' }]);
    for (const bad of [{}, { fromSeq: 1, from: 1 }])
      expect(await codeOf(oncall.replay({ merchantId: 'mch_1', reason: 'why not', ...bad }))).toBe('BAD_REQUEST');
  });

  it('that had nowhere to go are sent once there is a place', async () => {
    await paid();
    const oncall = consoleOf('oncall');
    const range = { merchantId: 'mch_1', fromSeq: 1 };
    expect(await oncall.countReplay(range)).toMatchObject({ events: 1, sendable: 0 });
    expect(await oncall.replay({ ...range, reason: 'nothing yet' })).toEqual({ due: 0 });
    await core.pool.query('UPDATE merchants SET webhook_url = $1', [url]);
    expect(await oncall.replay({ ...range, reason: 'now' })).toEqual({ due: 1 });
    await core.pool.query('UPDATE merchants SET webhook_url = $1', ['https://new.example/']);
    expect(await oncall.replay({ ...range, reason: 'moved' })).toEqual({ due: 1 });
    const { rows } = await core.pool.query(
      'SELECT d.url, e.origin FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id',
    );
    expect(rows).toEqual([{ url: 'https://new.example/', origin: 'https://new.example' }]);
  });
});

describe('an endpoint', () => {
  it('is paused with a reason and let go on, by those who may', async () => {
    await paid({ notifyUrl: url });
    const [endpoint] = await consoleOf('ops').endpoints();
    const id = endpoint?.id ?? '';
    expect(await codeOf(consoleOf('support').pause({ id, reason: 'they asked' }))).toBe('FORBIDDEN');
    await consoleOf('oncall').pause({ id, reason: 'they asked' });
    expect(await consoleOf('ops').endpoints()).toMatchObject([
      { state: 'paused', pausedBy: 'oncall@x.example', pausedReason: 'they asked' },
    ]);
    await consoleOf('oncall').resume({ id });
    await core.pool.query(`UPDATE webhook_endpoints SET failures = 5, rest_until = now() + interval '1 minute'`);
    expect((await consoleOf('ops').endpoints())[0]?.state).toBe('resting');
    await consoleOf('oncall').resume({ id });
    expect((await consoleOf('ops').endpoints())[0]?.state).toBe('failing');
    expect(await codeOf(consoleOf('oncall').pause({ id: `whe_${'0'.repeat(26)}`, reason: 'nobody' }))).toBe(
      'NOT_FOUND',
    );
  });
});

describe('what webhooks are signed with', () => {
  it('is rotated: the one before holds for as long as was said, and only its owner sees the secret, once', async () => {
    const merchant = consoleOf('merchant', 'mch_1');
    const first = await merchant.rotate({ merchantId: 'mch_1', what: 'secret', reason: 'the first' });
    const second = await merchant.rotate({ merchantId: 'mch_1', what: 'secret', overlapHours: 2, reason: 'leaked' });
    const { rows } = await core.pool.query('SELECT * FROM merchants WHERE id = $1', ['mch_1']);
    const opened = (sealed: string) => secrets.decrypt(sealed, webhookSecretAad('mch_1'));
    expect([opened(rows[0].webhook_secret), opened(rows[0].webhook_secret_old)]).toEqual([second.made, first.made]);
    expect(rows[0].webhook_secret_old_until - Date.now()).toBeGreaterThan(3_600_000);
    const key = await merchant.rotate({ merchantId: 'mch_1', what: 'key', reason: 'a key' });
    expect(key.made).toMatch(/^whpk_/);
    const keys = await merchant.keys({ merchantId: 'mch_1' });
    expect(keys).toMatchObject({ hasSecret: true, publicKey: key.made, olderPublicKey: null });
    expect(keys.olderSecretUntil).toBeGreaterThan(Date.now());
    const sealed = (await core.pool.query('SELECT webhook_key FROM merchants WHERE id = $1', ['mch_1'])).rows[0];
    expect(secrets.decrypt(sealed.webhook_key, webhookKeyAad('mch_1'))).toMatch(/^whsk_/);
    const told = JSON.stringify([keys, (await core.pool.query('SELECT a::text FROM audit_log a')).rows]);
    for (const secret of [first.made, second.made]) expect(told).not.toContain(secret);
    expect(await codeOf(merchant.rotate({ merchantId: 'mch_2', what: 'secret', reason: 'theirs' }))).toBe('NOT_FOUND');
    expect(await codeOf(consoleOf('ops').rotate({ merchantId: 'mch_1', what: 'secret', reason: 'no' }))).toBe(
      'FORBIDDEN',
    );
  });
});

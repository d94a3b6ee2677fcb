import type { Payment } from '@tributary/contracts/payment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { type Context, createCallerFactory } from '../../access/trpc.ts';
import { createAudit } from '../../config/audit.store.ts';
import { createTestCore, type TestCore } from '../../payments/testing/core.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createReviewsRouter } from './reviews.router.ts';

let database: TestDatabase;
let core: TestCore;
beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
beforeEach(() => {
  core.script.outcome = 'hold';
  core.script.calls.length = 0;
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

function consoleOf(role: string) {
  const audit = createAudit(core.pool);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const router = createReviewsRouter({ pool: core.pool, audit, held: core.held, log } as unknown as AdminDeps);
  const email = `${role}@x.example`;
  const viewer = { id: '1', email, name: role, role, approver: false, merchantId: undefined, locale: undefined };
  const context: Context = { viewer, requestId: 'r', ip: '127.0.0.1', userAgent: undefined, audit, log };
  return createCallerFactory(router)(context);
}
const hold = async () =>
  (JSON.parse((await core.place(core.caller(), core.claim(), core.request())).body) as Payment).id;
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    ({ code }) => code,
  );
const auditOf = async (id: string) =>
  (
    await core.pool.query('SELECT actor_id, action, result, reason FROM audit_log WHERE object_id = $1 ORDER BY id', [
      id,
    ])
  ).rows;

describe('the review queue', () => {
  it('lets risk decide, with a reason, and writes down who did, and who came too late', async () => {
    const id = await hold();
    expect((await consoleOf('risk').queue({})).payments.map((one) => one.id)).toEqual([id]);
    expect(await consoleOf('risk').count()).toEqual({ waiting: 1 });
    expect(await consoleOf('risk').approve({ paymentId: id, reason: 'spoke to them' })).toMatchObject({
      id,
      status: 'processing',
    });
    expect(await codeOf(consoleOf('admin').reject({ paymentId: id, reason: 'too late' }))).toBe('CONFLICT');
    expect(await auditOf(id)).toEqual([
      { actor_id: 'risk@x.example', action: 'reviews.approve', result: 'ok', reason: 'spoke to them' },
      { actor_id: 'admin@x.example', action: 'reviews.reject', result: 'failed', reason: 'too late' },
    ]);
    expect((await consoleOf('risk').queue({})).payments).toEqual([]);
    const { rows } = await core.pool.query(
      `SELECT actor, data FROM events WHERE payment_id = $1 AND kind = 'review.approved'`,
      [id],
    );
    expect(rows).toEqual([{ actor: 'risk@x.example', data: { reason: 'spoke to them' } }]);
  });

  it('is seen by those with risk.read and decided by those with risk.write', async () => {
    const id = await hold();
    for (const role of ['ops', 'oncall', 'manager', 'auditor']) {
      expect(await codeOf(consoleOf(role).queue({}))).toBe('ok');
      expect(await codeOf(consoleOf(role).approve({ paymentId: id, reason: 'x' }))).toBe('FORBIDDEN');
      expect(await codeOf(consoleOf(role).reject({ paymentId: id, reason: 'x' }))).toBe('FORBIDDEN');
    }
    for (const role of ['support', 'merchant']) expect(await codeOf(consoleOf(role).queue({}))).toBe('FORBIDDEN');
    expect(core.script.calls).toEqual([]);
    expect((await core.store.load(id))?.payment.status).toBe('created');
  });

  it('refuses what is not an id or has no reason, and changes nothing', async () => {
    const id = await hold();
    const risk = consoleOf('risk');
    expect(await codeOf(risk.approve({ paymentId: 'nonsense', reason: 'x' }))).toBe('BAD_REQUEST');
    expect(await codeOf(risk.approve({ paymentId: id, reason: '' }))).toBe('BAD_REQUEST');
    expect(await codeOf(risk.reject({ paymentId: id, reason: 'x', messageForPayer: 'a\u0000b' }))).toBe('BAD_REQUEST');
    expect(await codeOf(risk.approve({ paymentId: 'pay_00000000000000000000000000', reason: 'x' }))).toBe('NOT_FOUND');
    expect((await core.store.load(id))?.payment).toMatchObject({ status: 'created', hold: 'review' });
    expect(await codeOf(risk.queue({ cursor: 'nonsense' }))).toBe('BAD_REQUEST');
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newPaymentId } from '../../platform/ids.ts';
import { type StartedEngine, startTestEngine } from '../../testing/started-engine.ts';

let engine: StartedEngine;
let oncall: Awaited<ReturnType<StartedEngine['signIn']>>;

beforeAll(async () => {
  engine = await startTestEngine();
  oncall = await engine.signIn({ role: 'oncall' });
});
afterAll(() => engine.stop());

type Answer = { status: number; body: unknown };
const dataOf = <Data>({ body }: Answer) => (body as { result: { data: Data } }).result.data;
const ask = (name: string, input: unknown, who = oncall) =>
  who.send('GET', `sync.${name}`, JSON.stringify(input ?? null));
const act = (name: string, input: unknown, who = oncall) => who.send('POST', `sync.${name}`, JSON.stringify(input));

describe('batches of look-ups in the console', () => {
  it('are counted first, worked by the engine, and written down in the audit log', async () => {
    // Open, and about an account that is not there: it is handled, but nobody can be asked.
    const paymentId = newPaymentId();
    await engine.db.query(
      `WITH p AS (
         INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject, version,
           trace_id, expires_at) VALUES ($1, 'mch_test', 'B1', 'none', 'native', 'processing', 1, 'CNY', 'x', 1, 't', now() + interval '1 h')
       ), a AS (
         INSERT INTO attempts (payment_id, no, channel_id, account_id, request_no, status, amount, currency, next_sync_at)
         VALUES ($1, 1, 'none', 'none', substr($1, 5) || '01', 'unknown', 1, 'CNY', now() + interval '1 h'))
       INSERT INTO events (payment_id, seq, kind, to_status, node, actor) VALUES ($1, 1, 'payment.processing', 'processing', 'n', 'test')`,
      [paymentId],
    );
    const filter = { paymentIds: [paymentId] };
    const counted = await ask('count', { filter });
    expect(counted).toMatchObject({ status: 200 });
    expect(dataOf<object>(counted)).toMatchObject({ count: 1, tooMany: false });
    const { id } = dataOf<{ id: string }>(await act('start', { filter, perSecond: 10, reason: 'late' }));
    await vi.waitFor(async () => {
      expect(dataOf<object>(await ask('get', { id }))).toMatchObject({
        state: 'done',
        total: 1,
        handled: 1,
        asked: 0,
        reason: 'late',
      });
    }, 10_000);
    const { rows } = await engine.db.query(`SELECT action, object_id FROM audit_log WHERE object_type = 'sync_batch'`);
    expect(rows).toEqual([{ action: 'sync.start', object_id: id }]);
    expect((await act('cancel', { id })).status).toBe(409);
  });

  it('are refused without a filter, with an impossible one, for nothing, and to those who may only read', async () => {
    const reason = 'because';
    expect((await act('start', { filter: {}, perSecond: 1, reason })).status).toBe(400);
    expect((await act('start', { filter: { from: 5, to: 5 }, perSecond: 1, reason })).status).toBe(400);
    expect((await act('start', { filter: { merchantId: 'mch_none' }, perSecond: 1, reason })).status).toBe(400);
    expect((await act('start', { filter: { merchantId: 'x' }, perSecond: 1_001, reason })).status).toBe(400);
    const risk = await engine.signIn({ role: 'risk' });
    expect((await ask('list', undefined, risk)).status).toBe(200);
    expect((await act('start', { filter: { merchantId: 'x' }, perSecond: 1, reason }, risk)).status).toBe(403);
    expect((await act('cancel', { id: `syb_${'0'.repeat(26)}` })).status).toBe(404);
    expect((await ask('get', { id: `syb_${'0'.repeat(26)}` })).status).toBe(404);
  });
});

import type { Payment, Refund } from '@tributary/contracts/payment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createPool } from '../platform/db.ts';
import { requestNoOf } from '../platform/ids.ts';
import type { StoredAnswer } from './operations.ts';
import { createTestCore, paidInFull, type TestCore } from './testing/core.ts';

let database: TestDatabase;
let core: TestCore;

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
beforeEach(() => {
  core.script.repeatable = false;
  core.script.holds = [];
  core.script.routes = [{ channelId: 'wechat-pay', accountId: 'a' }];
  core.script.calls.length = 0;
  core.script.answer = () => ({ kind: 'pending', credential: { type: 'qr', url: 'weixin://x' } });
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const bodyOf = (answer: StoredAnswer) => JSON.parse(answer.body) as Payment;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error) => error.code ?? String(error),
  );
const take = async (own = {}) => bodyOf(await core.place(core.caller(), core.claim(), core.request(own)));
const takePaid = async (own = {}) => {
  const payment = await take(own);
  await core.recorder.recordResult(
    { paymentId: payment.id, attemptNo: 1 },
    paidInFull(
      { op: 'query', requestNo: requestNoOf(payment.id, 1), orderedAt: new Date(), product: 'native' },
      BigInt(payment.amount),
    ),
    { actor: 'callback' },
  );
  return payment;
};

describe('placing a payment', () => {
  it('answers with what the payer needs, and leaves the whole story', async () => {
    const payment = await take();
    expect(payment).toMatchObject({
      status: 'processing',
      amount: 1000,
      credential: { type: 'qr' },
      channel: 'wechat-pay',
    });
    const { rows } = await core.pool.query('SELECT seq, kind FROM events WHERE payment_id = $1 ORDER BY seq', [
      payment.id,
    ]);
    expect(rows.map(({ kind }) => kind)).toEqual([
      'payment.received',
      'risk.decided',
      'routing.planned',
      'payment.processing',
      'attempt.sending',
      'attempt.pending',
    ]);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await core.reads.findPayment('mch_1', payment.id))?.status).toBe('processing');
    expect(await core.reads.findPayment('mch_2', payment.id)).toBeUndefined();
  });

  it('commits the attempt before the channel is called', async () => {
    let seen: unknown;
    core.script.answer = async (call) => {
      const requestNo = 'requestNo' in call ? call.requestNo : '';
      seen = (await core.pool.query('SELECT status FROM attempts WHERE request_no = $1', [requestNo])).rows[0]?.status;
      return { kind: 'pending' };
    };
    await take();
    expect(seen).toBe('sending');
  });

  it('asks once more for a code whose answer was lost, under the same number, and keeps the answer to the merchant', async () => {
    core.script.repeatable = true;
    let asked = 0;
    core.script.answer = () =>
      asked++ === 0
        ? { kind: 'unknown', reason: 'connection_lost' }
        : { kind: 'pending', credential: { type: 'qr', url: 'weixin://again' } };
    core.script.calls.length = 0;
    const [caller, claim, request] = [core.caller(), core.claim(), core.request()];
    const first = await core.place(caller, claim, request);
    const payment = JSON.parse(first.body) as Payment;
    expect(payment).toMatchObject({ status: 'processing', credential: { url: 'weixin://again' } });
    const [lost, again] = core.script.calls;
    expect(core.script.calls).toHaveLength(2);
    expect(again).toEqual(lost);
    expect((await core.place(caller, claim, request)).body).toBe(first.body);
    expect(core.script.calls).toHaveLength(2);
    const { rows } = await core.pool.query(
      `SELECT kind FROM events WHERE payment_id = $1 AND actor = 'reply' ORDER BY seq`,
      [payment.id],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['attempt.unknown', 'attempt.pending']);
  });

  it('asks no third time, and answers the merchant all the same', async () => {
    core.script.repeatable = true;
    core.script.answer = () => ({ kind: 'unknown', reason: 'connection_lost' });
    core.script.calls.length = 0;
    const [caller, claim, request] = [core.caller(), core.claim(), core.request()];
    const first = await core.place(caller, claim, request);
    expect(JSON.parse(first.body)).toMatchObject({ status: 'processing' });
    expect(core.script.calls).toHaveLength(2);
    expect((await core.place(caller, claim, request)).body).toBe(first.body);
    expect(core.script.calls).toHaveLength(2);
  });

  it('keeps a payment processing when the reply is lost', async () => {
    core.script.answer = () => ({ kind: 'unknown', reason: 'timeout' });
    const payment = await take();
    expect(payment.status).toBe('processing');
    const { rows } = await core.pool.query('SELECT status, next_sync_at FROM attempts WHERE payment_id = $1', [
      payment.id,
    ]);
    expect(rows[0]).toMatchObject({ status: 'unknown' });
    expect(rows[0].next_sync_at).not.toBeNull();
  });

  it('fails over when nothing was sent, and leaves both attempts in the story', async () => {
    core.script.routes = [
      { channelId: 'wechat-pay', accountId: 'a' },
      { channelId: 'wechat-pay', accountId: 'b' },
    ];
    core.script.answer = (_, route) =>
      route.accountId === 'a' ? { kind: 'not_sent', reason: 'bulkhead_full' } : { kind: 'pending' };
    const payment = await take();
    const { rows } = await core.pool.query(
      'SELECT no, account_id, status FROM attempts WHERE payment_id = $1 ORDER BY no',
      [payment.id],
    );
    expect(rows).toEqual([
      { no: 1, account_id: 'a', status: 'failed' },
      { no: 2, account_id: 'b', status: 'pending' },
    ]);
  });

  it('takes a callback that overtakes the reply, once', async () => {
    core.script.answer = async (call) => {
      if (call.op !== 'place') return { kind: 'pending' };
      await core.recorder.recordResult(
        { paymentId: `pay_${call.requestNo.slice(0, 26)}`, attemptNo: 1 },
        paidInFull(call),
        { actor: 'callback' },
      );
      return { kind: 'pending', credential: { type: 'qr', url: 'weixin://late' } };
    };
    const payment = await take();
    expect(payment.status).toBe('succeeded');
    const { rows } = await core.pool.query(
      `SELECT count(*)::int AS n FROM events WHERE payment_id = $1 AND kind = 'payment.succeeded'`,
      [payment.id],
    );
    expect(rows[0].n).toBe(1);
  });
});

describe('idempotency', () => {
  it('makes one payment of fifty same requests at once', async () => {
    const request = core.request();
    const before = await core.count('payments');
    const answers = await Promise.allSettled(
      Array.from({ length: 50 }, () => core.place(core.caller(), core.claim('same-50'), request)),
    );
    expect(await core.count('payments')).toBe(before + 1);
    const ids = new Set(answers.flatMap((a) => (a.status === 'fulfilled' ? [bodyOf(a.value).id] : [])));
    const refused = answers.flatMap((a) => (a.status === 'rejected' ? [a.reason.code] : []));
    expect(ids.size).toBe(1);
    expect(new Set(refused).size === 0 || refused.every((code) => code === 'idempotency_key_in_flight')).toBe(true);
    const replay = await core.place(core.caller(), core.claim('same-50'), request);
    expect(replay.replayed).toBe(true);
    expect(ids.has(bodyOf(replay).id)).toBe(true);
    expect(core.script.calls.length).toBe(1);
  });

  it('refuses the same key for another request, and does not mix merchants', async () => {
    const request = core.request();
    await core.place(core.caller(), core.claim('k1', 'one'), request);
    expect(await codeOf(core.place(core.caller(), core.claim('k1', 'two'), core.request()))).toBe(
      'idempotency_key_reused',
    );
    const other = await core.place(core.caller('mch_2'), core.claim('k1', 'one'), request);
    expect(other.replayed).toBe(false);
  });

  it('refuses a used order number under another key, and leaves that key free', async () => {
    const request = core.request();
    await core.place(core.caller(), core.claim(), request);
    expect(await codeOf(core.place(core.caller(), core.claim('k2'), request))).toBe('merchant_order_no_taken');
    const fresh = await core.place(core.caller(), core.claim('k2'), core.request());
    expect(fresh.replayed).toBe(false);
  });

  it('answers a key whose request died with the present state of its payment', async () => {
    const request = core.request();
    const claim = core.claim('dead');
    const { id } = bodyOf(await core.place(core.caller(), claim, request));
    await core.pool.query(
      `UPDATE idempotency_keys SET response_status = NULL, response_body = NULL WHERE key = 'dead'`,
    );
    expect(await codeOf(core.place(core.caller(), claim, request))).toBe('idempotency_key_in_flight');
    await core.pool.query(`UPDATE idempotency_keys SET created_at = now() - interval '5 minutes' WHERE key = 'dead'`);
    const answer = await core.place(core.caller(), claim, request);
    expect(answer.replayed).toBe(true);
    expect(bodyOf(answer).id).toBe(id);
  });
});

describe('limits', () => {
  const windowStart = '2026-11-22T16:00:00.000Z';
  const hold = (own = {}) => ({
    limitId: 'lim_day',
    name: 'day',
    scopeKey: 'merchant=mch_1',
    windowStart,
    maxAmount: 10_500n,
    maxCount: undefined,
    ...own,
  });
  const usage = async (scopeKey: string) =>
    (await core.pool.query('SELECT amount, count FROM limit_usage WHERE scope_key = $1', [scopeKey])).rows[0];

  it('is never exceeded by fifty payments at once, and refuses the rest clearly', async () => {
    core.script.holds = [hold(), hold({ limitId: 'lim_count', maxAmount: undefined, maxCount: 40 })];
    const payments = await Promise.all(Array.from({ length: 50 }, () => take()));
    const refused = payments.filter(({ status }) => status === 'rejected');
    expect(payments.length - refused.length).toBe(10);
    expect(refused[0]?.failure?.code).toBe('risk_daily_limit');
    expect(await usage('merchant=mch_1')).toEqual({ amount: 10_000n, count: 10 });
    expect(core.script.calls.length).toBe(10);
  });

  it('is given back when the payment fails, kept when it succeeds, and never twice', async () => {
    core.script.holds = [hold({ scopeKey: 'merchant=give-back', maxAmount: 100_000n })];
    const [won, lost] = [await take(), await take()];
    const news = (id: string, result: Parameters<typeof core.recorder.recordResult>[1]) =>
      core.recorder.recordResult({ paymentId: id, attemptNo: 1 }, result, { actor: 'callback' });
    await news(won.id, { kind: 'succeeded', channelTxn: 'T', paid: { amountMinor: 1000n, currency: 'CNY' } });
    for (let i = 0; i < 3; i++) await news(lost.id, { kind: 'closed' });
    await news(lost.id, { kind: 'succeeded', channelTxn: 'T2', paid: { amountMinor: 1000n, currency: 'CNY' } });
    expect(await usage('merchant=give-back')).toEqual({ amount: 1000n, count: 1 });
  });
});

describe('refunding', () => {
  const refundOf = async (id: string, amount: number, no: string, key?: string) =>
    JSON.parse(
      (await core.refund(core.caller(), core.claim(key), id, { merchantRefundNo: no, amount })).body,
    ) as Refund;

  it('gives back in parts and never more than was paid, however many ask at once', async () => {
    const payment = await takePaid();
    core.script.answer = (call) =>
      call.op === 'refund'
        ? { kind: 'succeeded', channelRefundNo: `R${call.refundNo}`, refunded: call.amount }
        : { kind: 'pending' };
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => refundOf(payment.id, 300, `${payment.id}-${i}`)),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled').length).toBe(3);
    expect((await core.reads.findPayment('mch_1', payment.id))?.refundedAmount).toBe(900);
  });

  it('of thirty at once pays out those that fit, and tells the others so', async () => {
    core.script.answer = (call) =>
      call.op === 'refund'
        ? { kind: 'succeeded', channelRefundNo: `R${call.refundNo}`, refunded: call.amount }
        : paidInFull(call);
    const payment = await take();
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        refundOf(payment.id, 100, `${payment.id}-t${i}`).then(
          ({ status }) => status as string,
          ({ code }) => code as string,
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'succeeded')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'refund_exceeds_payment')).toHaveLength(20);
    expect((await core.reads.findPayment('mch_1', payment.id))?.refundedAmount).toBe(1000);
  });

  it('frees the amount of a refund that the channel refused', async () => {
    const payment = await takePaid();
    core.script.answer = () => ({
      kind: 'declined',
      fault: 'channel',
      code: 'refund_declined',
      raw: { code: 'NOT_ENOUGH', message: '' },
    });
    expect(await refundOf(payment.id, 1000, `${payment.id}-x`)).toMatchObject({
      status: 'failed',
      failure: { code: 'refund_declined' },
    });
    expect((await core.reads.findPayment('mch_1', payment.id))?.refundedAmount).toBe(0);
  });

  it('is repeated by key, refused by number, and only for paid payments', async () => {
    const payment = await takePaid();
    core.script.answer = () => ({ kind: 'unknown', reason: 'timeout' });
    const first = await refundOf(payment.id, 100, `${payment.id}-r`, 'refund-key');
    expect(first.status).toBe('processing');
    expect((await refundOf(payment.id, 100, `${payment.id}-r`, 'refund-key')).id).toBe(first.id);
    expect(await codeOf(refundOf(payment.id, 100, `${payment.id}-r`))).toBe('merchant_refund_no_taken');
    expect(await codeOf(refundOf((await take()).id, 100, 'open'))).toBe('payment_not_refundable');
    expect(
      await codeOf(core.refund(core.caller('mch_2'), core.claim(), payment.id, { merchantRefundNo: 'z', amount: 1 })),
    ).toBe('not_found');
  });
});

describe('closing', () => {
  const close = (paymentId: string) =>
    core.close({ paymentId, merchantId: 'mch_1', reason: 'closed_by_merchant', actor: 'key:1' });

  it('closes at the channel and then here', async () => {
    const { id } = await take();
    core.script.answer = () => ({ kind: 'closed' });
    expect(await close(id)).toMatchObject({ status: 'closed', failure: { code: 'closed_by_merchant' } });
    expect(await close(id)).toMatchObject({ status: 'closed' });
  });

  it('lets the payer win when the payer was faster', async () => {
    const { id } = await take();
    core.script.answer = (call) =>
      call.op === 'close' ? { kind: 'unknown', reason: 'already_paid' } : paidInFull(call);
    expect(await close(id)).toMatchObject({ status: 'succeeded' });
  });

  it.each(['sync', 'reply'] as const)(
    'believes no older answer (%s) that tells of money while it closes',
    async (actor) => {
      const { id } = await take();
      const target = { paymentId: id, attemptNo: 1 };
      const older = paidInFull({ op: 'query', requestNo: 'x', orderedAt: new Date(), product: 'native' });
      core.script.answer = async () => {
        // Asked before the wish, and recorded while the channel gives the money back.
        await core.recorder.recordResult(target, older, { actor, note: 'attempt.looked_up' });
        return { kind: 'closed' };
      };
      expect(await close(id)).toMatchObject({ status: 'closed' });
      const after = await core.store.load(id);
      expect(after?.refunds).toEqual([]);
      expect(after?.attempts[0]).toMatchObject({ status: 'closed', nextSyncAt: null });
    },
  );

  it('keeps workers from asking while it closes, and lets them finish what it could not', async () => {
    const { id } = await take();
    let during: Date | null | undefined;
    core.script.answer = async () => {
      during = (await core.store.load(id))?.attempts[0]?.nextSyncAt;
      return { kind: 'not_sent', reason: 'breaker_open' };
    };
    await close(id);
    expect((during?.getTime() ?? 0) - Date.now()).toBeGreaterThan(30_000);
    const asked = { actor: 'sync', sinceClosing: true, note: 'attempt.looked_up' } as const;
    await core.recorder.recordResult(
      { paymentId: id, attemptNo: 1 },
      paidInFull({ op: 'query', requestNo: 'x', orderedAt: new Date(), product: 'native' }),
      asked,
    );
    expect((await core.store.load(id))?.payment.status).toBe('succeeded');
  });

  it('gives money back that comes in after the channel had closed', async () => {
    const { id } = await take();
    core.script.answer = () => ({ kind: 'closed' });
    await close(id);
    await core.recorder.recordResult(
      { paymentId: id, attemptNo: 1 },
      paidInFull({ op: 'query', requestNo: 'x', orderedAt: new Date(), product: 'native' }),
      { actor: 'callback' },
    );
    const after = await core.store.load(id);
    expect(after?.payment.status).toBe('closed');
    expect(after?.attempts[0]?.status).toBe('succeeded_late');
    expect(after?.refunds).toMatchObject([{ kind: 'compensation', amount: 1000n, status: 'processing' }]);
  });
});

describe('what the database itself refuses', () => {
  const refused = (sql: string, values: unknown[] = []) =>
    core.pool.query(sql, values).then(
      () => 'accepted',
      (error) => error.constraint ?? error.message,
    );

  it('a state without its event, a gap between events, a changed event, a second winner, a way out of a final', async () => {
    const { id } = await takePaid();
    expect(await refused('UPDATE payments SET version = version + 1 WHERE id = $1', [id])).toBe('payments_have_events');
    expect(
      await refused(`INSERT INTO events (payment_id, seq, kind, node, actor) VALUES ($1, 99, 'x', 'n', 'a')`, [id]),
    ).toBe('events_no_gap');
    expect(await refused('UPDATE events SET kind = $2 WHERE payment_id = $1', [id, 'x'])).toContain('append-only');
    expect(await refused('DELETE FROM events WHERE payment_id = $1', [id])).toContain('append-only');
    expect(await refused(`UPDATE payments SET status = 'closed', succeeded_at = NULL WHERE id = $1`, [id])).toBe(
      'payments_final_is_final',
    );
    const second = `INSERT INTO attempts (payment_id, no, channel_id, account_id, request_no, status, winner, amount, currency)
                    VALUES ($1, 2, 'c', 'a', 'r', 'succeeded', true, 1, 'CNY')`;
    expect(await refused(second, [id])).toContain('payment_id_idx');
    expect(await refused('UPDATE payments SET refunded_amount = amount + 1 WHERE id = $1', [id])).toBe(
      'payments_refunds_fit',
    );
  });

  it('looks at single events to check a chain, however many there are', async () => {
    const at = '01ARZ3NDEK';
    await core.pool.query(
      `WITH n AS (SELECT 'pay_${at}' || lpad(i::text, 16, '0') AS id FROM generate_series(1, 3000) i),
         told AS (INSERT INTO events (payment_id, seq, kind, node, actor) SELECT id, 1, 'x', 'n', 'a' FROM n)
       INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject, version, trace_id, expires_at)
       SELECT id, 'm', id, 's', 'native', 'processing', 1, 'CNY', 'x', 1, 't', now() FROM n`,
    );
    // A connection of its own: plans are kept by connection, and made from what the first statement brings.
    const fresh = createPool({ url: database.url, max: 1, name: 'fresh' });
    const client = await fresh.connect();
    try {
      const readSoFar = async (): Promise<number> => {
        const { rows } = await client.query(
          `SELECT sum(seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_xact_user_tables WHERE relname LIKE 'events%'`,
        );
        return rows[0].read;
      };
      await client.query('BEGIN');
      const before = await readSoFar();
      await client.query(
        `WITH n AS (SELECT 'pay_${at}X' || lpad(i::text, 15, '0') AS id FROM generate_series(1, 64) i),
           told AS (INSERT INTO events (payment_id, seq, kind, node, actor) SELECT id, seq, 'x', 'n', 'a' FROM n, generate_series(1, 3) seq)
         INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject, version, trace_id, expires_at)
         SELECT id, 'm', id, 's', 'native', 'processing', 1, 'CNY', 'x', 3, 't', now() FROM n`,
      );
      // A few for each of the 192 new events and 64 payments, and nothing of the 3,000 that were there.
      expect((await readSoFar()) - before).toBeLessThan(1000);
    } finally {
      await client.query('ROLLBACK');
      client.release();
      await fresh.end();
    }
  });
});

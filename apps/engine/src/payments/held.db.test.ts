import type { Payment } from '@tributary/contracts/payment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createReviewReads } from '../admin/reviews/reviews.read.ts';
import type { LimitHold } from './ports.ts';
import { createTestCore, type TestCore } from './testing/core.ts';

let database: TestDatabase;
let core: TestCore;

const hold = (own: Partial<LimitHold> = {}): LimitHold => ({
  limitId: 'held',
  name: 'held',
  scopeKey: 'all',
  windowStart: '2026-11-22T16:00:00.000Z',
  maxAmount: 1_000_000n,
  maxCount: undefined,
  ...own,
});

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
beforeEach(() => {
  core.script.outcome = 'hold';
  core.script.holds = [];
  core.script.limitsOfRoute = undefined;
  core.script.routes = [{ channelId: 'wechat-pay', accountId: 'a' }];
  core.script.calls.length = 0;
  core.script.answer = () => ({ kind: 'pending', credential: { type: 'qr', url: 'weixin://x' } });
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const place = async (own = {}) =>
  JSON.parse((await core.place(core.caller(), core.claim(), core.request(own))).body) as Payment;
const kindsOf = async (id: string) =>
  (await core.pool.query('SELECT kind FROM events WHERE payment_id = $1 ORDER BY seq', [id])).rows.map(
    ({ kind }) => kind,
  );
const webhooksOf = async (id: string) =>
  (
    await core.pool.query(
      `SELECT payload->>'type' AS type FROM outbox WHERE topic = 'notify-merchant' AND payload->>'paymentId' = $1`,
      [id],
    )
  ).rows.map(({ type }) => type);
const reservationOf = async (id: string, limitId = 'held') =>
  (await core.pool.query('SELECT state FROM limit_reservations WHERE payment_id = $1 AND limit_id = $2', [id, limitId]))
    .rows[0]?.state;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    ({ code }) => code,
  );
const anna = { actor: 'anna@example.com', reason: 'known customer' };

describe('a payment held for a review', () => {
  it('is answered as created, has reserved its limits, and has not been sent anywhere', async () => {
    core.script.holds = [hold()];
    const request = core.request();
    const claim = core.claim();
    const answer = await core.place(core.caller(), claim, request);
    const payment = JSON.parse(answer.body) as Payment;
    expect(payment).toMatchObject({ status: 'created', channel: null });
    expect(await core.place(core.caller(), claim, request)).toEqual({ ...answer, replayed: true });
    expect(core.script.calls).toEqual([]);
    expect(await kindsOf(payment.id)).toEqual(['payment.received', 'risk.decided', 'payment.held']);
    expect(await reservationOf(payment.id)).toBe('reserved');
    expect((await core.reads.findPayment('mch_1', payment.id))?.status).toBe('created');
  });

  it('goes on through routing and the channel once a person approves it, and only once', async () => {
    const { id } = await place();
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => core.held.approve(id, anna)));
    const approved = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(approved).toMatchObject([{ status: 'processing', channel: 'wechat-pay', credential: { type: 'qr' } }]);
    expect(
      tries.filter(({ status }) => status === 'rejected').map((one) => (one as PromiseRejectedResult).reason.code),
    ).toEqual(Array(4).fill('conflict'));
    expect(core.script.calls.length).toBe(1);
    expect(await kindsOf(id)).toEqual([
      'payment.received',
      'risk.decided',
      'payment.held',
      'review.approved',
      'routing.planned',
      'payment.processing',
      'attempt.sending',
      'attempt.pending',
    ]);
    await core.recorder.recordResult(
      { paymentId: id, attemptNo: 1 },
      { kind: 'succeeded', channelTxn: 'T', paid: { amountMinor: 1000n, currency: 'CNY' } },
      { actor: 'callback' },
    );
    expect(await webhooksOf(id)).toEqual(['payment.succeeded']);
  });

  it('takes the limits of its route when it is approved, and the next route when that one is full', async () => {
    core.script.routes = [
      { channelId: 'wechat-pay', accountId: 'a' },
      { channelId: 'alipay', accountId: 'b' },
    ];
    core.script.limitsOfRoute = ({ channelId }) => ({
      holds: [hold({ limitId: 'channel', scopeKey: channelId, maxCount: 1 })],
      shadow: [],
    });
    const [first, second, third] = [await place(), await place(), await place()];
    const [one, two] = await Promise.all([core.held.approve(first.id, anna), core.held.approve(second.id, anna)]);
    expect([one.channel, two.channel].sort()).toEqual(['alipay', 'wechat-pay']);
    expect(await core.held.approve(third.id, anna)).toMatchObject({ status: 'failed', failure: { code: 'no_route' } });
    expect(await webhooksOf(third.id)).toEqual(['payment.failed']);
    expect(await reservationOf(first.id, 'channel')).toBe('reserved');
    const { rows } = await core.pool.query(
      `SELECT data->'candidates' AS candidates FROM events WHERE payment_id = $1 AND kind = 'routing.planned'`,
      [third.id],
    );
    expect(rows[0].candidates.map(({ reason }: { reason: string }) => reason)).toEqual([
      'limit:channel',
      'limit:channel',
    ]);
  });

  it('is refused by a person, with words for the merchant and for the payer, and gives its limits back', async () => {
    core.script.holds = [hold({ scopeKey: 'refused' })];
    const { id } = await place();
    const rejected = await core.held.reject(id, {
      ...anna,
      messageForMerchant: 'looks stolen',
      messageForPayer: 'please call us',
    });
    expect(rejected).toMatchObject({
      status: 'rejected',
      failure: { code: 'risk_rejected', message: 'looks stolen', payerMessage: 'please call us' },
    });
    expect(await core.reads.findPayment('mch_1', id)).toMatchObject({ failure: { payerMessage: 'please call us' } });
    expect(await webhooksOf(id)).toEqual(['payment.rejected']);
    expect(await reservationOf(id)).toBe('released');
    expect(core.script.calls).toEqual([]);
    expect(await codeOf(core.held.approve(id, anna))).toBe('conflict');
    expect(await codeOf(core.held.reject(id, anna))).toBe('conflict');
    expect(await codeOf(core.held.approve('pay_00000000000000000000000000', anna))).toBe('not_found');
  });

  it('is closed when nobody decided in time, and can no longer be approved', async () => {
    core.script.holds = [hold({ scopeKey: 'late' })];
    const [late, early] = [await place(), await place({ expiresInSeconds: 3600 })];
    await core.pool.query(`UPDATE payments SET expires_at = now() - interval '1 s' WHERE id = $1`, [late.id]);
    expect(await codeOf(core.held.approve(late.id, anna))).toBe('conflict');
    expect(await core.held.closeExpired()).toBe(1);
    expect(await core.reads.findPayment('mch_1', late.id)).toMatchObject({
      status: 'closed',
      failure: { code: 'expired' },
    });
    expect(await core.reads.findPayment('mch_1', early.id)).toMatchObject({ status: 'created' });
    expect([await reservationOf(late.id), await reservationOf(early.id)]).toEqual(['released', 'reserved']);
    expect(await webhooksOf(late.id)).toEqual(['payment.closed']);
    expect(await core.held.closeExpired()).toBe(0);
  });

  it('can be taken back by the merchant without asking any channel; whoever is first has decided', async () => {
    const { id } = await place();
    const close = { paymentId: id, merchantId: 'mch_1', reason: 'closed_by_merchant' as const, actor: 'key:1' };
    expect(await core.close(close)).toMatchObject({ status: 'closed', failure: { code: 'closed_by_merchant' } });
    expect(core.script.calls).toEqual([]);
    expect(await codeOf(core.held.approve(id, anna))).toBe('conflict');
    const raced = await place();
    core.script.answer = (call) => (call.op === 'place' ? { kind: 'pending' } : { kind: 'closed' });
    await Promise.allSettled([core.held.approve(raced.id, anna), core.close({ ...close, paymentId: raced.id })]);
    const end = await core.store.load(raced.id);
    expect(['closed', 'processing']).toContain(end?.payment.status);
    expect(end?.attempts.length).toBe(core.script.calls.some(({ call }) => call.op === 'place') ? 1 : 0);
  });

  it('stands in the queue by what ends first, page by page, until it is decided', async () => {
    for (const { id } of (await createReviewReads(core.pool).queue({ limit: 100 })).payments)
      await core.held.reject(id, anna);
    const placed = [];
    for (let i = 0; i < 5; i++) placed.push(await place({ expiresInSeconds: 600 - i * 60 }));
    const reads = createReviewReads(core.pool);
    const first = await reads.queue({ limit: 3 });
    const second = await reads.queue({ limit: 3, cursor: first.nextCursor ?? '' });
    expect([...first.payments, ...second.payments].map(({ id }) => id)).toEqual(placed.map(({ id }) => id).reverse());
    expect(second.nextCursor).toBeNull();
    expect(first.payments[0]).toMatchObject({ merchantId: 'mch_1', amount: 1000, fired: [], shadow: [] });
    expect((await reads.queue({ limit: 3, merchantId: 'mch_2' })).payments).toEqual([]);
  });
});

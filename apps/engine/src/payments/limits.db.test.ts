import type { Payment } from '@tributary/contracts/payment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import type { LimitHold, Route } from './ports.ts';
import { createTestCore, type TestCore } from './testing/core.ts';

let database: TestDatabase;
let core: TestCore;
let key: string;
let tests = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
beforeEach(() => {
  key = `t${++tests}`;
  core.script.holds = [];
  core.script.limitsOfRoute = undefined;
  core.script.routes = [
    { channelId: 'wx', accountId: 'a' },
    { channelId: 'ali', accountId: 'b' },
    { channelId: 'union', accountId: 'c' },
  ];
  core.script.calls.length = 0;
  core.script.answer = () => ({ kind: 'pending' });
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const hold = (own: Partial<LimitHold> = {}): LimitHold => ({
  limitId: 'day',
  name: 'day',
  scopeKey: key,
  windowStart: '2026-11-22T16:00:00.000Z',
  maxAmount: undefined,
  maxCount: undefined,
  ...own,
});
const overChannel =
  (caps: Record<string, number>) =>
  ({ channelId }: Route) => ({
    holds: [hold({ limitId: 'channel', scopeKey: `${key}|${channelId}`, maxCount: caps[channelId] })],
    shadow: [],
  });
const take = async (own = {}) =>
  JSON.parse((await core.place(core.caller(), core.claim(), core.request(own))).body) as Payment;
const eventOf = async (id: string, kind: string, attempt?: number) =>
  (
    await core.pool.query(
      'SELECT data FROM events WHERE payment_id = $1 AND kind = $2 AND ($3::int IS NULL OR attempt_no = $3)',
      [id, kind, attempt ?? null],
    )
  ).rows[0]?.data;
const usedOf = async (scopeKey: string) =>
  Number((await core.pool.query('SELECT count FROM limit_usage WHERE scope_key = $1', [scopeKey])).rows[0]?.count ?? 0);
const statesOf = async (id: string) =>
  Object.fromEntries(
    (await core.pool.query('SELECT scope_key, state FROM limit_reservations WHERE payment_id = $1', [id])).rows.map(
      ({ scope_key, state }) => [scope_key, state],
    ),
  );
const news = (id: string, attemptNo: number, result: Parameters<typeof core.recorder.recordResult>[1]) =>
  core.recorder.recordResult({ paymentId: id, attemptNo }, result, { actor: 'callback' });

describe('a limit', () => {
  it('refuses with its own code, and words for the merchant and the payer, and says which counter was full', async () => {
    const refusal = { code: 'risk_rejected' as const, message: 'daily cap', payerMessage: 'try tomorrow' };
    core.script.holds = [hold({ maxAmount: 1500n, refusal })];
    expect((await take()).status).toBe('processing');
    const { id, failure } = await take();
    expect(failure).toEqual({ code: 'risk_rejected', message: 'daily cap', payerMessage: 'try tomorrow' });
    expect(await eventOf(id, 'risk.decided')).toMatchObject({
      outcome: 'reject',
      decidedBy: { kind: 'limit', id: 'day' },
      exhausted: { limitId: 'day', scopeKey: key, usedAmount: '1000', usedCount: 1, maxAmount: '1500' },
    });
  });

  it('in shadow lets everything through, notes what it would have refused, and counts as if it had', async () => {
    core.script.holds = [hold({ maxAmount: 1500n, shadow: true })];
    const [first, over, small] = [await take(), await take(), await take({ amount: 500 })];
    expect([first, over, small].map(({ status }) => status)).toEqual(['processing', 'processing', 'processing']);
    expect((await eventOf(first.id, 'risk.decided')).shadow).toBeUndefined();
    expect((await eventOf(over.id, 'risk.decided')).shadow).toMatchObject([
      { kind: 'limit', id: 'day', scopeKey: key, usedAmount: '1000' },
    ]);
    expect((await eventOf(over.id, 'risk.decided')).outcome).toBe('approve');
    expect([await statesOf(over.id), await statesOf(small.id)]).toEqual([{}, { [key]: 'reserved' }]);
  });

  it('leaves nothing of a payment that another limit refuses', async () => {
    core.script.holds = [
      hold({ scopeKey: `${key}|roomy`, maxCount: 10 }),
      hold({ scopeKey: `${key}|full`, maxCount: 0 }),
    ];
    const { id, status } = await take();
    expect(status).toBe('rejected');
    expect([await usedOf(`${key}|roomy`), await usedOf(`${key}|full`), await statesOf(id)]).toEqual([0, 0, {}]);
  });

  it('is lowered, raised and removed under way without losing count', async () => {
    core.script.holds = [hold({ maxCount: 5 })];
    const [a, b, c] = [await take(), await take(), await take()];
    core.script.holds = [hold({ maxCount: 2 })];
    expect((await take()).status).toBe('rejected');
    await news(a.id, 1, { kind: 'closed' });
    await news(b.id, 1, { kind: 'closed' });
    expect((await take()).status).toBe('processing');
    expect((await take()).status).toBe('rejected');
    core.script.holds = [hold({ maxCount: undefined, maxAmount: undefined })];
    expect((await take()).status).toBe('processing');
    core.script.holds = [];
    await news(c.id, 1, { kind: 'closed' });
    expect(await usedOf(key)).toBe(2);
  });

  it('keeps what was refunded counted, unless it says otherwise', async () => {
    core.script.holds = [
      hold({ scopeKey: `${key}|keeps` }),
      hold({ limitId: 'back', scopeKey: `${key}|back`, releaseOnRefund: true }),
    ];
    core.script.answer = (call) =>
      call.op === 'refund' ? { kind: 'succeeded', channelRefundNo: 'R', refunded: call.amount } : { kind: 'pending' };
    const { id } = await take();
    await news(id, 1, { kind: 'succeeded', channelTxn: 'T', paid: { amountMinor: 1000n, currency: 'CNY' } });
    const usage = async () =>
      Object.fromEntries(
        (
          await core.pool.query(`SELECT scope_key, amount::int, count FROM limit_usage WHERE scope_key LIKE $1`, [
            `${key}|%`,
          ])
        ).rows.map(({ scope_key, amount, count }) => [scope_key.slice(key.length + 1), [amount, count]]),
      );
    const refund = (amount: number) =>
      core.refund(core.caller(), core.claim(), id, { merchantRefundNo: `${key}-${amount}`, amount });
    await refund(300);
    expect(await usage()).toEqual({ keeps: [1000, 1], back: [700, 1] });
    await refund(700);
    expect(await usage()).toEqual({ keeps: [1000, 1], back: [0, 0] });
    expect(await statesOf(id)).toEqual({ [`${key}|keeps`]: 'settled', [`${key}|back`]: 'refunded' });
  });
});

describe('a limit over routes', () => {
  it('takes a full route out of the plan, with its reason, instead of refusing the payment', async () => {
    core.script.limitsOfRoute = overChannel({ wx: 1, ali: 1 });
    const channels = [];
    for (let i = 0; i < 3; i++) channels.push((await take()).channel);
    expect(channels).toEqual(['wx', 'ali', 'union']);
    const { id, channel } = await take();
    expect(channel).toBe('union');
    const planned = await eventOf(id, 'routing.planned');
    expect(planned.candidates.map(({ reason }: { reason: string }) => reason)).toEqual([
      'limit:channel',
      'limit:channel',
      'chosen',
    ]);
    expect(planned.routes).toMatchObject([{ channelId: 'union', limits: [{ limitId: 'channel' }] }]);
  });

  it('lets a payment fail for want of a route when all are full, and takes nothing for it', async () => {
    core.script.holds = [hold({ maxCount: 10 })];
    core.script.limitsOfRoute = overChannel({ wx: 0, ali: 0, union: 0 });
    expect(await take()).toMatchObject({ status: 'failed', failure: { code: 'no_route' } });
    expect(await usedOf(key)).toBe(0);
    expect(core.script.calls).toEqual([]);
  });

  it('moves with the payment when it fails over, past a route that is full by then', async () => {
    core.script.limitsOfRoute = overChannel({ wx: 9, ali: 1, union: 9 });
    core.script.routes = [{ channelId: 'ali', accountId: 'b' }];
    await take();
    core.script.routes = [
      { channelId: 'wx', accountId: 'a' },
      { channelId: 'ali', accountId: 'b' },
      { channelId: 'union', accountId: 'c' },
    ];
    // The plan is made while alipay still seems free: it fills up between the first attempt and the second.
    await core.pool.query('UPDATE limit_usage SET count = 0 WHERE scope_key = $1', [`${key}|ali`]);
    core.script.answer = async (_, route) => {
      if (route.channelId !== 'wx') return { kind: 'pending' };
      await core.pool.query('UPDATE limit_usage SET count = 1 WHERE scope_key = $1', [`${key}|ali`]);
      return { kind: 'not_sent', reason: 'bulkhead_full' };
    };
    const { id, channel } = await take();
    expect(channel).toBe('union');
    expect(await statesOf(id)).toEqual({ [`${key}|wx`]: 'moved', [`${key}|union`]: 'reserved' });
    expect([await usedOf(`${key}|wx`), await usedOf(`${key}|ali`), await usedOf(`${key}|union`)]).toEqual([0, 1, 1]);
    expect(await eventOf(id, 'attempt.sending', 2)).toMatchObject({
      channelId: 'union',
      failoverFrom: 1,
      passed: [{ channelId: 'ali', reason: 'limit:channel' }],
    });
    await news(id, 2, { kind: 'closed' });
    expect(await usedOf(`${key}|union`)).toBe(0);
  });

  it('stays where it is when the next route shares its counter', async () => {
    core.script.routes = [
      { channelId: 'wx', accountId: 'a' },
      { channelId: 'wx', accountId: 'b' },
    ];
    core.script.limitsOfRoute = overChannel({ wx: 1 });
    core.script.answer = (_, route) =>
      route.accountId === 'a' ? { kind: 'not_sent', reason: 'bulkhead_full' } : { kind: 'pending' };
    const { id, status } = await take();
    expect(status).toBe('processing');
    expect(await statesOf(id)).toEqual({ [`${key}|wx`]: 'reserved' });
    expect(core.script.calls.map(({ route }) => route.accountId)).toEqual(['a', 'b']);
  });
});

import { type LimitDocument, limitDocumentSchema } from '@tributary/contracts/limit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { type Context, createCallerFactory } from '../../access/trpc.ts';
import { createAudit } from '../../config/audit.store.ts';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import { createTestCore, type TestCore } from '../../payments/testing/core.ts';
import { applyLimits } from '../../risk/limits/apply-limits.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createLimitsRouter } from './limits.router.ts';

let database: TestDatabase;
let core: TestCore;
let limits: LimitDocument[];
const at = new Date('2026-11-23T04:00:00Z'); // noon in Shanghai
const dayMs = 86_400_000;
const midnight = Date.parse('2026-11-22T16:00:00Z');

const limit = (own: object) =>
  limitDocumentSchema.parse({
    id: 'day',
    name: 'day',
    scope: ['merchant'],
    period: 'day',
    currency: 'CNY',
    maxAmount: 10_000,
    ...own,
  });

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
beforeEach(async () => {
  await core.pool.query('DELETE FROM limit_usage');
  await core.pool.query('DELETE FROM limit_reservations');
  core.script.holdsOf = undefined;
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const snapshot = () =>
  ({
    ...core.caller().snapshot,
    limits,
    merchants: new Map(['mch_1', 'mch_2'].map((id) => [id, core.caller(id).merchant])),
  }) as ConfigSnapshot;

function console(role = 'risk') {
  const audit = createAudit(core.pool);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const router = createLimitsRouter({
    pool: core.pool,
    audit,
    config: { current: snapshot },
    clock: { now: () => at, monotonicMs: () => 0 },
    log,
  } as unknown as AdminDeps);
  const viewer = {
    id: '1',
    email: 'r@x.example',
    name: 'r',
    role,
    approver: false,
    merchantId: undefined,
    locale: undefined,
  };
  const context: Context = { viewer, requestId: 'r', ip: '127.0.0.1', userAgent: undefined, audit, log };
  return createCallerFactory(router)(context);
}

/** Payments through the core, under the limits as they are configured. */
async function pay(merchantId: string, amount: number, payerId?: string) {
  const caller = core.caller(merchantId);
  const service = [...caller.snapshot.services.values()][0];
  if (!service) throw new Error('no service');
  core.script.holdsOf = (request) =>
    applyLimits({
      snapshot: snapshot(),
      merchant: caller.merchant,
      service,
      request,
      amount: { amountMinor: BigInt(request.amount), currency: request.currency },
      at,
    }).holds;
  const answer = await core.place(
    caller,
    core.claim(),
    core.request({ amount, ...(payerId ? { payer: { id: payerId } } : {}) }),
  );
  return JSON.parse(answer.body) as { id: string; status: string };
}
const fill = (limitId: string, scopeKey: string, start: number, amount: number, count: number) =>
  core.pool.query(
    'INSERT INTO limit_usage (limit_id, scope_key, window_start, amount, count, max_amount) VALUES ($1, $2, $3, $4, $5, 10000)',
    [limitId, scopeKey, new Date(start), amount, count],
  );

describe('limits in the console', () => {
  it('show what is used now, fullest first, with warning and forecast, and agree with what payments did', async () => {
    limits = [limit({}), limit({ id: 'off', enabled: false }), limit({ id: 'single', scope: [], period: 'payment' })];
    await pay('mch_1', 1000);
    await pay('mch_2', 4500);
    await pay('mch_2', 4500);
    expect((await pay('mch_2', 4500)).status).toBe('rejected');
    const [day, off, single] = await console().list();
    expect(off).toMatchObject({ id: 'off', state: 'off', usage: [] });
    expect(single).toMatchObject({ id: 'single', state: 'ok', usage: [] });
    expect(day).toMatchObject({ id: 'day', state: 'warn', maxAmount: 10_000, maxCount: null });
    expect(day?.usage).toMatchObject([
      {
        scope: { merchant: 'mch_2' },
        amount: 9000,
        count: 2,
        share: 0.9,
        state: 'warn',
        windowStart: midnight,
        windowEnd: midnight + dayMs,
      },
      { scope: { merchant: 'mch_1' }, amount: 1000, count: 1, share: 0.1, state: 'ok' },
    ]);
    // Noon: 9,000 in 12 hours, so the last 1,000 go in an hour and a third; 1,000 in 12 hours never fill the day.
    expect(day?.usage.map(({ forecast }) => forecast.fullAt)).toEqual([
      at.getTime() + ((1000 / 9000) * dayMs) / 2,
      undefined,
    ]);
  });

  it('forecast from the days before where there are any', async () => {
    limits = [limit({})];
    await fill('day', 'day.CNY|merchant=mch_1', midnight, 1000, 1);
    for (let back = 1; back <= 3; back++)
      await fill('day', 'day.CNY|merchant=mch_1', midnight - back * dayMs, 30_000, 3);
    const [counter] = await console().counters({ limitId: 'day' });
    expect(counter?.forecast.basis).toBe('window_and_past');
    // Half of 2,000 a day by today, half of 30,000 by the days before: 16,000 a day over the half that is left.
    expect(counter?.forecast.atEnd).toEqual({ amount: 9000, count: 2 });
  });

  it('find the counter of one payer, whatever the payer is called, and no one else’s', async () => {
    limits = [limit({ id: 'payer-day', scope: ['merchant', 'payer'] })];
    const odd = 'a%_|payer=b';
    for (const payer of [odd, 'a', 'aX_|payer=b', 'b']) await pay('mch_1', 100, payer);
    const found = await console().counters({ limitId: 'payer-day', value: odd });
    expect(found.map(({ scope }) => scope)).toEqual([{ merchant: 'mch_1', payer: odd }]);
    expect((await console().counters({ limitId: 'payer-day', value: 'mch_1' })).length).toBe(4);
    expect(await console().counters({ limitId: 'payer-day', value: 'nobody' })).toEqual([]);
  });

  it('count anew when the period changes, and show a lowered cap as more than full', async () => {
    limits = [limit({})];
    await pay('mch_1', 6000);
    limits = [limit({ maxAmount: 3000 })];
    expect((await pay('mch_1', 1)).status).toBe('rejected');
    expect((await console().counters({ limitId: 'day' }))[0]).toMatchObject({
      share: 2,
      state: 'full',
      forecast: { fullAt: at.getTime() },
    });
    limits = [limit({ maxAmount: 7000 })];
    expect((await pay('mch_1', 1000)).status).toBe('processing');
    limits = [limit({ period: 'hour', maxAmount: 7000 })];
    expect((await pay('mch_1', 7000)).status).toBe('processing');
    expect((await console().counters({ limitId: 'day' })).map(({ amount }) => amount)).toEqual([7000]);
  });

  it('tell one counter’s windows and one payment’s reservations, to those who may know', async () => {
    limits = [limit({})];
    await fill('day', 'day.CNY|merchant=mch_1', midnight - dayMs, 5000, 5);
    const { id } = await pay('mch_1', 1000);
    await core.recorder.recordResult({ paymentId: id, attemptNo: 1 }, { kind: 'closed' }, { actor: 'callback' });
    const history = await console().history({ limitId: 'day', scopeKey: 'day.CNY|merchant=mch_1' });
    expect(history).toMatchObject([
      { windowStart: midnight - dayMs, amount: 5000, count: 5, maxAmount: 10_000, share: 0.5 },
      { windowStart: midnight, amount: 0, count: 0 },
    ]);
    expect(await console().ofPayment({ paymentId: id })).toMatchObject([
      {
        limitId: 'day',
        name: 'day',
        scope: { merchant: 'mch_1' },
        amount: 1000,
        state: 'released',
        used: { amount: 0, count: 0 },
      },
    ]);
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => 'ok',
        ({ code }) => code,
      );
    expect(await codeOf(console('support').list())).toBe('FORBIDDEN');
    expect(await codeOf(console().counters({ limitId: 'nowhere' }))).toBe('NOT_FOUND');
  });
});

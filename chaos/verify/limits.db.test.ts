import { randomUUID } from 'node:crypto';
import type { ChannelResult } from '@tributary/channels/channel-result';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LimitHold, Route } from '../../apps/engine/src/payments/ports.ts';
import { createTestCore, paidInFull, type TestCore } from '../../apps/engine/src/payments/testing/core.ts';
import { createTestDatabase, type TestDatabase } from '../../scripts/testing/test-database.ts';
import { checkDatabase } from './invariants.ts';

/** Limits under everything that can happen at once: several nodes (each its own pool and queue), one database. */

let database: TestDatabase;
let db: pg.Client;
let nodes: TestCore[];

beforeAll(async () => {
  database = await createTestDatabase();
  nodes = [0, 1, 2].map(() => createTestCore(database.url));
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
});
beforeEach(() => {
  for (const node of nodes) {
    node.script.holds = [];
    node.script.limitsOfRoute = undefined;
    node.script.routes = [{ channelId: 'wx', accountId: 'a' }];
    node.script.answer = () => ({ kind: 'pending' });
  }
});
afterAll(async () => {
  await db.end();
  await Promise.all(nodes.map((node) => node.end()));
  await database.drop();
});

let counter = 0;
const hold = (own: Partial<LimitHold> = {}): LimitHold => ({
  limitId: 'lim',
  name: 'lim',
  scopeKey: `test=${counter}`,
  windowStart: '2026-11-22T16:00:00.000Z',
  maxAmount: undefined,
  maxCount: undefined,
  ...own,
});
const usageOf = async (scopeKey: string, limitId = 'lim') =>
  (
    await db.query('SELECT amount::int, count FROM limit_usage WHERE limit_id = $1 AND scope_key = $2', [
      limitId,
      scopeKey,
    ])
  ).rows[0] ?? { amount: 0, count: 0 };
const take = async (node: TestCore, own = {}) => {
  const unique = randomUUID();
  const answer = await node.place(node.caller(), node.claim(unique), node.request({ merchantOrderNo: unique, ...own }));
  return JSON.parse(answer.body) as { id: string; status: string; channel: string | null; failure?: { code: string } };
};
const nodeOf = (i: number) => nodes[i % nodes.length] as TestCore;
const news = (node: TestCore, paymentId: string, attemptNo: number, result: ChannelResult) =>
  node.recorder.recordResult({ paymentId, attemptNo }, result, { actor: 'callback' });
const won = (amount = 1000n) => paidInFull({ op: 'place' } as never, amount);

describe('limits over several nodes at once', () => {
  it('let in exactly as many as fit, whoever comes where', async () => {
    counter++;
    for (const node of nodes)
      node.script.holds = [
        hold({ maxAmount: 61_500n }),
        hold({ limitId: 'count', maxCount: 70 }),
        hold({ limitId: 'free', maxAmount: 10n ** 12n }),
      ];
    const taken = await Promise.all(Array.from({ length: 240 }, (_, i) => take(nodeOf(i))));
    const refused = taken.filter(({ status }) => status === 'rejected');
    expect(taken.length - refused.length).toBe(61);
    expect(new Set(refused.map(({ failure }) => failure?.code))).toEqual(new Set(['risk_daily_limit']));
    for (const limitId of ['lim', 'count', 'free'])
      expect(await usageOf(`test=${counter}`, limitId)).toEqual({ amount: 61_000, count: 61 });
    expect(await checkDatabase(db)).toEqual([]);
  });

  it('fill the last gap exactly while payments of all sizes come and go', async () => {
    counter++;
    for (const node of nodes) node.script.holds = [hold({ maxAmount: 20_000n })];
    const sizes = Array.from({ length: 150 }, (_, i) => 100 + ((i * 7919) % 1900));
    const taken = await Promise.all(
      sizes.map(async (amount, i) => {
        const node = nodeOf(i);
        const payment = await take(node, { amount });
        if (payment.status === 'processing' && i % 3 === 0)
          await news(nodeOf(i + 1), payment.id, 1, { kind: 'closed' });
        return payment;
      }),
    );
    expect(taken.some(({ status }) => status === 'rejected')).toBe(true);
    expect((await usageOf(`test=${counter}`)).amount).toBeLessThanOrEqual(20_000);
    expect(await checkDatabase(db)).toEqual([]);
    // What is left is there for whom it fits, and not for a unit more.
    const { amount } = await usageOf(`test=${counter}`);
    const left = 20_000 - amount;
    expect((await take(nodeOf(0), { amount: left + 1 })).status).toBe('rejected');
    if (left > 0) expect((await take(nodeOf(1), { amount: left })).status).toBe('processing');
    if (left > 0) expect((await usageOf(`test=${counter}`)).amount).toBe(20_000);
    expect((await take(nodeOf(2), { amount: 1 })).status).toBe('rejected');
  });

  it('do not let duplicates of one request take anything twice', async () => {
    counter++;
    for (const node of nodes) node.script.holds = [hold({ maxCount: 2 })];
    const request = nodeOf(0).request();
    await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) => nodeOf(i).place(nodeOf(i).caller(), nodeOf(i).claim('twins'), request)),
    );
    expect(await usageOf(`test=${counter}`)).toEqual({ amount: 1000, count: 1 });
    expect((await take(nodeOf(1))).status).toBe('processing');
    expect((await take(nodeOf(2))).status).toBe('rejected');
  });

  it('hold in any interleaving: nothing is ever exceeded, leaked, or counted for a payment that ended', async () => {
    const windows = ['2026-11-22T16:00:00.000Z', '2026-11-23T16:00:00.000Z'];
    const routes: Route[] = [
      { channelId: 'wx', accountId: 'a' },
      { channelId: 'ali', accountId: 'c' },
      { channelId: 'wx', accountId: 'b' },
    ];
    const act = fc.record({
      node: fc.nat(2),
      amount: fc.integer({ min: 1, max: 900 }),
      payer: fc.nat(2),
      window: fc.nat(1),
      // What the channel of each attempt answers, then what is heard later, from where.
      answers: fc.array(fc.constantFrom('pending', 'not_sent', 'not_sent', 'paid', 'unknown'), {
        minLength: 3,
        maxLength: 3,
      }),
      later: fc.array(fc.constantFrom('paid', 'closed', 'declined', 'refund', 'refund-all', 'paid-first'), {
        maxLength: 3,
      }),
    });
    const caps = fc.record({
      whole: fc.integer({ min: 500, max: 4000 }),
      payer: fc.integer({ min: 1, max: 4 }),
      channel: fc.integer({ min: 300, max: 2500 }),
      shadow: fc.boolean(),
      release: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 8, maxLength: 30 }), caps, async (acts, cap) => {
        const run = ++counter;
        const key = (text: string) => `run=${run}|${text}`;
        const plain = new Map<string, (typeof acts)[number]>();
        for (const node of nodes) {
          node.script.routes = routes;
          node.script.holdsOf = ({ merchantOrderNo }) => {
            const it = plain.get(merchantOrderNo);
            const windowStart = windows[it?.window ?? 0] as string;
            return [
              hold({
                limitId: 'whole',
                scopeKey: key('all'),
                windowStart,
                maxAmount: BigInt(cap.whole),
                ...(cap.release ? { releaseOnRefund: true as const } : {}),
              }),
              hold({
                limitId: 'payer',
                scopeKey: key(`payer=${it?.payer}`),
                windowStart,
                maxCount: cap.payer,
                ...(cap.shadow ? { shadow: true as const } : {}),
              }),
            ];
          };
          node.script.limitsOfRoute = ({ channelId, accountId }) => ({
            holds: [
              hold({ limitId: 'channel', scopeKey: key(`channel=${channelId}`), maxAmount: BigInt(cap.channel) }),
              hold({ limitId: 'account', scopeKey: key(`account=${accountId}`), maxCount: 6 }),
            ],
            shadow: [],
          });
          node.script.answer = (call) => {
            if (call.op === 'refund')
              return { kind: 'succeeded', channelRefundNo: `R${call.refundNo}`, refunded: call.amount };
            if (call.op !== 'place') return { kind: 'unknown', reason: 'timeout' };
            const it = plain.get(call.subject);
            const answer = it?.answers[Number(call.requestNo.slice(-2)) - 1] ?? 'pending';
            if (answer === 'paid') return won(call.amount.amountMinor);
            return answer === 'not_sent'
              ? { kind: 'not_sent', reason: 'bulkhead_full' }
              : answer === 'unknown'
                ? { kind: 'unknown', reason: 'timeout' }
                : { kind: 'pending' };
          };
        }
        await Promise.all(
          acts.map(async (it, i) => {
            const node = nodeOf(it.node);
            const orderNo = `P${run}-${i}`;
            plain.set(orderNo, it);
            const payment = await take(node, { merchantOrderNo: orderNo, subject: orderNo, amount: it.amount });
            if (payment.status === 'rejected' || payment.status === 'failed') return;
            const last = (await node.store.load(payment.id))?.attempts.length ?? 1;
            for (const [step, thing] of it.later.entries()) {
              const other = nodeOf(it.node + step + 1);
              if (thing === 'refund' || thing === 'refund-all') {
                const amount = thing === 'refund-all' ? it.amount : Math.max(1, Math.floor(it.amount / 3));
                await other
                  .refund(other.caller(), other.claim(randomUUID()), payment.id, {
                    merchantRefundNo: `R${run}-${i}-${step}`,
                    amount,
                  })
                  .catch(() => undefined);
              } else if (thing === 'declined') {
                await news(other, payment.id, last, {
                  kind: 'declined',
                  fault: 'payer',
                  code: 'payer_declined',
                  raw: { code: 'X', message: '' },
                });
              } else {
                await news(
                  other,
                  payment.id,
                  thing === 'paid-first' ? 1 : last,
                  thing === 'closed' ? { kind: 'closed' } : won(BigInt(it.amount)),
                );
              }
            }
          }),
        );
        expect(await checkDatabase(db)).toEqual([]);
      }),
      { numRuns: 25, endOnFailure: true },
    );
    for (const node of nodes) node.script.holdsOf = undefined;
    // It was a real fight: every kind of end has happened.
    const { rows } = await db.query('SELECT state FROM limit_reservations GROUP BY 1');
    expect(rows.map(({ state }) => state).sort()).toEqual(['moved', 'refunded', 'released', 'reserved', 'settled']);
    const { rows: rejected } = await db.query(`SELECT count(*)::int AS n FROM payments WHERE status = 'rejected'`);
    expect(rejected[0].n).toBeGreaterThan(20);
  }, 120_000);
});

import { withBuiltInLists } from '@tributary/contracts/list';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import type { PaymentContext } from '../../payments/ports.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import { newPaymentId } from '../../platform/ids.ts';
import { type RiskFactValues, velocityFacts } from '../facts.ts';
import { createVelocityStore } from './velocity.store.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

type Payer = { id?: string; ip?: string; deviceId?: string; cardId?: string; cardBin?: string };
type Past = {
  merchantId: string;
  minutesAgo: number;
  status: 'processing' | 'succeeded' | 'failed' | 'closed' | 'rejected';
  failureCode: string | null;
  amount: number;
  currency: string;
  payer: Payer;
};

const now = new Date();
// A moment behind each minute, so that a window's edge is never a matter of milliseconds.
const madeAt = ({ minutesAgo }: Past) => now.getTime() - minutesAgo * 60_000 - 30_000;

/** Writes payments with their events straight into the tables. */
async function write(history: readonly Past[]): Promise<void> {
  const rows = history.map((past, i) => ({
    id: newPaymentId(madeAt(past)),
    merchant_id: past.merchantId,
    merchant_order_no: `o${i}`,
    status: past.status,
    failure_code: past.failureCode,
    amount: past.amount,
    currency: past.currency,
    payer: past.payer,
    payer_key: past.payer.id ?? null,
  }));
  await pool.query(
    `WITH rows AS MATERIALIZED (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(id text, merchant_id text, merchant_order_no text, status text,
         failure_code text, amount bigint, currency text, payer jsonb, payer_key text)
     ), told AS (
       INSERT INTO events (payment_id, seq, kind, node, actor) SELECT id, 1, 'test', 'test', 'test' FROM rows
     )
     INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, failure_code, amount, currency,
       subject, payer, payer_key, version, trace_id, expires_at, succeeded_at)
     SELECT id, merchant_id, merchant_order_no, 's', 'native', status, failure_code, amount, currency, 'x', payer,
       payer_key, 1, 't', now(), CASE status WHEN 'succeeded' THEN now() END FROM rows`,
    [JSON.stringify(rows)],
  );
}

function contextOf(own: { merchantId: string; amount: number; payer: Payer; at?: Date }): PaymentContext {
  return {
    snapshot: { lists: withBuiltInLists([]) } as unknown as ConfigSnapshot,
    merchant: { id: own.merchantId } as PaymentContext['merchant'],
    service: {} as PaymentContext['service'],
    request: {
      merchantOrderNo: 'now',
      serviceId: 's',
      amount: own.amount,
      currency: 'CNY',
      subject: 'x',
      payer: own.payer,
    },
    amount: { amountMinor: BigInt(own.amount), currency: 'CNY' },
    at: own.at ?? now,
  };
}

const allNames: ReadonlySet<string> = new Set(velocityFacts.map(({ name }) => name));
const declines = ['payer_declined', 'issuer_declined', 'insufficient_funds', 'auth_code_invalid'];

/** The same facts from a plain list of payments, newest first, by the words of their descriptions. */
function naive(
  history: readonly Past[],
  { merchantId, amount, payer }: { merchantId: string; amount: number; payer: Payer },
) {
  const newestFirst = [...history].sort((a, b) => a.minutesAgo - b.minutesAgo);
  const here = newestFirst.filter((past) => past.merchantId === merchantId);
  const within = (pasts: readonly Past[], minutes: number) => pasts.filter((past) => past.minutesAgo < minutes);
  const isDeclined = (past: Past) => past.status === 'failed' && declines.includes(past.failureCode ?? '');
  const money = (pasts: readonly Past[]) =>
    pasts
      .filter((past) => past.currency === 'CNY' && ['processing', 'succeeded'].includes(past.status))
      .reduce((sum, past) => sum + past.amount, 0);
  const different = (pasts: readonly Past[], of: (past: Past) => string | undefined) =>
    new Set(pasts.map(of).filter((text) => text !== undefined)).size;
  const testing = (pasts: readonly Past[]) => {
    const small = within(pasts, 10).filter((past) => past.amount <= 1000);
    return small.length >= 5 && small.filter(isDeclined).length >= 3;
  };
  const expected: Record<string, unknown> = {
    merchantCount1m: within(here, 1).length,
    merchantCount10m: within(here, 10).length,
    merchantCount1h: within(here, 60).length,
    merchantDeclines10m: within(here, 10).filter(isDeclined).length,
    merchantAmount1h: money(within(here, 60)),
  };
  if (payer.id !== undefined) {
    const mine = here.filter((past) => past.payer.id === payer.id);
    const day = within(mine, 1440);
    const success = day.findIndex(({ status }) => status === 'succeeded');
    Object.assign(expected, {
      payerCount10m: within(mine, 10).length,
      payerCount1h: within(mine, 60).length,
      payerCount24h: day.length,
      payerFailed10m: within(mine, 10).filter(({ status }) => status === 'failed' || status === 'rejected').length,
      payerAmount1h: money(within(mine, 60)),
      payerAmount24h: money(day),
      payerSameAmount1h: within(mine, 60).filter((past) => past.amount === amount && past.currency === 'CNY').length,
      payerDeclinesInRow: (success < 0 ? day : day.slice(0, success)).filter(isDeclined).length,
      payerDevices24h: different(day, (past) => past.payer.deviceId),
      payerIps24h: different(day, (past) => past.payer.ip),
      payerCards24h: different(day, (past) => past.payer.cardId),
      payerFirstSeen: mine.length === 0,
    });
    if (mine[0]) expected.payerMinutesSinceLast = mine[0].minutesAgo;
  }
  if (payer.deviceId !== undefined) {
    const same = here.filter((past) => past.payer.deviceId === payer.deviceId);
    Object.assign(expected, {
      deviceCount10m: within(same, 10).length,
      deviceCount24h: within(same, 1440).length,
      devicePayers24h: different(within(same, 1440), (past) => past.payer.id),
      deviceCards24h: different(within(same, 1440), (past) => past.payer.cardId),
      deviceDeclines1h: within(same, 60).filter(isDeclined).length,
      deviceCardTesting: testing(same),
    });
  }
  if (payer.ip !== undefined) {
    const same = newestFirst.filter((past) => past.payer.ip === payer.ip);
    Object.assign(expected, {
      ipCount10m: within(same, 10).length,
      ipCount1h: within(same, 60).length,
      ipPayers24h: different(within(same, 1440), (past) => past.payer.id && `${past.merchantId} ${past.payer.id}`),
      ipCards24h: different(within(same, 1440), (past) => past.payer.cardId),
      ipBins1h: different(within(same, 60), (past) => past.payer.cardBin),
      ipDeclines1h: within(same, 60).filter(isDeclined).length,
      ipCardTesting: testing(same),
    });
  }
  if (payer.cardId !== undefined) {
    const same = here.filter((past) => past.payer.cardId === payer.cardId);
    Object.assign(expected, {
      cardCount1h: within(same, 60).length,
      cardDeclines24h: within(same, 1440).filter(isDeclined).length,
      cardPayers24h: different(within(same, 1440), (past) => past.payer.id),
    });
  }
  return expected;
}

const maybe = (...values: string[]) => fc.constantFrom(undefined, ...values);
const without = (payer: Record<string, string | undefined>): Payer =>
  Object.fromEntries(Object.entries(payer).filter(([, value]) => value !== undefined));
const anyPayer = fc
  .record({
    id: maybe('p1', 'p2'),
    ip: maybe('203.0.113.1', '2001:db8::1'),
    deviceId: maybe('d1', 'd2'),
    cardId: maybe('c1', 'c2', 'c3'),
    cardBin: maybe('622202', '622203'),
  })
  .map(without);
const anyEnd = fc.oneof(
  fc
    .constantFrom('processing' as const, 'succeeded' as const, 'closed' as const)
    .map((status) => ({ status, failureCode: null })),
  fc
    .constantFrom(...declines, 'channel_unavailable', 'no_route')
    .map((failureCode) => ({ status: 'failed' as const, failureCode })),
  fc.constant({ status: 'rejected' as const, failureCode: 'risk_rejected' }),
);
const anyPast: fc.Arbitrary<Past> = fc
  .record({
    merchantId: fc.constantFrom('m1', 'm2'),
    end: anyEnd,
    amount: fc.constantFrom(1, 500, 1000, 1001, 99_900),
    currency: fc.constantFrom('CNY', 'CNY', 'USD'),
    payer: anyPayer,
    minutesAgo: fc.oneof(
      fc.nat(12),
      fc.integer({ min: 55, max: 65 }),
      fc.integer({ min: 1435, max: 1445 }),
      fc.constant(30_000),
    ),
  })
  .map(({ end, ...past }) => ({ ...past, ...end }));

const clock = { now: () => now, monotonicMs: () => performance.now() };
const read = (names: ReadonlySet<string>, context: PaymentContext) =>
  createVelocityStore({ pool, clock }).read(names, context) as Promise<Partial<RiskFactValues>>;

describe('facts over past payments', () => {
  it('are those that a plain count over the whole history gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        // Payments at different minutes: which of two is the later one is then beyond doubt.
        fc.uniqueArray(anyPast, { maxLength: 40, selector: ({ minutesAgo }) => minutesAgo }),
        fc.record({ merchantId: fc.constantFrom('m1', 'm2'), amount: fc.constantFrom(500, 1000), payer: anyPayer }),
        async (history, payment) => {
          await pool.query('TRUNCATE payments, events');
          await write(history);
          expect(await read(allNames, contextOf(payment))).toEqual(naive(history, payment));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('are read alone as they are together, so that a rule more changes no other fact', async () => {
    await pool.query('TRUNCATE payments, events');
    const history =
      fc.sample(fc.uniqueArray(anyPast, { minLength: 25, selector: ({ minutesAgo }) => minutesAgo }), 1)[0] ?? [];
    await write(history);
    const payment = {
      merchantId: 'm1',
      amount: 500,
      payer: { id: 'p1', ip: '203.0.113.1', deviceId: 'd1', cardId: 'c1' },
    };
    const together: Record<string, unknown> = naive(history, payment);
    for (const name of allNames)
      expect((await read(new Set([name]), contextOf(payment)))[name as keyof RiskFactValues], name).toEqual(
        together[name],
      );
  });

  it('see only what was there before, when the decision lies in the past', async () => {
    await pool.query('TRUNCATE payments, events');
    const past = (minutesAgo: number): Past => ({
      merchantId: 'm1',
      minutesAgo,
      status: 'succeeded',
      failureCode: null,
      amount: 100,
      currency: 'CNY',
      payer: { id: 'p1' },
    });
    await write([past(5), past(20), past(30)]);
    const at = new Date(now.getTime() - 15 * 60_000);
    expect(
      await read(
        new Set(['payerCount1h', 'payerMinutesSinceLast', 'merchantCount1h']),
        contextOf({ merchantId: 'm1', amount: 1, payer: { id: 'p1' }, at }),
      ),
    ).toEqual({ payerCount1h: 2, payerFirstSeen: false, payerMinutesSinceLast: 5, merchantCount1h: 2 });
  });

  it("compare an amount with what the merchant's successful payments were, and say nothing of few", async () => {
    await pool.query('TRUNCATE payments, events');
    const past = (i: number): Past => ({
      merchantId: 'm1',
      minutesAgo: i,
      status: 'succeeded',
      failureCode: null,
      amount: (i + 1) * 100,
      currency: 'CNY',
      payer: {},
    });
    await write(Array.from({ length: 29 }, (_, i) => past(i)));
    const names = new Set(['amountToMerchantP95', 'amountToMerchantMedian']);
    const context = contextOf({ merchantId: 'm1', amount: 19_000, payer: {} });
    expect(await read(names, context)).toEqual({});
    await write(Array.from({ length: 71 }, (_, i) => past(i + 29)));
    expect(await read(names, context)).toEqual({ amountToMerchantP95: 200, amountToMerchantMedian: 380 });
  });

  it('stop at the newest ten thousand, whatever a device has done', async () => {
    await pool.query('TRUNCATE payments, events');
    await write(
      Array.from({ length: 10_050 }, () => ({
        merchantId: 'm1',
        minutesAgo: 2,
        status: 'processing' as const,
        failureCode: null,
        amount: 1,
        currency: 'CNY',
        payer: { deviceId: 'till' },
      })),
    );
    const facts = await read(
      new Set(['deviceCount10m']),
      contextOf({ merchantId: 'm1', amount: 1, payer: { deviceId: 'till' } }),
    );
    expect(facts).toEqual({ deviceCount10m: 10_000 });
  });

  it('use an index for every dimension', async () => {
    for (const [names, payer, index] of [
      [['payerCount24h'], { id: 'p1' }, 'payer_key'],
      [['deviceCount24h'], { deviceId: 'd1' }, 'deviceId'],
      [['ipCount1h'], { ip: '203.0.113.1' }, 'ip'],
      [['cardCount1h'], { cardId: 'c1' }, 'cardId'],
      [['merchantCount1h'], {}, 'merchant_id'],
      [['payerFirstSeen'], { id: 'p1' }, 'payer_key'],
    ] as const) {
      const plans: string[] = [];
      const explaining = {
        query: async ({ text, values }: { text: string; values: unknown[] }) => {
          const { rows } = await pool.query(`EXPLAIN ${text}`, values);
          plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
          return { rows: [{ lastId: null }] };
        },
      } as unknown as Pool;
      await createVelocityStore({ pool: explaining, clock }).read(
        new Set(names),
        contextOf({ merchantId: 'm1', amount: 1, payer }),
      );
      const [plan = ''] = plans;
      expect(plan).toMatch(new RegExp(`Index Cond: .*${index}`));
      expect(plan).not.toContain('Seq Scan');
    }
  });
});

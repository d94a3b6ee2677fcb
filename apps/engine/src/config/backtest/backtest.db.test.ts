import { randomUUID } from 'node:crypto';
import type { BacktestResult, StartBacktest } from '@tributary/contracts/backtest';
import type { TestCase } from '@tributary/contracts/test-case';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createPool, inTransaction, type Pool } from '../../platform/db.ts';
import { createAudit } from '../audit.store.ts';
import type { ConfigSnapshot } from '../snapshot.ts';
import { type Backtests, createBacktests } from './backtests.ts';
import { removeCase, runTests, saveCase } from './cases/cases.store.ts';
import { type InventedPayment, inventPast, pastStart, storePast } from './testing/invented-past.ts';
import { createVerifyRules } from './verify-rules.ts';

const past = inventPast({ seed: 7, count: 12_000 });
const lastAt = past.at(-1)?.at ?? 0;
const window = { from: pastStart, to: lastAt + 1 };

let database: TestDatabase;
let pool: Pool;
let backtests: Backtests;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
  await storePast(pool, past);
  backtests = createBacktests({
    pool,
    databaseUrl: database.url,
    node: 'test',
    log: { warn: () => undefined, error: () => undefined },
  });
}, 60_000);
afterAll(async () => {
  await backtests.stop();
  await pool.end();
  await database.drop();
});

const snapshot = {
  merchants: new Map(past.map((one) => [one.merchant_id, { id: one.merchant_id, timeZone: 'Asia/Shanghai' }])),
  channels: new Map(
    ['wechat-pay', 'alipay'].map((id) => [id, { id, feeBps: 60, priority: id === 'alipay' ? 20 : 10 }]),
  ),
  rules: { risk: { version: 2, document: { rules: [] } }, routing: { version: 1, document: { rules: [] } } },
} as unknown as ConfigSnapshot;

const rule = (id: string, priority: number, all: unknown[], event: unknown) => ({
  id,
  priority,
  conditions: { all },
  event,
});

const riskDraft = {
  rules: [
    rule(
      'often',
      20,
      [
        { fact: 'payerCount10m', operator: 'greaterThanInclusive', value: 5 },
        { fact: 'amount', operator: 'greaterThan', value: 100_000 },
      ],
      { type: 'reject', params: { code: 'risk_rejected' } },
    ),
    rule('morning', 10, [{ fact: 'hour', operator: 'lessThan', value: 6 }], { type: 'review', params: {} }),
  ],
};

/** Runs to the end. */
async function run(
  input: Partial<Omit<StartBacktest, 'subject'>> & Pick<StartBacktest, 'kind'>,
  document: unknown,
): Promise<{ id: string; result: BacktestResult }> {
  const whole = { baseline: 'recorded', ...window, sample: { kind: 'all' }, ...input } as Omit<
    StartBacktest,
    'subject'
  >;
  const id = await create(whole, document);
  backtests.begin(id, whole, document, snapshot);
  await expect.poll(async () => (await backtests.find(id))?.run.state, { timeout: 100_000 }).not.toBe('running');
  const found = await backtests.find(id);
  expect(found?.run).toMatchObject({ state: 'finished', error: null });
  if (!found?.result) throw new Error('no result');
  return { id, result: found.result };
}

const create = (input: Omit<StartBacktest, 'subject'>, document: unknown) =>
  createAudit(pool).audited(
    {
      actor: { id: 'x', role: 'admin', ip: undefined, userAgent: undefined },
      action: 'x',
      objectType: 'x',
      objectId: 'x',
    },
    (client) =>
      backtests.create(client, {
        input,
        subject: { from: 'document', document },
        document,
        contentHash: randomUUID(),
        publishedVersion: 2,
        createdBy: 'tester',
      }),
  );

/** The draft's outcome, worked out by hand: no rule engine, no time zone library. */
function expectedOutcome({ at, amount, risk }: InventedPayment): string | undefined {
  const count = risk?.facts.payerCount10m;
  if (count === undefined) return undefined;
  if (typeof count === 'number' && count >= 5 && amount > 100_000) return 'reject';
  if (risk?.exhausted) return 'reject';
  const shanghaiHour = Math.floor((at + 8 * 3_600_000) / 3_600_000) % 24;
  return shanghaiHour < 6 ? 'review' : 'approve';
}

describe('a backtest', { timeout: 120_000 }, () => {
  it('finds what a fixture worked out by hand finds, over 12,000 payments', async () => {
    const cells = new Map<string, { payments: number; cny: number; usd: number }>();
    const stop = { payments: 0, bad: 0, good: 0, unknown: 0 };
    let missing = 0;
    let limited = 0;
    for (const payment of past) {
      const draft = expectedOutcome(payment);
      if (draft === undefined) {
        missing++;
        continue;
      }
      const live = payment.risk?.outcome ?? '';
      const cell = cells.get(`${live}→${draft}`) ?? { payments: 0, cny: 0, usd: 0 };
      cell.payments++;
      cell[payment.currency === 'CNY' ? 'cny' : 'usd'] += payment.amount;
      cells.set(`${live}→${draft}`, cell);
      if (live !== 'reject' && draft === 'reject') {
        stop.payments++;
        if (payment.refunded || payment.status === 'failed') stop.bad++;
        else if (payment.status === 'succeeded') stop.good++;
        else stop.unknown++;
      }
      const byRule = (payment.risk?.facts.payerCount10m as number) >= 5 && payment.amount > 100_000;
      if (payment.risk?.exhausted && !byRule) limited++;
    }

    const { id, result } = await run({ kind: 'risk' }, riskDraft);
    expect(result).toMatchObject({ population: 12_000, sampled: 12_000, everyNth: 1, disagreements: 0 });
    expect(missing).toBeGreaterThan(1_000);
    expect(result.notReplayable).toEqual({ payments: missing, facts: [{ fact: 'payerCount10m', payments: missing }] });
    expect(result.evaluated).toBe(12_000 - missing);
    const found = Object.fromEntries(
      result.matrix.map(({ live, draft, payments, amount }) => [
        `${live}→${draft}`,
        { payments, cny: Number(amount.CNY ?? 0), usd: Number(amount.USD ?? 0) },
      ]),
    );
    expect(found).toEqual(Object.fromEntries(cells));
    expect(result.wouldStop).toMatchObject(stop);
    expect(stop.bad).toBeGreaterThan(50);
    expect(result.assumptions).toContainEqual({ code: 'limits_as_then', payments: limited });
    expect(result.versions.map(({ payments }) => payments)).toEqual([missing, 12_000 - missing]);

    // Every cell of changes opens to as many payments as it says, page by page.
    for (const { live, draft, payments } of result.matrix.filter((cell) => cell.live !== cell.draft)) {
      const rows = [];
      for (;;) {
        const page = await backtests.rowsOf(id, { live, draft }, { after: rows.at(-1)?.paymentId, limit: 500 });
        rows.push(...page);
        if (page.length < 500) break;
      }
      expect(rows.length).toBe(payments);
      const expected = past.filter((one) => one.risk?.outcome === live && expectedOutcome(one) === draft);
      expect(rows.map(({ paymentId }) => paymentId)).toEqual(expected.map((one) => one.id));
    }
  });

  it('finds moved channels, fees and expected success as worked out by hand', async () => {
    const draft = {
      rules: [
        rule('big-to-alipay', 1, [{ fact: 'amount', operator: 'greaterThan', value: 200_000 }], {
          type: 'prefer',
          params: { channelId: 'alipay' },
        }),
      ],
    };
    const planned = past.filter(({ routing }) => routing !== null);
    const moved = planned.filter(
      ({ amount, routing }) =>
        amount > 200_000 && routing?.candidates.some(({ accountId, kept }) => accountId === 'ali-1' && kept),
    );
    const { result } = await run({ kind: 'routing' }, draft);
    expect(result.passedOver).toEqual({ noDecision: 0, notRouted: 12_000 - planned.length });
    expect(result.matrix.find((cell) => cell.draft === 'alipay')).toMatchObject({
      live: 'wechat-pay',
      payments: moved.length,
    });
    const fee = (list: InventedPayment[], bps: number) =>
      list.reduce((sum, { amount }) => sum + Math.floor((amount * bps) / 10_000), 0);
    const cny = (list: InventedPayment[]) => list.filter(({ currency }) => currency === 'CNY');
    expect(result.fees.find(({ currency }) => currency === 'CNY')).toEqual({
      currency: 'CNY',
      payments: cny(planned).length,
      live: String(fee(cny(planned), 55)),
      draft: String(fee(cny(planned), 55) - fee(cny(moved), 55) + fee(cny(moved), 38)),
      delta: String(fee(cny(moved), 38) - fee(cny(moved), 55)),
    });
    const finished = planned.filter(({ status }) => ['succeeded', 'failed', 'closed'].includes(status));
    const succeeded = finished.filter(({ status }) => status === 'succeeded');
    expect(result.channels).toHaveLength(1);
    expect(result.channels[0]).toMatchObject({ observed: finished.length, succeeded: succeeded.length });
    expect(result.expected.live?.rate).toBeCloseTo(succeeded.length / finished.length, 10);
    // Nobody ever paid through Alipay: nothing can be said about it.
    expect(result.expected.draft).toBeNull();
  });

  it('changes nothing when the draft is what is published, and says that replay and record agree', async () => {
    const same = {
      rules: [
        rule('too-much', 2, [{ fact: 'amount', operator: 'greaterThan', value: 500_000 }], {
          type: 'reject',
          params: {},
        }),
        rule('look', 1, [{ fact: 'amount', operator: 'greaterThanInclusive', value: 300_000 }], {
          type: 'review',
          params: {},
        }),
      ],
    };
    snapshot.rules.risk = { kind: 'risk', version: 2, document: same };
    const { result } = await run({ kind: 'risk', baseline: 'published' }, same);
    expect(result).toMatchObject({ changed: 0, disagreements: 0, evaluated: 12_000 });
    snapshot.rules.risk = { kind: 'risk', version: 2, document: { rules: [] } };
    const wrong = await run({ kind: 'risk', baseline: 'published' }, same);
    expect(wrong.result.disagreements).toBeGreaterThan(1_000);
  });

  it('takes an even share of every service and status', async () => {
    const { result } = await run({ kind: 'risk', sample: { kind: 'stratified', size: 1_000 } }, riskDraft);
    expect(result.everyNth).toBe(12);
    const strata = new Map<string, number>();
    for (const { service_id, status } of past)
      strata.set(`${service_id} ${status}`, (strata.get(`${service_id} ${status}`) ?? 0) + 1);
    expect(result.sampled).toBe([...strata.values()].reduce((sum, size) => sum + Math.ceil(size / 12), 0));
  });

  it('keeps to its window, merchant and service', async () => {
    const filter = {
      from: pastStart + 3_600_000,
      to: pastStart + 36_000_000,
      merchantId: 'mch-3',
      serviceId: 'wechat.h5',
    };
    const { result } = await run({ kind: 'risk', ...filter }, riskDraft);
    const fit = past.filter(
      (one) =>
        one.at >= filter.from && one.at < filter.to && one.merchant_id === 'mch-3' && one.service_id === 'wechat.h5',
    );
    expect(fit.length).toBeGreaterThan(5);
    expect(result.population).toBe(fit.length);
  });

  it('ends when it is cancelled, and keeps what it found', async () => {
    const input = { kind: 'risk', baseline: 'recorded', ...window, sample: { kind: 'all' } } as const;
    const id = await create(input, riskDraft);
    await backtests.requestCancel(pool as never, id);
    backtests.begin(id, input, riskDraft, snapshot);
    await expect.poll(async () => (await backtests.find(id))?.run.state, { timeout: 100_000 }).toBe('cancelled');
    expect((await backtests.find(id))?.result).toMatchObject({ population: 12_000 });
    expect(await backtests.requestCancel(pool as never, id)).toBe(false);
  });

  it('marks a run as lost, with its partial result, when its node fell silent; a late word does not revive it', async () => {
    const input = { kind: 'risk', baseline: 'recorded', ...window, sample: { kind: 'all' } } as const;
    const id = await create(input, riskDraft);
    const partial = { population: 5 } as BacktestResult;
    expect(await backtests.progress(id, { done: 3, total: 5, result: partial })).toBe(true);
    expect(await backtests.markLost()).toBe(0);
    await pool.query(`UPDATE backtest_runs SET heartbeat_at = now() - interval '1 minute' WHERE id = $1`, [id]);
    expect(await backtests.markLost()).toBe(1);
    expect(await backtests.progress(id, { done: 4, total: 5, result: partial })).toBe(false);
    await backtests.finish(id, 'finished', {});
    expect(await backtests.find(id)).toMatchObject({ run: { state: 'lost', done: 3, total: 5 }, result: partial });
  });

  it('fails with a reason when the document is not one', async () => {
    const input = { kind: 'risk', baseline: 'recorded', ...window, sample: { kind: 'all' } } as const;
    const id = await create(input, { rules: 'none' });
    backtests.begin(id, input, { rules: 'none' }, snapshot);
    await expect.poll(async () => (await backtests.find(id))?.run.state, { timeout: 100_000 }).toBe('failed');
    expect((await backtests.find(id))?.run.error).toMatch(/not valid/);
  });
});

describe('the gate for rules', { timeout: 60_000 }, () => {
  it('replays recorded and edge facts through json-rules-engine in a thread of its own', async () => {
    const verify = createVerifyRules(database.url);
    const verdict = await verify('risk', riskDraft);
    expect(verdict).toMatchObject({ differences: 0, report: { rejected: 0 } });
    expect(verdict.samples).toBeGreaterThan(200);
    await expect(verify('routing', { rules: 'none' })).rejects.toThrow(/could not be verified/);
  });

  it('runs the cases that are kept with the rules, whose names are their own', async () => {
    const save = (test: Omit<TestCase, 'kind'>) =>
      inTransaction(pool, (client) => saveCase(client, { kind: 'risk', ...test }, 'tester'));
    const facts = { amount: 200_000, hour: 12, payerCount10m: 5 };
    const { id } = await save({ name: 'often', facts, expect: { outcome: 'reject' } });
    await expect(save({ name: 'often', facts, expect: { outcome: 'approve' } })).rejects.toThrow(/called often/);
    await expect(save({ id: 'tc_0', name: 'x', facts, expect: { outcome: 'approve' } })).rejects.toThrow(
      /no test case/,
    );
    expect(await runTests(pool, 'risk', riskDraft)).toMatchObject({ passed: 1, failed: 0 });
    await save({ id, name: 'often', facts: { ...facts, payerCount10m: 4 }, expect: { outcome: 'reject' } });
    expect(await runTests(pool, 'risk', riskDraft)).toMatchObject({
      passed: 0,
      failed: 1,
      results: [{ name: 'often', problems: [{ path: 'expect.outcome', expected: 'reject', actual: 'approve' }] }],
    });
    await inTransaction(pool, (client) => removeCase(client, 'risk', id));
    expect(await runTests(pool, 'risk', riskDraft)).toMatchObject({ passed: 0, failed: 0 });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { type Context, createCallerFactory } from '../../access/trpc.ts';
import { createAudit } from '../../config/audit.store.ts';
import { compileDraft } from '../../config/backtest/compare.ts';
import { inventPast, storePast } from '../../config/backtest/testing/invented-past.ts';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import { systemClock } from '../../platform/clock.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import { createGatherFacts } from '../../risk/facts.ts';
import { createVelocityStore } from '../../risk/velocity/velocity.store.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createDecideRouter } from './decide.router.ts';

const past = inventPast({ seed: 5, count: 300 });
const rule = (id: string, fact: string, operator: string, value: unknown, event: object) => ({
  id,
  conditions: { all: [{ fact, operator, value }] },
  event,
});
const published = {
  risk: {
    rules: [
      rule('too-much', 'amount', 'greaterThan', 500_000, { type: 'reject', params: { code: 'risk_single_limit' } }),
    ],
  },
  routing: {
    rules: [rule('big', 'amount', 'greaterThan', 599_999, { type: 'prefer', params: { channelId: 'alipay' } })],
  },
};

let database: TestDatabase;
let pool: Pool;
let decide: ReturnType<ReturnType<typeof createCallerFactory<ReturnType<typeof createDecideRouter>['_def']['record']>>>;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
  await storePast(pool, past);
  const service = { id: 'wechat.native', product: 'native', channelIds: ['wechat-pay'] };
  const merchantIds = [...new Set(past.map((one) => one.merchant_id))];
  const snapshot = {
    merchants: new Map(merchantIds.map((id) => [id, { id, timeZone: 'Asia/Shanghai', active: true }])),
    services: new Map([
      [service.id, service],
      ['wechat.h5', { ...service, id: 'wechat.h5' }],
    ]),
    channels: new Map(),
    accounts: new Map(),
    limits: [],
    lists: new Map(),
  } as unknown as ConfigSnapshot;
  const [risk, routing] = [
    await compileDraft('risk', published.risk),
    await compileDraft('routing', published.routing),
  ];
  const audit = createAudit(pool);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const router = createDecideRouter({
    config: { current: () => snapshot, snapshotFor: () => snapshot },
    clock: systemClock,
    rules: { risk: { of: () => ({ ...risk, version: 2 }) }, routing: { of: () => ({ ...routing, version: 1 }) } },
    gatherFacts: createGatherFacts({
      findListed: async () => [],
      velocity: createVelocityStore({ pool, clock: systemClock }),
    }),
    adapters: new Map(),
    pool,
  } as unknown as AdminDeps);
  const viewer = {
    id: '1',
    email: 'ops@x.example',
    name: 'ops',
    role: 'ops',
    approver: false,
    merchantId: undefined,
    locale: undefined,
  };
  const context: Context = { viewer, requestId: 'req_1', ip: '127.0.0.1', userAgent: undefined, audit, log };
  decide = createCallerFactory(router)(context) as never;
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('a dry run', () => {
  it('of a payment of the past says what its own record says, from its own facts and accounts', async () => {
    for (const payment of past.filter(({ risk }) => !risk?.exhausted && risk?.outcome !== 'review').slice(0, 20)) {
      const made = await decide.run({ paymentId: payment.id });
      expect(made.risk.outcome).toBe(payment.risk?.outcome);
      expect(made.risk.fired).toEqual(payment.risk?.fired.map(({ id }) => id));
      expect(made.request).toMatchObject({ merchantId: payment.merchant_id, amount: payment.amount, at: payment.at });
      if (!payment.routing) continue;
      expect(made.routing).toMatchObject({
        asThen: true,
        routes: [{ accountId: 'wx-2' }, {}, {}].slice(0, made.routing.routes.length),
      });
      expect(made.recorded?.routing?.routes[0]).toMatchObject(made.routing.routes[0] as object);
    }
  });

  it('sets a draft beside what is published, rule by rule with the values that decided', async () => {
    const payment = past.find(({ amount, risk }) => amount > 200_000 && amount < 500_000 && risk?.outcome === 'review');
    const document = { rules: [rule('over', 'amount', 'greaterThan', 200_000, { type: 'reject', params: {} })] };
    const made = await decide.run({ paymentId: payment?.id ?? '', draft: { kind: 'risk', document } });
    expect(made.risk).toMatchObject({ outcome: 'reject', version: 0, fired: ['over'] });
    expect(made.live?.risk).toMatchObject({ outcome: 'approve', version: 2, fired: [] });
    expect(made.risk.rules[0]?.conditions).toMatchObject({
      result: true,
      all: [{ fact: 'amount', operator: 'greaterThan', value: 200_000, factResult: payment?.amount, result: true }],
    });
    expect(made.live?.risk.rules[0]?.conditions).toMatchObject({
      all: [{ factResult: payment?.amount, result: false }],
    });
    expect(made.recorded?.risk?.outcome).toBe('review');
  });

  it('takes recorded facts as they were, and works out for that moment what nobody recorded', async () => {
    const document = {
      rules: [rule('often', 'payerCount10m', 'greaterThan', 3, { type: 'review', params: {} })],
    };
    const counted = past.find(
      ({ risk }) => typeof risk?.facts.payerCount10m === 'number' && risk.facts.payerCount10m > 3,
    );
    const made = await decide.run({ paymentId: counted?.id ?? '', draft: { kind: 'risk', document } });
    expect(made.risk.fired).toEqual(['often']);
    expect(made.facts).toContainEqual({
      name: 'payerCount10m',
      value: counted?.risk?.facts.payerCount10m,
      source: 'recorded',
    });

    const bare = past.find(({ risk, payer }) => payer && 'id' in payer && !('payerCount10m' in (risk?.facts ?? {})));
    const computed = await decide.run({ paymentId: bare?.id ?? '', draft: { kind: 'risk', document } });
    const before = past.filter(
      (one) =>
        one.payer?.id === bare?.payer?.id &&
        one.merchant_id === bare?.merchant_id &&
        one.at < (bare?.at ?? 0) &&
        one.at >= (bare?.at ?? 0) - 600_000,
    );
    expect(computed.missing).toEqual([]);
    expect(computed.facts).toContainEqual({ name: 'payerCount10m', value: before.length, source: 'computed' });
  });

  it('of an invented payment asks the rules of now; unknown things are named', async () => {
    const made = await decide.run({ merchantId: 'mch-1', serviceId: 'wechat.native', amount: 500_001 });
    expect(made).toMatchObject({
      live: null,
      recorded: null,
      risk: { outcome: 'reject', version: 2 },
      routing: { asThen: false },
    });
    const codeOf = (input: Parameters<typeof decide.run>[0]) =>
      decide.run(input).catch((error: { cause: { code: string } }) => error.cause.code);
    expect(await codeOf({ merchantId: 'nobody', serviceId: 'wechat.native', amount: 1 })).toBe('not_found');
    expect(await codeOf({ paymentId: 'pay_00000000000000000000000000' })).toBe('not_found');
    expect(
      await codeOf({
        merchantId: 'mch-1',
        serviceId: 'wechat.native',
        amount: 1,
        draft: { kind: 'routing', document: { rules: 1 } },
      }),
    ).toBe('invalid_rule_set');
  });
});

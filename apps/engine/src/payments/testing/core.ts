import type { ChannelCall, ResultOf } from '@tributary/channels/channel-adapter';
import type { ChannelResult } from '@tributary/channels/channel-result';
import type { CreatePayment } from '@tributary/contracts/payment';
import type { ServiceConfig } from '@tributary/contracts/service-config';
import type { ConfigSnapshot, MerchantConfig } from '../../config/snapshot.ts';
import { createPool } from '../../platform/db.ts';
import { newRefundId } from '../../platform/ids.ts';
import type { Clock } from '../../platform/ports/clock.ts';
import { createClosePayment } from '../close.ts';
import { createHeldPayments } from '../held.ts';
import type { IdempotencyClaim, MerchantCaller } from '../operations.ts';
import { createPlacePayment } from '../place.ts';
import type { CallChannel, LimitHold, PlanRoute, RiskDecision, Route } from '../ports.ts';
import { createRecorder } from '../record-result.ts';
import { createRefundPayment } from '../refund.ts';
import { createSendPayment } from '../send.ts';
import { createPaymentReads } from '../store/payments.read.ts';
import { createPaymentStore } from '../store/payments.store.ts';

/** The core on a real database, with risk, routing and the channel given by the test. */

const clock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };

const service: ServiceConfig = {
  id: 'wechat.native',
  name: 'WeChat native',
  enabled: true,
  product: 'native',
  channelIds: ['wechat-pay'],
  steps: ['risk', 'routing', 'gateway', 'sync'],
  currencies: ['CNY'],
  minAmount: 1,
  maxAmount: 10_000_000,
  expiresInSeconds: 900,
  placeTimeoutMs: 5000,
  syncSchedule: { firstSeconds: 10, steps: [], backoff: { baseSeconds: 30, maxSeconds: 600 } },
};

const merchant = (id: string): MerchantConfig => ({
  id,
  name: id,
  timeZone: 'Asia/Shanghai',
  active: true,
  requireSignature: false,
  serviceIds: [],
  webhookUrl: 'https://merchant.example/hook',
  webhookSecret: undefined,
  webhookSecretOld: undefined,
  webhookKey: undefined,
  webhookKeyOld: undefined,
  ratePerSecond: 1000,
  readsPerSecond: 1000,
});

export const paidInFull = (call: ChannelCall, amountMinor = 1000n): ChannelResult => ({
  kind: 'succeeded',
  channelTxn: `T${'requestNo' in call ? call.requestNo : ''}`,
  paid: { amountMinor, currency: 'CNY' },
});

export function createTestCore(url: string) {
  const pool = createPool({ url, max: 8, name: 'test' });
  const store = createPaymentStore({ pool, node: 'test-node' });
  const recorder = createRecorder({
    store,
    clock,
    nextLookUp: ({ from }) => new Date(from.getTime() + 10_000),
    newRefundId: () => newRefundId(),
    onCommitted: () => undefined,
  });
  const script = {
    routes: [{ channelId: 'wechat-pay', accountId: 'a' }] as Route[],
    holds: [] as LimitHold[],
    /** Instead of `holds`, by request. */
    holdsOf: undefined as ((request: CreatePayment) => LimitHold[]) | undefined,
    limitsOfRoute: undefined as RiskDecision['limitsOfRoute'],
    outcome: 'approve' as 'approve' | 'review' | 'hold',
    repeatable: false,
    calls: [] as { route: Route; call: ChannelCall }[],
    answer: (_call: ChannelCall, _route: Route): unknown => ({
      kind: 'pending',
      credential: { type: 'qr', url: 'weixin://x' },
    }),
  };
  const callChannel: CallChannel = async <Call extends ChannelCall>(route: Route, call: Call) => {
    script.calls.push({ route, call });
    const result = (await script.answer(call, route)) as ResultOf<Call>;
    return {
      result,
      exchange: {
        op: call.op,
        ...route,
        queuedMs: 0,
        durationMs: 1,
        request: undefined,
        response: undefined,
        error: undefined,
      },
    };
  };
  const callbackUrl = ({ channelId, accountId }: Route) => `http://engine.test/callbacks/${channelId}/${accountId}`;
  const decision = { ruleSetVersion: 1, fired: [], facts: {} };
  const sendPayment = createSendPayment({
    recorder,
    callChannel,
    clock,
    callbackUrl,
    repeatable: () => script.repeatable,
  });
  const planRoute: PlanRoute = async () => ({
    ...decision,
    routes: script.routes,
    candidates: script.routes.map((route, place) => ({
      ...route,
      kept: true,
      reason: place === 0 ? 'chosen' : `reserve:${place}`,
      priority: 1,
    })),
  });
  const place = createPlacePayment({
    store,
    clock,
    sendPayment,
    planRoute,
    needsOf: () => ({ payer: [] }),
    assessRisk: async ({ request }) => ({
      ...decision,
      outcome: script.outcome,
      holds: script.holdsOf?.(request) ?? script.holds,
      ...(script.limitsOfRoute ? { limitsOfRoute: script.limitsOfRoute } : {}),
    }),
  });
  const refund = createRefundPayment({ store, recorder, callChannel, clock, callbackUrl });
  const close = createClosePayment({ store, recorder, callChannel, endingOf: () => 'close', outboxForClose: () => [] });
  const snapshotOf = (...ids: string[]): ConfigSnapshot =>
    ({
      version: 1n,
      services: new Map([[service.id, service]]),
      merchants: new Map(ids.map((id) => [id, merchant(id)])),
    }) as unknown as ConfigSnapshot;
  const held = createHeldPayments({
    pool,
    store,
    recorder,
    planRoute,
    limitsOfRoute: () => script.limitsOfRoute ?? (() => ({ holds: [], shadow: [] })),
    sendPayment,
    snapshotFor: snapshotOf,
    clock,
  });
  let counter = 0;

  return {
    pool,
    store,
    recorder,
    script,
    place,
    refund,
    close,
    held,
    reads: createPaymentReads({ pool }),
    caller: (id = 'mch_1'): MerchantCaller => ({
      merchant: merchant(id),
      snapshot: snapshotOf(id),
      keyId: 'key1',
      requestId: 'req_1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      receivedAtMs: performance.now(),
    }),
    claim: (key = `key-${++counter}`, body = 'a'): IdempotencyClaim => ({
      key,
      requestHash: Buffer.from(body.padEnd(32, '.')),
    }),
    request: (own: Partial<CreatePayment> = {}): CreatePayment => ({
      merchantOrderNo: `A${Date.now()}-${++counter}`,
      serviceId: 'wechat.native',
      amount: 1000,
      currency: 'CNY',
      subject: 'Flat white',
      ...own,
    }),
    count: async (table: string): Promise<number> =>
      Number((await pool.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n),
    end: () => pool.end(),
  };
}

export type TestCore = ReturnType<typeof createTestCore>;

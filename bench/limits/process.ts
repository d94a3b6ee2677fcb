// One engine process of bench:limits: the core as in production (judging limits, both commits), driven from within, with a
// channel that answers at once. Prints {"payments", "rejected", "seconds"}.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { limitDocumentSchema } from '@tributary/contracts/limit';
import type { ServiceConfig } from '@tributary/contracts/service-config';
import type { ConfigSnapshot, MerchantConfig } from '../../apps/engine/src/config/snapshot.ts';
import { createPlacePayment } from '../../apps/engine/src/payments/place.ts';
import type { CallChannel } from '../../apps/engine/src/payments/ports.ts';
import { createRecorder } from '../../apps/engine/src/payments/record-result.ts';
import { createSendPayment } from '../../apps/engine/src/payments/send.ts';
import { createPaymentStore } from '../../apps/engine/src/payments/store/payments.store.ts';
import { systemClock as clock } from '../../apps/engine/src/platform/clock.ts';
import { createPool } from '../../apps/engine/src/platform/db.ts';
import { newRefundId } from '../../apps/engine/src/platform/ids.ts';
import { applyLimits } from '../../apps/engine/src/risk/limits/apply-limits.ts';
import { limitScenarios } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    scenario: { type: 'string', default: 'none' },
    clients: { type: 'string', default: '32' },
    warmup: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '5' },
  },
});
const scenario = limitScenarios[values.scenario as keyof typeof limitScenarios];
const limits = scenario.limits.map((limit) => limitDocumentSchema.parse(limit));

const service: ServiceConfig = {
  id: 'zero.native',
  name: 'zero',
  enabled: true,
  product: 'native',
  channelIds: ['zero'],
  steps: ['risk', 'routing', 'gateway', 'sync'],
  currencies: ['CNY'],
  minAmount: 1,
  maxAmount: 10_000_000,
  expiresInSeconds: 900,
  placeTimeoutMs: 5000,
  syncSchedule: { firstSeconds: 10, steps: [], backoff: { baseSeconds: 30, maxSeconds: 600 } },
};
const merchants = Array.from(
  { length: scenario.merchants },
  (_, i): MerchantConfig => ({
    id: `mch_${i}`,
    name: `${i}`,
    timeZone: 'Asia/Shanghai',
    active: true,
    requireSignature: false,
    serviceIds: [],
    webhookUrl: undefined,
    webhookSecret: undefined,
    webhookSecretOld: undefined,
    webhookKey: undefined,
    webhookKeyOld: undefined,
    ratePerSecond: 1_000_000,
    readsPerSecond: 1_000_000,
  }),
);
const snapshot = { version: 1n, limits, services: new Map([[service.id, service]]) } as unknown as ConfigSnapshot;

const pool = createPool({ url: values.url, max: 6, name: 'bench' });
const store = createPaymentStore({ pool, node: `bench-${process.pid}` });
const recorder = createRecorder({
  store,
  clock,
  nextLookUp: ({ from }) => new Date(from.getTime() + 10_000),
  newRefundId: () => newRefundId(),
  onCommitted: () => undefined,
});
const callChannel = (async (route, { op }) => ({
  result: { kind: 'pending', credential: { type: 'qr', url: 'zero://pay' } },
  exchange: { op, ...route, queuedMs: 0, durationMs: 0, request: undefined, response: undefined, error: undefined },
})) as CallChannel;
const decision = { ruleSetVersion: 1, fired: [], facts: {} };
const route = { channelId: 'zero', accountId: 'zero-main' };
const place = createPlacePayment({
  store,
  clock,
  sendPayment: createSendPayment({
    recorder,
    callChannel,
    clock,
    callbackUrl: () => 'http://bench.test',
    repeatable: () => false,
  }),
  needsOf: () => ({ payer: [] }),
  assessRisk: async (context) => ({ ...decision, outcome: 'approve', ...applyLimits(context), refusedBy: undefined }),
  planRoute: async () => ({
    ...decision,
    routes: [route],
    candidates: [{ ...route, kept: true, reason: 'chosen', priority: 1 }],
  }),
});

let payments = 0;
let rejected = 0;
const begin = performance.now() + Number(values.warmup) * 1000;
const end = begin + Number(values.seconds) * 1000;

async function onePayment(client: number, turn: number): Promise<void> {
  const merchant = merchants[(client * 31 + turn) % merchants.length] as MerchantConfig;
  const key = randomUUID();
  const caller = {
    merchant,
    snapshot,
    keyId: 'bench',
    requestId: 'bench',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    receivedAtMs: performance.now(),
  };
  const { body } = await place(
    caller,
    { key, requestHash: Buffer.alloc(32, 1) },
    {
      merchantOrderNo: key,
      serviceId: service.id,
      amount: 1299,
      currency: 'CNY',
      subject: 'Flat white',
      payer: { id: `payer-${Math.floor(Math.random() * 100_000)}` },
    },
  );
  const now = performance.now();
  if (now < begin || now > end) return;
  payments++;
  if (body.includes('"status":"rejected"')) rejected++;
}

await Promise.all(
  Array.from({ length: Number(values.clients) }, async (_, client) => {
    for (let turn = 0; performance.now() < end; turn++) await onePayment(client, turn);
  }),
);
await pool.end();
console.log(JSON.stringify({ payments, rejected, seconds: Number(values.seconds) }));

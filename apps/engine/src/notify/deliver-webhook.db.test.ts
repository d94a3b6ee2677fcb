import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createTestCore, paidInFull, type TestCore } from '../payments/testing/core.ts';
import { inTransaction } from '../platform/db.ts';
import { createWebhooks } from './deliver-webhook.ts';
import { writeDeliveries } from './write-deliveries.ts';

let database: TestDatabase;
let core: TestCore;
let shop: Server;
let url: string;
const heard: { id: string; body: string }[] = [];
let answer = 200;
const log = { warn: () => undefined, error: () => undefined };

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
  shop = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      heard.push({ id: String(request.headers['webhook-id']), body: Buffer.concat(parts).toString() });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((done) => shop.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  shop.close();
  await core.end();
  await database.drop();
});

const webhooks = () =>
  createWebhooks({
    pool: core.pool,
    config: {
      current: () => ({ merchants: new Map([['mch_1', { webhookSecret: 'sealed' }]]) }) as never,
      snapshotFor: () => undefined as never,
      onChange: () => () => undefined,
    },
    load: core.store.load,
    decrypt: () => 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    allowLoopback: true,
    log,
  });

async function paid(): Promise<{ paymentId: string; eventSeq: number }> {
  core.script.answer = (call) => paidInFull(call);
  const { body } = await core.place(core.caller(), core.claim(), core.request({ notifyUrl: url }));
  const { rows } = await core.pool.query('SELECT version FROM payments WHERE id = $1', [JSON.parse(body).id]);
  return { paymentId: JSON.parse(body).id, eventSeq: rows[0].version };
}
const write = (...payloads: object[]) => inTransaction(core.pool, (client) => writeDeliveries(client, payloads));
const rowOf = async (paymentId: string) =>
  (await core.pool.query('SELECT * FROM webhook_deliveries WHERE payment_id = $1', [paymentId])).rows;

describe('a webhook', () => {
  it('is written down once with the message, and told by the sweep although its job never comes', async () => {
    const event = await paid();
    const message = { ...event, type: 'payment.succeeded' };
    await write(message, message);
    await write(message);
    expect(await rowOf(event.paymentId)).toMatchObject([{ status: 'pending', body: null, attempts: 0 }]);
    await core.pool.query('UPDATE webhook_deliveries SET next_attempt_at = now()');
    await webhooks().deliverDue();
    expect(await rowOf(event.paymentId)).toMatchObject([{ status: 'delivered', attempts: 1 }]);
    const told = heard.filter(({ body }) => body.includes(event.paymentId));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({
      type: 'payment.succeeded',
      sequence: event.eventSeq,
      data: { payment: { id: event.paymentId, status: 'succeeded' } },
    });
  });

  it('says the same under the same id on every try', async () => {
    const event = await paid();
    await write({ ...event, type: 'payment.succeeded' });
    answer = 500;
    const { notifyMerchant, deliverDue } = webhooks();
    await notifyMerchant({ ...event, type: 'payment.succeeded' });
    answer = 200;
    await core.pool.query(`UPDATE payments SET metadata = '{"late":"change"}' WHERE id = $1`, [event.paymentId]);
    await core.pool.query('UPDATE webhook_deliveries SET next_attempt_at = now() WHERE payment_id = $1', [
      event.paymentId,
    ]);
    await deliverDue();
    const told = heard.filter(({ body }) => body.includes(event.paymentId));
    expect(told).toHaveLength(2);
    expect(told[0]).toEqual(told[1]);
  });

  it('is not made for a payment with nobody to tell', async () => {
    core.script.answer = (call) => paidInFull(call);
    const { body } = await core.place(core.caller(), core.claim(), core.request());
    await write({ paymentId: JSON.parse(body).id, eventSeq: 3, type: 'payment.succeeded' });
    expect(await rowOf(JSON.parse(body).id)).toEqual([]);
  });
});

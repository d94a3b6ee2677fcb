import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createTestCore, paidInFull, type TestCore } from '../payments/testing/core.ts';
import { inTransaction } from '../platform/db.ts';
import { createEndpointStore } from './endpoints.store.ts';
import { createTestRecorder, createTestWebhooks, forgetWebhooks, testSecret } from './testing/webhooks.ts';

let database: TestDatabase;
let core: TestCore;
const shops: Server[] = [];

/** A merchant's server: remembers what it heard, answers as it is told, or not at all. */
async function openShop() {
  const heard: { id: string; body: string; headers: IncomingHttpHeaders }[] = [];
  const shop = { heard, status: 200, answer: '', hangs: false, most: 0, url: '' };
  let now = 0;
  const server = createServer((request, response) => {
    shop.most = Math.max(shop.most, ++now);
    response.on('close', () => now--);
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      heard.push({
        id: String(request.headers['webhook-id']),
        body: Buffer.concat(parts).toString(),
        headers: request.headers,
      });
      if (!shop.hangs) response.writeHead(shop.status).end(shop.answer);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  shops.push(server);
  shop.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return shop;
}

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
beforeEach(async () => {
  core.script.answer = (call) => paidInFull(call);
  await forgetWebhooks(core.pool);
});
afterEach(() => {
  for (const shop of shops.splice(0)) {
    shop.closeAllConnections();
    shop.close();
  }
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const recorder = () => createTestRecorder(core.pool);
const webhooks = (node?: string) => createTestWebhooks(core.pool, node);

async function paid(notifyUrl?: string, merchantId = 'mch_1'): Promise<string> {
  const { body } = await core.place(
    core.caller(merchantId),
    core.claim(),
    core.request(notifyUrl ? { notifyUrl } : {}),
  );
  return JSON.parse(body).id;
}
const eventsOf = async (merchantId = 'mch_1') =>
  (
    await core.pool.query(
      'SELECT seq::int, id, type, payment_id, body FROM merchant_events WHERE merchant_id = $1 ORDER BY seq',
      [merchantId],
    )
  ).rows;
const deliveriesOf = async (paymentId: string) =>
  (await core.pool.query('SELECT * FROM webhook_deliveries WHERE payment_id = $1', [paymentId])).rows;
const makeDue = () =>
  core.pool.query(
    `WITH d AS (UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'pending')
     UPDATE webhook_endpoints SET next_due_at = now(), rest_until = NULL`,
  );

describe('events for merchants', () => {
  it('are numbered from 1 without a gap, for each merchant, whether anybody is told or not', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(await paid());
    await paid(undefined, 'mch_2');
    await recorder().recordOnce();
    expect((await eventsOf()).map(({ seq, type, payment_id }) => [seq, type, payment_id])).toEqual(
      ids.map((id, i) => [i + 1, 'payment.succeeded', id]),
    );
    expect((await eventsOf('mch_2')).map(({ seq }) => seq)).toEqual([1]);
    expect((await core.pool.query('SELECT 1 FROM webhook_deliveries')).rows).toEqual([]);
    expect((await core.pool.query(`SELECT 1 FROM outbox WHERE topic = 'notify-merchant'`)).rows).toEqual([]);
  });

  it('stay without a gap when several nodes write them down while payments go on', async () => {
    const recorders = [recorder(), recorder(), recorder()];
    for (const one of recorders) one.start();
    await Promise.all(Array.from({ length: 60 }, (_, i) => paid(undefined, i % 3 === 0 ? 'mch_2' : 'mch_1')));
    await expect.poll(async () => (await eventsOf()).length, { timeout: 10_000 }).toBe(40);
    await expect.poll(async () => (await eventsOf('mch_2')).length, { timeout: 10_000 }).toBe(20);
    await Promise.all(recorders.map((one) => one.stop()));
    for (const [merchant, count] of [
      ['mch_1', 40],
      ['mch_2', 20],
    ] as const)
      expect((await eventsOf(merchant)).map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  });

  it('never show a number before a smaller one', async () => {
    const other = recorder();
    await paid();
    const client = await core.pool.connect();
    await client.query('BEGIN');
    // Somebody else is in the middle of it.
    await client.query('SELECT pg_advisory_xact_lock($1)', [0x65766e74]);
    expect(await other.recordOnce()).toBe(0);
    await client.query('ROLLBACK');
    client.release();
    expect(await other.recordOnce()).toBe(1);
  });

  it('are written once, though their message comes twice', async () => {
    await paid();
    await core.pool.query(
      `INSERT INTO outbox (topic, key, payload) SELECT topic, key, payload FROM outbox WHERE topic = 'notify-merchant'`,
    );
    await recorder().recordOnce();
    expect((await eventsOf()).map(({ seq }) => seq)).toEqual([1]);
    await paid();
    await recorder().recordOnce();
    expect((await eventsOf()).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('say what was true when they happened, with the very moments of the rows', async () => {
    const id = await paid();
    core.script.answer = (call) =>
      call.op === 'refund' ? { kind: 'succeeded', channelRefundNo: 'R', refunded: call.amount } : paidInFull(call);
    const { body } = await core.refund(core.caller(), core.claim(), id, { merchantRefundNo: `${id}-r`, amount: 400 });
    await recorder().recordOnce();
    const [first, second] = (await eventsOf()).map((row) => JSON.parse(row.body));
    expect(first).toMatchObject({
      sequence: 1,
      type: 'payment.succeeded',
      data: { payment: { id, refundedAmount: 0 } },
    });
    expect(second).toMatchObject({ sequence: 2, type: 'refund.succeeded', data: { payment: { refundedAmount: 400 } } });
    expect(second.data.refund).toEqual(await core.reads.findRefund('mch_1', JSON.parse(body).id));
    const payment = await core.reads.findPayment('mch_1', id);
    expect(second.data.payment).toEqual(payment);
    expect(first.data.payment.succeededAt).toBe(payment?.succeededAt);
  });
});

describe('a webhook', () => {
  it('is signed, told once, and says so', async () => {
    const shop = await openShop();
    shop.answer = 'thanks 6222020200112233445';
    const id = await paid(shop.url);
    await recorder().recordOnce();
    await webhooks().settle();
    expect(shop.heard).toHaveLength(1);
    const [{ body, headers, id: messageId }] = shop.heard as [(typeof shop.heard)[number]];
    expect(new Webhook(testSecret).verify(body, headers as Record<string, string>)).toMatchObject({
      id: messageId,
      sequence: 1,
    });
    expect(await deliveriesOf(id)).toMatchObject([{ id: messageId, status: 'delivered', attempts: 1 }]);
    const { rows } = await core.pool.query('SELECT no, status, answer, node FROM webhook_tries');
    expect(rows).toEqual([{ no: 1, status: 200, answer: 'thanks ***', node: 'n1' }]);
    await webhooks().settle();
    expect(shop.heard).toHaveLength(1);
  });

  it('says the same under the same id on every try, and every try is kept', async () => {
    const shop = await openShop();
    shop.status = 500;
    const id = await paid(shop.url);
    await recorder().recordOnce();
    await webhooks().settle();
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending', attempts: 1, last_status: 500 }]);
    shop.status = 200;
    await makeDue();
    await webhooks().settle();
    expect(shop.heard).toHaveLength(2);
    expect(shop.heard[0]?.body).toBe(shop.heard[1]?.body);
    expect(shop.heard[0]?.id).toBe(shop.heard[1]?.id);
    const { rows } = await core.pool.query('SELECT no, status FROM webhook_tries ORDER BY no');
    expect(rows).toEqual([
      { no: 1, status: 500 },
      { no: 2, status: 200 },
    ]);
  });

  it('to an endpoint that hangs delays nobody else, and takes four places at most', async () => {
    const [ill, well] = [await openShop(), await openShop()];
    ill.hangs = true;
    for (let i = 0; i < 8; i++) await paid(ill.url);
    for (let i = 0; i < 12; i++) await paid(well.url, 'mch_2');
    await recorder().recordOnce();
    const nodes = [webhooks('n1'), webhooks('n2')];
    for (const node of nodes) node.start();
    await expect.poll(() => well.heard.length, { timeout: 10_000 }).toBe(12);
    expect(ill.most).toBeGreaterThan(0);
    expect(ill.most).toBeLessThanOrEqual(4);
    expect(well.most).toBeLessThanOrEqual(4);
    for (const shop of shops) shop.closeAllConnections();
    await Promise.all(nodes.map((node) => node.stop()));
  });

  it('is spared an endpoint that keeps failing: it rests, and is asked again by one probe', async () => {
    const shop = await openShop();
    shop.status = 503;
    for (let i = 0; i < 20; i++) await paid(shop.url);
    await recorder().recordOnce();
    await webhooks().settle();
    const heard = shop.heard.length;
    // Five in a row, and those that were on their way by then.
    expect(heard).toBeGreaterThanOrEqual(5);
    expect(heard).toBeLessThanOrEqual(8);
    const state = async () =>
      (await core.pool.query('SELECT failures, rest_until > now() AS rests FROM webhook_endpoints')).rows[0];
    expect(await state()).toMatchObject({ rests: true });
    await core.pool.query('UPDATE webhook_endpoints SET rest_until = now()');
    await webhooks().settle();
    expect(shop.heard.length).toBe(heard + 1);
    shop.status = 200;
    await core.pool.query('UPDATE webhook_endpoints SET rest_until = now()');
    await makeDue();
    await webhooks().settle();
    expect(await state()).toMatchObject({ failures: 0, rests: null });
    const { rows } = await core.pool.query('SELECT status, count(*)::int FROM webhook_deliveries GROUP BY 1');
    expect(rows).toEqual([{ status: 'delivered', count: 20 }]);
  });

  it('of a node that was away for too long changes nothing any more', async () => {
    const shop = await openShop();
    const id = await paid(shop.url);
    await recorder().recordOnce();
    const away = createEndpointStore(core.pool, 'away');
    const [endpoint] = await away.claim(10);
    const [delivery] = await away.due(endpoint?.id ?? '', 1);
    await core.pool.query(`UPDATE webhook_endpoints SET worked_until = now() - interval '1 s'`);
    await webhooks('other').settle();
    expect(await away.keep(endpoint?.id ?? '')).toBe(false);
    if (!endpoint || !delivery) throw new Error('nothing was claimed');
    await away.record(endpoint.id, delivery, { error: 'late', durationMs: 1 }, { state: 'pending', inSeconds: 1 });
    await away.release(endpoint.id);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'delivered', attempts: 1, last_error: null }]);
    expect((await core.pool.query('SELECT no, error FROM webhook_tries')).rows).toEqual([{ no: 1, error: null }]);
  });

  it('is not forgotten when it is added while its endpoint is given back', async () => {
    const shop = await openShop();
    await paid(shop.url);
    await recorder().recordOnce();
    const store = createEndpointStore(core.pool, 'n1');
    const [endpoint] = await store.claim(1);
    const [row] = (await core.pool.query('SELECT * FROM merchant_events')).rows;
    // The one who adds holds the row; who gives it back waits, then sees what was added.
    await core.pool.query(`UPDATE webhook_deliveries SET status = 'delivered', next_attempt_at = NULL`);
    let released: Promise<void> | undefined;
    await inTransaction(core.pool, async (client) => {
      await client.query('UPDATE webhook_endpoints SET next_due_at = least(next_due_at, now())');
      released = store.release(endpoint?.id ?? '');
      await new Promise((later) => setTimeout(later, 50));
      await client.query(`UPDATE webhook_deliveries SET status = 'pending', next_attempt_at = now() WHERE id = $1`, [
        row.id,
      ]);
    });
    await released;
    await webhooks().settle();
    expect(shop.heard).toHaveLength(1);
  });

  it('is neither sent to a paused endpoint nor anywhere else', async () => {
    const shop = await openShop();
    await paid(shop.url);
    await recorder().recordOnce();
    await core.pool.query(`UPDATE webhook_endpoints SET paused_at = now()`);
    await webhooks().settle();
    expect(shop.heard).toEqual([]);
    await core.pool.query(`UPDATE webhook_endpoints SET paused_at = NULL`);
    await webhooks().settle();
    expect(shop.heard).toHaveLength(1);
  });

  it('that is not wanted (410), or may not be called, is dead at once and makes nobody ill', async () => {
    const shop = await openShop();
    shop.status = 410;
    const [gone, inside] = [await paid(shop.url), await paid('https://10.0.0.1/hook')];
    await recorder().recordOnce();
    await webhooks().settle();
    for (const id of [gone, inside]) expect(await deliveriesOf(id)).toMatchObject([{ status: 'dead', attempts: 1 }]);
    expect((await core.pool.query('SELECT DISTINCT failures FROM webhook_endpoints')).rows).toEqual([{ failures: 0 }]);
  });

  it('follows no redirect and reads no endless answer', async () => {
    const [trap, shop] = [await openShop(), await openShop()];
    shop.status = 302;
    shop.answer = 'x'.repeat(5_000_000);
    const id = await paid(shop.url);
    await recorder().recordOnce();
    await webhooks().settle();
    expect(trap.heard).toEqual([]);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending', last_status: 302 }]);
    const { rows } = await core.pool.query('SELECT length(answer) AS length FROM webhook_tries');
    expect(rows).toEqual([{ length: 1024 }]);
  });
});

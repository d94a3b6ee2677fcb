import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createTestCore, paidInFull, type TestCore } from '../payments/testing/core.ts';
import { createEndpointStore } from './endpoints.store.ts';
import { createTestRecorder, createTestWebhooks, forgetWebhooks } from './testing/webhooks.ts';

let database: TestDatabase;
let core: TestCore;
const servers: Server[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
beforeEach(async () => {
  core.script.answer = (call) => paidInFull(call);
  await forgetWebhooks(core.pool);
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

/** A server that answers with 204, or never. @returns its port, the hosts it was called by, and how many wait */
async function listen(hangs: boolean) {
  const shop = { port: 0, hosts: [] as string[] };
  const server = createServer((request, response) => {
    shop.hosts.push(String(request.headers.host));
    if (!hangs) response.writeHead(204).end();
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  shop.port = (server.address() as AddressInfo).port;
  return shop;
}

const recorder = () => createTestRecorder(core.pool);
const store = () => createEndpointStore(core.pool, 'n1');
const paid = async (notifyUrl: string, merchantId: string): Promise<string> =>
  JSON.parse((await core.place(core.caller(merchantId), core.claim(), core.request({ notifyUrl }))).body).id;

describe('the places of webhooks', () => {
  it('are shared out: one merchant’s endpoints that all hang leave room for everybody else’s', async () => {
    const [hanging, well] = [await listen(true), await listen(false)];
    for (let n = 0; n < 70; n++) await paid(`http://h${n}.localhost:${hanging.port}/`, 'mch_1');
    await recorder().recordOnce();
    const node = createTestWebhooks(core.pool);
    node.start();
    await vi.waitFor(() => expect(hanging.hosts.length).toBeGreaterThanOrEqual(16), 10_000);
    for (let n = 0; n < 5; n++) await paid(`http://w${n}.localhost:${well.port}/`, 'mch_2');
    await recorder().recordOnce();
    node.nudge();
    await vi.waitFor(() => expect(new Set(well.hosts).size).toBe(5), 10_000);
    // None of the hanging has ended: a try takes fifteen seconds.
    const { rows } = await core.pool.query(`SELECT count(*)::int AS n FROM webhook_tries WHERE status IS NULL`);
    expect(rows).toEqual([{ n: 0 }]);
    expect(hanging.hosts.length).toBeLessThan(32);
    servers[0]?.closeAllConnections();
    await node.stop();
  });

  it('go to the well when those whose last try failed have theirs', async () => {
    for (const url of ['http://a.localhost:1/', 'http://b.localhost:1/']) await paid(url, 'mch_1');
    await recorder().recordOnce();
    await core.pool.query(`UPDATE webhook_endpoints SET failures = 1 WHERE origin LIKE '%//a.%'`);
    expect(await store().claim(9, [], true)).toMatchObject([{ failures: 0 }]);
    expect(await store().claim(9, ['mch_1'])).toEqual([]);
    expect(await store().claim(9)).toMatchObject([{ failures: 1 }]);
  });
});

describe('a delivery to an endpoint that rests', () => {
  const waits = async () => {
    const id = await paid('http://gone.localhost:1/', 'mch_1');
    await recorder().recordOnce();
    await core.pool.query(`UPDATE webhook_endpoints SET failures = 9, rest_until = now() + interval '5 minutes'`);
    return id;
  };
  const stateOf = async (id: string) =>
    (await core.pool.query('SELECT status, last_error FROM webhook_deliveries WHERE payment_id = $1', [id])).rows[0];

  it('is given up once all its retries could have been made, though it was never tried', async () => {
    const id = await waits();
    await core.pool.query(`UPDATE webhook_deliveries SET pending_since = now() - interval '22 hours'`);
    expect(await store().giveUpLate()).toBe(0);
    await core.pool.query(`UPDATE webhook_deliveries SET pending_since = now() - interval '26 hours'`);
    await core.pool.query('UPDATE webhook_endpoints SET paused_at = now()');
    expect(await store().giveUpLate()).toBe(0);
    await core.pool.query('UPDATE webhook_endpoints SET paused_at = NULL');
    expect(await store().giveUpLate()).toBe(1);
    expect(await stateOf(id)).toMatchObject({ status: 'dead', last_error: expect.stringContaining('did not answer') });
    expect(await store().backlog()).toMatchObject({ pending: 0, dead: 1, resting: 1 });
  });

  it('is not overdue: nobody could send it', async () => {
    await waits();
    await core.pool.query(`UPDATE webhook_endpoints SET next_due_at = now() - interval '1 hour'`);
    expect(await store().backlog()).toMatchObject({ pending: 1, overdueSeconds: 0 });
    await core.pool.query(`UPDATE webhook_endpoints SET rest_until = now() - interval '10 minutes'`);
    const { overdueSeconds } = await store().backlog();
    expect(Math.round(overdueSeconds / 60)).toBe(10);
  });
});

describe('a message of which no event can be made', () => {
  it('is put aside with its reason, and the others are written down', async () => {
    const add = (payload: object) =>
      core.pool.query(`INSERT INTO outbox (topic, key, payload) VALUES ('notify-merchant', $1, $2)`, [
        JSON.stringify(payload),
        JSON.stringify(payload),
      ]);
    for (let n = 0; n < 3; n++) await paid('http://a.localhost:1/', 'mch_1');
    await add({ paymentId: 'pay_missing', eventSeq: 1, type: 'payment.succeeded' });
    await paid('http://a.localhost:1/', 'mch_1');
    await add({ paymentId: 'pay_missing', eventSeq: 99_999_999_999, type: 'payment.succeeded' });
    for (let n = 0; n < 3; n++) await paid('http://a.localhost:1/', 'mch_2');
    const events = recorder();
    events.start();
    const seqs = async () =>
      (await core.pool.query('SELECT merchant_id AS m, seq::int FROM merchant_events ORDER BY 1, 2')).rows;
    await vi.waitFor(async () => expect(await seqs()).toHaveLength(7), 10_000);
    await events.stop();
    expect(await seqs()).toEqual([
      ...[1, 2, 3, 4].map((seq) => ({ m: 'mch_1', seq })),
      ...[1, 2, 3].map((seq) => ({ m: 'mch_2', seq })),
    ]);
    const { rows } = await core.pool.query('SELECT error FROM parked_events ORDER BY id');
    expect(rows).toEqual([
      { error: 'payment pay_missing of an event is missing' },
      { error: expect.stringContaining('out of range') },
    ]);
    expect((await core.pool.query(`SELECT 1 FROM outbox WHERE topic = 'notify-merchant'`)).rows).toEqual([]);
  });
});

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verify } from '../chaos/verify/verify.ts';
import { liveDocument, publishDocument } from '../scripts/testing/documents.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

let system: System;
let shop: ReturnType<typeof createMerchant>;
let db: pg.Client;

beforeAll(async () => {
  system = await startSystem();
  shop = createMerchant(system);
  db = new pg.Client({ connectionString: system.databaseUrl });
  await db.connect();
});
beforeEach(() => system.control('POST', '/reset'));
afterAll(async () => {
  await db.end();
  await system.stop();
});

const kinds = async (id: string) =>
  (await db.query('SELECT kind FROM events WHERE payment_id = $1 ORDER BY seq', [id])).rows.map(
    ({ kind }) => kind as string,
  );
const callbacks = async (where: string) =>
  Number((await db.query(`SELECT count(*) AS n FROM channel_callbacks WHERE ${where}`)).rows[0].n);

describe('a payment', () => {
  it('goes all the way by callback, and the merchant is told by a signed webhook, again until it listens', async () => {
    const heard: { headers: IncomingHttpHeaders; body: string }[] = [];
    const receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        // The first try fails: the second must carry the same id.
        response.writeHead(heard.length === 0 ? 500 : 204).end();
        heard.push({ headers: request.headers, body: text });
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    const { port } = receiver.address() as AddressInfo;
    const { status, body, headers } = await shop.place({ notifyUrl: `http://127.0.0.1:${port}/hook` });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'processing', credential: { type: 'qr' }, channel: 'wechat-pay' });
    expect(headers.get('location')).toBe(`/v1/payments/${body.id}`);
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');
    expect(await kinds(body.id)).toEqual(
      expect.arrayContaining([
        'payment.received',
        'risk.decided',
        'routing.planned',
        'attempt.sending',
        'attempt.succeeded',
        'payment.succeeded',
      ]),
    );
    await until('two tries', async () => heard.length >= 2, 40_000);
    const webhook = new Webhook(system.demo.merchants[0]?.webhookSecret ?? '');
    for (const one of heard)
      expect(webhook.verify(one.body, one.headers as Record<string, string>)).toMatchObject({
        type: 'payment.succeeded',
        data: { payment: { id: body.id, status: 'succeeded' } },
      });
    expect(heard[1]?.headers['webhook-id']).toBe(heard[0]?.headers['webhook-id']);
    receiver.close();
  });

  it.each([
    ['jsapi', { payer: { openId: 'oDemo00000000000000000000001' } }, 'jsapi'],
    ['h5', { payer: { ip: '203.0.113.7' } }, 'redirect'],
    ['app', {}, 'app'],
  ])('is taken by %s', async (product, own, credential) => {
    const { body } = await shop.place({ serviceId: `wechat.${product}`, ...own });
    expect(body.credential?.type).toBe(credential);
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');
  });

  it.each([
    ['00', 'succeeded', undefined],
    ['01', 'failed', 'insufficient_funds'],
    ['03', 'failed', 'auth_code_invalid'],
  ])('is taken at the till by a code ending in %s: %s', async (ending, status, failure) => {
    const { body } = await shop.place({
      serviceId: 'wechat.codepay',
      payer: { authCode: `13412345678901${ending}`.padStart(18, '1') },
    });
    expect(body.status).toBe(status);
    expect(body.failure?.code).toBe(failure);
  });

  it('is confirmed by status sync when the callback never comes', async () => {
    await system.faults({ callbacks: { mode: 'never' } });
    const { body } = await shop.place();
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded', 40_000);
    expect(await kinds(body.id)).toContain('attempt.succeeded');
    const { rows } = await db.query(`SELECT actor FROM events WHERE payment_id = $1 AND kind = 'attempt.succeeded'`, [
      body.id,
    ]);
    expect(rows[0].actor).toBe('sync');
  });

  it('stays processing when the reply is lost after the charge, and succeeds later', async () => {
    await system.faults({ lostReply: true, operations: ['place'] }, { callbacks: { mode: 'never' } });
    const { body } = await shop.place({ serviceId: 'wechat.codepay', payer: { authCode: '134123456789010000' } });
    expect(body.status).toBe('processing');
    await system.faults({ callbacks: { mode: 'never' } });
    await shop.becomes(body.id, 'succeeded', 40_000);
  });

  it('is not doubled by callbacks that come ten times, nor moved by forged ones', async () => {
    const [before, refusedBefore] = [await callbacks('verified'), await callbacks('NOT verified')];
    await system.faults({ callbacks: { mode: 'duplicate', copies: 10 } });
    const { body } = await shop.place();
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');
    await until('all copies', async () => (await callbacks('verified')) - before >= 10);
    expect((await kinds(body.id)).filter((kind) => kind === 'payment.succeeded').length).toBe(1);

    await system.faults({ callbacks: { mode: 'forged' } });
    const unpaid = await Promise.all(Array.from({ length: 8 }, () => shop.place()));
    await until('the forgeries', async () => (await callbacks('NOT verified')) - refusedBefore >= 8);
    for (const { body: forged } of unpaid) {
      expect((await shop.find(forged.id)).status).toBe('processing');
      expect(await kinds(forged.id)).not.toContain('attempt.succeeded');
    }
  });

  it('comes to the same end when callbacks are late or out of order', async () => {
    await system.faults({ callbacks: { mode: 'reordered', delayMs: 400 } });
    const { body } = await shop.place();
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');
    const refunded = await shop.refund(body.id);
    await shop.refundBecomes(refunded.body.id, 'succeeded');
  });

  it('that is closed while the payer pays ends as one of the two, and the channel agrees', async () => {
    const placed = await Promise.all(Array.from({ length: 12 }, () => shop.place()));
    await Promise.all(placed.flatMap(({ body }) => [shop.pays(body.id).catch(() => undefined), shop.close(body.id)]));
    for (const { body } of placed) {
      const end = await until('an end', async () => {
        const payment = await shop.find(body.id);
        return ['succeeded', 'closed'].includes(payment.status) ? payment : undefined;
      });
      const { balances } = (await system.control('GET', `/balances?requestNo=${body.id.slice(4)}01`)) as {
        balances: Record<string, { paid: number; refunded: number }>;
      };
      const held = balances[`${body.id.slice(4)}01`];
      expect(end.status === 'succeeded').toBe((held?.paid ?? 0) > 0);
    }
  });

  it('closed by the merchant and paid all the same is given back by itself', async () => {
    const { body } = await shop.place();
    expect((await shop.close(body.id)).body.status).toBe('closed');
    await shop.pays(body.id, { force: true });
    await until('the compensation', async () => (await kinds(body.id)).includes('refund.succeeded'));
    expect((await shop.find(body.id)).status).toBe('closed');
  });

  it('fails with a clear reason when no channel can take it', async () => {
    await db.query(`UPDATE channels SET disabled_until = now() + interval '1 hour' WHERE id = 'wechat-pay'`);
    await until('the switch', async () => (await shop.place()).body.failure?.code === 'no_route');
    await db.query('UPDATE channels SET disabled_until = NULL');
    await until('the channel back', async () => (await shop.place()).body.status === 'processing');
  });
});

describe('a refund', () => {
  it('is paid out in parts, refused over the amount, repeated by its key', async () => {
    const { body } = await shop.place({ amount: 1000 });
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');
    const part = await shop.refund(body.id, { amount: 400 }, `refund-${body.id}`);
    expect(part.status).toBe(201);
    await shop.refundBecomes(part.body.id, 'succeeded');
    expect((await shop.refund(body.id, { amount: 601 })).body.code).toBe('refund_exceeds_payment');
    const again = await shop.call<{ id: string; code?: string }>(
      'POST',
      `/v1/payments/${body.id}/refunds`,
      { merchantRefundNo: part.body.merchantRefundNo, amount: 400 },
      { 'idempotency-key': `refund-${body.id}` },
    );
    expect(again.status).toBe(201);
    expect(again.body.id).toBe(part.body.id);
    expect(again.headers.get('idempotency-status')).toBe('replayed');
    expect((await shop.refund(body.id, { amount: 600 })).status).toBe(201);
    expect((await shop.find(body.id)).refundedAmount).toBe(1000);
  });

  it('survives a lost reply: asked again under its number, paid out once', async () => {
    const { body } = await shop.place({ amount: 1000 });
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');
    await system.faults({ lostReply: true, operations: ['refund'] }, { callbacks: { mode: 'never' } });
    const refund = await shop.refund(body.id, { amount: 1000 });
    expect(refund.body.status).toBe('processing');
    await system.faults({ callbacks: { mode: 'never' } });
    await shop.refundBecomes(refund.body.id, 'succeeded');
  });
});

describe('idempotency', () => {
  it('makes one payment of fifty same requests at once', async () => {
    const order = shop.order();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        shop.call<{ id?: string; code?: string }>('POST', '/v1/payments', order, { 'idempotency-key': 'fifty' }),
      ),
    );
    expect(new Set(answers.flatMap(({ status, body }) => (status === 201 ? [body.id] : []))).size).toBe(1);
    expect(
      answers
        .filter(({ status }) => status !== 201)
        .every(({ status, body }) => status === 409 && body.code === 'idempotency_key_in_flight'),
    ).toBe(true);
    const { rows } = await db.query('SELECT count(*)::int AS n FROM payments WHERE merchant_order_no = $1', [
      order.merchantOrderNo,
    ]);
    expect(rows[0].n).toBe(1);
  });

  it('refuses the same key with another body, and keeps merchants apart', async () => {
    const other = createMerchant(system, 1);
    await shop.place({}, 'shared-key');
    expect((await shop.place({ amount: 5 }, 'shared-key')).status).toBe(422);
    expect((await other.place({}, 'shared-key')).status).toBe(201);
    const mine = await shop.place();
    expect((await other.call('GET', `/v1/payments/${mine.body.id}`)).status).toBe(404);
    expect((await other.close(mine.body.id)).status).toBe(404);
    expect((await other.refund(mine.body.id)).status).toBe(404);
  });
});

describe('configuration is data', () => {
  it('takes a payment by a new service that is only a row', async () => {
    const native = await liveDocument(db, 'service', 'wechat.native');
    const kiosk = { ...native, id: 'kiosk.native', name: 'Kiosk', maxAmount: 2000 };
    await publishDocument(db, 'service', 'kiosk.native', kiosk);
    const { body } = await until(
      'the new service',
      async () => {
        const answer = await shop.place({ serviceId: 'kiosk.native' });
        return answer.status === 201 ? answer : undefined;
      },
      3_000,
    );
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');
    expect((await shop.place({ serviceId: 'kiosk.native', amount: 2001 })).body.code).toBe('amount_out_of_range');
  });

  it('is never exceeded by fifty payments at once: a daily limit', async () => {
    const limit = { id: 'e2e-day', name: 'e2e', scope: ['merchant', 'payer'], period: 'day', currency: 'CNY' };
    await publishDocument(db, 'limit', 'e2e-day', { ...limit, maxAmount: 10_500 });
    await until(
      'the limit',
      async () =>
        (await shop.place({ amount: 10_501, payer: { id: 'probe' } })).body.failure?.code === 'risk_daily_limit',
      3_000,
    );
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => shop.place({ amount: 1000, payer: { id: 'spender' } })),
    );
    expect(answers.filter(({ body }) => body.status !== 'rejected').length).toBe(10);
    expect(answers.find(({ body }) => body.status === 'rejected')?.body.failure?.code).toBe('risk_daily_limit');
    const { rows } = await db.query(
      `SELECT amount FROM limit_usage WHERE limit_id = 'e2e-day' AND scope_key LIKE '%spender'`,
    );
    expect(Number(rows[0].amount)).toBe(10_000);
    await publishDocument(db, 'limit', 'e2e-day', null);
  });

  it('swaps rules under load within a second, and every decision names the version it used', async () => {
    const document = (await liveDocument(db, 'risk', 'main')) as { rules: object[] };
    const blocking = {
      rules: [
        ...document.rules,
        {
          id: 'e2e-block',
          priority: 999,
          conditions: { all: [{ fact: 'payerId', operator: 'equal', value: 'e2e-blocked' }] },
          event: { type: 'reject', params: { code: 'risk_rejected' } },
        },
      ],
    };
    let stop = false;
    const seen: { at: number; status: string; id: string }[] = [];
    const load = (async () => {
      while (!stop) {
        const answers = await Promise.all(
          Array.from({ length: 5 }, () => shop.place({ payer: { id: 'e2e-blocked' } })),
        );
        for (const { status, body } of answers) {
          expect(status).toBe(201);
          seen.push({ at: Date.now(), status: body.status, id: body.id });
        }
      }
    })();
    await new Promise((done) => setTimeout(done, 300));
    await publishDocument(db, 'risk', 'main', blocking);
    const publishedAt = Date.now();
    await until('the new rules', async () => seen.some(({ status }) => status === 'rejected'), 5_000);
    await new Promise((done) => setTimeout(done, 1_000));
    stop = true;
    await load;
    const late = seen.filter(({ at }) => at > publishedAt + 1_000);
    expect(late.length).toBeGreaterThan(0);
    expect(late.every(({ status }) => status === 'rejected')).toBe(true);
    const versions = await db.query(
      `SELECT p.status, e.data->>'ruleSetVersion' AS version, count(*) FROM payments p JOIN events e ON e.payment_id = p.id AND e.kind = 'risk.decided'
       WHERE p.id = ANY($1) GROUP BY 1, 2`,
      [seen.map(({ id }) => id)],
    );
    for (const row of versions.rows) expect(row.version).toBe(row.status === 'rejected' ? '2' : '1');
  });

  it('stops a revoked key within a second', async () => {
    const third = createMerchant(system, 2);
    const { id } = (await third.place()).body;
    await third.close(id);
    await db.query('UPDATE merchant_api_keys SET revoked_at = now() WHERE id = $1', [system.demo.merchants[2]?.keyId]);
    await until('the refusal', async () => (await third.call('GET', `/v1/payments/${id}`)).status === 401, 1_000);
  });
});

describe('in the end', () => {
  it('the database and the channel agree on every payment', async () => {
    const open = await db.query(`SELECT id FROM payments WHERE status = 'processing'`);
    for (const { id } of open.rows) await shop.close(id).catch(() => undefined);
    for (const { id } of (await db.query(`SELECT id FROM payments WHERE status = 'processing'`)).rows)
      await createMerchant(system, 1).close(id);
    await db.query(`UPDATE attempts SET next_sync_at = now() - interval '1 minute' WHERE next_sync_at IS NOT NULL`);
    const verdict = await verify({ databaseUrl: system.databaseUrl, sandboxUrl: system.urls.sandbox, waitMs: 45_000 });
    expect(verdict).toMatchObject({ verdict: 'ok', violations: [] });
  });
});

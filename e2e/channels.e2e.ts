import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../chaos/verify/verify.ts';
import { services } from '../prisma/seed/demo-services.ts';
import { behave, misbehave } from '../scripts/traffic/faults.ts';
import { createPayer } from '../scripts/traffic/payer.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

let system: System;
let shop: ReturnType<typeof createMerchant>;
let payer: ReturnType<typeof createPayer>;
let db: pg.Client;

beforeAll(async () => {
  system = await startSystem();
  shop = createMerchant(system);
  payer = createPayer(system.urls.sandbox);
  db = new pg.Client({ connectionString: system.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await system.stop();
});

const codes: Record<string, string> = {
  'wechat-pay': '130000000000000000',
  alipay: '280000000000000000',
  unionpay: '6200000000000000000',
};
const openIds: Record<string, string> = {
  'wechat-pay': 'oDemo00000000000000000000001',
  alipay: '074a1CcTG1LelxKe4xQC0zgNdId0',
};
const whole: Record<string, string> = { native: 'qr', h5: 'redirect', page: 'redirect', app: 'app', jsapi: 'jsapi' };

/** Places a payment by a service as its channel needs it, and lets the payer's browser follow. */
async function order({ id, product, channelIds }: (typeof services)[number], channel = channelIds[0] ?? '') {
  const placed = await shop.place({
    serviceId: id,
    returnUrl: 'https://shop.example/thanks',
    payer: {
      ip: '203.0.113.9',
      ...(product === 'codepay' ? { authCode: codes[channel] } : {}),
      ...(product === 'jsapi' ? { openId: openIds[channel] } : {}),
    },
  });
  const { credential } = placed.body;
  if (credential) await payer.open(credential);
  return placed;
}

describe('every service of the demonstration', () => {
  it.each(
    services.filter(({ channelIds }) => channelIds.length === 1).map((service) => [service.id, service] as const),
  )('%s is placed, paid, told of by the channel and given back', async (_, service) => {
    const [channel] = service.channelIds;
    const { status, body } = await order(service);
    expect(status).toBe(201);
    expect(body.channel).toBe(channel);
    if (service.product !== 'codepay') {
      expect(body).toMatchObject({ status: 'processing' });
      // UnionPay's pages are posted to, the others' are links.
      const type = channel === 'unionpay' && service.product !== 'native' ? 'form' : whole[service.product];
      expect(body.credential?.type).toBe(type);
      await shop.pays(body.id);
    }
    const paid = await shop.becomes(body.id, 'succeeded');
    expect(paid.channelTxn).toBeTruthy();
    const refund = await shop.refund(body.id, { amount: 1299 });
    expect(refund.status).toBe(201);
    await shop.refundBecomes(refund.body.id, 'succeeded');
  });

  it.each(Object.keys(codes))(
    'any wallet pays at the till: a code of %s goes there and nowhere else',
    async (channel) => {
      const service = services.find(({ id }) => id === 'pos.codepay');
      if (!service) throw new Error('the demonstration has no pos.codepay');
      const { body } = await order(service, channel);
      expect(body.channel).toBe(channel);
      // UnionPay only says that it has the order; what became of it comes afterwards.
      await shop.becomes(body.id, 'succeeded');
      const { rows } = await db.query(`SELECT data FROM events WHERE payment_id = $1 AND kind = 'routing.planned'`, [
        body.id,
      ]);
      const { candidates, facts } = rows[0].data as {
        candidates: { channelId: string; kept: boolean; reason: string }[];
        facts: Record<string, unknown>;
      };
      expect(facts.authCodePrefix).toBe(codes[channel]?.slice(0, 2));
      const others = candidates.filter(({ channelId }) => channelId !== channel);
      expect(others.length).toBeGreaterThanOrEqual(2);
      for (const { kept, reason, channelId } of others)
        expect({ kept, reason }).toEqual({ kept: false, reason: `rule:code-of-${channelId}` });
      expect(JSON.stringify(rows[0].data)).not.toContain(codes[channel]);
    },
  );

  it('a code of nobody we know is refused with a clear reason and reaches no channel', async () => {
    const { status, body } = await shop.place({ serviceId: 'pos.codepay', payer: { authCode: '990000000000000000' } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'failed', channel: null, failure: { code: 'no_route' } });
  });
});

describe('a barcode payment that was reversed', () => {
  it.each(['wechat-pay', 'alipay', 'unionpay'])(
    'is not made late money of by a callback of %s that was on its way',
    async (channel) => {
      await system.control('POST', `/channels/${channel}/faults`, [{ callbacks: { mode: 'delayed', delayMs: 2_500 } }]);
      const prefix = codes[channel]?.slice(0, -2);
      // The payer is charged, and the answer does not say so.
      const { body } = await shop.place({
        serviceId: 'pos.codepay',
        payer: { authCode: `${prefix}04`, ip: '203.0.113.9' },
      });
      expect(body).toMatchObject({ status: 'processing', channel });
      await shop.close(body.id);
      await shop.becomes(body.id, 'closed');
      const callbacks = async () =>
        Number(
          (await db.query('SELECT count(*) AS n FROM channel_callbacks WHERE payment_id = $1', [body.id])).rows[0].n,
        );
      // WeChat Pay tells of no barcode payment by itself.
      await until('the callback', async () => (await callbacks()) > 0, 4_000).catch(() => undefined);
      expect((await db.query('SELECT id FROM refunds WHERE payment_id = $1', [body.id])).rows).toEqual([]);
      expect((await shop.find(body.id)).status).toBe('closed');
      await system.control('DELETE', `/channels/${channel}/faults`);
    },
  );
});

describe('a bad day at all three channels', () => {
  it('ends every payment, and the ledger agrees', async () => {
    await misbehave(system.urls.sandbox, 7);
    const ids = await Promise.all(
      Array.from({ length: 64 }, async (_, index) => {
        const service = services[index % services.length];
        if (!service) throw new Error('unreachable');
        const { body } = await order(service);
        if (body.status === 'processing' && index % 5 !== 0) await shop.pays(body.id).catch(() => undefined);
        if (index % 5 === 0) await shop.close(body.id);
        return body.id;
      }),
    );
    await behave(system.urls.sandbox);
    // Whose payer never came ends when the order can't be taken any more: nobody waits for that here.
    await until(
      'their look-ups',
      async () => {
        await db.query(`UPDATE attempts SET next_sync_at = now() - interval '1 second'
          WHERE next_sync_at > now() AND status IN ('sending', 'pending', 'unknown')`);
        const { rows } = await db.query(
          `SELECT count(*) FILTER (WHERE status = 'succeeded') AS paid FROM payments WHERE id = ANY($1)`,
          [ids],
        );
        return Number(rows[0].paid) >= 40;
      },
      30_000,
    );
    const verdict = await verify({ databaseUrl: system.databaseUrl, sandboxUrl: system.urls.sandbox, waitMs: 5_000 });
    expect(verdict.violations).toEqual([]);
  });
});

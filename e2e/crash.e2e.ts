import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../chaos/verify/verify.ts';
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
afterAll(async () => {
  await db.end();
  await system.stop();
});

/** Restarts the engine so that it dies by SIGKILL at a point of the path. */
async function dieAt(failpoint: string): Promise<void> {
  await system.stopEngine();
  await system.startEngine({ TRIBUTARY_FAILPOINTS: `${failpoint}=kill` });
}

/** What would take a minute of waiting is due now; the sweep must find it by itself. */
const hurry = () =>
  db.query(`UPDATE attempts SET next_sync_at = now() - interval '1 minute' WHERE next_sync_at IS NOT NULL`);
const paymentOf = async (merchantOrderNo: string) =>
  (
    await db.query(
      'SELECT p.id, p.status FROM payments p JOIN merchant_orders o ON o.payment_id = p.id WHERE o.merchant_order_no = $1',
      [merchantOrderNo],
    )
  ).rows[0] as { id: string; status: string } | undefined;

describe('kill -9', () => {
  it.each(['place.after_first_commit', 'place.after_channel_call', 'place.after_second_commit'])(
    'at %s loses no payment and makes no second one',
    async (failpoint) => {
      await dieAt(failpoint);
      const order = shop.order({ serviceId: 'wechat.codepay', payer: { authCode: '134123456789010000' } });
      const key = randomUUID();
      const answer = await shop.call('POST', '/v1/payments', order, { 'idempotency-key': key }).catch(() => undefined);
      expect(answer).toBeUndefined();
      await system.engineDeath();
      await system.startEngine();
      const placed = await paymentOf(order.merchantOrderNo);
      expect(placed).toBeDefined();
      await hurry();
      if (failpoint === 'place.after_first_commit') {
        // Never sent: the channel does not know it, so it stays open until it can be closed for certain.
        await until(
          'a look-up',
          async () =>
            (
              await db.query(
                `SELECT 1 FROM events WHERE payment_id = $1 AND kind IN ('attempt.unknown', 'attempt.looked_up')`,
                [placed?.id],
              )
            ).rows.length > 0,
        );
        expect((await paymentOf(order.merchantOrderNo))?.status).toBe('processing');
        await db.query(`UPDATE payments SET expires_at = now() - interval '5 minutes' WHERE id = $1`, [placed?.id]);
        // And the channel has said so for long enough.
        await db.query(`UPDATE attempts SET not_found_since = now() - interval '10 minutes' WHERE payment_id = $1`, [
          placed?.id,
        ]);
        await hurry();
        await shop.becomes(placed?.id ?? '', 'closed', 30_000);
      } else await shop.becomes(placed?.id ?? '', 'succeeded', 30_000);
      // The merchant repeats its request: in flight until the first is taken for dead, then the answer, never a second payment.
      const again = await shop.call<{ id?: string; code?: string }>('POST', '/v1/payments', order, {
        'idempotency-key': key,
      });
      expect([201, 409]).toContain(again.status);
      if (again.status === 201) expect(again.body.id).toBe(placed?.id);
      expect(
        (
          await db.query('SELECT count(*)::int AS n FROM payments WHERE merchant_order_no = $1', [
            order.merchantOrderNo,
          ])
        ).rows[0].n,
      ).toBe(1);
    },
  );

  it('at callback.after_record, and the repeated callback changes nothing', async () => {
    await dieAt('callback.after_record');
    const { body } = await shop.place();
    await shop.pays(body.id);
    await system.engineDeath();
    await system.startEngine();
    await shop.becomes(body.id, 'succeeded');
    const { rows } = await db.query(
      `SELECT count(*)::int AS n FROM events WHERE payment_id = $1 AND kind = 'payment.succeeded'`,
      [body.id],
    );
    expect(rows[0].n).toBe(1);
  });

  it('at sync.after_query, and the next look-up finds it', async () => {
    await system.faults({ callbacks: { mode: 'never' } });
    const { body } = await shop.place();
    await shop.pays(body.id);
    await dieAt('sync.after_query');
    await hurry();
    await system.engineDeath();
    await system.startEngine();
    await hurry();
    await shop.becomes(body.id, 'succeeded', 30_000);
    await system.control('POST', '/reset');
  });

  it.each(['refund.after_first_commit', 'refund.after_channel_call'])(
    'at %s pays the refund out once',
    async (failpoint) => {
      const { body } = await shop.place({ amount: 1000 });
      await shop.pays(body.id);
      await shop.becomes(body.id, 'succeeded');
      await dieAt(failpoint);
      const merchantRefundNo = `R-${randomUUID()}`;
      expect(await shop.refund(body.id, { merchantRefundNo, amount: 1000 }).catch(() => undefined)).toBeUndefined();
      await system.engineDeath();
      await system.startEngine();
      await db.query(`UPDATE refunds SET next_sync_at = now() - interval '1 minute' WHERE next_sync_at IS NOT NULL`);
      const { rows } = await db.query('SELECT id FROM refunds WHERE merchant_refund_no = $1', [merchantRefundNo]);
      await shop.refundBecomes(rows[0].id, 'succeeded');
    },
  );

  it('leaves the database and the channel in agreement', async () => {
    await hurry();
    const verdict = await verify({ databaseUrl: system.databaseUrl, sandboxUrl: system.urls.sandbox, waitMs: 60_000 });
    expect(verdict).toMatchObject({ verdict: 'ok', violations: [] });
  });
});

import type { Pool } from '../../apps/engine/src/platform/db.ts';
import { amount } from './ledger-channel.ts';

const chunk = 20_000;

/**
 * Open orders of the benchmark's channel, placed just now and due within `withinSeconds`.
 * @param told the share of them that a message tells of, 0 to 1; the others are found by the shards' first refill
 */
export async function addOrders(pool: Pool, orders: number, withinSeconds: number, told: number): Promise<void> {
  for (let from = 0; from < orders; from += chunk) {
    await pool.query(
      `WITH ids AS MATERIALIZED (
         SELECT 'pay_' || substr(tributary_id_floor(now()), 5, 10) || upper(substr(md5($1::text || n), 1, 16)) AS id, random() AS chance
         FROM generate_series($2::int, $3::int) n
       ), made AS (
         INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject,
           channel_id, account_id, version, trace_id, expires_at)
         SELECT id, (SELECT min(id) FROM merchants), id, 'ledger.native', 'native', 'processing', $4, 'CNY', 'bench', 'ledger', 'ledger-main', 1,
           md5(id), now() + interval '2 hours' FROM ids
       ), tried AS (
         INSERT INTO attempts (payment_id, no, channel_id, account_id, request_no, status, amount, currency, next_sync_at)
         SELECT id, 1, 'ledger', 'ledger-main', substr(id, 5) || '01', 'pending', $4, 'CNY', now() + make_interval(secs => $5 * chance) FROM ids
       ), said AS (
         INSERT INTO events (payment_id, seq, kind, to_status, node, actor) SELECT id, 1, 'payment.processing', 'processing', 'bench', 'bench' FROM ids
       )
       INSERT INTO outbox (topic, key, payload)
       SELECT 'sync-attempt', 'sync-attempt-' || id || '-1-0', jsonb_build_object('paymentId', id, 'attemptNo', 1, 'step', 0, 'channelId', 'ledger',
         'dueAt', to_char((now() + make_interval(secs => $5 * chance)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
       FROM ids WHERE random() < $6`,
      [`${orders}-${from}-`, from, Math.min(orders, from + chunk) - 1, amount.toString(), withinSeconds, told],
    );
  }
}

import type { Payment, Refund } from '@tributary/contracts/payment';
import type { Pool } from '../../platform/db.ts';
import { paymentIdFloor } from '../../platform/ids.ts';
import type { PaymentReads } from '../operations.ts';
import { viewPayment, viewRefund } from '../view.ts';
import { parsePayment, parseRefund } from './rows.ts';

const paymentJson = `to_jsonb(p) || jsonb_build_object('amount', p.amount::text, 'refunded_amount', p.refunded_amount::text)`;

/** A payment with the version that it had when it was read. */
export type VersionedPayment = { merchantId: string; version: number; payment: Payment };

/*
 * Each payment is found by itself, in the partition of its month. The range of all of them keeps the other partitions out of the
 * statement before it begins, which for many recent payments is most of the work.
 */
const eachOf = (columns: string) => `SELECT w.id, n.* FROM unnest($1::text[]) AS w(id) CROSS JOIN LATERAL (
  SELECT ${columns} FROM payments p WHERE p.id = w.id AND p.id >= $2 AND p.id <= $3 OFFSET 0) n`;

const versionsSql = eachOf('p.version');

const paymentsSql = eachOf(`p.merchant_id, p.version, json_build_object(
    'id', p.id, 'merchant_order_no', p.merchant_order_no, 'service_id', p.service_id, 'status', p.status,
    'amount', p.amount::text, 'currency', p.currency, 'subject', p.subject, 'refunded_amount', p.refunded_amount::text,
    'channel_id', p.channel_id, 'channel_txn', p.channel_txn, 'credential', p.credential, 'failure_code', p.failure_code,
    'failure_message', p.failure_message, 'payer_message', p.payer_message, 'metadata', p.metadata,
    'created_at', p.created_at, 'updated_at', p.updated_at, 'expires_at', p.expires_at, 'succeeded_at', p.succeeded_at,
    'plan', '[]'::json) AS payment`);

const idsAndRange = (ids: string[]): unknown[] => {
  let [least = '', most = ''] = [ids[0], ids[0]];
  for (const id of ids) {
    if (id < least) least = id;
    if (id > most) most = id;
  }
  return [ids, least, most];
};

/** The newest version of each payment that there is. */
export async function readVersions(pool: Pool, ids: string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query({
    name: 'read-versions',
    text: versionsSql,
    values: idsAndRange(ids),
    rowMode: 'array',
  });
  return new Map(rows as unknown as [string, number][]);
}

/** All that merchants see of some payments, of whichever merchants they are. */
export async function readPaymentsById(pool: Pool, ids: string[]): Promise<Map<string, VersionedPayment>> {
  const { rows } = await pool.query({
    name: 'read-payments',
    text: paymentsSql,
    values: idsAndRange(ids),
  });
  return new Map(
    rows.map(({ id, merchant_id: merchantId, version, payment }) => [
      id,
      { merchantId, version, payment: viewPayment(parsePayment(payment)) },
    ]),
  );
}

/** Reads for the merchant API. Lists page by id (time-ordered), so a time range is an id range and prunes partitions. */
export function createPaymentReads({ pool }: { pool: Pool }): PaymentReads {
  return {
    async findPayment(merchantId, paymentId) {
      const { rows } = await pool.query({
        name: 'read-payment',
        text: `SELECT ${paymentJson} AS payment FROM payments p WHERE p.id = $1 AND p.merchant_id = $2`,
        values: [paymentId, merchantId],
      });
      return rows[0] && viewPayment(parsePayment(rows[0].payment));
    },

    async listPayments(merchantId, { merchantOrderNo, status, from, to, cursor, limit }) {
      const { rows } = await pool.query({
        name: 'list-payments',
        text: `SELECT ${paymentJson} AS payment FROM payments p
               WHERE p.merchant_id = $1
                 AND p.id < coalesce($2, 'pay_~') AND p.id >= coalesce($3, 'pay_') AND p.id < coalesce($4, 'pay_~')
                 AND ($5::text IS NULL OR p.status = $5)
                 AND ($6::text IS NULL OR p.id = (SELECT payment_id FROM merchant_orders WHERE merchant_id = $1 AND merchant_order_no = $6))
               ORDER BY p.id DESC LIMIT $7`,
        values: [
          merchantId,
          cursor ?? null,
          from ? paymentIdFloor(from.getTime()) : null,
          to ? paymentIdFloor(to.getTime()) : null,
          status ?? null,
          merchantOrderNo ?? null,
          limit + 1,
        ],
      });
      const data = rows.slice(0, limit).map((row) => viewPayment(parsePayment(row.payment)));
      return { data, nextCursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
    },

    async findRefund(merchantId, refundId) {
      return (await readRefund(pool, merchantId, refundId))?.refund;
    },
  };
}

/** A refund with the version of its payment, which every change of the refund raises as well. */
export async function readRefund(
  pool: Pool,
  merchantId: string,
  refundId: string,
): Promise<{ refund: Refund; version: number } | undefined> {
  const { rows } = await pool.query({
    name: 'read-refund',
    text: `SELECT r.payment_id, to_jsonb(r) || jsonb_build_object('amount', r.amount::text) AS refund,
             (SELECT p.version FROM payments p WHERE p.id = r.payment_id) AS version
           FROM refunds r WHERE r.id = $1 AND r.merchant_id = $2 AND r.kind = 'merchant'`,
    values: [refundId, merchantId],
  });
  return rows[0] && { refund: viewRefund(rows[0].payment_id, parseRefund(rows[0].refund)), version: rows[0].version };
}

import type { Pool } from '../../platform/db.ts';
import { paymentIdFloor } from '../../platform/ids.ts';
import type { PaymentReads } from '../operations.ts';
import { viewPayment, viewRefund } from '../view.ts';
import { parsePayment, parseRefund } from './rows.ts';

const paymentJson = `to_jsonb(p) || jsonb_build_object('amount', p.amount::text, 'refunded_amount', p.refunded_amount::text)`;

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
      const { rows } = await pool.query({
        name: 'read-refund',
        text: `SELECT payment_id, to_jsonb(r) || jsonb_build_object('amount', r.amount::text) AS refund
               FROM refunds r WHERE r.id = $1 AND r.merchant_id = $2 AND r.kind = 'merchant'`,
        values: [refundId, merchantId],
      });
      return rows[0] && viewRefund(rows[0].payment_id, parseRefund(rows[0].refund));
    },
  };
}

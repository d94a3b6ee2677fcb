import type { QueryResultRow as Row } from 'pg';
import type { OpenAttempt, OpenRefund } from '../payments/operations.ts';
import type { Pool } from '../platform/db.ts';

/** How far ahead a claim moves the due time: nobody else takes it meanwhile, and if we die it is due again then. */
const claimSeconds = 45;

const attemptColumns = `a.payment_id, a.no, a.channel_id, a.account_id, a.request_no, a.status, a.sync_step, a.next_sync_at,
  a.sent_at, p.merchant_id, p.service_id, p.product, p.expires_at, p.close_reason, now() AS now`;
const refundColumns = `r.id, r.payment_id, r.refund_no, r.channel_state, r.amount, r.currency, r.reason, r.sync_step, r.next_sync_at,
  a.request_no, a.channel_id, a.account_id, a.channel_txn, a.amount AS total`;

/** A claimed attempt, with Postgres' time of the claim: whether it has expired is the database's say. */
export type ClaimedAttempt = OpenAttempt & { now: Date };

/**
 * Claims of due look-ups. The due time in Postgres is the truth; a claim moves it ahead in one statement, so of two
 * workers with the same message one gets the work and the other nothing.
 */
export function createSyncStore(pool: Pool) {
  return {
    /** Claims one attempt if it is open and due now (or within a second). */
    async claimAttempt(paymentId: string, attemptNo: number): Promise<ClaimedAttempt | undefined> {
      const { rows } = await pool.query({
        name: 'claim-attempt',
        text: `UPDATE attempts a SET next_sync_at = now() + interval '${claimSeconds} s' FROM payments p
               WHERE a.payment_id = $1 AND a.no = $2 AND a.next_sync_at <= now() + interval '1 s' AND p.id = a.payment_id AND p.id = $1
               RETURNING ${attemptColumns}`,
        values: [paymentId, attemptNo],
      });
      return rows[0] && openAttempt(rows[0]);
    },

    /** Claims attempts that have been due for longer than `graceSeconds`: the queue lost them, or their process died. */
    async claimOverdueAttempts(limit: number, graceSeconds: number): Promise<ClaimedAttempt[]> {
      const { rows } = await pool.query({
        name: 'claim-overdue-attempts',
        text: `WITH due AS MATERIALIZED (
                 SELECT payment_id, no FROM attempts WHERE next_sync_at <= now() - make_interval(secs => $2)
                 ORDER BY next_sync_at LIMIT $1 FOR UPDATE SKIP LOCKED)
               UPDATE attempts a SET next_sync_at = now() + interval '${claimSeconds} s' FROM due, payments p
               WHERE a.payment_id = due.payment_id AND a.no = due.no AND p.id = due.payment_id
               RETURNING ${attemptColumns}`,
        values: [limit, graceSeconds],
      });
      return rows.map(openAttempt);
    },

    async claimRefund(refundId: string): Promise<OpenRefund | undefined> {
      const { rows } = await pool.query({
        name: 'claim-refund',
        text: `UPDATE refunds r SET next_sync_at = now() + interval '${claimSeconds} s' FROM attempts a
               WHERE r.id = $1 AND r.next_sync_at <= now() + interval '1 s' AND a.payment_id = r.payment_id AND a.no = r.attempt_no
               RETURNING ${refundColumns}`,
        values: [refundId],
      });
      return rows[0] && openRefund(rows[0]);
    },

    async claimOverdueRefunds(limit: number, graceSeconds: number): Promise<OpenRefund[]> {
      const { rows } = await pool.query({
        name: 'claim-overdue-refunds',
        text: `WITH due AS MATERIALIZED (
                 SELECT id FROM refunds WHERE next_sync_at <= now() - make_interval(secs => $2)
                 ORDER BY next_sync_at LIMIT $1 FOR UPDATE SKIP LOCKED)
               UPDATE refunds r SET next_sync_at = now() + interval '${claimSeconds} s' FROM due, attempts a
               WHERE r.id = due.id AND a.payment_id = r.payment_id AND a.no = r.attempt_no
               RETURNING ${refundColumns}`,
        values: [limit, graceSeconds],
      });
      return rows.map(openRefund);
    },

    /** Makes everything open of one payment due at once, for a person who wants to know now. */
    async makeDue(paymentId: string): Promise<{ attempts: number[]; refunds: string[] }> {
      const attempts = await pool.query(
        'UPDATE attempts SET next_sync_at = now() WHERE payment_id = $1 AND next_sync_at IS NOT NULL RETURNING no',
        [paymentId],
      );
      const refunds = await pool.query(
        'UPDATE refunds SET next_sync_at = now() WHERE payment_id = $1 AND next_sync_at IS NOT NULL RETURNING id',
        [paymentId],
      );
      return { attempts: attempts.rows.map(({ no }) => no), refunds: refunds.rows.map(({ id }) => id) };
    },

    /** Housekeeping: partitions for the months to come, expired idempotency keys, channels whose switch-off ran out. */
    async keepHouse(): Promise<void> {
      await pool.query('SELECT tributary_ensure_partitions(now()::date, 3)');
      await pool.query(`DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_keys WHERE expires_at < now() ORDER BY expires_at LIMIT 5000))`);
      await pool.query(`UPDATE channels SET disabled_until = NULL, disabled_reason = NULL, disabled_by = NULL, version = version + 1
                        WHERE disabled_until <= now()`);
    },
  };
}

export type SyncStore = ReturnType<typeof createSyncStore>;

const openAttempt = (row: Row): ClaimedAttempt => ({
  paymentId: row.payment_id,
  attemptNo: row.no,
  merchantId: row.merchant_id,
  serviceId: row.service_id,
  product: row.product,
  channelId: row.channel_id,
  accountId: row.account_id,
  requestNo: row.request_no,
  status: row.status,
  sentAt: row.sent_at,
  expiresAt: row.expires_at,
  syncStep: row.sync_step,
  nextSyncAt: row.next_sync_at,
  closeReason: row.close_reason ?? undefined,
  now: row.now,
});

const openRefund = (row: Row): OpenRefund => ({
  paymentId: row.payment_id,
  refundId: row.id,
  refundNo: row.refund_no,
  requestNo: row.request_no,
  channelId: row.channel_id,
  accountId: row.account_id,
  channelTxn: row.channel_txn ?? undefined,
  channelState: row.channel_state,
  amount: row.amount,
  total: row.total,
  currency: row.currency,
  reason: row.reason ?? undefined,
  syncStep: row.sync_step,
  nextSyncAt: row.next_sync_at,
});

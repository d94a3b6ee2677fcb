import type { Pool } from '../platform/db.ts';
import type { SyncItem } from './queue/sync-item.ts';

/** Logical shards, first and last. */
type Range = { first: number; last: number };

/** Logical shards read at once when a whole shard is read. */
const rangesAtOnce = 16;

/** Sharded reads of what is open, in the truth: for the batch, for refills, and for counting. */
export function createOpenOrders(pool: Pool) {
  return {
    /**
     * What has been due for longer than `graceSeconds`, by logical shard: the queues lost it, or its worker died. One step
     * into the index for each logical shard, however much waits in others.
     */
    async overdue({ first, last }: Range, limit: number, graceSeconds: number): Promise<SyncItem[]> {
      const { rows } = await pool.query({
        name: 'sync-overdue',
        text: `SELECT o.* FROM generate_series($1::int, $2::int) s CROSS JOIN LATERAL (
                 (SELECT payment_id, no, NULL AS refund_id, channel_id FROM attempts
                  WHERE tributary_shard(payment_id) = s AND next_sync_at <= now() - make_interval(secs => $4)
                  ORDER BY next_sync_at LIMIT $3)
                 UNION ALL
                 (SELECT r.payment_id, NULL, r.id, a.channel_id FROM (
                    SELECT id, payment_id, attempt_no FROM refunds
                    WHERE tributary_shard(payment_id) = s AND next_sync_at <= now() - make_interval(secs => $4)
                    ORDER BY next_sync_at LIMIT $3) r
                  JOIN attempts a ON a.payment_id = r.payment_id AND a.no = r.attempt_no)) o
               LIMIT $3`,
        values: [first, last, limit, graceSeconds],
      });
      return rows.map(itemOfRow);
    },

    /** Everything open of a range, with how long until it is due, a part at a time. */
    async *all({ first, last }: Range): AsyncGenerator<{ item: SyncItem; inMs: number }[]> {
      for (let from = first; from <= last; from += rangesAtOnce) {
        const { rows } = await pool.query({
          name: 'sync-open',
          text: `SELECT payment_id, no, NULL AS refund_id, channel_id,
                   (extract(epoch FROM next_sync_at - now()) * 1000)::float8 AS in_ms
                 FROM attempts WHERE tributary_shard(payment_id) BETWEEN $1 AND $2 AND next_sync_at IS NOT NULL
                 UNION ALL
                 SELECT r.payment_id, NULL, r.id, a.channel_id, (extract(epoch FROM r.next_sync_at - now()) * 1000)::float8
                 FROM refunds r JOIN attempts a ON a.payment_id = r.payment_id AND a.no = r.attempt_no
                 WHERE tributary_shard(r.payment_id) BETWEEN $1 AND $2 AND r.next_sync_at IS NOT NULL`,
          values: [from, Math.min(last, from + rangesAtOnce - 1)],
        });
        if (rows.length > 0) yield rows.map((row) => ({ item: itemOfRow(row), inMs: row.in_ms }));
      }
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

export type OpenOrders = ReturnType<typeof createOpenOrders>;

const itemOfRow = (row: {
  payment_id: string;
  no: number | null;
  refund_id: string | null;
  channel_id: string;
}): SyncItem => {
  const common = { paymentId: row.payment_id, channelId: row.channel_id };
  return row.no === null
    ? { kind: 'refund', refundId: row.refund_id ?? '', ...common }
    : { kind: 'attempt', attemptNo: row.no, ...common };
};

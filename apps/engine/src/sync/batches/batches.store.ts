import type { Pool, PoolClient } from '../../platform/db.ts';
import { newId, paymentIdFloor } from '../../platform/ids.ts';

/** Which open payments: all that is named has to fit. Times in ms since 1970. */
export type BatchFilter = {
  paymentIds?: string[] | undefined;
  merchantId?: string | undefined;
  channelId?: string | undefined;
  accountId?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
};

export type BatchState = 'waiting' | 'running' | 'done' | 'cancelled';

export type SyncBatch = {
  id: string;
  filter: BatchFilter;
  perSecond: number;
  reason: string;
  state: BatchState;
  total: number;
  /** Of the total, what is done with, and what of that a channel was really asked about. */
  handled: number;
  asked: number;
  changed: number;
  cursor: string;
  node: string | null;
  createdBy: string;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
};

/** A batch is for what went wrong somewhere, not for everything there is. */
export const mostOfBatch = 200_000;

export const newBatchId = (): string => newId('syb');

/** A payment of a batch, with its status as it is. */
export type BatchPayment = { paymentId: string; status: string };

const columns = `id, filter, per_second AS "perSecond", reason, state, total, handled, asked, changed, cursor, node, created_by AS "createdBy",
  created_at AS "createdAt", started_at AS "startedAt", ended_at AS "endedAt"`;

/** An open payment has an attempt or a refund with a due time. $1 after this id, $2 up to it, $3-$6 the filter */
const openPayments = `
  SELECT p.id, p.status FROM payments p
  WHERE p.id > $1 AND p.id < $2
    AND ($3::text[] IS NULL OR p.id = ANY ($3)) AND ($4::text IS NULL OR p.merchant_id = $4)
    AND (EXISTS (SELECT 1 FROM attempts a WHERE a.payment_id = p.id AND a.next_sync_at IS NOT NULL
           AND ($5::text IS NULL OR a.channel_id = $5) AND ($6::text IS NULL OR a.account_id = $6))
      OR EXISTS (SELECT 1 FROM refunds r JOIN attempts a ON a.payment_id = r.payment_id AND a.no = r.attempt_no
           WHERE r.payment_id = p.id AND r.next_sync_at IS NOT NULL
           AND ($5::text IS NULL OR a.channel_id = $5) AND ($6::text IS NULL OR a.account_id = $6)))`;

const valuesOf = (filter: BatchFilter, after: string) => {
  const floor = filter.from === undefined ? '' : paymentIdFloor(filter.from);
  return [
    after > floor ? after : floor,
    filter.to === undefined ? 'pay_~' : paymentIdFloor(filter.to),
    filter.paymentIds ?? null,
    filter.merchantId ?? null,
    filter.channelId ?? null,
    filter.accountId ?? null,
  ];
};

export function createBatchStore(pool: Pool) {
  return {
    /** How many open payments a filter means, up to one more than a batch may have. */
    async count(filter: BatchFilter): Promise<number> {
      const { rows } = await pool.query(
        `SELECT count(*)::int AS n FROM (${openPayments} LIMIT ${mostOfBatch + 1}) x`,
        valuesOf(filter, ''),
      );
      return rows[0].n;
    },

    async add(
      client: PoolClient,
      batch: Pick<SyncBatch, 'id' | 'filter' | 'perSecond' | 'reason' | 'total' | 'createdBy'>,
    ): Promise<void> {
      await client.query(
        `INSERT INTO sync_batches (id, filter, per_second, reason, total, created_by) VALUES ($1, $2, $3, $4, $5, $6)`,
        [batch.id, JSON.stringify(batch.filter), batch.perSecond, batch.reason, batch.total, batch.createdBy],
      );
    },

    /** @returns whether it could still be cancelled */
    async cancel(client: PoolClient, id: string): Promise<boolean> {
      const { rowCount } = await client.query(
        `UPDATE sync_batches SET state = 'cancelled', ended_at = now() WHERE id = $1 AND state IN ('waiting', 'running')`,
        [id],
      );
      return rowCount === 1;
    },

    async list(limit: number): Promise<SyncBatch[]> {
      const { rows } = await pool.query(`SELECT ${columns} FROM sync_batches ORDER BY id DESC LIMIT $1`, [limit]);
      return rows;
    },

    async find(id: string): Promise<SyncBatch | undefined> {
      const { rows } = await pool.query(`SELECT ${columns} FROM sync_batches WHERE id = $1`, [id]);
      return rows[0];
    },

    /** How many payments went from which status to which, and those that changed, newest first. */
    async results(id: string, limit: number) {
      const [moves, changed] = await Promise.all([
        pool.query(
          `SELECT before, after, count(*)::int AS count FROM sync_batch_items WHERE batch_id = $1
           GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`,
          [id],
        ),
        pool.query(
          `SELECT payment_id AS "paymentId", before, after, asked_at AS "askedAt" FROM sync_batch_items
           WHERE batch_id = $1 AND before <> after ORDER BY asked_at DESC, payment_id LIMIT $2`,
          [id, limit],
        ),
      ]);
      return {
        moves: moves.rows as { before: string; after: string; count: number }[],
        changed: changed.rows as { paymentId: string; before: string; after: string; askedAt: Date }[],
      };
    },

    /** The oldest batch that is not over, now this node's. */
    async next(node: string): Promise<SyncBatch | undefined> {
      const { rows } = await pool.query(
        `UPDATE sync_batches SET state = 'running', node = $1, started_at = coalesce(started_at, now())
         WHERE id = (SELECT id FROM sync_batches WHERE state IN ('waiting', 'running') ORDER BY created_at LIMIT 1)
           AND state IN ('waiting', 'running')
         RETURNING ${columns}`,
        [node],
      );
      return rows[0];
    },

    async page({ filter, cursor }: Pick<SyncBatch, 'filter' | 'cursor'>, limit: number): Promise<BatchPayment[]> {
      const { rows } = await pool.query(`${openPayments} ORDER BY p.id LIMIT $7`, [...valuesOf(filter, cursor), limit]);
      return rows.map(({ id, status }) => ({ paymentId: id, status }));
    },

    async isRunning(id: string): Promise<boolean> {
      const { rows } = await pool.query(`SELECT FROM sync_batches WHERE id = $1 AND state = 'running'`, [id]);
      return rows.length === 1;
    },

    /**
     * Notes what became of some payments, those that were noted before once only, and goes on behind `cursor`.
     * @returns false when the batch was cancelled meanwhile
     */
    async noted(
      id: string,
      handled: readonly BatchPayment[],
      asked: ReadonlySet<string>,
      cursor: string,
    ): Promise<boolean> {
      const { rows } = await pool.query(
        `WITH handled AS (
           SELECT w.payment_id, w.before, p.status AS after, w.asked
           FROM unnest($2::text[], $3::text[], $4::boolean[]) AS w(payment_id, before, asked)
           CROSS JOIN LATERAL (SELECT status FROM payments WHERE payments.id = w.payment_id LIMIT 1) p
         ), kept AS (
           INSERT INTO sync_batch_items (batch_id, payment_id, before, after, asked)
           SELECT $1, payment_id, before, after, asked FROM handled
           ON CONFLICT (batch_id, payment_id) DO UPDATE SET after = excluded.after,
             asked = sync_batch_items.asked OR excluded.asked, asked_at = now()
           RETURNING before, after, asked, xmax = 0 AS is_new
         )
         UPDATE sync_batches b SET handled = b.handled + n.handled, asked = b.asked + n.asked,
           changed = b.changed + n.changed, cursor = greatest(b.cursor, $5)
         FROM (SELECT count(*) AS handled, count(*) FILTER (WHERE k.asked) AS asked,
                 count(*) FILTER (WHERE before <> after) AS changed FROM kept k WHERE is_new) n
         WHERE id = $1 AND state = 'running' RETURNING id`,
        [
          id,
          handled.map(({ paymentId }) => paymentId),
          handled.map(({ status }) => status),
          handled.map(({ paymentId }) => asked.has(paymentId)),
          cursor,
        ],
      );
      return rows.length === 1;
    },

    async done(id: string): Promise<void> {
      await pool.query(`UPDATE sync_batches SET state = 'done', ended_at = now() WHERE id = $1 AND state = 'running'`, [
        id,
      ]);
    },
  };
}

export type BatchStore = ReturnType<typeof createBatchStore>;

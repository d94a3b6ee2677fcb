import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { paymentIdFloor } from '../../platform/ids.ts';
import type { AdminDeps } from '../admin-deps.ts';

/** The first page's numbers: a window of payments, by channel and in buckets. */
export const createOverviewRouter = ({ pool, clock }: AdminDeps) =>
  router({
    get: procedure('overview.read')
      .input(z.strictObject({ minutes: z.int().min(5).max(1440).default(60) }))
      .query(async ({ ctx, input }) => {
        const now = clock.now().getTime();
        const since = paymentIdFloor(now - input.minutes * 60_000);
        const mine = ctx.onlyMerchant ?? null;
        const [byStatus, byChannel, open, failures, buckets] = await Promise.all([
          pool.query(
            `SELECT status, count(*)::int AS count, coalesce(sum(amount), 0)::float8 AS amount FROM payments WHERE id >= $1 AND ($2::text IS NULL OR merchant_id = $2) GROUP BY 1`,
            [since, mine],
          ),
          pool.query(
            `SELECT coalesce(channel_id, '-') AS channel, count(*)::int AS total, count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded,
               count(*) FILTER (WHERE status = 'failed')::int AS failed, count(*) FILTER (WHERE status = 'processing')::int AS open
             FROM payments WHERE id >= $1 AND ($2::text IS NULL OR merchant_id = $2) GROUP BY 1 ORDER BY 2 DESC`,
            [since, mine],
          ),
          pool.query(
            `SELECT count(*)::int AS attempts, count(*) FILTER (WHERE a.next_sync_at < now() - interval '30 s')::int AS overdue,
               (SELECT count(*)::int FROM payments WHERE id >= $1 AND hold IS NOT NULL AND status <> 'created'
                  AND ($2::text IS NULL OR merchant_id = $2)) AS held,
               (SELECT count(*)::int FROM refunds WHERE status = 'processing' AND created_at < now() - interval '30 min'
                  AND ($2::text IS NULL OR merchant_id = $2)) AS "stuckRefunds"
             FROM attempts a JOIN payments p ON p.id = a.payment_id
             WHERE a.next_sync_at IS NOT NULL AND ($2::text IS NULL OR p.merchant_id = $2)`,
            [since, mine],
          ),
          pool.query(
            `SELECT failure_code AS code, count(*)::int AS count FROM payments WHERE id >= $1 AND failure_code IS NOT NULL AND ($2::text IS NULL OR merchant_id = $2) GROUP BY 1 ORDER BY 2 DESC LIMIT 8`,
            [since, mine],
          ),
          pool.query(
            `SELECT floor(extract(epoch FROM created_at) / $3)::float8 * $3 * 1000 AS at, count(*)::int AS total, count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded
             FROM payments WHERE id >= $1 AND ($2::text IS NULL OR merchant_id = $2) GROUP BY 1 ORDER BY 1`,
            [since, mine, Math.max(60, input.minutes)],
          ),
        ]);
        const { attempts, overdue, held, stuckRefunds } = open.rows[0];
        return {
          now,
          minutes: input.minutes,
          byStatus: byStatus.rows as { status: string; count: number; amount: number }[],
          byChannel: byChannel.rows as {
            channel: string;
            total: number;
            succeeded: number;
            failed: number;
            open: number;
          }[],
          failures: failures.rows as { code: string; count: number }[],
          buckets: buckets.rows as { at: number; total: number; succeeded: number }[],
          backlog: {
            attempts: attempts as number,
            overdue: overdue as number,
            held: held as number,
            /** Refunds that the channel has not paid out for half an hour: somebody should ask. */
            stuckRefunds: stuckRefunds as number,
          },
        };
      }),
  });

import type { Pool } from '../../platform/db.ts';
import { logicalShards } from '../../platform/ids.ts';
import { readProposal } from '../../sharding/dynamic-count.ts';
import { activeShardOf, logicalRangeOf } from '../../sharding/shard-map.ts';

/** Exactly one of them: worked, free for a moment, let be by a person, or its worker is not heard of any more. */
export type ShardState = 'running' | 'waiting' | 'paused' | 'lost';

/** What is open of a shard: due for more than half a minute counts as overdue. `oldestMs`: how long the oldest has been due. */
export type ShardLoad = { open: number; overdue: number; oldestMs: number | null };

const nothing: ShardLoad = { open: 0, overdue: 0, oldestMs: null };

/** How long a count of what is open may be used again: it reads the index of all that is. */
const countedForMs = 3_000;

/** Shards as the console shows them: leases and workers from their rows, what is open from the truth. */
export function createShardReads(pool: Pool) {
  let counted: { at: number; byLogical: Promise<Map<number, ShardLoad>> } | undefined;

  /** What is open, by logical shard. */
  function loads(): Promise<Map<number, ShardLoad>> {
    if (counted && performance.now() - counted.at < countedForMs) return counted.byLogical;
    const byLogical = pool
      .query(
        `SELECT s, count(*)::int AS open, count(*) FILTER (WHERE due < now() - interval '30 s')::int AS overdue,
           (extract(epoch FROM now() - min(due)) * 1000)::float8 AS oldest_ms
         FROM (SELECT tributary_shard(payment_id) AS s, next_sync_at AS due FROM attempts WHERE next_sync_at IS NOT NULL
               UNION ALL SELECT tributary_shard(payment_id), next_sync_at FROM refunds WHERE next_sync_at IS NOT NULL) o
         GROUP BY s`,
      )
      .then(
        ({ rows }) =>
          new Map<number, ShardLoad>(
            rows.map(({ s, open, overdue, oldest_ms }) => [
              s,
              { open, overdue, oldestMs: oldest_ms > 0 ? Math.round(oldest_ms) : null },
            ]),
          ),
      );
    byLogical.catch(() => {
      counted = undefined;
    });
    counted = { at: performance.now(), byLogical };
    return byLogical;
  }

  /** What would be open of each shard if there were `count`. */
  async function loadsOf(count: number): Promise<ShardLoad[]> {
    const result = Array.from({ length: count }, () => ({ ...nothing }));
    for (const [logical, load] of await loads()) {
      const into = result[activeShardOf(logical, count)];
      if (!into) continue;
      into.open += load.open;
      into.overdue += load.overdue;
      if (load.oldestMs !== null) into.oldestMs = Math.max(into.oldestMs ?? 0, load.oldestMs);
    }
    return result;
  }

  return {
    async list() {
      const [{ proposal }, settings, leases, workers] = await Promise.all([
        readProposal(pool),
        pool.query(
          `SELECT generation, count, dynamic, min_count AS "minCount", max_count AS "maxCount", changed_at AS "changedAt",
             changed_by AS "changedBy", reason FROM sharding`,
        ),
        pool.query(
          `SELECT shard, CASE WHEN paused_at IS NOT NULL THEN 'paused' WHEN holder IS NULL THEN 'waiting'
               WHEN expires_at > now() THEN 'running' ELSE 'lost' END AS state,
             split_part(holder, '#', 1) AS node, token::text, expires_at AS "expiresAt", acquired_at AS "acquiredAt",
             pinned_to AS "pinnedTo", paused_by AS "pausedBy", paused_reason AS "pausedReason", paused_at AS "pausedAt"
           FROM shard_leases ORDER BY shard`,
        ),
        pool.query(
          `SELECT node, started_at AS "startedAt", seen_at AS "seenAt", stats,
             (SELECT count(*)::int FROM shard_leases l WHERE l.holder = w.holder AND l.expires_at > now()) AS shards
           FROM shard_workers w WHERE seen_at > now() - interval '10 minutes' ORDER BY node, started_at`,
        ),
      ]);
      const { generation, changedAt, ...rest } = settings.rows[0];
      const load = await loadsOf(rest.count);
      const msOf = (at: Date | null) => at?.getTime() ?? null;
      return {
        now: Date.now(),
        generation: String(generation),
        /** What the load of this moment calls for; done by itself where `dynamic` is on. */
        proposal: proposal ?? null,
        changedAt: changedAt.getTime() as number,
        ...(rest as {
          count: number;
          dynamic: boolean;
          minCount: number;
          maxCount: number;
          changedBy: string;
          reason: string;
        }),
        shards: leases.rows.map((row) => ({
          shard: row.shard as number,
          state: row.state as ShardState,
          node: (row.node || null) as string | null,
          token: row.token as string | null,
          expiresAt: msOf(row.expiresAt),
          acquiredAt: msOf(row.acquiredAt),
          pinnedTo: row.pinnedTo as string | null,
          pausedBy: row.pausedBy as string | null,
          pausedReason: row.pausedReason as string | null,
          pausedAt: msOf(row.pausedAt),
          logical: logicalRangeOf(row.shard, rest.count),
          ...(load[row.shard] ?? nothing),
        })),
        workers: workers.rows.map((row) => ({
          node: row.node as string,
          startedAt: row.startedAt.getTime() as number,
          seenAt: row.seenAt.getTime() as number,
          shards: row.shards as number,
          stats: row.stats as WorkerStats,
        })),
      };
    },

    /** What a change of the number would mean. Pure but for the count. */
    async plan(count: number) {
      const { rows } = await pool.query('SELECT generation, count FROM sharding');
      const [before, after] = [await loadsOf(rows[0].count), await loadsOf(count)];
      const shown = (some: ShardLoad[], of: number) =>
        some.map((load, shard) => ({ shard, ...load, logical: logicalRangeOf(shard, of) }));
      return {
        generation: String(rows[0].generation),
        logicalShards,
        before: shown(before, rows[0].count),
        after: shown(after, count),
        open: before.reduce((sum, { open }) => sum + open, 0),
      };
    },

    /** What is open of a shard, by due time. */
    async orders(shard: number, limit: number) {
      const { rows: settings } = await pool.query('SELECT count FROM sharding');
      const { first, last } = logicalRangeOf(shard, settings[0].count);
      const { rows } = await pool.query(
        `SELECT o.* FROM (
           SELECT payment_id AS "paymentId", NULL AS "refundId", channel_id AS "channelId", sync_step AS step, next_sync_at AS due
           FROM attempts WHERE tributary_shard(payment_id) BETWEEN $1 AND $2 AND next_sync_at IS NOT NULL
           UNION ALL
           SELECT r.payment_id, r.id, a.channel_id, r.sync_step, r.next_sync_at FROM refunds r
           JOIN attempts a ON a.payment_id = r.payment_id AND a.no = r.attempt_no
           WHERE tributary_shard(r.payment_id) BETWEEN $1 AND $2 AND r.next_sync_at IS NOT NULL) o
         ORDER BY o.due, o."paymentId" LIMIT $3`,
        [first, last, limit],
      );
      return rows.map(({ due, ...row }) => ({
        ...(row as { paymentId: string; refundId: string | null; channelId: string; step: number }),
        dueAt: due.getTime() as number,
      }));
    },
  };
}

/** What a worker says of itself; counted from its start. */
type WorkerStats = {
  memory?: { depth: number; oldestMs: number; in: number; out: number };
  shardQueue?: { depth: number; due: number; oldestMs: number; zombies: number; in: number; out: number };
  batch?: { out: number; refilled: number };
  inHand?: number;
  /** Channels over their budget of look-ups, and how long one has to wait there. */
  lines?: { channelId: string; waitMs: number }[];
};

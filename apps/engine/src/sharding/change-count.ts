import { AppError } from '../platform/app-error.ts';
import type { PoolClient } from '../platform/db.ts';
import type { ShardCount } from './ports.ts';
import { activeShardOf, logicalRangeOf } from './shard-map.ts';

export type CountChange = {
  count: number;
  /** The generation that the change was planned on. */
  generation: bigint;
  by: string;
  reason: string;
};

/**
 * Gathers the logical shards into another number of active ones, from one moment to the next: every lease ends, so that
 * nothing more is written under it, and the new shards are free to be taken. What was paused stays so: a new shard is paused
 * with any part of it. Where shards were pinned is forgotten: they are others now.
 *
 * @param client in a transaction, in which the change may be written down as well
 * @throws AppError conflict when the number was changed since the change was planned
 */
export async function changeShardCount(client: PoolClient, change: CountChange): Promise<ShardCount> {
  const { rows } = await client.query('SELECT generation, count FROM sharding FOR UPDATE');
  const before: bigint = rows[0].generation;
  const oldCount: number = rows[0].count;
  if (before !== change.generation)
    throw new AppError('conflict', `the shards are of generation ${before} by now: plan again`);
  const generation = before + 1n;
  await client.query(
    'UPDATE sharding SET generation = $1, count = $2, changed_at = now(), changed_by = $3, reason = $4',
    [generation, change.count, change.by, change.reason],
  );
  const { rows: old } = await client.query(
    `WITH gone AS (DELETE FROM shard_leases RETURNING shard, paused_at, paused_by, paused_reason)
     SELECT * FROM gone WHERE paused_at IS NOT NULL ORDER BY shard`,
  );
  await client.query(
    'INSERT INTO shard_leases (shard, generation) SELECT s, $1 FROM generate_series(0, $2::int - 1) s',
    [generation, change.count],
  );
  for (const { shard, paused_at, paused_by, paused_reason } of old) {
    const { first, last } = logicalRangeOf(shard, oldCount);
    await client.query(
      `UPDATE shard_leases SET paused_at = $3, paused_by = $4, paused_reason = $5 WHERE shard BETWEEN $1 AND $2 AND paused_at IS NULL`,
      [activeShardOf(first, change.count), activeShardOf(last, change.count), paused_at, paused_by, paused_reason],
    );
  }
  await client.query(`SELECT pg_notify('tributary_shards', 'count')`);
  return { generation, count: change.count };
}

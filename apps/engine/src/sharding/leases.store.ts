import type { Pool } from '../platform/db.ts';
import type { Fence } from './ports.ts';

/** What a worker sees of the others when it says that it is there. */
export type ShardView = {
  generation: bigint;
  count: number;
  /** Workers that were heard of within a lease, this one among them: their holders, with the nodes' names. */
  workers: Map<string, string>;
  leases: Map<number, { holder: string | undefined; pinnedTo: string | undefined; paused: boolean }>;
};

/** Leases of shards. Only Postgres' clock counts, and a token is never given out twice. */
export function createLeaseStore(pool: Pool) {
  return {
    /** Says that this worker is there, forgets those long gone, and tells how things stand. */
    async report(me: { holder: string; node: string; stats: object }, leaseMs: number): Promise<ShardView> {
      const { rows } = await pool.query({
        name: 'shards-report',
        text: `WITH me AS (
                 INSERT INTO shard_workers (holder, node, stats) VALUES ($1, $2, $3)
                 ON CONFLICT (holder) DO UPDATE SET seen_at = now(), stats = $3
               ), gone AS (
                 DELETE FROM shard_workers WHERE holder <> $1 AND seen_at < now() - interval '1 hour'
               )
               SELECT s.generation, s.count,
                 (SELECT coalesce(jsonb_agg(jsonb_build_array(holder, node)), '[]') FROM shard_workers
                  WHERE holder <> $1 AND seen_at > now() - make_interval(secs => $4 / 1000.0)) AS workers,
                 (SELECT coalesce(jsonb_agg(jsonb_build_object('shard', l.shard, 'pinnedTo', l.pinned_to, 'paused', l.paused_at IS NOT NULL,
                    'holder', CASE WHEN l.expires_at > now() THEN l.holder END)), '[]')
                  FROM shard_leases l WHERE l.generation = s.generation) AS leases
               FROM sharding s`,
        values: [me.holder, me.node, JSON.stringify(me.stats), leaseMs],
      });
      const { generation, count, workers, leases } = rows[0];
      return {
        generation,
        count,
        workers: new Map([...workers, [me.holder, me.node]]),
        leases: new Map(
          leases.map((one: { shard: number; holder: string | null; pinnedTo: string | null; paused: boolean }) => [
            one.shard,
            { holder: one.holder ?? undefined, pinnedTo: one.pinnedTo ?? undefined, paused: one.paused },
          ]),
        ),
      };
    },

    /**
     * Renews the leases of `wanted` that this worker has, takes those that nobody has (any more), and gives up all others.
     * A lease that was not held without a break gets a new token.
     */
    async settle(holder: string, generation: bigint, wanted: readonly number[], leaseMs: number): Promise<Fence[]> {
      const { rows } = await pool.query({
        name: 'shards-settle',
        text: `WITH given_up AS (
                 UPDATE shard_leases SET holder = NULL, token = NULL, expires_at = now()
                 WHERE holder = $1 AND NOT (generation = $2 AND shard = ANY($3))
               )
               UPDATE shard_leases SET holder = $1,
                 token = CASE WHEN holder = $1 AND expires_at > now() THEN token ELSE nextval('fencing_tokens') END,
                 acquired_at = CASE WHEN holder = $1 AND expires_at > now() THEN acquired_at ELSE now() END,
                 expires_at = now() + make_interval(secs => $4 / 1000.0)
               WHERE generation = $2 AND shard = ANY($3) AND (holder = $1 OR holder IS NULL OR expires_at <= now())
               RETURNING shard, token`,
        values: [holder, generation, wanted, leaseMs],
      });
      return rows.map(({ shard, token }) => ({ shard, token })).sort((a, b) => a.shard - b.shard);
    },

    /** Gives up everything, for good. */
    async leave(holder: string): Promise<void> {
      await pool.query(
        `WITH given_up AS (UPDATE shard_leases SET holder = NULL, token = NULL, expires_at = now() WHERE holder = $1)
         DELETE FROM shard_workers WHERE holder = $1`,
        [holder],
      );
    },
  };
}

export type LeaseStore = ReturnType<typeof createLeaseStore>;

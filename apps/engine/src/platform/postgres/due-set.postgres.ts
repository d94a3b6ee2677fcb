import type { Pool } from '../db.ts';
import type { DueSet } from '../ports/due-set.ts';

const keepDetailMs = 3_600_000;
const countEveryMs = 30_000;

/**
 * The sets in an unlogged table, claimed with SKIP LOCKED from an index on shard and due time. Statements
 * are written so that whatever plan is made for them, even while the table is empty, touches each entry by itself.
 */
export function createPostgresDueSet(pool: Pool, { maxPerShard = 250_000 }: { maxPerShard?: number } = {}): DueSet {
  // Counting is not free: from time to time, and between two counts by what this node has added.
  const sizes = new Map<number, { generation: bigint; entries: number; countedAtMs: number }>();

  async function sizeOf(generation: bigint, shard: number) {
    const known = sizes.get(shard);
    if (known?.generation === generation && performance.now() - known.countedAtMs < countEveryMs) return known;
    const { rows } = await pool.query({
      name: 'due-size',
      text: 'SELECT count(*)::int AS entries FROM due_entries WHERE generation = $1 AND shard = $2',
      values: [generation, shard],
    });
    const size = { generation, entries: rows[0].entries as number, countedAtMs: performance.now() };
    sizes.set(shard, size);
    return size;
  }

  return {
    async put(generation, entries, how) {
      if (entries.length === 0) return { refused: 0 };
      const unique = [...new Map(entries.map((entry) => [`${entry.shard} ${entry.id}`, entry])).values()];
      const shards = [...new Set(unique.map(({ shard }) => shard))];
      const found = await Promise.all(shards.map((shard) => sizeOf(generation, shard)));
      const { rows } = await pool.query({
        name: `due-put-${how}`,
        text: `WITH wanted AS MATERIALIZED (
                 SELECT w.*, e.known IS NOT NULL AS known
                 FROM unnest($2::int[], $3::text[], $4::float8[], $5::text[]) AS w(shard, id, in_ms, detail)
                 LEFT JOIN LATERAL (SELECT true AS known FROM due_entries e
                   WHERE e.generation = $1 AND e.shard = w.shard AND e.id = w.id LIMIT 1) e ON true
               ), fitting AS (
                 SELECT w.* FROM (SELECT *, row_number() OVER (PARTITION BY shard, known ORDER BY in_ms) AS place FROM wanted) w
                 JOIN unnest($6::int[], $7::int[]) AS r(shard, room) USING (shard)
                 WHERE w.known OR w.place <= r.room
               ), done AS (
                 INSERT INTO due_entries AS d (generation, shard, id, due_at, detail, expires_at)
                 SELECT $1, shard, id, now() + make_interval(secs => in_ms / 1000), detail,
                   now() + make_interval(secs => (greatest(in_ms, 0) + ${keepDetailMs}) / 1000)
                 FROM fitting ORDER BY shard, id
                 ON CONFLICT (generation, shard, id) DO UPDATE SET
                   due_at = ${how === 'move' ? 'excluded.due_at' : 'd.due_at'}, detail = excluded.detail, expires_at = excluded.expires_at
                 RETURNING d.shard, xmax = 0 AS added)
               SELECT shard, count(*)::int AS taken, count(*) FILTER (WHERE added)::int AS added FROM done GROUP BY shard`,
        values: [
          generation,
          unique.map(({ shard }) => shard),
          unique.map(({ id }) => id),
          unique.map(({ inMs }) => inMs),
          unique.map(({ detail }) => detail),
          shards,
          found.map(({ entries: there }) => Math.max(0, maxPerShard - there)),
        ],
      });
      for (const { shard, added } of rows) {
        const size = sizes.get(shard);
        if (size) size.entries += added;
      }
      return { refused: unique.length - rows.reduce((sum, { taken }) => sum + taken, 0) };
    },

    async claim(generation, shards, limit, leaseMs) {
      const { rows } = await pool.query({
        name: 'due-claim',
        text: `WITH due AS MATERIALIZED (
                 SELECT d.* FROM unnest($2::int[]) s CROSS JOIN LATERAL (
                   SELECT ctid, shard, expires_at > now() AS alive FROM due_entries
                   WHERE generation * 4096 + shard = $1::bigint * 4096 + s AND due_at <= now()
                   ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED) d
               ), dead AS (
                 DELETE FROM due_entries WHERE ctid = ANY (ARRAY(SELECT ctid FROM due WHERE NOT alive)) RETURNING shard
               ), counted AS (
                 INSERT INTO due_shards AS c (generation, shard, zombies) SELECT $1, shard, count(*) FROM dead GROUP BY shard ORDER BY shard
                 ON CONFLICT (generation, shard) DO UPDATE SET zombies = c.zombies + excluded.zombies
               )
               UPDATE due_entries SET due_at = now() + make_interval(secs => $4 / 1000.0)
               WHERE ctid = ANY (ARRAY(SELECT ctid FROM due WHERE alive))
               RETURNING shard, id, detail`,
        values: [generation, shards, limit, leaseMs],
      });
      return rows;
    },

    async remove(generation, entries) {
      await pool.query({
        name: 'due-remove',
        text: `DELETE FROM due_entries WHERE ctid = ANY (ARRAY(
                 SELECT e.ctid FROM unnest($2::int[], $3::text[]) AS g(shard, id) CROSS JOIN LATERAL (
                   SELECT ctid FROM due_entries WHERE generation = $1 AND shard = g.shard AND id = g.id LIMIT 1 FOR UPDATE) e))`,
        values: [generation, entries.map(({ shard }) => shard), entries.map(({ id }) => id)],
      });
    },

    async depths(generation, shards) {
      const { rows } = await pool.query({
        name: 'due-depths',
        text: `SELECT s AS shard, d.entries, d.due, d.oldest_ms, coalesce(c.zombies, 0)::int AS zombies
               FROM unnest($2::int[]) s
               CROSS JOIN LATERAL (
                 SELECT count(*)::int AS entries, count(*) FILTER (WHERE due_at <= now())::int AS due,
                   (extract(epoch FROM now() - min(due_at)) * 1000)::float8 AS oldest_ms
                 FROM due_entries WHERE generation * 4096 + shard = $1::bigint * 4096 + s) d
               LEFT JOIN due_shards c ON c.generation = $1 AND c.shard = s
               ORDER BY s`,
        values: [generation, shards],
      });
      return rows.map(({ shard, entries, due, oldest_ms, zombies }) => ({
        shard,
        entries,
        due,
        oldestMs: due > 0 ? oldest_ms : undefined,
        zombies,
      }));
    },

    async filled(generation, shards) {
      const { rows } = await pool.query(
        'SELECT shard FROM due_shards WHERE generation = $1 AND shard = ANY($2) AND filled_at IS NOT NULL',
        [generation, shards],
      );
      return new Set(rows.map(({ shard }) => shard));
    },

    async setFilled(generation, shard) {
      await pool.query(
        `INSERT INTO due_shards (generation, shard, filled_at) VALUES ($1, $2, now())
         ON CONFLICT (generation, shard) DO UPDATE SET filled_at = now()`,
        [generation, shard],
      );
    },

    async forgetBefore(generation) {
      await pool.query('DELETE FROM due_shards WHERE generation < $1', [generation]);
      await pool.query(
        `DELETE FROM due_entries WHERE ctid = ANY (ARRAY(SELECT ctid FROM due_entries WHERE generation < $1 LIMIT 20000))`,
        [generation],
      );
    },
  };
}

import type { Pool, PoolClient } from '../../platform/db.ts';
import type { Candidate } from './list-index.ts';

export type ListEntry = {
  list: string;
  value: string;
  reason: string;
  /** Where it comes from: `console`, `import`, or what a file said. */
  source: string;
  addedBy: string;
  /** The second person, on lists that let payments through. */
  approvedBy: string | undefined;
  addedAt: Date;
  expiresAt: Date | undefined;
};

export type ListChange = {
  seq: string;
  at: Date;
  value: string;
  act: 'added' | 'changed' | 'removed';
  reason: string;
  source: string;
  expiresAt: Date | undefined;
  actor: string;
};

export type NewEntry = { value: string; reason: string; source: string; expiresAt: Date | undefined };

/** A page of keys, for building an index; `list` and `value` of the last row lead to the next. */
export type EntryKey = { list: string; value: string };

const columns = 'list, value, reason, source, created_by, approved_by, created_at, expires_at';

/** Entries of lists and the log of their changes. Every write is logged by triggers, whoever makes it. */
export const createListsStore = (pool: Pool) => ({
  /** The entries among these that hold at a moment; exact about expiry. One round trip. */
  async confirm(candidates: readonly Candidate[], at: Date): Promise<ListEntry[]> {
    const { rows } = await pool.query({
      name: 'lists-confirm',
      text: `SELECT e.* FROM unnest($1::text[], $2::text[]) AS c(list, value)
             JOIN LATERAL (SELECT ${columns} FROM list_entries WHERE list = c.list AND value = c.value) e ON true
             WHERE e.expires_at IS NULL OR e.expires_at > $3`,
      values: [candidates.map(({ list }) => list), candidates.map(({ value }) => value), at],
    });
    return rows.map(entryOf);
  },

  /** @throws AppError never; pg errors as they are */
  async page(list: string, after: string, prefix: string, limit: number): Promise<ListEntry[]> {
    const { rows } = await pool.query(
      `SELECT ${columns} FROM list_entries
       WHERE list = $1 AND value > $2 AND value >= $3 AND value < $4 ORDER BY list, value LIMIT $5`,
      [list, after, prefix, behindPrefix(prefix), limit],
    );
    return rows.map(entryOf);
  },

  /** The newest first, before a given entry; its time to the microsecond, or entries of one millisecond would be skipped. */
  async newest(
    list: string,
    before: { at: string; value: string } | undefined,
    limit: number,
  ): Promise<(ListEntry & { exactlyAt: string })[]> {
    const { rows } = await pool.query(
      `SELECT ${columns}, created_at::text AS exactly_at FROM list_entries WHERE list = $1 AND (created_at, value) < ($2, $3)
       ORDER BY created_at DESC, value DESC LIMIT $4`,
      [list, before?.at ?? 'infinity', before?.value ?? '', limit],
    );
    return rows.map((row) => ({ ...entryOf(row), exactlyAt: row.exactly_at }));
  },

  /** How many entries each list has, and how many of them ran out. */
  async counts(): Promise<Map<string, { entries: number; expired: number }>> {
    const { rows } = await pool.query(
      `SELECT list, count(*)::int AS entries, (count(*) FILTER (WHERE expires_at <= now()))::int AS expired
       FROM list_entries GROUP BY list`,
    );
    return new Map(rows.map((row) => [row.list, { entries: row.entries, expired: row.expired }]));
  },

  /** Everything that happened to a value, newest first. */
  async history(list: string, value: string, before: string | undefined, limit: number): Promise<ListChange[]> {
    const { rows } = await pool.query(
      `SELECT seq, at, value, act, reason, source, expires_at, actor FROM list_changes
       WHERE list = $1 AND value = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4`,
      [list, value, before ?? '9223372036854775807', limit],
    );
    return rows.map((row) => ({
      seq: String(row.seq),
      at: row.at,
      value: row.value,
      act: row.act,
      reason: row.reason,
      source: row.source,
      expiresAt: row.expires_at ?? undefined,
      actor: row.actor,
    }));
  },

  /** Which of these held at a moment in the past, as the log has it. */
  async asOf(candidates: readonly Candidate[], at: Date): Promise<ListEntry[]> {
    const { rows } = await pool.query(
      `SELECT l.* FROM unnest($1::text[], $2::text[]) AS c(list, value)
       JOIN LATERAL (
         SELECT list, value, reason, source, actor AS created_by, at AS created_at, expires_at, act FROM list_changes
         WHERE list = c.list AND value = c.value AND at <= $3 ORDER BY seq DESC LIMIT 1) l ON true
       WHERE l.act <> 'removed' AND (l.expires_at IS NULL OR l.expires_at > $3)`,
      [candidates.map(({ list }) => list), candidates.map(({ value }) => value), at],
    );
    return rows.map(entryOf);
  },

  /** Puts entries on a list; one that is there gets the new reason, source and expiry. */
  async put(
    client: PoolClient,
    list: string,
    entries: readonly NewEntry[],
    actor: string,
  ): Promise<{ added: number; changed: number }> {
    // Sorted, so that two writers of the same values wait for each other instead of for ever.
    const sorted = [...entries].sort((a, b) => (a.value < b.value ? -1 : 1));
    const { rows } = await client.query(
      `INSERT INTO list_entries (list, value, reason, source, created_by, created_at, expires_at)
       SELECT $1, e.value, e.reason, e.source, $6, clock_timestamp(), e.expires_at
       FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS e(value, reason, source, expires_at)
       ON CONFLICT (list, value) DO UPDATE SET reason = EXCLUDED.reason, source = EXCLUDED.source,
         created_by = EXCLUDED.created_by, created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at,
         approved_by = NULL
       RETURNING xmax = 0 AS added`,
      [
        list,
        sorted.map(({ value }) => value),
        sorted.map(({ reason }) => reason),
        sorted.map(({ source }) => source),
        sorted.map(({ expiresAt }) => expiresAt ?? null),
        actor,
      ],
    );
    const added = rows.filter((row) => row.added).length;
    return { added, changed: rows.length - added };
  },

  /** Takes values off a list. @returns those that were on it */
  async remove(
    client: PoolClient,
    list: string,
    values: readonly string[],
    { actor, reason }: { actor: string; reason: string },
  ): Promise<string[]> {
    await client.query(`SELECT set_config('tributary.actor', $1, true), set_config('tributary.reason', $2, true)`, [
      actor,
      reason,
    ]);
    const { rows } = await client.query(
      'DELETE FROM list_entries WHERE list = $1 AND value = ANY($2) RETURNING value',
      [list, values],
    );
    return rows.map(({ value }) => value);
  },

  /** The keys of all entries in pages, in order. */
  async keysAfter(after: EntryKey, limit: number): Promise<EntryKey[]> {
    const { rows } = await pool.query({
      name: 'lists-keys',
      text: 'SELECT list, value FROM list_entries WHERE (list, value) > ($1, $2) ORDER BY list, value LIMIT $3',
      values: [after.list, after.value, limit],
    });
    return rows;
  },

  /** The present moment as transactions see it: where following begins. */
  async now(): Promise<string> {
    const { rows } = await pool.query('SELECT pg_current_snapshot()::text AS snapshot');
    return rows[0].snapshot;
  },

  /**
   * The keys whose changes became visible since a snapshot, in pages. Sequences can commit out of order and leave gaps
   * for a while; what is visible in one snapshot and not in another can be missed by nobody.
   */
  async changedSince(
    snapshot: string,
    after: { xid: string; seq: string } | undefined,
    limit: number,
  ): Promise<{ snapshot: string; changes: (EntryKey & { removed: boolean; xid: string; seq: string })[] }> {
    // Everything before the oldest transaction that was open then was visible: the one range that has to be read.
    const from = after ?? { xid: snapshot.slice(0, snapshot.indexOf(':')), seq: '-1' };
    const { rows } = await pool.query({
      name: 'lists-changed',
      text: `SELECT pg_current_snapshot()::text AS snapshot, c.* FROM (SELECT 1) AS one LEFT JOIN LATERAL (
               SELECT xid::text, seq::text, list, value, act = 'removed' AS removed FROM list_changes
               WHERE (list_changes.xid, list_changes.seq) > ($2::bigint, $3::bigint)
                 AND NOT pg_visible_in_snapshot(xid::text::xid8, $1::pg_snapshot)
               ORDER BY list_changes.xid, list_changes.seq LIMIT $4) AS c ON true`,
      values: [snapshot, from.xid, from.seq, limit],
    });
    return { snapshot: rows[0].snapshot, changes: rows.filter(({ seq }) => seq !== null) };
  },
});

export type ListsStore = ReturnType<typeof createListsStore>;

const entryOf = (row: Record<string, unknown>): ListEntry => ({
  list: row.list as string,
  value: row.value as string,
  reason: row.reason as string,
  source: row.source as string,
  addedBy: row.created_by as string,
  approvedBy: (row.approved_by as string | null | undefined) ?? undefined,
  addedAt: row.created_at as Date,
  expiresAt: (row.expires_at as Date | null) ?? undefined,
});

/** The smallest text behind every text with this prefix, in the order of code points. */
const behindPrefix = (prefix: string): string => `${prefix}\u{10FFFF}`;

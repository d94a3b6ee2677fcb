import { type ListConfig, type ListSubject, listImportLimits } from '@tributary/contracts/list';
import type { QueryConfig, QueryResult } from 'pg';
import { AppError } from '../../platform/app-error.ts';
import { inTransaction, type Pool, type PoolClient } from '../../platform/db.ts';
import { newId } from '../../platform/ids.ts';
import type { NewEntry } from './lists.store.ts';
import {
  type FileEntry,
  type LineProblem,
  type ListFileReading,
  readListFile,
  startOfListFile,
} from './read-list-file.ts';

export type ListImport = {
  id: string;
  list: string;
  subject: ListSubject;
  /** `waiting`: for a second person, who approves it or not. */
  state: 'receiving' | 'ready' | 'waiting' | 'confirmed' | 'discarded';
  fileName: string;
  nextPart: number;
  /** Good lines, and lines that can't be taken; of those the first are kept. */
  rows: number;
  badLines: number;
  problems: LineProblem[];
  result: { added: number; changed: number } | undefined;
  createdBy: string;
};

/** What waits for a second person, with its first values. Times in Unix ms. */
export type WaitingEntries = {
  importId: string;
  list: string;
  reason: string;
  /** Empty when it was entered by hand. */
  fileName: string;
  rows: number;
  createdBy: string;
  askedBy: string;
  createdAt: number;
  first: { value: string; reason: string; expiresAt: number | null }[];
};

const shownValues = 50;
const keptProblems = 200;

/** Files on their way into a list: received in parts, looked at, then confirmed as a whole or thrown away. */
export const createImportsStore = (pool: Pool) => ({
  async begin(list: ListConfig, fileName: string, reason: string, actor: string): Promise<string> {
    // Whoever forgot an import will not come back for it.
    await inTransaction(pool, async (client) => {
      await forWholeTables(client);
      await patiently(
        client,
        `DELETE FROM list_imports WHERE (state NOT IN ('confirmed', 'waiting') AND created_at < now() - interval '1 day')
           OR (state = 'waiting' AND created_at < now() - interval '7 days')`,
        [],
      );
    });
    const id = newId('imp');
    await pool.query(
      `INSERT INTO list_imports (id, list, subject, file_name, reason, reading, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, list.id, list.subject, fileName, reason, keptReading(startOfListFile()), actor],
    );
    return id;
  },

  /**
   * Takes the next part of the file. A part that came already is answered and not read again.
   * @param last no part follows
   */
  append: (id: string, part: number, text: string, last: boolean): Promise<ListImport> =>
    inTransaction(pool, async (client) => {
      const row = await lock(client, id);
      if (part === row.next_part - 1) return importOf(row);
      if (row.state !== 'receiving') throw new AppError('conflict', `the import is ${row.state}`);
      if (part !== row.next_part)
        throw new AppError('conflict', `part ${part} came where part ${row.next_part} was expected`);
      const bytes = Number(row.bytes) + Buffer.byteLength(text);
      if (bytes > listImportLimits.bytes) throw tooLarge(`the file has more than ${listImportLimits.bytes} bytes`);
      const { entries, problems, next } = readPart(row, text, last);
      const rows = row.rows + entries.length;
      if (rows + row.bad_lines + problems.length > listImportLimits.rows)
        throw tooLarge(`the file has more than ${listImportLimits.rows} lines`);
      const twice = await stage(client, id, entries);
      const found = [...problems, ...twice].sort((a, b) => a.line - b.line);
      const { rows: saved } = await client.query(
        `UPDATE list_imports SET next_part = next_part + 1, reading = $2, bytes = $3, rows = $4, bad_lines = bad_lines + $5,
           problems = $6, state = $7 WHERE id = $1 RETURNING *`,
        [
          id,
          keptReading(next),
          bytes,
          rows - twice.length,
          found.length,
          JSON.stringify([...row.problems, ...found].slice(0, keptProblems)),
          last ? 'ready' : 'receiving',
        ],
      );
      return importOf(saved[0]);
    }),

  /** What confirming would do now. */
  preview: (id: string): Promise<{ import: ListImport; added: number; changed: number; unchanged: number }> =>
    inTransaction(pool, async (client) => {
      const { rows } = await client.query('SELECT * FROM list_imports WHERE id = $1', [id]);
      if (!rows[0]) throw new AppError('not_found', 'there is no such import');
      await forWholeTables(client);
      const counted = await patiently(
        client,
        `SELECT (count(*) FILTER (WHERE e.value IS NULL))::int AS added,
           (count(*) FILTER (WHERE ${differs}))::int AS changed,
           (count(*) FILTER (WHERE e.value IS NOT NULL AND NOT ${differs}))::int AS unchanged
         FROM list_import_rows r LEFT JOIN list_entries e ON e.list = $2 AND e.value = r.value WHERE r.import_id = $1`,
        [id, rows[0].list],
      );
      return { import: importOf(rows[0]), ...counted.rows[0] };
    }),

  /** Entries made by hand, on their way to a second person, within the caller's transaction. */
  async propose(
    client: PoolClient,
    list: ListConfig,
    entries: readonly NewEntry[],
    { reason, actor }: { reason: string; actor: string },
  ): Promise<string> {
    const id = newId('imp');
    await client.query(
      `INSERT INTO list_imports (id, list, subject, state, file_name, reason, reading, rows, created_by, asked_by)
       VALUES ($1, $2, $3, 'waiting', '', $4, $5, $6, $7, $7)`,
      [id, list.id, list.subject, reason, keptReading(startOfListFile()), entries.length, actor],
    );
    await stage(
      client,
      id,
      entries.map((entry, index) => ({ ...entry, line: index + 1 })),
    );
    return id;
  },

  /** What waits, the oldest first. */
  async waiting(list: string | undefined): Promise<WaitingEntries[]> {
    const { rows } = await pool.query(
      `SELECT i.*, (SELECT jsonb_agg(jsonb_build_object('value', r.value, 'reason', r.reason,
           'expiresAt', (extract(epoch FROM r.expires_at) * 1000)::bigint) ORDER BY r.line)
         FROM (SELECT * FROM list_import_rows WHERE import_id = i.id ORDER BY line LIMIT ${shownValues}) r) AS first
       FROM list_imports i WHERE i.state = 'waiting' AND ($1::text IS NULL OR i.list = $1) ORDER BY i.created_at LIMIT 100`,
      [list ?? null],
    );
    return rows.map((row) => ({
      importId: row.id,
      list: row.list,
      reason: row.reason,
      fileName: row.file_name,
      rows: row.rows,
      createdBy: row.created_by,
      askedBy: row.asked_by,
      createdAt: row.created_at.getTime(),
      first: row.first ?? [],
    }));
  },

  /** Hands a file that was looked at on to a second person. */
  async ask(
    client: PoolClient,
    id: string,
    { withoutBadLines, actor }: { withoutBadLines: boolean; actor: string },
  ): Promise<ListImport> {
    refuseUnready(await lock(client, id), withoutBadLines);
    const { rows } = await client.query(
      `UPDATE list_imports SET state = 'waiting', asked_by = $2 WHERE id = $1 RETURNING *`,
      [id, actor],
    );
    return importOf(rows[0]);
  },

  /**
   * Puts what waits on the list, as entries of who made them, approved by somebody else.
   * @throws AppError forbidden when that is nobody else
   */
  async approve(client: PoolClient, id: string, actor: string) {
    const row = await lock(client, id);
    if (row.state !== 'waiting') throw new AppError('conflict', `the import is ${row.state}: it waits for nobody`);
    if (actor === row.created_by || actor === row.asked_by)
      throw new AppError('forbidden', 'you asked for this: somebody else has to approve it');
    return putOn(client, row, { createdBy: row.created_by, approvedBy: actor });
  },

  /** Puts all good lines on the list, within the caller's transaction; the staged lines go away with it. */
  async confirm(
    client: PoolClient,
    id: string,
    { withoutBadLines, actor }: { withoutBadLines: boolean; actor: string },
  ): Promise<{ import: ListImport; added: number; changed: number }> {
    const row = await lock(client, id);
    refuseUnready(row, withoutBadLines);
    return putOn(client, row, { createdBy: actor, approvedBy: undefined });
  },

  /**
   * Throws it away.
   * @param only when it is in this state
   */
  async discard(client: PoolClient, id: string, actor: string, only?: ListImport['state']): Promise<ListImport> {
    const row = await lock(client, id);
    if (row.state === 'confirmed' || (only !== undefined && row.state !== only))
      throw new AppError('conflict', `the import is ${row.state}`);
    await forWholeTables(client);
    await patiently(client, 'DELETE FROM list_import_rows WHERE import_id = $1', [id]);
    const { rows } = await client.query(
      `UPDATE list_imports SET state = 'discarded', finished_at = now(), decided_by = $2 WHERE id = $1 RETURNING *`,
      [id, actor],
    );
    return importOf(rows[0]);
  },
});

export type ImportsStore = ReturnType<typeof createImportsStore>;

type Row = Record<string, never> & {
  id: string;
  list: string;
  subject: ListSubject;
  state: ListImport['state'];
  file_name: string;
  reason: string;
  next_part: number;
  reading: string;
  bytes: bigint;
  rows: number;
  bad_lines: number;
  problems: LineProblem[];
  result: { added: number; changed: number } | null;
  created_by: string;
};

const differs =
  '(r.reason, r.source, r.expires_at) IS DISTINCT FROM (e.reason, e.source, e.expires_at) AND e.value IS NOT NULL';

/** As text within JSON: a part may end between the halves of a character, which Postgres would not keep as such. */
const keptReading = (reading: ListFileReading): string => JSON.stringify(JSON.stringify(reading));

const tooLarge = (message: string) => new AppError('body_too_large', message);

function readPart(row: Row, text: string, last: boolean) {
  try {
    return readListFile(JSON.parse(row.reading) as ListFileReading, text, {
      subject: row.subject,
      reason: row.reason,
      now: new Date(),
      last,
    });
  } catch (error) {
    throw new AppError('invalid_request', error instanceof Error ? error.message : 'the file can not be read', {
      errors: [{ path: 'text', message: error instanceof Error ? error.message : 'can not be read' }],
    });
  }
}

/** @returns the lines whose value came before, in this part or an earlier one */
async function stage(client: PoolClient, id: string, entries: readonly FileEntry[]): Promise<LineProblem[]> {
  if (entries.length === 0) return [];
  const { rows } = await client.query(
    `INSERT INTO list_import_rows (import_id, value, line, reason, source, expires_at)
     SELECT $1, * FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[])
     ON CONFLICT (import_id, value) DO NOTHING RETURNING line`,
    [
      id,
      entries.map(({ value }) => value),
      entries.map(({ line }) => line),
      entries.map(({ reason }) => reason),
      entries.map(({ source }) => source),
      entries.map(({ expiresAt }) => expiresAt ?? null),
    ],
  );
  if (rows.length === entries.length) return [];
  const taken = new Set(rows.map(({ line }) => line));
  return entries
    .filter(({ line }) => !taken.has(line))
    .map(({ line, value }) => ({ line, message: 'value was on an earlier line already', text: value.slice(0, 80) }));
}

async function lock(client: PoolClient, id: string): Promise<Row> {
  const { rows } = await client.query('SELECT * FROM list_imports WHERE id = $1 FOR UPDATE', [id]);
  if (!rows[0]) throw new AppError('not_found', 'there is no such import');
  return rows[0];
}

/** Puts the staged lines on their list; they go away with it. */
async function putOn(
  client: PoolClient,
  row: Row,
  { createdBy, approvedBy }: { createdBy: string; approvedBy: string | undefined },
): Promise<{ import: ListImport; added: number; changed: number }> {
  await forWholeTables(client);
  const { rows } = await patiently(
    client,
    `WITH put AS (
       INSERT INTO list_entries (list, value, reason, source, created_by, created_at, expires_at, approved_by)
       SELECT $2, value, reason, source, $3, clock_timestamp(), expires_at, $4
       FROM list_import_rows WHERE import_id = $1 ORDER BY value
       ON CONFLICT (list, value) DO UPDATE SET reason = EXCLUDED.reason, source = EXCLUDED.source,
         created_by = EXCLUDED.created_by, created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at,
         approved_by = EXCLUDED.approved_by
         WHERE (list_entries.reason, list_entries.source, list_entries.expires_at)
           IS DISTINCT FROM (EXCLUDED.reason, EXCLUDED.source, EXCLUDED.expires_at)
       RETURNING xmax = 0 AS added)
     SELECT (count(*) FILTER (WHERE added))::int AS added, (count(*) FILTER (WHERE NOT added))::int AS changed FROM put`,
    [row.id, row.list, createdBy, approvedBy ?? null],
  );
  await patiently(client, 'DELETE FROM list_import_rows WHERE import_id = $1', [row.id]);
  const { rows: done } = await client.query(
    `UPDATE list_imports SET state = 'confirmed', finished_at = now(), result = $2, decided_by = $3 WHERE id = $1 RETURNING *`,
    [row.id, JSON.stringify(rows[0]), approvedBy ?? createdBy],
  );
  return { import: importOf(done[0]), ...rows[0] };
}

function refuseUnready(row: Row, withoutBadLines: boolean): void {
  if (row.state !== 'ready')
    throw new AppError(
      'conflict',
      row.state === 'receiving' ? 'the file is not complete yet' : `the import is ${row.state}`,
    );
  if (row.bad_lines > 0 && !withoutBadLines)
    throw new AppError('conflict', `${row.bad_lines} lines can not be taken: correct them, or import without them`);
}

/** Our connections are set for statements over few rows; these go over all of a file. */
const mostPatientMs = 600_000;

const forWholeTables = (client: PoolClient) =>
  client.query(
    `SELECT set_config('statement_timeout', $1, true), set_config('enable_hashjoin', 'on', true),
       set_config('enable_mergejoin', 'on', true), set_config('enable_seqscan', 'on', true)`,
    [String(mostPatientMs)],
  );

/** After `forWholeTables`: waits for the answer as long as the server may work on it. */
function patiently(client: PoolClient, text: string, values: unknown[]): Promise<QueryResult> {
  // Known to the driver, not to its types.
  const patient: QueryConfig & { query_timeout: number } = { text, values, query_timeout: mostPatientMs + 5_000 };
  return client.query(patient);
}

const importOf = (row: Row): ListImport => ({
  id: row.id,
  list: row.list,
  subject: row.subject,
  state: row.state,
  fileName: row.file_name,
  nextPart: row.next_part,
  rows: row.rows,
  badLines: row.bad_lines,
  problems: row.problems,
  result: row.result ?? undefined,
  createdBy: row.created_by,
});

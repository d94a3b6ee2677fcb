import type { BacktestResult, BacktestState, BacktestSubject, StartBacktest } from '@tributary/contracts/backtest';
import type { Pool, PoolClient } from '../../platform/db.ts';
import type { ChangedRow } from './tally.ts';

type Row = Record<string, unknown>;

/** A run as people see it. Times in Unix ms. */
export type BacktestRun = {
  id: string;
  kind: 'risk' | 'routing';
  state: BacktestState;
  subject: Exclude<BacktestSubject, { from: 'document' }> | { from: 'document' };
  /** Of the document that was tried: another hash now means that the result is about an older draft. */
  contentHash: string;
  baseline: 'recorded' | 'published';
  baselineVersion: number;
  from: number;
  to: number;
  merchantId: string | null;
  serviceId: string | null;
  sample: StartBacktest['sample'];
  /** Payments looked at, and how many there will be; null until that is known. */
  done: number;
  total: number | null;
  error: string | null;
  cancelRequested: boolean;
  node: string;
  createdBy: string;
  createdAt: number;
  finishedAt: number | null;
};

export type NewRun = {
  id: string;
  input: Omit<StartBacktest, 'subject'>;
  subject: BacktestRun['subject'];
  document: unknown;
  contentHash: string;
  baselineVersion: number;
  node: string;
  createdBy: string;
};

/** A run that has said nothing for this long is no longer running: its node went away. */
const lostAfterSeconds = 20;

const columns = `id, kind, state, subject, content_hash, baseline, baseline_version, window_from, window_to, merchant_id,
  service_id, sample, done, total, error, cancel_requested, node, created_by, created_at, finished_at`;

/** Runs and the payments that they found changed. */
export function createBacktestStore(pool: Pool) {
  return {
    async create(client: PoolClient, run: NewRun): Promise<void> {
      const { input } = run;
      await client.query(
        `INSERT INTO backtest_runs (id, kind, subject, document, content_hash, baseline, baseline_version, window_from,
           window_to, merchant_id, service_id, sample, node, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
        [
          run.id,
          input.kind,
          JSON.stringify(run.subject),
          JSON.stringify(run.document),
          run.contentHash,
          input.baseline,
          run.baselineVersion,
          new Date(input.from),
          new Date(input.to),
          input.merchantId ?? null,
          input.serviceId ?? null,
          JSON.stringify(input.sample),
          run.node,
          run.createdBy,
        ],
      );
    },

    /** Keeps what was found so far, and says that the run is alive. @returns whether to go on */
    async progress(id: string, at: { done: number; total: number; result: BacktestResult }): Promise<boolean> {
      const { rows } = await pool.query(
        `UPDATE backtest_runs SET done = $2, total = $3, result = $4, heartbeat_at = now()
         WHERE id = $1 AND state = 'running' RETURNING cancel_requested`,
        [id, at.done, at.total, JSON.stringify(at.result)],
      );
      return rows[0]?.cancel_requested === false;
    },

    async addRows(runId: string, rows: readonly ChangedRow[]): Promise<void> {
      if (rows.length === 0) return;
      await pool.query(
        `INSERT INTO backtest_rows (run_id, live, draft, payment_id, merchant_id, amount, currency, status, live_fired, draft_fired)
         SELECT $1, r.live, r.draft, r."paymentId", r."merchantId", r.amount, r.currency, r.status, r."liveFired", r."draftFired"
         FROM jsonb_to_recordset($2::jsonb) AS r(live text, draft text, "paymentId" text, "merchantId" text, amount bigint,
           currency text, status text, "liveFired" text[], "draftFired" text[])`,
        [runId, JSON.stringify(rows)],
      );
    },

    /** Ends a run once; later words about it are ignored. Without a result, the last partial one stays. */
    async finish(
      id: string,
      state: Exclude<BacktestState, 'running'>,
      { result, done, error }: { result?: BacktestResult; done?: number; error?: string } = {},
    ): Promise<void> {
      await pool.query(
        `UPDATE backtest_runs SET state = $2, result = coalesce($3, result), done = coalesce($4, done), error = $5,
           finished_at = now() WHERE id = $1 AND state = 'running'`,
        [id, state, result === undefined ? null : JSON.stringify(result), done ?? null, error ?? null],
      );
    },

    /** Marks runs whose node fell silent. @returns how many */
    async markLost(): Promise<number> {
      const { rowCount } = await pool.query(
        `UPDATE backtest_runs SET state = 'lost', error = 'the node that ran it went away', finished_at = now()
         WHERE state = 'running' AND heartbeat_at < now() - make_interval(secs => ${lostAfterSeconds})`,
      );
      return rowCount ?? 0;
    },

    /** @returns false when it is not running */
    async requestCancel(client: PoolClient, id: string): Promise<boolean> {
      const { rowCount } = await client.query(
        `UPDATE backtest_runs SET cancel_requested = true WHERE id = $1 AND state = 'running'`,
        [id],
      );
      return rowCount === 1;
    },

    async find(
      id: string,
    ): Promise<{ run: BacktestRun; result: BacktestResult | null; document: unknown } | undefined> {
      const { rows } = await pool.query(`SELECT ${columns}, result, document FROM backtest_runs WHERE id = $1`, [id]);
      const row = rows[0];
      return row && { run: parseRun(row), result: row.result, document: row.document };
    },

    /** Newest first. */
    async list(filter: {
      kind?: string | undefined;
      contentHash?: string | undefined;
      before?: string | undefined;
      limit: number;
    }): Promise<BacktestRun[]> {
      const { rows } = await pool.query(
        `SELECT ${columns} FROM backtest_runs
         WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR content_hash = $2) AND ($3::text IS NULL OR id < $3)
         ORDER BY id DESC LIMIT $4`,
        [filter.kind ?? null, filter.contentHash ?? null, filter.before ?? null, filter.limit],
      );
      return rows.map(parseRun);
    },

    /** The kept payments of one cell, in order of time. */
    async rowsOf(
      runId: string,
      cell: { live: string; draft: string },
      page: { after?: string | undefined; limit: number },
    ): Promise<ChangedRow[]> {
      const { rows } = await pool.query(
        `SELECT payment_id, merchant_id, live, draft, amount, currency, status, live_fired, draft_fired FROM backtest_rows
         WHERE run_id = $1 AND live = $2 AND draft = $3 AND payment_id > $4 ORDER BY payment_id LIMIT $5`,
        [runId, cell.live, cell.draft, page.after ?? '', page.limit],
      );
      return rows.map((row) => ({
        paymentId: row.payment_id,
        merchantId: row.merchant_id,
        live: row.live,
        draft: row.draft,
        amount: Number(row.amount),
        currency: row.currency,
        status: row.status,
        liveFired: row.live_fired,
        draftFired: row.draft_fired,
      }));
    },
  };
}

export type BacktestStore = ReturnType<typeof createBacktestStore>;

const parseRun = (row: Row): BacktestRun =>
  ({
    id: row.id,
    kind: row.kind,
    state: row.state,
    subject: row.subject,
    contentHash: row.content_hash,
    baseline: row.baseline,
    baselineVersion: row.baseline_version,
    from: (row.window_from as Date).getTime(),
    to: (row.window_to as Date).getTime(),
    merchantId: row.merchant_id,
    serviceId: row.service_id,
    sample: row.sample,
    done: row.done,
    total: row.total,
    error: row.error,
    cancelRequested: row.cancel_requested,
    node: row.node,
    createdBy: row.created_by,
    createdAt: (row.created_at as Date).getTime(),
    finishedAt: (row.finished_at as Date | null)?.getTime() ?? null,
  }) as BacktestRun;

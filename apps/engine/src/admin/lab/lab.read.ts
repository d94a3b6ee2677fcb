import type { BacktestSubject, ReplayableKind } from '@tributary/contracts/backtest';
import { mainDocument } from '@tributary/contracts/config-kind';
import { contentHashOf } from '../../config/content-hash.ts';
import { AppError } from '../../platform/app-error.ts';
import type { Pool } from '../../platform/db.ts';

/**
 * The document that a subject names now.
 * @throws AppError not_found
 */
export async function documentOf(pool: Pool, kind: ReplayableKind, subject: BacktestSubject): Promise<unknown> {
  if (subject.from === 'document') return subject.document;
  if (subject.from === 'version') {
    const { rows } = await pool.query(
      'SELECT document FROM config_versions WHERE kind = $1 AND object_id = $2 AND version = $3 AND document IS NOT NULL',
      [kind, mainDocument, subject.version],
    );
    if (!rows[0]) throw new AppError('not_found', `${kind} rules have no version ${subject.version}`);
    return rows[0].document;
  }
  const { rows } = await pool.query(
    'SELECT document FROM change_items WHERE change_id = $1 AND kind = $2 AND object_id = $3 AND document IS NOT NULL',
    [subject.changeId, kind, mainDocument],
  );
  if (!rows[0]) throw new AppError('not_found', `change ${subject.changeId} has no ${kind} rules in it`);
  return rows[0].document;
}

/**
 * Whether a run's result is about another content than its change has now. Undefined for a document that only its author
 * holds: there, ask with the document. A change that is gone or has no such rules any more makes a result stale.
 */
export async function isStale(
  pool: Pool,
  run: { kind: ReplayableKind; contentHash: string; subject: { from: string; changeId?: string } },
): Promise<boolean | undefined> {
  const { subject } = run;
  if (subject.from === 'version') return false;
  if (subject.from !== 'change' || subject.changeId === undefined) return undefined;
  const { rows } = await pool.query(
    'SELECT document FROM change_items WHERE change_id = $1 AND kind = $2 AND object_id = $3',
    [subject.changeId, run.kind, mainDocument],
  );
  return rows[0]?.document == null || contentHashOf(rows[0].document) !== run.contentHash;
}

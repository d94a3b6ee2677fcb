import { createHash } from 'node:crypto';
import { AppError } from '../platform/app-error.ts';
import type { PoolClient } from '../platform/db.ts';
import { canonicalJson } from './audit.store.ts';

export type RuleKind = 'risk' | 'routing';

/** What an approval or a publish is bound to: the content, not the version number. */
export const contentHashOf = (document: unknown): string =>
  createHash('sha256').update(canonicalJson(document)).digest('hex');

/** Saves a document as a new draft version. Versions count up per kind and are never reused. */
export async function saveDraft(
  client: PoolClient,
  kind: RuleKind,
  document: unknown,
  note: string,
  actor: string,
): Promise<{ version: number; contentHash: string }> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_rules_' || $1))`, [kind]);
  const contentHash = contentHashOf(document);
  const { rows } = await client.query(
    `INSERT INTO rule_sets (kind, version, status, document, content_hash, note, created_by)
     SELECT $1, coalesce(max(version), 0) + 1, 'draft', $2, $3, $4, $5 FROM rule_sets WHERE kind = $1 RETURNING version`,
    [kind, JSON.stringify(document), contentHash, note, actor],
  );
  return { version: rows[0].version, contentHash };
}

/**
 * Puts a draft into force: the published version is superseded and the draft published in one transaction, so that there
 * is always exactly one. The content must still be what the publisher saw.
 * @throws AppError not_found, conflict (changed, or somebody published meanwhile)
 */
export async function publish(
  client: PoolClient,
  kind: RuleKind,
  version: number,
  expected: { contentHash: string; baseVersion: number },
  actor: string,
): Promise<{ before: number }> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_rules_' || $1))`, [kind]);
  const { rows } = await client.query(
    'SELECT version, status, content_hash FROM rule_sets WHERE kind = $1 AND (version = $2 OR status = $3) FOR UPDATE',
    [kind, version, 'published'],
  );
  const draft = rows.find((row) => row.version === version);
  const active = rows.find((row) => row.status === 'published');
  if (!draft) throw new AppError('not_found', `${kind} rules have no version ${version}`);
  if (draft.status !== 'draft') throw new AppError('conflict', `version ${version} is ${draft.status}`);
  if (draft.content_hash !== expected.contentHash)
    throw new AppError('conflict', `version ${version} was changed since you looked at it`);
  if ((active?.version ?? 0) !== expected.baseVersion)
    throw new AppError('conflict', `version ${active?.version} was published meanwhile; compare with it first`);
  await client.query(`UPDATE rule_sets SET status = 'superseded' WHERE kind = $1 AND status = 'published'`, [kind]);
  await client.query(
    `UPDATE rule_sets SET status = 'published', published_by = $3, published_at = now() WHERE kind = $1 AND version = $2`,
    [kind, version, actor],
  );
  return { before: active?.version ?? 0 };
}

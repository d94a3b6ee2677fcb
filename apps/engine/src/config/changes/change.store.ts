import type { ChangeItemInput, ChangeStatus, PublishPlan } from '@tributary/contracts/change';
import type { ConfigKind } from '@tributary/contracts/config-kind';
import type { QueryResultRow } from 'pg';
import { AppError } from '../../platform/app-error.ts';
import type { Pool, PoolClient } from '../../platform/db.ts';
import { contentHashOf } from '../content-hash.ts';
import { hashOfChange } from './what-is-approved.ts';

export type ChangeItem = {
  kind: ConfigKind;
  objectId: string;
  document: Record<string, unknown> | null;
  contentHash: string;
  baseVersion: number;
  publishedVersion: number | undefined;
};

export type Change = {
  id: string;
  title: string;
  reason: string;
  status: ChangeStatus;
  contentHash: string;
  authors: string[];
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  submittedAt: Date | undefined;
  approvedAt: Date | undefined;
  publishedAt: Date | undefined;
  publishedBy: string | undefined;
  plan: PublishPlan | undefined;
  publishAt: Date | undefined;
  stageEndsAt: Date | undefined;
  checks: unknown;
  outcome: unknown;
  emergency: boolean;
  reviewOpen: boolean;
  reverts: string | undefined;
  error: string | undefined;
  items: ChangeItem[];
  /** The database's time when it was read. */
  now: Date;
};

export const itemOf = (input: ChangeItemInput): ChangeItem => ({
  ...input,
  contentHash: contentHashOf(input.document),
  publishedVersion: undefined,
});

/** What the audit log keeps of what was sent: which documents, not their content. */
export const headOf = (input: { title?: string | undefined; items?: ChangeItemInput[] | undefined }) => ({
  title: input.title,
  items: input.items?.map(({ kind, objectId, baseVersion }) => ({ ref: `${kind}/${objectId}`, baseVersion })),
});

const columns = `c.*, now() AS now, (SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'objectId', i.object_id,
  'document', i.document, 'contentHash', i.content_hash, 'baseVersion', i.base_version, 'publishedVersion', i.published_version)
  ORDER BY i.kind, i.object_id) FROM change_items i WHERE i.change_id = c.id) AS items`;

/** One change; `lock` holds it until the transaction ends. */
export async function findChange(client: Pool | PoolClient, id: string, lock = false): Promise<Change | undefined> {
  const { rows } = await client.query(
    `SELECT ${columns} FROM change_requests c WHERE c.id = $1${lock ? ' FOR UPDATE' : ''}`,
    [id],
  );
  return rows[0] && changeOf(rows[0]);
}

/** @throws AppError not_found */
export async function mustFindChange(client: Pool | PoolClient, id: string, lock = false): Promise<Change> {
  const found = await findChange(client, id, lock);
  if (!found) throw new AppError('not_found', `there is no change ${id}`);
  return found;
}

/** Changes that a worker has to look at: due, or being watched. */
export async function findStaged(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query(
    `SELECT id FROM change_requests
     WHERE (status = 'scheduled' AND publish_at <= now()) OR status IN ('canary', 'watching')
        OR (status IN ('approved', 'scheduled') AND approved_at < now() - interval '24 hours')
     ORDER BY updated_at LIMIT 50`,
  );
  return rows.map(({ id }) => id);
}

export async function insertChange(
  client: PoolClient,
  change: Pick<Change, 'id' | 'title' | 'reason' | 'items' | 'emergency' | 'reverts' | 'plan'>,
  author: string,
): Promise<Change> {
  await client.query(
    `INSERT INTO change_requests (id, title, reason, content_hash, authors, created_by, emergency, reverts, plan)
     VALUES ($1, $2, $3, $4, ARRAY[$5], $5, $6, $7, $8)`,
    [
      change.id,
      change.title,
      change.reason,
      await hashOfChange(client, change),
      author,
      change.emergency,
      change.reverts ?? null,
      change.plan === undefined ? null : JSON.stringify(change.plan),
    ],
  );
  await putItems(client, change.id, change.items);
  await tell(client, change.id, author, 'created', undefined, 'draft', {});
  return mustFindChange(client, change.id, true);
}

export async function putItems(client: PoolClient, id: string, items: readonly ChangeItem[]): Promise<void> {
  await client.query('DELETE FROM change_items WHERE change_id = $1', [id]);
  await client.query(
    `INSERT INTO change_items (change_id, kind, object_id, document, content_hash, base_version)
     SELECT $1, kind, object_id, nullif(document, 'null'::jsonb), content_hash, base_version
     FROM jsonb_to_recordset($2::jsonb) AS i(kind text, object_id text, document jsonb, content_hash text, base_version int)`,
    [
      id,
      JSON.stringify(
        items.map((item) => ({
          kind: item.kind,
          object_id: item.objectId,
          document: item.document,
          content_hash: item.contentHash,
          base_version: item.baseVersion,
        })),
      ),
    ],
  );
}

/** Sets fields of a change; the caller holds its lock. */
export async function updateChange(client: PoolClient, id: string, fields: Record<string, unknown>): Promise<void> {
  const names = Object.keys(fields);
  const sets = names.map((name, index) => `${name} = $${index + 2}`);
  await client.query(`UPDATE change_requests SET ${sets.join(', ')}, updated_at = now() WHERE id = $1`, [
    id,
    ...names.map((name) => fields[name]),
  ]);
}

/** Adds a line to the change's story. */
export async function tell(
  client: PoolClient,
  id: string,
  actor: string,
  kind: string,
  from: ChangeStatus | undefined,
  to: ChangeStatus | undefined,
  data: object,
): Promise<void> {
  await client.query(
    `INSERT INTO change_events (change_id, at, actor, kind, from_status, to_status, data) VALUES ($1, clock_timestamp(), $2, $3, $4, $5, $6)`,
    [id, actor, kind, from ?? null, to ?? null, JSON.stringify(data)],
  );
}

/** Adds a verdict on what the change holds now. */
export async function sayVerdict(
  client: PoolClient,
  change: Change,
  actor: { id: string },
  verdict: 'approve' | 'reject' | 'review',
  comment: string | undefined,
): Promise<void> {
  await client.query(
    'INSERT INTO change_approvals (change_id, content_hash, verdict, by, comment) VALUES ($1, $2, $3, $4, $5)',
    [change.id, change.contentHash, verdict, actor.id, comment ?? ''],
  );
}

/** The versions in force of the documents of a change, 0 for those that are not there. */
export async function liveVersions(
  client: Pool | PoolClient,
  items: readonly Pick<ChangeItem, 'kind' | 'objectId'>[],
): Promise<number[]> {
  const { rows } = await client.query(
    `SELECT coalesce(CASE WHEN v.document IS NULL THEN 0 ELSE l.version END, 0) AS version
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(kind, object_id, place)
     LEFT JOIN config_live l USING (kind, object_id) LEFT JOIN config_versions v USING (kind, object_id, version)
     ORDER BY w.place`,
    [items.map(({ kind }) => kind), items.map(({ objectId }) => objectId)],
  );
  return rows.map(({ version }) => version);
}

const dateOf = (value: Date | null): Date | undefined => value ?? undefined;

const changeOf = (row: QueryResultRow): Change => ({
  id: row.id,
  title: row.title,
  reason: row.reason,
  status: row.status,
  contentHash: row.content_hash,
  authors: row.authors,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  submittedAt: dateOf(row.submitted_at),
  approvedAt: dateOf(row.approved_at),
  publishedAt: dateOf(row.published_at),
  publishedBy: row.published_by ?? undefined,
  plan: row.plan ?? undefined,
  publishAt: dateOf(row.publish_at),
  stageEndsAt: dateOf(row.stage_ends_at),
  checks: row.checks ?? undefined,
  outcome: row.outcome ?? undefined,
  emergency: row.emergency,
  reviewOpen: row.review_open,
  reverts: row.reverts ?? undefined,
  error: row.error ?? undefined,
  items: (row.items ?? []).map((item: ChangeItem & { publishedVersion: number | null }) => ({
    ...item,
    publishedVersion: item.publishedVersion ?? undefined,
  })),
  now: row.now,
});

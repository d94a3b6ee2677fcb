import { AppError } from '../../platform/app-error.ts';
import type { PoolClient } from '../../platform/db.ts';
import { type Change, type ChangeItem, liveVersions } from './change.store.ts';

/** A document of the change is no longer what it was written on. */
export class Overtaken extends AppError {
  readonly refs: string[];
  constructor(refs: string[]) {
    super('conflict', `published meanwhile: ${refs.join(', ')}`);
    this.refs = refs;
  }
}

/**
 * Takes the whole configuration for this transaction. Documents speak of each other: what the gate saw must still be so
 * when the change is in force, so nobody publishes anything else meanwhile.
 */
export async function holdConfiguration(client: PoolClient): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_config'), 0)`);
}

/** @throws Overtaken when a document of the change has another version in force than it was written on */
export async function refuseOvertaken(client: PoolClient, items: readonly ChangeItem[]): Promise<void> {
  const live = await liveVersions(client, items);
  const refs = items.filter((item, index) => live[index] !== item.baseVersion);
  if (refs.length > 0) throw new Overtaken(refs.map(({ kind, objectId }) => `${kind}/${objectId}`));
}

/** A list does not begin to let payments through what one person alone put on it. */
async function refuseLoneEntries(client: PoolClient, items: readonly ChangeItem[]): Promise<void> {
  for (const { kind, objectId, document } of items) {
    if (kind !== 'list' || document?.effect !== 'allow') continue;
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_list'), hashtext($1))`, [objectId]);
    const { rows } = await client.query(
      'SELECT value FROM list_entries WHERE list = $1 AND (approved_by IS NULL OR approved_by = created_by) LIMIT 1',
      [objectId],
    );
    if (rows[0])
      throw new AppError(
        'invalid_rule_set',
        `list ${objectId} has entries that one person put on it: make a new list`,
        {
          errors: [{ path: `list/${objectId}/effect`, message: 'can not become allow over entries nobody approved' }],
        },
      );
  }
}

/**
 * Puts every document of a change in force for all, in the caller's transaction: all of them or none.
 * @throws Overtaken
 */
export async function putInForce(client: PoolClient, change: Change, actor: string): Promise<void> {
  await holdConfiguration(client);
  await refuseOvertaken(client, change.items);
  await refuseLoneEntries(client, change.items);
  for (const item of change.items) {
    if (item.publishedVersion !== undefined) {
      // A canary has it already.
      await client.query('SELECT tributary_put_in_force($1, $2, $3, $4, $5)', [
        item.kind,
        item.objectId,
        item.publishedVersion,
        actor,
        change.id,
      ]);
      continue;
    }
    const { rows } = await client.query('SELECT tributary_publish($1, $2, $3, $4, $5, $6, $7) AS version', [
      item.kind,
      item.objectId,
      item.document === null ? null : JSON.stringify(item.document),
      actor,
      change.title,
      item.contentHash,
      change.id,
    ]);
    await keepVersion(client, change.id, item, rows[0].version);
  }
}

/**
 * Gives every document of a change a version that only the canary's share of merchants gets.
 * @throws Overtaken
 */
export async function putInCanary(client: PoolClient, change: Change, percent: number, actor: string): Promise<void> {
  await holdConfiguration(client);
  // Two canaries would each be measured against the other's merchants.
  const { rows: running } = await client.query(
    `SELECT id FROM change_requests WHERE status = 'canary' AND id <> $1 LIMIT 1`,
    [change.id],
  );
  if (running[0]) throw new AppError('conflict', `change ${running[0].id} is in its canary: one at a time`);
  await refuseOvertaken(client, change.items);
  await refuseLoneEntries(client, change.items);
  for (const item of change.items) {
    const { rows } = await client.query(
      `INSERT INTO config_versions (kind, object_id, version, document, content_hash, note, created_by, change_id)
       SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7 FROM config_versions WHERE kind = $1 AND object_id = $2
       RETURNING version`,
      [
        item.kind,
        item.objectId,
        item.document === null ? null : JSON.stringify(item.document),
        item.contentHash,
        change.title,
        actor,
        change.id,
      ],
    );
    await client.query(
      `INSERT INTO config_publications (kind, object_id, version, change_id, arm, percent, published_by, published_at)
       VALUES ($1, $2, $3, $4, 'canary', $5, $6, clock_timestamp())`,
      [item.kind, item.objectId, rows[0].version, change.id, percent, actor],
    );
    await keepVersion(client, change.id, item, rows[0].version);
  }
}

/**
 * Takes a published change back: each document gets a new version equal to the one before the change. History is never
 * rewritten.
 * @param mayReturn throws when what was before no longer fits what is around it
 * @throws Overtaken when somebody has published on top of it
 */
export async function takeBack(
  client: PoolClient,
  change: Change,
  actor: string,
  reason: string,
  mayReturn: (before: ChangeItem[]) => Promise<void>,
): Promise<void> {
  await holdConfiguration(client);
  const { rows } = await client.query(
    `SELECT w.kind || '/' || w.object_id AS ref, l.version AS live, v.document AS before,
       v.content_hash AS hash
     FROM unnest($1::text[], $2::text[], $3::int[]) AS w(kind, object_id, base)
     LEFT JOIN config_live l USING (kind, object_id)
     LEFT JOIN config_versions v ON v.kind = w.kind AND v.object_id = w.object_id AND v.version = w.base`,
    [
      change.items.map(({ kind }) => kind),
      change.items.map(({ objectId }) => objectId),
      change.items.map(({ baseVersion }) => baseVersion),
    ],
  );
  const found = new Map(rows.map((row) => [row.ref, row]));
  const stale = change.items.filter(
    ({ kind, objectId, publishedVersion }) => found.get(`${kind}/${objectId}`)?.live !== publishedVersion,
  );
  if (stale.length > 0) throw new Overtaken(stale.map(({ kind, objectId }) => `${kind}/${objectId}`));
  const returning = change.items.map((item): ChangeItem => {
    const { before = null, hash = null } = found.get(`${item.kind}/${item.objectId}`) ?? {};
    return { ...item, document: before, contentHash: hash ?? '', baseVersion: item.publishedVersion ?? 0 };
  });
  await refuseLoneEntries(client, returning);
  await mayReturn(returning);
  for (const { kind, objectId, baseVersion } of change.items) {
    const { before = null, hash = null } = found.get(`${kind}/${objectId}`) ?? {};
    await client.query('SELECT tributary_publish($1, $2, $3, $4, $5, $7, $6)', [
      kind,
      objectId,
      before === null ? null : JSON.stringify(before),
      actor,
      `back to v${baseVersion}: ${reason}`.slice(0, 500),
      change.id,
      hash,
    ]);
  }
}

async function keepVersion(client: PoolClient, id: string, item: ChangeItem, version: number): Promise<void> {
  await client.query(
    'UPDATE change_items SET published_version = $4 WHERE change_id = $1 AND kind = $2 AND object_id = $3',
    [id, item.kind, item.objectId, version],
  );
}

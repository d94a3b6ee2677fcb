import type { QueryResultRow as Row } from 'pg';
import type { PoolClient } from '../platform/db.ts';
import { contentHashOf } from './content-hash.ts';
import { keyOf, type ReadDocument, readDocument, type StoredDocument } from './documents.ts';
import type { ConfigProblem } from './snapshot.ts';

/** Documents by `kind/objectId`, and which could not be taken. */
export type LoadedDocuments = { documents: ReadonlyMap<string, ReadDocument>; problems: ConfigProblem[] };

/** A change that is in force for a share of merchants, with its documents; a removed document has none. */
export type LoadedCanary = { changeId: string; percent: number; items: StoredDocument[] };

/** Which version of each document is in force. */
export const liveDocuments = `SELECT kind, object_id AS "objectId", version FROM config_live ORDER BY kind, object_id`;
export type LiveDocument = Pick<StoredDocument, 'kind' | 'objectId' | 'version'>;

/** The items of the canary that is running. */
export const canaryDocuments = `SELECT c.id, (c.plan -> 'canary' ->> 'percent')::int AS percent, i.kind,
    i.object_id AS "objectId", i.published_version AS version, i.document, i.content_hash AS "contentHash"
  FROM change_requests c JOIN change_items i ON i.change_id = c.id WHERE c.status = 'canary'`;

/**
 * The documents in force. A version never changes, so what was read before is not read again. A document that does not
 * fit its kind, or is not what its hash says, is left as it was; without a version before, the newest older one that is
 * good is taken: a node may start with an old configuration, never with half of one.
 */
export async function loadDocuments(
  client: PoolClient,
  live: readonly LiveDocument[],
  before: ReadonlyMap<string, ReadDocument> | undefined,
): Promise<LoadedDocuments> {
  const isKnown = (one: LiveDocument) => before?.get(keyOf(one))?.version === one.version;
  const missing = live.filter((one) => !isKnown(one));
  const fresh = new Map((await read(client, missing)).map((one) => [keyOf(one), one]));
  const documents = new Map<string, ReadDocument>();
  const problems: ConfigProblem[] = [];
  for (const one of live) {
    const ref = keyOf(one);
    const kept = before?.get(ref);
    const stored = fresh.get(ref);
    if (isKnown(one) && kept) {
      documents.set(ref, kept);
      continue;
    }
    // Taken out of the configuration.
    if (stored?.document === null) continue;
    const checked = stored ? check(stored) : { message: 'has no such version' };
    const good = 'message' in checked ? (kept ?? (await lastGood(client, one))) : checked;
    if (good) documents.set(ref, good);
    if ('message' in checked) {
      problems.push({ ref, version: one.version, message: checked.message, running: good?.version });
    }
  }
  return { documents, problems };
}

/** The canary that is running, if any, of the rows that `canaryDocuments` brought. */
export function canaryOf(rows: readonly Row[]): LoadedCanary | undefined {
  const [first] = rows;
  if (!first) return undefined;
  return {
    changeId: first.id,
    percent: first.percent,
    items: rows.map(({ kind, objectId, version, document, contentHash }) => ({
      kind,
      objectId,
      version,
      document,
      contentHash,
    })),
  };
}

/** The documents with those of a canary in their place. @returns undefined when one of them is not good */
export function withCanary(
  documents: ReadonlyMap<string, ReadDocument>,
  { items }: LoadedCanary,
): ReadonlyMap<string, ReadDocument> | { problem: ConfigProblem } {
  const merged = new Map(documents);
  for (const item of items) {
    const ref = keyOf(item);
    if (item.document === null) {
      merged.delete(ref);
      continue;
    }
    const checked = check(item);
    if ('message' in checked) {
      return {
        problem: { ref, version: item.version, message: checked.message, running: documents.get(ref)?.version },
      };
    }
    merged.set(ref, checked);
  }
  return merged;
}

type Checkable = StoredDocument & { sqlHash?: string; published?: boolean };

const hashOfText = `'sql:' || encode(sha256(convert_to(coalesce(v.document::text, 'null'), 'UTF8')), 'hex')`;

function check(stored: Checkable): ReadDocument | { message: string } {
  if (stored.published === false) return { message: 'was never published: it was put in force behind our back' };
  // What plain SQL published carries the hash of Postgres' own text of it.
  if (stored.contentHash !== stored.sqlHash && stored.contentHash !== contentHashOf(stored.document))
    return { message: 'is not what its hash says: it was changed behind our back' };
  const parsed = readDocument(stored);
  if (!('misfits' in parsed)) return parsed;
  const [first] = parsed.misfits;
  return { message: `does not fit: ${first?.path ?? ''} ${first?.message ?? ''}`.trim() };
}

async function read(client: PoolClient, wanted: readonly LiveDocument[]): Promise<Checkable[]> {
  if (wanted.length === 0) return [];
  const { rows } = await client.query<Checkable>(
    `SELECT v.kind, v.object_id AS "objectId", v.version, v.document, v.content_hash AS "contentHash",
       ${hashOfText} AS "sqlHash",
       EXISTS (SELECT 1 FROM config_publications p
               WHERE p.kind = v.kind AND p.object_id = v.object_id AND p.version = v.version) AS published
     FROM unnest($1::text[], $2::text[], $3::int[]) AS w(kind, object_id, version)
     JOIN config_versions v USING (kind, object_id, version)`,
    [wanted.map(({ kind }) => kind), wanted.map(({ objectId }) => objectId), wanted.map(({ version }) => version)],
  );
  return rows;
}

async function lastGood(
  client: PoolClient,
  { kind, objectId, version }: LiveDocument,
): Promise<ReadDocument | undefined> {
  const { rows } = await client.query<Checkable>(
    `SELECT DISTINCT ON (p.version) v.kind, v.object_id AS "objectId", v.version, v.document,
       v.content_hash AS "contentHash", ${hashOfText} AS "sqlHash"
     FROM config_publications p JOIN config_versions v USING (kind, object_id, version)
     WHERE p.kind = $1 AND p.object_id = $2 AND p.arm = 'all' AND p.version < $3
     ORDER BY p.version DESC LIMIT 10`,
    [kind, objectId, version],
  );
  for (const row of rows) {
    const checked = row.document === null ? undefined : check(row);
    if (checked && !('message' in checked)) return checked;
  }
  return undefined;
}

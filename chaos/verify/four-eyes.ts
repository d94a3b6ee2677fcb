import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Violation } from './invariants.ts';

/** How long an emergency may wait for its second pair of eyes. */
const reviewHours = 24;

/** Every version that decides payments now, for all or for a canary's merchants, with what is known of its change. */
const inForce = `
  SELECT v.kind, v.object_id, v.version, v.document, v.content_hash, p.change_id, p.published_by, p.published_at, p.id AS publication
  FROM (SELECT kind, object_id, version, 'all' AS arm FROM config_live
        UNION ALL
        SELECT i.kind, i.object_id, i.published_version, 'canary' FROM change_requests c JOIN change_items i ON i.change_id = c.id
        WHERE c.status = 'canary') l
  JOIN config_versions v USING (kind, object_id, version)
  LEFT JOIN LATERAL (
    SELECT id, change_id, published_by, published_at FROM config_publications p
    WHERE p.kind = l.kind AND p.object_id = l.object_id AND p.version = l.version AND p.arm = l.arm ORDER BY id DESC LIMIT 1) p ON true`;

/** Unleash is asked by people of its own; that it said so is in our audit log, written with the publication. */
const unleashSaidSo = `EXISTS (SELECT 1 FROM audit_log a WHERE a.action = 'unleash.follow' AND a.result = 'ok' AND a.object_id = f.kind
  AND f.content_hash IN (a.after ->> 'all', a.after ->> 'canary'))`;

/**
 * - What an installation began with has no change; once a document was published by one, it needs one for ever.
 * - A change that was taken back left a version equal to the one before it.
 * - An emergency is one person's for a day, and then somebody else has looked at it.
 */
const withoutSecondPerson = `
  SELECT f.kind || '/' || f.object_id || ' v' || f.version AS subject, CASE
    WHEN f.publication IS NULL THEN 'was never published'
    WHEN f.change_id IS NULL AND f.published_by = 'unleash' THEN CASE WHEN NOT ${unleashSaidSo} THEN 'Unleash never said so' END
    WHEN f.change_id IS NULL THEN CASE WHEN EXISTS (
        SELECT 1 FROM config_publications e WHERE e.kind = f.kind AND e.object_id = f.object_id AND e.id < f.publication
        AND e.change_id IS NOT NULL) THEN 'published by ' || f.published_by || ' without a change' END
    WHEN c.id IS NULL OR i.change_id IS NULL THEN 'its change is not there'
    WHEN i.published_version IS DISTINCT FROM f.version THEN CASE
      WHEN c.status <> 'rolled_back' THEN 'is not the version of change ' || c.id
      WHEN f.document IS DISTINCT FROM b.document THEN 'is not what was there before change ' || c.id END
    WHEN f.content_hash <> i.content_hash THEN 'is another content than that of change ' || c.id
    WHEN c.created_by = 'unleash' THEN CASE WHEN NOT ${unleashSaidSo} THEN 'Unleash never said so' END
    WHEN c.emergency THEN CASE
      WHEN NOT (c.review_open AND f.published_at > now() - interval '${reviewHours} hours') AND NOT EXISTS (
        SELECT 1 FROM change_approvals a WHERE a.change_id = c.id AND a.verdict = 'review' AND a.content_hash = c.content_hash
        AND a."by" <> ALL (c.authors)) THEN 'an emergency that nobody else has looked at' END
    WHEN NOT EXISTS (
        SELECT 1 FROM change_approvals a WHERE a.change_id = c.id AND a.verdict = 'approve' AND a.content_hash = c.content_hash
        AND a."by" <> ALL (c.authors) AND a.at >= c.submitted_at AND a.at <= f.published_at)
      THEN 'approved by nobody but its authors before it was in force' END AS seen
  FROM (${inForce}) f
  LEFT JOIN change_requests c ON c.id = f.change_id
  LEFT JOIN change_items i ON i.change_id = c.id AND i.kind = f.kind AND i.object_id = f.object_id
  LEFT JOIN config_versions b ON b.kind = f.kind AND b.object_id = f.object_id AND b.version = i.base_version`;

const loneEntries = `
  SELECT list || ' ' || value AS subject, 'put there by ' || created_by || ', approved by ' || coalesce(approved_by, 'nobody') AS seen
  FROM list_entries WHERE (approved_by IS NULL OR approved_by = created_by) AND tributary_list_allows(list) LIMIT 20`;

/** Nothing that decides payments was put in force by one person alone, and all of it is what was approved. */
export async function checkFourEyes(db: pg.ClientBase): Promise<Violation[]> {
  const violations: Violation[] = [];
  const add = (invariant: string, rows: { subject: string; seen: string }[]) =>
    violations.push(...rows.map(({ subject, seen }) => ({ invariant, subject, seen })));
  const lone = await db.query(`SELECT * FROM (${withoutSecondPerson}) AS found WHERE seen IS NOT NULL LIMIT 20`);
  add('every version in force was approved by another person', lone.rows);
  const { rows } = await db.query(`SELECT kind, object_id, version, document, content_hash FROM (${inForce}) f
    WHERE change_id IS NOT NULL AND content_hash NOT LIKE 'sql:%'`);
  add(
    'every version in force is the content that was approved',
    rows
      .filter(({ document, content_hash }) => sha256(canonical(document)) !== content_hash)
      .map(({ kind, object_id, version }) => ({
        subject: `${kind}/${object_id} v${version}`,
        seen: 'its document is not what its hash says',
      })),
  );
  add('nothing is let through by one person alone', (await db.query(loneEntries)).rows);
  return violations;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON with sorted keys; written here once more, so that the check does not trust what it checks. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}

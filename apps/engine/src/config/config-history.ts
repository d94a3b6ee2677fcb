import type { ChangeStatus } from '@tributary/contracts/change';
import type { ConfigKind } from '@tributary/contracts/config-kind';
import type { Pool } from '../platform/db.ts';
import type { RuleSetConfig } from './snapshot.ts';

/** A version as it is told to people: without its document. */
export type VersionHead = {
  version: number;
  contentHash: string;
  note: string;
  createdBy: string;
  createdAt: Date;
  changeId: string | undefined;
  /** Since when it was in force for all, the last time; undefined when it never was. */
  publishedAt: Date | undefined;
  publishedBy: string | undefined;
  isLive: boolean;
  /** How the change that brought it stands. */
  changeStatus: ChangeStatus | undefined;
};

/** What the store knows of the past: every version, and what was in force at any moment. */
export function createConfigHistory(pool: Pool) {
  return {
    async versions(kind: ConfigKind, objectId: string, limit: number, before?: number): Promise<VersionHead[]> {
      const { rows } = await pool.query(
        `SELECT v.version, v.content_hash, v.note, v.created_by, v.created_at, v.change_id, p.published_at, p.published_by,
           EXISTS (SELECT 1 FROM config_live l WHERE l.kind = v.kind AND l.object_id = v.object_id AND l.version = v.version) AS live, c.status AS change_status
         FROM config_versions v LEFT JOIN change_requests c ON c.id = v.change_id LEFT JOIN LATERAL (
           SELECT published_at, published_by FROM config_publications p
           WHERE p.kind = v.kind AND p.object_id = v.object_id AND p.version = v.version AND p.arm = 'all'
           ORDER BY p.id DESC LIMIT 1) p ON true
         WHERE v.kind = $1 AND v.object_id = $2 AND v.version < $3 ORDER BY v.version DESC LIMIT $4`,
        [kind, objectId, before ?? 2 ** 31 - 1, limit],
      );
      return rows.map((row) => ({
        version: row.version,
        contentHash: row.content_hash,
        note: row.note,
        createdBy: row.created_by,
        createdAt: row.created_at,
        changeId: row.change_id ?? undefined,
        publishedAt: row.published_at ?? undefined,
        publishedBy: row.published_by ?? undefined,
        isLive: row.live,
        changeStatus: row.change_status ?? undefined,
      }));
    },

    /** One version with its document; `document` is null where it took the object out. */
    async version(kind: ConfigKind, objectId: string, version: number) {
      const { rows } = await pool.query(
        `SELECT document, content_hash, note, created_by, created_at, change_id FROM config_versions
         WHERE kind = $1 AND object_id = $2 AND version = $3`,
        [kind, objectId, version],
      );
      return rows[0] as
        | {
            document: Record<string, unknown> | null;
            content_hash: string;
            note: string;
            created_by: string;
            created_at: Date;
            change_id: string | null;
          }
        | undefined;
    },

    /** What was in force for all merchants at a moment, of one kind or of every kind. */
    async asOf(at: Date, kind?: ConfigKind) {
      const { rows } = await pool.query(
        `SELECT kind, object_id AS "objectId", version, document, "publishedAt" FROM (
           SELECT DISTINCT ON (p.kind, p.object_id) p.kind, p.object_id, p.version, v.document, p.published_at AS "publishedAt"
           FROM config_publications p JOIN config_versions v USING (kind, object_id, version)
           WHERE p.published_at <= $1 AND p.arm = 'all' AND ($2::text IS NULL OR p.kind = $2)
           ORDER BY p.kind, p.object_id, p.published_at DESC, p.id DESC) was
         WHERE document IS NOT NULL ORDER BY kind, object_id`,
        [at, kind ?? null],
      );
      return rows as {
        kind: ConfigKind;
        objectId: string;
        version: number;
        document: Record<string, unknown>;
        publishedAt: Date;
      }[];
    },

    /**
     * Whether a document once had exactly this content for all merchants and it proved itself: neither taken back nor,
     * published in an emergency, still waiting for its second pair of eyes.
     */
    async wasInForce(kind: ConfigKind, objectId: string, document: object | null): Promise<boolean> {
      const { rowCount } = await pool.query(
        `SELECT 1 FROM config_publications p JOIN config_versions v USING (kind, object_id, version)
         LEFT JOIN change_requests c ON c.id = v.change_id
         WHERE p.kind = $1 AND p.object_id = $2 AND p.arm = 'all' AND v.document IS NOT DISTINCT FROM $3::jsonb
           AND (c.id IS NULL OR (c.status IN ('verified', 'watching') AND NOT c.review_open)) LIMIT 1`,
        [kind, objectId, document === null ? null : JSON.stringify(document)],
      );
      return (rowCount ?? 0) > 0;
    },

    /** Rule sets that were in force before a version, newest first. */
    async olderRules(kind: 'risk' | 'routing', before: number): Promise<RuleSetConfig[]> {
      const { rows } = await pool.query(
        `SELECT DISTINCT ON (p.version) p.version, v.document FROM config_publications p
         JOIN config_versions v USING (kind, object_id, version)
         WHERE p.kind = $1 AND p.object_id = 'main' AND p.arm = 'all' AND p.version < $2 AND v.document IS NOT NULL
         ORDER BY p.version DESC LIMIT 10`,
        [kind, before],
      );
      return rows.map(({ version, document }) => ({ kind, version, document }));
    },
  };
}

export type ConfigHistory = ReturnType<typeof createConfigHistory>;

import { createHash } from 'node:crypto';
import { inTransaction, type Pool, type PoolClient } from '../platform/db.ts';
import { canonicalJson } from './content-hash.ts';

/** Who did something, as known when it was done. */
export type Actor = { id: string; role: string; ip: string | undefined; userAgent: string | undefined };

export type AuditEntry = {
  actor: Actor;
  action: string;
  objectType: string;
  objectId: string;
  result: 'ok' | 'failed' | 'denied';
  before?: unknown;
  after?: unknown;
  reason?: string;
};

const genesis = Buffer.alloc(32);

type HashedRow = {
  at: Date;
  actor_id: string;
  actor_role: string;
  action: string;
  object_type: string;
  object_id: string;
  result: string;
  before: unknown;
  after: unknown;
  reason: string | null;
  ip: string | null;
  user_agent: string | null;
};

const hashOf = (previous: Buffer, row: HashedRow): Buffer =>
  createHash('sha256').update(previous).update(canonicalJson(row)).digest();

/**
 * The audit log: append-only (a trigger refuses changes) and chained by hashes, so that a row changed, dropped or
 * swapped behind our back shows. Appends take turns on an advisory lock.
 */
export function createAudit(pool: Pool) {
  /** Appends within the caller's transaction. */
  async function appendIn(client: PoolClient, entry: AuditEntry): Promise<void> {
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_audit'))`);
    const { rows } = await client.query('SELECT row_hash FROM audit_log ORDER BY id DESC LIMIT 1');
    const previous: Buffer = rows[0]?.row_hash ?? genesis;
    const now = await client.query(`SELECT date_trunc('milliseconds', clock_timestamp()) AS at`);
    const plain = (value: unknown) => (value === undefined ? null : JSON.parse(canonicalJson(value)));
    const row: HashedRow = {
      at: now.rows[0].at,
      actor_id: entry.actor.id,
      actor_role: entry.actor.role,
      action: entry.action,
      object_type: entry.objectType,
      object_id: entry.objectId,
      result: entry.result,
      before: plain(entry.before),
      after: plain(entry.after),
      reason: entry.reason ?? null,
      ip: entry.actor.ip ?? null,
      user_agent: entry.actor.userAgent?.slice(0, 300) ?? null,
    };
    await client.query(
      `INSERT INTO audit_log (at, actor_id, actor_role, action, object_type, object_id, result, before, after, reason, ip, user_agent, prev_hash, row_hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        row.at,
        row.actor_id,
        row.actor_role,
        row.action,
        row.object_type,
        row.object_id,
        row.result,
        jsonb(row.before),
        jsonb(row.after),
        row.reason,
        row.ip,
        row.user_agent,
        previous,
        hashOf(previous, row),
      ],
    );
  }

  /** Does something and writes it down, in one transaction; a fault is written down too, in one of its own. */
  async function audited<Result>(
    entry: Omit<AuditEntry, 'result'>,
    act: (client: PoolClient) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await inTransaction(pool, async (client) => {
        const result = await act(client);
        await appendIn(client, { ...entry, result: 'ok' });
        return result;
      });
    } catch (error) {
      await append({
        ...entry,
        result: 'failed',
        reason: entry.reason ?? (error instanceof Error ? error.message.slice(0, 300) : String(error)),
      }).catch(() => undefined);
      throw error;
    }
  }

  const append = (entry: AuditEntry): Promise<void> => inTransaction(pool, (client) => appendIn(client, entry));

  /** Recomputes the chain. @returns the id of the first row that does not fit, if any */
  async function verify(): Promise<{ rows: number; brokenAt: string | undefined }> {
    const { rows } = await pool.query('SELECT * FROM audit_log ORDER BY id');
    let previous = genesis;
    for (const { id, prev_hash, row_hash, ...row } of rows) {
      if (!previous.equals(prev_hash) || !hashOf(previous, row).equals(row_hash))
        return { rows: rows.length, brokenAt: String(id) };
      previous = row_hash;
    }
    return { rows: rows.length, brokenAt: undefined };
  }

  return { append, audited, verify };
}

export type Audit = ReturnType<typeof createAudit>;

const jsonb = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Pool } from '../../platform/db.ts';
import type { Lease } from '../../platform/ports/lease.ts';
import type { Audit } from '../audit.store.ts';

const everyMs = 60_000;
const verifyEveryMs = 24 * 3_600_000;

type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

export type AuditVerdict = {
  rows: number;
  anchors: number;
  /** The first row of the log that does not fit, or `anchor <id>` whose row is gone or another, or whose signature is wrong. */
  brokenAt: string | undefined;
};

/**
 * Anchors of the audit log: its chain alone can not show that its end was cut off, or that all of it was written anew. Every
 * minute in which something was written one worker signs the chain's head, in a table and in its own log; at the start and
 * once a day one worker recomputes the chain and looks for every head.
 *
 * @param pepper a secret that the database does not have; the key is derived from it
 */
export function createAuditAnchors({
  pool,
  audit,
  lease,
  node,
  pepper,
  onVerified = () => undefined,
  log,
}: {
  pool: Pool;
  audit: Pick<Audit, 'verify'>;
  lease: Lease;
  node: string;
  pepper: Buffer;
  onVerified?: (verdict: AuditVerdict) => void;
  log: Log;
}) {
  const key = createHmac('sha256', pepper).update('audit anchors').digest();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  let verifiedAt = Number.NEGATIVE_INFINITY;

  const macOf = (lastId: bigint, rowHash: Buffer): Buffer =>
    createHmac('sha256', key).update(`${lastId} `).update(rowHash).digest();

  /** @returns whether there was something new to sign */
  async function anchor(): Promise<boolean> {
    const { rows } = await pool.query(
      `SELECT id, row_hash FROM audit_log WHERE id > coalesce((SELECT max(last_id) FROM audit_anchors), 0)
       ORDER BY id DESC LIMIT 1`,
    );
    const [head] = rows as { id: bigint; row_hash: Buffer }[];
    if (!head) return false;
    const mac = macOf(head.id, head.row_hash);
    await pool.query('INSERT INTO audit_anchors (last_id, row_hash, mac) VALUES ($1, $2, $3)', [
      head.id,
      head.row_hash,
      mac,
    ]);
    log.info(
      { auditId: head.id.toString(), rowHash: head.row_hash.toString('hex'), mac: mac.toString('hex') },
      'the head of the audit log',
    );
    return true;
  }

  async function verify(): Promise<AuditVerdict> {
    const chain = await audit.verify();
    const { rows } = await pool.query(
      `SELECT a.id, a.last_id, a.row_hash, a.mac, l.row_hash AS found FROM audit_anchors a
       LEFT JOIN audit_log l ON l.id = a.last_id ORDER BY a.id`,
    );
    const bad = rows.find(({ last_id, row_hash, mac, found }) => {
      const right = macOf(last_id, row_hash);
      return found === null || !row_hash.equals(found) || mac.length !== right.length || !timingSafeEqual(mac, right);
    });
    const brokenAt = chain.brokenAt ?? (bad ? `anchor ${bad.id}` : undefined);
    return { rows: chain.rows, anchors: rows.length, brokenAt };
  }

  async function turn(): Promise<void> {
    if ((await lease.acquire('audit-anchors', node, everyMs * 2)) === undefined) return;
    await anchor();
    if (performance.now() - verifiedAt < verifyEveryMs) return;
    verifiedAt = performance.now();
    const verdict = await verify();
    onVerified(verdict);
    if (verdict.brokenAt !== undefined)
      log.error(verdict, 'the audit log was tampered with: a row is missing, was changed, or its anchor was');
  }

  function start(): void {
    running = turn().catch((err) =>
      log.warn({ err }, 'the audit log could not be anchored; the next minute tries again'),
    );
    void running.then(() => {
      if (!stopped) timer = setTimeout(start, everyMs);
    });
  }

  return {
    anchor,
    verify,
    start,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

export type AuditAnchors = ReturnType<typeof createAuditAnchors>;

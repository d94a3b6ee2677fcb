import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { checkFourEyes } from './four-eyes.ts';
import { checkDatabase, checkLedger, countOpen, type Violation } from './invariants.ts';
import { readLedger } from './ledger.ts';

export type Verdict = {
  /** `unknown`: not everything had come to its end in time, so nothing was proved. */
  verdict: 'ok' | 'violated' | 'unknown';
  payments: number;
  charges: number;
  open: { attempts: number; refunds: number; outbox: number };
  violations: Violation[];
};

/**
 * Compares what the channel truly did (the sandbox's ledger) with what the database says, and the database with itself.
 * @param waitMs how long to wait until nothing is open; what is still open then makes the verdict `unknown`
 */
export async function verify({
  databaseUrl,
  sandboxUrl,
  waitMs,
}: {
  databaseUrl: string;
  sandboxUrl: string;
  waitMs: number;
}): Promise<Verdict> {
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === 20 ? BigInt : pg.types.getTypeParser(oid, format as 'text'),
  };
  const db = new pg.Client({ connectionString: databaseUrl, types: types as pg.CustomTypesConfig });
  await db.connect();
  try {
    const deadline = Date.now() + waitMs;
    let open = await countOpen(db);
    while (open.attempts + open.refunds + open.outbox > 0 && Date.now() < deadline) {
      await sleep(500);
      open = await countOpen(db);
    }
    await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // The ledger after the snapshot would show charges the snapshot can't know; before it, everything is in both.
    const entries = await readLedger(sandboxUrl);
    const violations = [
      ...(await checkDatabase(db)),
      ...(await checkFourEyes(db)),
      ...(open.attempts + open.refunds === 0 ? await checkLedger(db, entries) : []),
    ];
    const { rows } = await db.query('SELECT count(*)::int AS n FROM payments');
    await db.query('COMMIT');
    const unfinished = open.attempts + open.refunds + open.outbox > 0;
    return {
      verdict: violations.length > 0 ? 'violated' : unfinished ? 'unknown' : 'ok',
      payments: rows[0].n,
      charges: new Set(
        entries.filter(({ kind, state }) => kind === 'charge' && state === 'paid').map(({ requestNo }) => requestNo),
      ).size,
      open,
      violations,
    };
  } finally {
    await db.end();
  }
}

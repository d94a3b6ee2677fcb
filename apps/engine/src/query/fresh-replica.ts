import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../platform/db.ts';
import type { Clock } from '../platform/ports/clock.ts';
import { createCoalesce } from './coalesce.ts';

/** For how long a replica may be waited for, how often it is asked meanwhile, and its rest after a failure. */
const catchUp = { withinMs: 20, everyMs: 4 };
const restMs = 1_000;

/**
 * Runs reads on a replica, but only when it has what was committed on the primary at the time of asking: nobody can have been
 * told of anything newer than that. A replica that is behind, or fails, leaves the read to the primary.
 */
export function createFreshReads({
  primary,
  replica,
  clock,
  onRead = () => undefined,
}: {
  primary: Pool;
  replica: Pool | undefined;
  clock: Pick<Clock, 'monotonicMs'>;
  onRead?: (from: 'primary' | 'replica') => void;
}): <T>(read: (pool: Pool) => Promise<T>) => Promise<T> {
  let restsUntil = 0;
  // One question at a time for all who came before it was asked.
  const together = createCoalesce<boolean>();

  return async (read) => {
    if (replica && clock.monotonicMs() >= restsUntil) {
      try {
        if (await together('', () => hasCaughtUp(replica))) {
          const found = await read(replica);
          onRead('replica');
          return found;
        }
      } catch {
        // Whatever a replica can't do, the primary can: out of reach, or a conflict with recovery.
        restsUntil = clock.monotonicMs() + restMs;
      }
    }
    onRead('primary');
    return read(primary);
  };

  async function hasCaughtUp(pool: Pool): Promise<boolean> {
    // A commit is seen by anybody only after it was flushed.
    const { rows } = await primary.query({ name: 'flushed', text: 'SELECT pg_current_wal_flush_lsn()::text AS lsn' });
    const until = clock.monotonicMs() + catchUp.withinMs;
    for (;;) {
      const replayed = await pool.query({
        name: 'replayed',
        text: 'SELECT coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) AS done',
        values: [rows[0]?.lsn],
      });
      if (replayed.rows[0]?.done) return true;
      if (clock.monotonicMs() >= until) return false;
      await sleep(catchUp.everyMs);
    }
  }
}

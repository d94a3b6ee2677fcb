import type { Pool, PoolClient } from '../platform/db.ts';
import type { Job, JobQueue } from '../platform/ports/job-queue.ts';

type Log = { warn(fields: object, message: string): void; error(fields: object, message: string): void };
type Row = { id: bigint; topic: string; key: string; payload: unknown; run_at: Date };

const batch = 500;
const pollMs = 200;
const parkFor = '5 minutes';

/**
 * Carries messages from the outbox to the queue, at least once: rows are taken with SKIP LOCKED (never by a cursor,
 * which would miss rows whose transaction committed late), enqueued, and deleted in the transaction that took them.
 * Delayed messages go to the queue at once, which does the waiting.
 */
export function createOutboxPublisher({ pool, jobs, log }: { pool: Pool; jobs: JobQueue; log: Log }) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let failures = 0;

  /** @returns how many were published */
  async function publishOnce(): Promise<number> {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<Row>({
        name: 'outbox-take',
        text: `DELETE FROM outbox WHERE id = ANY (ARRAY(
                 SELECT id FROM outbox WHERE created_at <= now() ORDER BY id LIMIT ${batch} FOR UPDATE SKIP LOCKED))
               RETURNING id, topic, key, payload, run_at`,
      });
      if (rows.length > 0) await enqueue(client, rows);
      await client.query('COMMIT');
      client.release();
      return rows.length;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      client.release(true);
      throw error;
    }
  }

  async function enqueue(client: PoolClient, rows: Row[]): Promise<void> {
    try {
      await jobs.enqueue(rows.map(jobOf));
    } catch (error) {
      if (rows.length === 1 || failures > 0) throw error;
      // Perhaps one of them is poison: let the others through, and put aside what still fails.
      let refused = 0;
      for (const row of rows) {
        try {
          await jobs.enqueue([jobOf(row)]);
        } catch (err) {
          refused++;
          if (refused === rows.length) throw err;
          log.error({ err, topic: row.topic, key: row.key }, 'an outbox message can not be enqueued and is put aside');
          await client.query(
            `INSERT INTO outbox (topic, key, payload, run_at, created_at) VALUES ($1, $2, $3, $4, now() + interval '${parkFor}')`,
            [row.topic, row.key, JSON.stringify(row.payload), row.run_at],
          );
        }
      }
    }
  }

  async function drain(): Promise<void> {
    do {
      again = false;
      try {
        while (!stopped && (await publishOnce()) === batch);
        failures = 0;
      } catch (err) {
        failures++;
        log.warn({ err, failures }, 'the outbox could not be published; it will be tried again');
      }
    } while (again && failures === 0 && !stopped);
  }

  function run(): void {
    if (running) {
      again = true;
      return;
    }
    clearTimeout(timer);
    running = drain().finally(() => {
      running = undefined;
      if (!stopped) timer = setTimeout(run, Math.min(pollMs * 2 ** Math.min(failures, 6), 10_000));
    });
  }

  return {
    publishOnce,
    start: run,
    /** Something was committed: publish soon instead of at the next poll. */
    nudge: () => void (stopped || failures > 0 || run()),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

const jobOf = ({ topic, key, payload, run_at }: Row): Job => ({ queue: topic, key, payload, runAt: run_at });

import { inTransaction, isOutOfReach, type Pool } from '../platform/db.ts';
import type { Job, JobQueue } from '../platform/ports/job-queue.ts';

type Log = { warn(fields: object, message: string): void; error(fields: object, message: string): void };
type Row = { id: bigint; topic: string; key: string; payload: unknown };

/** Events for merchants are written down from the outbox, not queued. */
const forTheQueue = `topic <> 'notify-merchant'`;
const batch = 500;
const pollMs = 200;
/** Most seconds between two tries of a message that the queue refuses. */
const retryAtMostSeconds = 60;
/** From this try on, a person should look at it. */
const stuckAfter = 5;
/** So many refusals in a row, and it is the queue rather than the messages. */
const awayAfter = 3;

/**
 * Carries messages from the outbox to the queue, at least once: rows are taken with SKIP LOCKED (never by a cursor,
 * which would miss rows whose transaction committed late), enqueued, and deleted in the transaction that took them.
 * What a message says of time is for its worker.
 *
 * What the queue refuses is put off by itself, longer each time, so that no message can stand in the way of another.
 */
export function createOutboxPublisher({ pool, jobs, log }: { pool: Pool; jobs: JobQueue; log: Log }) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let failures = 0;

  /** @returns how many were published */
  async function publishOnce(): Promise<number> {
    try {
      return await inTransaction(pool, async (client) => {
        const { rows } = await client.query<Row>({
          name: 'outbox-take',
          text: `DELETE FROM outbox WHERE id = ANY (ARRAY(
                   SELECT id FROM outbox WHERE retry_at <= now() AND ${forTheQueue} ORDER BY id LIMIT ${batch} FOR UPDATE SKIP LOCKED))
                 RETURNING id, topic, key, payload`,
        });
        if (rows.length > 0) await jobs.enqueue(rows.map(jobOf));
        return rows.length;
      });
    } catch (error) {
      if (isOutOfReach(error)) throw error;
      return publishSingly();
    }
  }

  /**
   * After a batch was refused: one message at a time, each in a transaction of its own.
   * @throws the last error when not one went through
   */
  async function publishSingly(): Promise<number> {
    const { rows } = await pool.query<{ id: bigint }>(
      // Those that were refused before come last: they must not use up the tries of those that never were.
      `SELECT id FROM outbox WHERE retry_at <= now() AND ${forTheQueue} ORDER BY retry_at, id LIMIT ${batch}`,
    );
    let published = 0;
    let refused = 0;
    for (const { id } of rows) {
      if (stopped) break;
      try {
        published += await publishOne(id);
      } catch (error) {
        if (isOutOfReach(error)) throw error;
        await putOff(id, error);
        refused++;
        if (published === 0 && (refused === awayAfter || refused === rows.length)) throw error;
      }
    }
    return published;
  }

  const publishOne = (id: bigint): Promise<number> =>
    inTransaction(pool, async (client) => {
      const { rows } = await client.query<Row>(
        `DELETE FROM outbox WHERE id = (SELECT id FROM outbox WHERE id = $1 FOR UPDATE SKIP LOCKED)
         RETURNING id, topic, key, payload`,
        [id],
      );
      if (rows.length > 0) await jobs.enqueue(rows.map(jobOf));
      return rows.length;
    });

  async function putOff(id: bigint, error: unknown): Promise<void> {
    const { rows } = await pool.query<{ topic: string; key: string; attempts: number }>(
      `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
         retry_at = now() + make_interval(secs => least(power(2, least(attempts, 30)), $3))
       WHERE id = $1 RETURNING topic, key, attempts`,
      [id, String(error).slice(0, 500), retryAtMostSeconds],
    );
    const [row] = rows;
    if (!row) return;
    const say = row.attempts < stuckAfter ? log.warn.bind(log) : log.error.bind(log);
    say({ err: error, ...row }, 'a message can not be enqueued and is put off; the others go on');
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

const jobOf = ({ topic, key, payload }: Row): Job => ({ queue: topic, key, payload });

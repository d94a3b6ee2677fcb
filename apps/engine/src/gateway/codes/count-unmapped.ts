import type { Pool } from '../../platform/db.ts';
import { parseRequestNo } from '../../platform/ids.ts';
import type { UnmappedCode } from './read-codes.ts';

/** Distinct codes of one channel that are kept; a channel that invents words must not fill the table. */
export const maxCodesPerChannel = 500;
/** Distinct codes a node holds between two flushes. */
const maxPending = 1_000;
const flushMs = 5_000;

type Pending = {
  channelId: string;
  operation: string;
  code: string;
  message: string;
  count: number;
  paymentId: string | undefined;
};

/**
 * Counts codes that nobody has mapped, for the console. Each node adds up what it saw and writes one statement every few
 * seconds; a database that is away only delays that.
 */
export function createUnmappedCounter({
  pool,
  onUnmapped,
  log,
}: {
  pool: Pool;
  onUnmapped?: (seen: { channelId: string; operation: string }) => void;
  log: { warn(fields: object, message: string): void };
}) {
  let pending = new Map<string, Pending>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  function count({ channelId, operation, raw, requestNo }: UnmappedCode): void {
    onUnmapped?.({ channelId, operation });
    const paymentId = requestNo === undefined ? undefined : parseRequestNo(requestNo)?.paymentId;
    add({
      channelId,
      operation,
      code: printable(raw.code).slice(0, 64),
      message: printable(raw.message),
      count: 1,
      paymentId,
    });
  }

  function add(one: Pending): void {
    const key = JSON.stringify([one.channelId, one.operation, one.code]);
    const known = pending.get(key);
    if (known) {
      known.count += one.count;
      known.paymentId = one.paymentId ?? known.paymentId;
      known.message = one.message;
    } else if (pending.size < maxPending) pending.set(key, one);
  }

  async function write(): Promise<void> {
    if (pending.size === 0) return;
    // In one order on every node, so that two of them never wait for each other.
    const batch = [...pending].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
    pending = new Map();
    try {
      await pool.query({
        name: 'count-unmapped-codes',
        text: `INSERT INTO unmapped_codes AS kept (channel_id, operation, code, message, count, sample_payment_id)
               SELECT seen.channel_id, seen.operation, seen.code, seen.message, seen.count, seen.payment_id
               FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
                 WITH ORDINALITY AS seen (channel_id, operation, code, message, count, payment_id, no)
               WHERE EXISTS (SELECT 1 FROM unmapped_codes u
                             WHERE (u.channel_id, u.operation, u.code) = (seen.channel_id, seen.operation, seen.code))
                  OR (SELECT count(*) FROM unmapped_codes u WHERE u.channel_id = seen.channel_id) + seen.no <= $7
               ORDER BY seen.no
               ON CONFLICT (channel_id, operation, code) DO UPDATE SET
                 count = kept.count + excluded.count, last_seen = now(), message = excluded.message,
                 sample_payment_id = coalesce(excluded.sample_payment_id, kept.sample_payment_id)`,
        values: [
          batch.map(({ channelId }) => channelId),
          batch.map(({ operation }) => operation),
          batch.map(({ code }) => code),
          batch.map(({ message }) => message),
          batch.map((one) => one.count),
          batch.map(({ paymentId }) => paymentId ?? null),
          maxCodesPerChannel,
        ],
      });
    } catch (err) {
      for (const one of batch) add(one);
      log.warn({ err, codes: batch.length }, 'unmapped response codes could not be written down');
    }
  }

  /** Writes down what was counted; one at a time. */
  function flush(): Promise<void> {
    running = running.then(write);
    return running;
  }

  return {
    count,
    flush,
    start() {
      timer = setInterval(() => void flush(), flushMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

// Postgres stores no NUL, and nobody wants to read the rest.
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\u{fffd}').slice(0, 256);

import type { NotifyMerchantMessage } from '../payments/operations.ts';
import { inTransaction, type Pool, type PoolClient } from '../platform/db.ts';
import { newId } from '../platform/ids.ts';

type Log = { warn(fields: object, message: string): void; error(fields: object, message: string): void };

/** Of the messages, with what the database alone knows: whose payment it is and when things really happened. */
type Taken = {
  outboxId: bigint;
  // A row from before events carried their data has none.
  message: Omit<NotifyMerchantMessage, 'data'> & Partial<Pick<NotifyMerchantMessage, 'data'>>;
  merchantId: string;
  url: string | null;
  at: Date;
  paymentVersion: number;
  paymentUpdatedAt: Date;
  succeededAt: Date | null;
  refundUpdatedAt: Date | null;
  refundSucceededAt: Date | null;
};

type Event = {
  merchantId: string;
  seq: string;
  id: string;
  type: string;
  paymentId: string;
  eventSeq: number;
  url: string | null;
  /** Where it goes: an endpoint is a merchant's host. */
  origin: string | null;
  body: string;
  occurredAt: string;
};

const batch = 500;
const pollMs = 250;
/** Any number will do, as long as nobody else takes it for something else. */
const lockKey = 0x65766e74;

/**
 * Numbers what merchants are told of: each merchant's events 1, 2, 3 … without a gap, those of one payment in the order
 * in which they happened. Events, their deliveries and the end of their outbox rows are one commit. One node at a time
 * does it, so a number is never seen before a smaller one.
 */
export function createEventRecorder({
  pool,
  dataOf,
  onRecorded,
  log,
}: {
  pool: Pool;
  /** What merchants see of a payment now, for messages that carry nothing themselves. */
  dataOf: (message: { paymentId: string; eventSeq: number }) => Promise<NotifyMerchantMessage['data'] | undefined>;
  /** Deliveries are due. */
  onRecorded: () => void;
  log: Log;
}) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = true;

  const isMine = async (client: PoolClient): Promise<boolean> =>
    (await client.query('SELECT pg_try_advisory_xact_lock($1) AS mine', [lockKey])).rows[0].mine;

  /** @returns how many outbox rows were worked; 0 also while another node does it */
  async function recordOnce(most = batch): Promise<number> {
    return inTransaction(pool, async (client) => {
      if (!(await isMine(client))) return 0;
      const taken = await take(client, most);
      if (taken.length === 0) return 0;
      const fresh = await withoutKnown(client, taken);
      if (fresh.length > 0) await write(client, await number(client, fresh));
      await client.query('DELETE FROM outbox WHERE id = ANY ($1)', [taken.map(({ outboxId }) => outboxId)]);
      return taken.length;
    });
  }

  /** With each merchant's next numbers, in the order of the outbox. */
  async function number(client: PoolClient, fresh: readonly Taken[]): Promise<Event[]> {
    const counts = new Map<string, number>();
    for (const { merchantId } of fresh) counts.set(merchantId, (counts.get(merchantId) ?? 0) + 1);
    const { rows } = await client.query<{ merchant_id: string; last_seq: bigint }>(
      `INSERT INTO merchant_event_counters AS c (merchant_id, last_seq)
       SELECT * FROM unnest($1::text[], $2::bigint[])
       ON CONFLICT (merchant_id) DO UPDATE SET last_seq = c.last_seq + excluded.last_seq
       RETURNING merchant_id, last_seq`,
      [[...counts.keys()], [...counts.values()]],
    );
    const next = new Map(
      rows.map((row) => [row.merchant_id, row.last_seq - BigInt(counts.get(row.merchant_id) ?? 0) + 1n]),
    );
    const events: Event[] = [];
    for (const one of fresh) {
      const seq = next.get(one.merchantId) ?? 1n;
      next.set(one.merchantId, seq + 1n);
      const { paymentId, eventSeq, type } = one.message;
      const data = one.message.data ?? (await dataOf(one.message));
      if (!data) throw new MissingPayment(`payment ${paymentId} of an event is missing`);
      const id = newId('msg');
      events.push({
        merchantId: one.merchantId,
        seq: seq.toString(),
        id,
        type,
        paymentId,
        eventSeq,
        url: one.url,
        origin: one.url && originOf(one.url),
        body: JSON.stringify({
          id,
          type,
          timestamp: one.at.toISOString(),
          sequence: Number(seq),
          data: asStored(data, one),
        }),
        occurredAt: one.at.toISOString(),
      });
    }
    return events;
  }

  /**
   * One message of which no event can be made must not keep all others' back: fewer and fewer are tried, and the one that
   * fails alone is put aside.
   */
  async function partTheBad(): Promise<number> {
    for (let most = batch >> 1; ; most = Math.max(1, most >> 1)) {
      try {
        return await recordOnce(most);
      } catch (err) {
        if (!isBad(err)) throw err;
        if (most === 1) return park(err);
      }
    }
  }

  const park = (err: Error): Promise<number> =>
    inTransaction(pool, async (client) => {
      if (!(await isMine(client))) return 0;
      const { rows } = await client.query(
        `WITH bad AS (
           DELETE FROM outbox WHERE id = (SELECT id FROM outbox WHERE topic = 'notify-merchant' ORDER BY id LIMIT 1)
           RETURNING id, payload)
         INSERT INTO parked_events (id, payload, error) SELECT id, payload, $1 FROM bad RETURNING id, payload`,
        [err.message],
      );
      for (const { id, payload } of rows)
        log.error({ err, id, payload }, 'an event can not be written down: put aside');
      return rows.length;
    });

  async function drain(): Promise<void> {
    do {
      again = false;
      try {
        for (let worked = batch; worked === batch && !stopped; ) {
          worked = await recordOnce().catch((err) => {
            if (!isBad(err)) throw err;
            again = true;
            return partTheBad();
          });
          if (worked > 0) onRecorded();
        }
      } catch (err) {
        log.warn({ err }, 'events for merchants could not be written down; it will be tried again');
        return;
      }
    } while (again && !stopped);
  }

  function run(): void {
    if (running) {
      again = true;
      return;
    }
    clearTimeout(timer);
    running = drain().finally(() => {
      running = undefined;
      if (!stopped) timer = setTimeout(run, pollMs);
    });
  }

  return {
    recordOnce,
    start() {
      stopped = false;
      run();
    },
    /** Something was committed: look soon instead of at the next poll. */
    nudge: () => void (stopped || run()),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

class MissingPayment extends Error {}

/** Whether the message itself is to blame: its payment is missing, or Postgres can't store what it says (classes 22, 23). */
const isBad = (err: unknown): err is Error =>
  err instanceof MissingPayment ||
  (err instanceof Error && 'code' in err && typeof err.code === 'string' && /^2[23]/.test(err.code));

/** The oldest messages. Nobody else takes them while the lock is held, so none is skipped and order is kept. */
async function take(client: PoolClient, most: number): Promise<Taken[]> {
  const { rows } = await client.query<Taken>({
    name: 'events-take',
    text: `SELECT o.id AS "outboxId", o.payload AS message, p.merchant_id AS "merchantId",
             coalesce(p.notify_url, m.webhook_url) AS url, e.at, p.version AS "paymentVersion",
             p.updated_at AS "paymentUpdatedAt", p.succeeded_at AS "succeededAt",
             r.updated_at AS "refundUpdatedAt", r.succeeded_at AS "refundSucceededAt"
           FROM (SELECT id, payload, payload ->> 'paymentId' AS payment_id, (payload ->> 'eventSeq')::int AS seq
                 FROM outbox WHERE topic = 'notify-merchant' ORDER BY id LIMIT $1) o
           LEFT JOIN payments p ON p.id = o.payment_id
           LEFT JOIN events e ON e.payment_id = o.payment_id AND e.seq = o.seq
           LEFT JOIN merchants m ON m.id = p.merchant_id
           LEFT JOIN refunds r ON r.id = e.refund_id AND r.payment_id = o.payment_id
           ORDER BY o.id`,
    values: [most],
  });
  const lost = rows.find(({ merchantId, at }) => merchantId === null || at === null);
  if (lost) throw new MissingPayment(`payment ${lost.message.paymentId} of an event is missing`);
  return rows;
}

/** A message may come twice; an event is written once. */
async function withoutKnown(client: PoolClient, taken: readonly Taken[]): Promise<Taken[]> {
  const keyOf = (paymentId: string, eventSeq: number) => `${paymentId}|${eventSeq}`;
  const { rows } = await client.query<{ payment_id: string; event_seq: number }>(
    `SELECT e.payment_id, e.event_seq FROM unnest($1::text[], $2::int[]) AS k(payment_id, event_seq)
     JOIN merchant_events e USING (payment_id, event_seq)`,
    [taken.map(({ message }) => message.paymentId), taken.map(({ message }) => message.eventSeq)],
  );
  const known = new Set(rows.map((row) => keyOf(row.payment_id, row.event_seq)));
  return taken.filter(({ message: { paymentId, eventSeq } }) => {
    const key = keyOf(paymentId, eventSeq);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

async function write(client: PoolClient, events: readonly Event[]): Promise<void> {
  const json = JSON.stringify(events);
  await client.query(
    `INSERT INTO merchant_events (merchant_id, seq, id, type, payment_id, event_seq, notify_url, body, occurred_at)
     SELECT e."merchantId", e.seq, e.id, e.type, e."paymentId", e."eventSeq", e.url, e.body, e."occurredAt"
     FROM jsonb_to_recordset($1::jsonb) AS e("merchantId" text, seq bigint, id text, type text, "paymentId" text,
       "eventSeq" int, url text, body text, "occurredAt" timestamptz)`,
    [json],
  );
  const told = events.filter(({ url }) => url !== null);
  if (told.length > 0) await writeDeliveries(client, told);
}

export type DeliveryOfEvent = Pick<
  Event,
  'merchantId' | 'seq' | 'id' | 'type' | 'paymentId' | 'eventSeq' | 'url' | 'origin' | 'body'
>;

/** Has events delivered, at once; one that already has a delivery there begins anew. */
export async function writeDeliveries(client: PoolClient, events: readonly DeliveryOfEvent[]): Promise<void> {
  const places = new Map(
    events.map(({ merchantId, origin }) => [`${merchantId}|${origin}`, { id: newId('whe'), merchantId, origin }]),
  );
  await client.query(
    `WITH e AS MATERIALIZED (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS e("merchantId" text, seq bigint, id text, type text, "paymentId" text,
         "eventSeq" int, url text, origin text, body text)
     ), endpoints AS (
       INSERT INTO webhook_endpoints AS w (id, merchant_id, origin, next_due_at)
       SELECT p.id, p."merchantId", p.origin, now()
       FROM jsonb_to_recordset($2::jsonb) AS p(id text, "merchantId" text, origin text) ORDER BY 2, 3
       ON CONFLICT (merchant_id, origin) DO UPDATE SET next_due_at = least(w.next_due_at, excluded.next_due_at)
       RETURNING w.id, w.merchant_id, w.origin
     )
     INSERT INTO webhook_deliveries AS d (id, merchant_id, payment_id, event_seq, type, url, body, seq, endpoint_id, next_attempt_at)
     SELECT e.id, e."merchantId", e."paymentId", e."eventSeq", e.type, e.url, e.body, e.seq, w.id, now()
     FROM e JOIN endpoints w ON w.merchant_id = e."merchantId" AND w.origin = e.origin
     ON CONFLICT (id) DO UPDATE SET status = 'pending', next_attempt_at = now(), retries_from = d.attempts,
       pending_since = now(), url = excluded.url, endpoint_id = excluded.endpoint_id, delivered_at = NULL`,
    [JSON.stringify(events), JSON.stringify([...places.values()])],
  );
}

/** Scheme, host and port; a text that is no URL is a place of its own, where nothing is ever sent. */
export function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    return 'null';
  }
}

/** The same moments as in the rows, which take theirs from Postgres when they are written. */
function asStored(
  { payment, refund }: NotifyMerchantMessage['data'],
  { message, at, paymentVersion, paymentUpdatedAt, succeededAt, refundUpdatedAt, refundSucceededAt }: Taken,
): NotifyMerchantMessage['data'] {
  return {
    ...(refund
      ? {
          refund: {
            ...refund,
            updatedAt: (refundUpdatedAt ?? at).toISOString(),
            succeededAt: refundSucceededAt?.toISOString() ?? null,
          },
        }
      : {}),
    payment: {
      ...payment,
      updatedAt: (paymentVersion === message.eventSeq ? paymentUpdatedAt : at).toISOString(),
      succeededAt: payment.status === 'succeeded' ? (succeededAt?.toISOString() ?? null) : null,
    },
  };
}

import type { PoolClient } from '../platform/db.ts';
import { type DeliveryOfEvent, originOf, writeDeliveries } from './record-events.ts';

/** Which events of a merchant: by number, by time, or one. */
export type EventRange = {
  merchantId: string;
  fromSeq?: number;
  toSeq?: number;
  from?: Date;
  to?: Date;
  id?: string;
  /** Only those whose delivery was given up. */
  onlyDead?: boolean;
};

/** Most events that are sent again at once: a whole day of a large merchant is several calls. */
export const mostAtOnce = 10_000;

const rangeSql = `FROM merchant_events e LEFT JOIN merchants m ON m.id = e.merchant_id
  WHERE e.merchant_id = $1 AND ($2::bigint IS NULL OR e.seq >= $2) AND ($3::bigint IS NULL OR e.seq <= $3)
    AND ($4::timestamptz IS NULL OR e.occurred_at >= $4) AND ($5::timestamptz IS NULL OR e.occurred_at < $5)
    AND ($6::text IS NULL OR e.id = $6)
    AND (NOT $7 OR EXISTS (SELECT 1 FROM webhook_deliveries d
                           WHERE d.payment_id = e.payment_id AND d.event_seq = e.event_seq AND d.status = 'dead'))`;

const valuesOf = ({ merchantId, fromSeq, toSeq, from, to, id, onlyDead = false }: EventRange) => [
  merchantId,
  fromSeq ?? null,
  toSeq ?? null,
  from ?? null,
  to ?? null,
  id ?? null,
  onlyDead,
];

/** How many events of a range there are, and how many of them have a place to go. */
export async function countEvents(
  client: Pick<PoolClient, 'query'>,
  range: EventRange,
): Promise<{ events: number; sendable: number }> {
  const { rows } = await client.query(
    `SELECT count(*)::int AS events, count(coalesce(e.notify_url, m.webhook_url))::int AS sendable ${rangeSql}`,
    valuesOf(range),
  );
  return rows[0];
}

/**
 * Has events delivered anew, under their own ids: to the URL that the payment named, or else to the merchant's of now, so
 * that what had nowhere to go then can go there now. @returns how many are due
 */
export async function resendEvents(client: PoolClient, range: EventRange): Promise<number> {
  const { rows } = await client.query<Omit<DeliveryOfEvent, 'origin'> & { url: string }>(
    `SELECT e.merchant_id AS "merchantId", e.seq::text AS seq, e.id, e.type, e.payment_id AS "paymentId",
       e.event_seq AS "eventSeq", coalesce(e.notify_url, m.webhook_url) AS url, e.body
     ${rangeSql} AND coalesce(e.notify_url, m.webhook_url) IS NOT NULL ORDER BY e.seq LIMIT ${mostAtOnce}`,
    valuesOf(range),
  );
  if (rows.length > 0)
    await writeDeliveries(
      client,
      rows.map((row) => ({ ...row, origin: originOf(row.url) })),
    );
  return rows.length;
}

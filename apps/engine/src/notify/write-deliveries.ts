import type { NotifyMerchantMessage } from '../payments/operations.ts';
import type { PoolClient } from '../platform/db.ts';
import { newId } from '../platform/ids.ts';

/** Until the queue's job comes, which tries at once; should it never come, the sweep does by then. */
const firstTrySeconds = 5;

/**
 * Writes down whom to tell of what, in the transaction that hands the messages to the queue: from then on nothing of it
 * can be lost with the queue. What is told is worked out when it is first tried. A payment with nobody to tell has no
 * delivery, and a message that comes twice makes one.
 */
export async function writeDeliveries(client: PoolClient, payloads: unknown[]): Promise<void> {
  const messages = payloads as NotifyMerchantMessage[];
  await client.query(
    `INSERT INTO webhook_deliveries (id, merchant_id, payment_id, event_seq, type, url, next_attempt_at)
     SELECT w.id, p.merchant_id, p.id, w.seq, w.type, coalesce(p.notify_url, m.webhook_url), now() + make_interval(secs => $5)
     FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) AS w(id, payment_id, seq, type)
     JOIN payments p ON p.id = w.payment_id LEFT JOIN merchants m ON m.id = p.merchant_id
     WHERE coalesce(p.notify_url, m.webhook_url) IS NOT NULL
     ON CONFLICT (payment_id, event_seq, url) DO NOTHING`,
    [
      messages.map(() => newId('msg')),
      messages.map(({ paymentId }) => paymentId),
      messages.map(({ eventSeq }) => eventSeq),
      messages.map(({ type }) => type),
      firstTrySeconds,
    ],
  );
}

import type pg from 'pg';
import { type Charge, foldLedger, type LedgerEntry } from './ledger.ts';

/** One broken promise: which invariant, about what, and what was seen. */
export type Violation = { invariant: string; subject: string; seen: string };

type Check = { name: string; sql: string };

/** Invariants that the database alone can tell. Each statement lists violations as (subject, seen); none means it holds. */
const databaseChecks: Check[] = [
  {
    name: 'one winner per payment',
    sql: `SELECT payment_id AS subject, count(*) || ' winners' AS seen FROM attempts WHERE winner GROUP BY 1 HAVING count(*) > 1`,
  },
  {
    name: 'a succeeded payment has its winner, any other has none',
    sql: `SELECT p.id AS subject, p.status || ', winners ' || count(a.no) FILTER (WHERE a.winner) AS seen
          FROM payments p LEFT JOIN attempts a ON a.payment_id = p.id
          GROUP BY p.id, p.status HAVING (p.status = 'succeeded') <> (count(a.no) FILTER (WHERE a.winner) = 1)`,
  },
  {
    name: 'a final payment has no open attempt but beside a winner',
    sql: `SELECT p.id AS subject, p.status || ' with attempt ' || a.status AS seen FROM payments p JOIN attempts a ON a.payment_id = p.id
          WHERE p.status IN ('failed', 'closed', 'rejected') AND a.status IN ('sending', 'pending', 'unknown')`,
  },
  {
    name: "amounts of attempts are the payment's",
    sql: `SELECT p.id AS subject, p.amount || ' vs ' || a.amount AS seen FROM payments p JOIN attempts a ON a.payment_id = p.id
          WHERE a.amount <> p.amount OR a.currency <> p.currency`,
  },
  {
    name: 'refunds never exceed the payment, and the counter tells their sum',
    sql: `SELECT p.id AS subject, p.refunded_amount || ' counted, ' || coalesce(r.sum, 0) || ' asked, ' || p.amount || ' paid' AS seen
          FROM payments p LEFT JOIN (SELECT payment_id, sum(amount) AS sum FROM refunds
            WHERE kind = 'merchant' AND status <> 'failed' GROUP BY 1) r ON r.payment_id = p.id
          WHERE p.refunded_amount <> coalesce(r.sum, 0) OR p.refunded_amount > p.amount`,
  },
  {
    name: 'every late success is compensated once',
    sql: `SELECT a.payment_id AS subject, 'attempt ' || a.no || ', compensations ' || count(r.id) AS seen
          FROM attempts a LEFT JOIN refunds r ON r.payment_id = a.payment_id AND r.attempt_no = a.no AND r.kind = 'compensation'
          WHERE a.status IN ('succeeded', 'succeeded_late') AND NOT a.winner
          GROUP BY a.payment_id, a.no HAVING count(r.id) <> 1`,
  },
  {
    name: "events are numbered without gaps and end at the payment's version",
    sql: `SELECT p.id AS subject, 'version ' || p.version || ', events ' || count(e.seq) || ', last ' || coalesce(max(e.seq), 0) AS seen
          FROM payments p LEFT JOIN events e ON e.payment_id = p.id
          GROUP BY p.id, p.version HAVING count(e.seq) <> p.version OR max(e.seq) <> p.version`,
  },
  {
    name: "each status follows from the one before, and the last is the entity's",
    sql: `WITH moves AS (
            SELECT payment_id, seq, attempt_no, refund_id, from_status, to_status,
              CASE WHEN refund_id IS NOT NULL THEN 'refund ' || refund_id
                   WHEN attempt_no IS NOT NULL AND kind LIKE 'attempt.%' THEN 'attempt ' || attempt_no ELSE 'payment' END AS entity
            FROM events WHERE to_status IS NOT NULL),
          steps AS (SELECT *, lag(to_status) OVER (PARTITION BY payment_id, entity ORDER BY seq) AS before FROM moves)
          SELECT payment_id || ' ' || entity AS subject, coalesce(before, '-') || ' then ' || coalesce(from_status, '-') || ' -> ' || to_status AS seen
          FROM steps WHERE before IS NOT NULL AND from_status IS NOT NULL AND before <> from_status
          UNION ALL
          SELECT m.payment_id, 'event says ' || m.to_status || ', payment is ' || p.status
          FROM (SELECT DISTINCT ON (payment_id) payment_id, to_status FROM moves WHERE entity = 'payment' ORDER BY payment_id, seq DESC) m
          JOIN payments p ON p.id = m.payment_id WHERE p.status <> m.to_status`,
  },
  {
    name: 'a final payment status never changes',
    sql: `SELECT payment_id AS subject, from_status || ' -> ' || to_status AS seen FROM events
          WHERE kind LIKE 'payment.%' AND from_status IN ('succeeded', 'failed', 'closed', 'rejected') AND to_status <> from_status`,
  },
  {
    name: 'event times do not go back',
    sql: `SELECT payment_id AS subject, 'event ' || seq || ' is ' || (before - at) || ' early' AS seen
          FROM (SELECT payment_id, seq, at, lag(at) OVER (PARTITION BY payment_id ORDER BY seq) AS before FROM events) e
          WHERE before > at + interval '5 ms'`,
  },
  {
    name: 'limit usage is what its reservations add up to',
    sql: `SELECT coalesce(u.limit_id, r.limit_id) || ' ' || coalesce(u.scope_key, r.scope_key) AS subject,
            'used ' || coalesce(u.amount, 0) || '/' || coalesce(u.count, 0) || ', reserved ' || coalesce(r.amount, 0) || '/' || coalesce(r.count, 0) AS seen
          FROM limit_usage u FULL JOIN (SELECT limit_id, scope_key, window_start, sum(amount) AS amount, count(*) AS count
            FROM limit_reservations WHERE state IN ('reserved', 'settled') GROUP BY 1, 2, 3) r USING (limit_id, scope_key, window_start)
          WHERE coalesce(u.amount, 0) <> coalesce(r.amount, 0) OR coalesce(u.count, 0) <> coalesce(r.count, 0)`,
  },
  {
    name: 'reservations end with their payment',
    sql: `SELECT r.payment_id AS subject, p.status || ' with reservation ' || r.state AS seen
          FROM limit_reservations r JOIN payments p ON p.id = r.payment_id
          WHERE (p.status = 'succeeded' AND r.state NOT IN ('settled', 'moved', 'refunded'))
             OR (p.status IN ('failed', 'closed', 'rejected') AND r.state NOT IN ('released', 'moved'))
             OR (p.status IN ('created', 'processing') AND r.state NOT IN ('reserved', 'moved'))`,
  },
  {
    name: 'no counter is over the cap it was filled under',
    sql: `SELECT limit_id || ' ' || scope_key AS subject,
            sum(r.amount) || '/' || count(*) || ' reserved, cap ' || coalesce(u.max_amount::text, '-') || '/' || coalesce(u.max_count::text, '-') AS seen
          FROM limit_reservations r JOIN limit_usage u USING (limit_id, scope_key, window_start)
          WHERE r.state IN ('reserved', 'settled') GROUP BY limit_id, scope_key, window_start, u.max_amount, u.max_count
          HAVING sum(r.amount) > u.max_amount OR count(*) > u.max_count`,
  },
  {
    name: "a reservation is its payment's amount, less what refunds gave back",
    sql: `SELECT r.payment_id AS subject, r.limit_id || ' ' || r.state || ' ' || r.amount || ' of ' || coalesce(p.amount::text, 'no payment') AS seen
          FROM limit_reservations r LEFT JOIN payments p ON p.id = r.payment_id
          LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM refunds WHERE kind = 'merchant' AND status = 'succeeded' GROUP BY 1) b ON b.payment_id = r.payment_id
          WHERE p.id IS NULL OR r.amount <> p.amount - CASE WHEN r.release_on_refund AND r.state IN ('settled', 'refunded') THEN coalesce(b.amount, 0) ELSE 0 END
             OR (r.state = 'refunded' AND r.amount <> 0)`,
  },
  {
    name: 'a payment that was not sent anywhere is held or over',
    sql: `SELECT p.id AS subject, p.status || ', hold ' || coalesce(p.hold, '-') || ', attempts ' || count(a.no) AS seen
          FROM payments p LEFT JOIN attempts a ON a.payment_id = p.id GROUP BY p.id, p.status, p.hold
          HAVING (p.status = 'created' AND (p.hold IS DISTINCT FROM 'review' OR count(a.no) > 0))
              OR (p.status IN ('processing', 'succeeded') AND count(a.no) = 0) OR (p.status = 'rejected' AND count(a.no) > 0)`,
  },
  {
    name: 'one payment per order number and per idempotency key',
    sql: `SELECT merchant_id || ' ' || merchant_order_no AS subject, count(*) || ' payments' AS seen FROM payments GROUP BY 1 HAVING count(*) > 1`,
  },
  {
    name: 'callbacks that were refused changed nothing',
    sql: `SELECT c.id::text AS subject, c.outcome AS seen FROM channel_callbacks c
          WHERE NOT c.verified AND c.notify_id IS NOT NULL AND EXISTS (
            SELECT 1 FROM events e WHERE e.payment_id = c.payment_id AND e.data->>'notifyId' = c.notify_id)
            AND NOT EXISTS (SELECT 1 FROM channel_callbacks g WHERE g.verified AND g.channel_id = c.channel_id AND g.notify_id = c.notify_id)`,
  },
];

type AttemptRow = {
  payment_id: string;
  no: number;
  request_no: string;
  status: string;
  winner: boolean;
  amount: bigint;
  currency: string;
  hold: string | null;
};
type RefundRow = { id: string; refund_no: string; request_no: string; status: string; amount: bigint };

/** How many payments, attempts and refunds are not at their end yet. Invariants about ends only hold at zero. */
export async function countOpen(db: pg.ClientBase): Promise<{ attempts: number; refunds: number; outbox: number }> {
  const { rows } = await db.query(`SELECT
    (SELECT count(*)::int FROM attempts WHERE next_sync_at IS NOT NULL) AS attempts,
    (SELECT count(*)::int FROM refunds WHERE next_sync_at IS NOT NULL) AS refunds,
    (SELECT count(*)::int FROM outbox WHERE run_at < now() - interval '5 s') AS outbox`);
  return rows[0];
}

export async function checkDatabase(db: pg.ClientBase): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { name, sql } of databaseChecks) {
    const { rows } = await db.query(`${sql} LIMIT 20`);
    violations.push(
      ...rows.map(({ subject, seen }) => ({ invariant: name, subject: String(subject), seen: String(seen) })),
    );
  }
  return violations;
}

/** Whether the channel and we agree on every charge and every refund, in both directions. */
export async function checkLedger(db: pg.ClientBase, entries: readonly LedgerEntry[]): Promise<Violation[]> {
  const charges = foldLedger(entries);
  const attempts: AttemptRow[] = (
    await db.query(`SELECT a.payment_id, a.no, a.request_no, a.status, a.winner, a.amount, a.currency, p.hold
                    FROM attempts a JOIN payments p ON p.id = a.payment_id`)
  ).rows;
  const refunds: RefundRow[] = (
    await db.query(`SELECT r.id, r.refund_no, a.request_no, r.status, r.amount FROM refunds r
                    JOIN attempts a ON a.payment_id = r.payment_id AND a.no = r.attempt_no`)
  ).rows;
  const violations: Violation[] = [];
  const broken = (invariant: string, subject: string, seen: string) => violations.push({ invariant, subject, seen });

  const byRequestNo = new Map(attempts.map((attempt) => [attempt.request_no, attempt]));
  for (const charge of charges.values()) checkCharge(charge, byRequestNo.get(charge.requestNo), broken);
  for (const { request_no, status, payment_id } of attempts) {
    const says = status === 'succeeded' || status === 'succeeded_late';
    if (says && !charges.get(request_no)?.paid)
      broken('no invented success', payment_id, `attempt ${request_no} is ${status}, the channel has no such charge`);
  }
  const netCharges = new Map<string, bigint>();
  for (const { payment_id, request_no } of attempts) {
    const charge = charges.get(request_no);
    if (!charge?.paid) continue;
    const back = [...charge.refunds.values()].reduce((sum, amount) => sum + amount, 0);
    if (back < charge.amount) netCharges.set(payment_id, (netCharges.get(payment_id) ?? 0n) + 1n);
  }
  for (const [paymentId, count] of netCharges) {
    if (count > 1n)
      broken('at most one net charge per payment', paymentId, `${count} charges that were not given back`);
  }
  checkRefunds(charges, refunds, broken);
  return violations;
}

type Report = (invariant: string, subject: string, seen: string) => void;

function checkCharge(charge: Charge, attempt: AttemptRow | undefined, broken: Report): void {
  if (!charge.paid) return;
  const subject = attempt?.payment_id ?? charge.requestNo;
  if (!attempt) {
    broken('a success at the channel is never lost', subject, 'the channel was paid for an attempt we do not know');
    return;
  }
  const says = attempt.status === 'succeeded' || attempt.status === 'succeeded_late';
  if (!says && attempt.hold === null)
    broken('a success at the channel is never lost', subject, `attempt ${attempt.no} is ${attempt.status}`);
  if (BigInt(charge.amount) !== BigInt(attempt.amount) || charge.currency !== attempt.currency) {
    broken(
      'amounts agree',
      subject,
      `channel ${charge.amount} ${charge.currency}, we ${attempt.amount} ${attempt.currency}`,
    );
  }
}

function checkRefunds(charges: Map<string, Charge>, refunds: RefundRow[], broken: Report): void {
  const ours = new Map(refunds.map((refund) => [refund.refund_no, refund]));
  for (const charge of charges.values()) {
    let sum = 0;
    for (const [refundNo, amount] of charge.refunds) {
      sum += amount;
      const refund = ours.get(refundNo);
      if (!refund) broken('each refund at the channel is ours', refundNo, 'unknown to us');
      else if (refund.status !== 'succeeded')
        broken('each refund at the channel is known to have succeeded', refund.id, refund.status);
      else if (BigInt(refund.amount) !== BigInt(amount))
        broken('refund amounts agree', refund.id, `channel ${amount}, we ${refund.amount}`);
    }
    if (sum > charge.amount)
      broken('the channel never gave back more than it took', charge.requestNo, `${sum} of ${charge.amount}`);
  }
  for (const refund of refunds) {
    if (refund.status === 'succeeded' && !charges.get(refund.request_no)?.refunds.has(refund.refund_no)) {
      broken('no invented refund', refund.id, 'the channel has not paid it out');
    }
  }
}

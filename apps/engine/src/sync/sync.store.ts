import type { QueryResultRow as Row } from 'pg';
import type { LookUpClaim, OpenAttempt, OpenRefund } from '../payments/operations.ts';
import { isOutOfReach, type Pool } from '../platform/db.ts';
import { createGroupCommit } from '../platform/group-commit.ts';
import type { SyncItem, Wanted } from './queue/sync-item.ts';

/**
 * How far ahead a claim moves the due time: nobody else takes it meanwhile, and if we die it is due again then. Longer than
 * one call to its channel may take, by a margin for reading and writing; whoever needs more renews it.
 */
const leastClaimMs = 15_000;
const claimMarginMs = 5_000;
/** A payment that is being closed is with whoever closes it for as long. */
const closingSeconds = 45;

const attemptColumns = `a.payment_id, a.no, a.channel_id, a.account_id, a.request_no, a.status, a.sync_step, a.next_sync_at,
  a.sent_at, a.claim, a.reversing, a.seen, a.not_found_since, p.merchant_id, p.service_id, p.product, p.expires_at, p.close_reason, now() AS now`;
const refundColumns = `r.id, r.payment_id, r.refund_no, r.channel_state, r.amount, r.currency, r.reason, r.sync_step, r.next_sync_at,
  r.claim, a.request_no, a.channel_id, a.account_id, a.channel_txn, a.amount AS total`;

/** A claimed attempt, with Postgres' time of the claim: whether it has expired is the database's say. */
export type ClaimedAttempt = OpenAttempt & { now: Date; claim: LookUpClaim };
export type ClaimedRefund = OpenRefund & { claim: LookUpClaim };
export type Claimed = { attempt: ClaimedAttempt } | { refund: ClaimedRefund };

/** What there is to do about an item: in how many ms it is due (not above zero: now), and on which channel; null when it is over. */
export type Standing = { inMs: number; channelId: string } | null;

/**
 * Claims of due look-ups. The due time in Postgres is the truth; a claim moves it ahead in one statement, so of two workers
 * with the same item one gets the work and the other nothing. Each claim has a token of its own, and what is learned under
 * an older one is not written any more.
 */
export function createSyncStore(pool: Pool, longestCallMs: (channelId: string) => number = () => 0) {
  const claimMsOf = (channelId: string | undefined): number =>
    Math.max(leastClaimMs, channelId === undefined ? 0 : longestCallMs(channelId) + claimMarginMs);

  const claimTogether = createGroupCommit<Wanted, Claimed | undefined>({
    maxGroup: 64,
    maxInFlight: 3,
    write: claimAll,
    failsWhole: isOutOfReach,
  });
  const standingTogether = createGroupCommit<SyncItem, Standing>({
    maxGroup: 128,
    maxInFlight: 3,
    write: standingsOf,
    failsWhole: isOutOfReach,
  });

  async function claimAll(wanted: Wanted[]): Promise<(Claimed | undefined)[]> {
    const claimed = new Map<string, Claimed>();
    const attempts = wanted.flatMap(({ item, fence }) => (item.kind === 'attempt' ? [{ item, fence }] : []));
    const refunds = wanted.flatMap(({ item, fence }) => (item.kind === 'refund' ? [{ item, fence }] : []));
    const fenceOf = new Map(wanted.map(({ item, fence }) => [keyOf(item), fence]));
    if (attempts.length > 0) {
      const { rows } = await pool.query({
        name: 'claim-attempts',
        text: `WITH wanted AS MATERIALIZED (
                 SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::bigint[], $5::float8[]) AS w(payment_id, no, shard, token, ms)
               ), due AS MATERIALIZED (
                 SELECT a.payment_id, a.no, w.ms FROM wanted w CROSS JOIN LATERAL (
                   SELECT payment_id, no FROM attempts
                   WHERE payment_id = w.payment_id AND no = w.no AND next_sync_at <= now() + interval '1 s'
                   LIMIT 1 FOR UPDATE SKIP LOCKED) a
                 WHERE w.shard IS NULL OR tributary_holds_shard(w.shard, w.token))
               UPDATE attempts a SET next_sync_at = now() + make_interval(secs => due.ms / 1000), claim = nextval('fencing_tokens')
               FROM due, payments p WHERE a.payment_id = due.payment_id AND a.no = due.no AND p.id = due.payment_id
               RETURNING ${attemptColumns}`,
        values: [
          attempts.map(({ item }) => item.paymentId),
          attempts.map(({ item }) => (item as { attemptNo: number }).attemptNo),
          attempts.map(({ fence }) => fence?.shard ?? null),
          attempts.map(({ fence }) => fence?.token ?? null),
          attempts.map(({ item }) => claimMsOf(item.channelId)),
        ],
      });
      for (const row of rows) {
        const key = `${row.payment_id}-${row.no}`;
        const claim = {
          attemptNo: row.no,
          token: row.claim,
          forMs: claimMsOf(row.channel_id),
          ...fenced(fenceOf.get(key)),
        };
        claimed.set(key, { attempt: { ...openAttempt(row), claim } });
      }
    }
    if (refunds.length > 0) {
      const { rows } = await pool.query({
        name: 'claim-refunds',
        text: `WITH wanted AS MATERIALIZED (
                 SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::float8[]) AS w(id, shard, token, ms)
               ), due AS MATERIALIZED (
                 SELECT r.id, w.ms FROM wanted w CROSS JOIN LATERAL (
                   SELECT id FROM refunds WHERE id = w.id AND next_sync_at <= now() + interval '1 s' LIMIT 1 FOR UPDATE SKIP LOCKED) r
                 WHERE w.shard IS NULL OR tributary_holds_shard(w.shard, w.token))
               UPDATE refunds r SET next_sync_at = now() + make_interval(secs => due.ms / 1000), claim = nextval('fencing_tokens')
               FROM due, attempts a WHERE r.id = due.id AND a.payment_id = r.payment_id AND a.no = r.attempt_no
               RETURNING ${refundColumns}`,
        values: [
          refunds.map(({ item }) => (item as { refundId: string }).refundId),
          refunds.map(({ fence }) => fence?.shard ?? null),
          refunds.map(({ fence }) => fence?.token ?? null),
          refunds.map(({ item }) => claimMsOf(item.channelId)),
        ],
      });
      for (const row of rows) {
        const claim = {
          refundId: row.id,
          token: row.claim,
          forMs: claimMsOf(row.channel_id),
          ...fenced(fenceOf.get(row.id)),
        };
        claimed.set(row.id, { refund: { ...openRefund(row), claim } });
      }
    }
    // Two wishes for one item in a group: one is granted.
    return wanted.map(({ item }) => {
      const found = claimed.get(keyOf(item));
      claimed.delete(keyOf(item));
      return found;
    });
  }

  async function standingsOf(items: SyncItem[]): Promise<Standing[]> {
    const { rows } = await pool.query({
      name: 'sync-standings',
      text: `SELECT w.place, coalesce(a.channel_id, o.channel_id) AS channel_id,
               (extract(epoch FROM coalesce(a.next_sync_at, r.next_sync_at) - now()) * 1000)::float8 AS in_ms
             FROM unnest($1::text[], $2::int[], $3::text[]) WITH ORDINALITY AS w(payment_id, no, refund_id, place)
             LEFT JOIN attempts a ON a.payment_id = w.payment_id AND a.no = w.no
             LEFT JOIN refunds r ON r.id = w.refund_id
             LEFT JOIN attempts o ON o.payment_id = r.payment_id AND o.no = r.attempt_no
             ORDER BY w.place`,
      values: [
        items.map(({ paymentId }) => paymentId),
        items.map((item) => (item.kind === 'attempt' ? item.attemptNo : null)),
        items.map((item) => (item.kind === 'refund' ? item.refundId : null)),
      ],
    });
    return rows.map(({ in_ms, channel_id }) => (in_ms === null ? null : { inMs: in_ms, channelId: channel_id }));
  }

  return {
    /** Claims an item if it is open and due now (or within a second), and its shard's lease still holds. */
    claim: (item: SyncItem, fence?: Wanted['fence']): Promise<Claimed | undefined> => claimTogether({ item, fence }),

    standing: (item: SyncItem): Promise<Standing> => standingTogether(item),

    /**
     * Takes as much time again, before the next call to a channel.
     * @returns false when the claim, or the shard it was made for, is somebody else's by now
     */
    async renew(paymentId: string, { attemptNo, refundId, token, fence, forMs }: LookUpClaim): Promise<boolean> {
      const { rowCount } = await pool.query(
        attemptNo === undefined
          ? {
              name: 'renew-refund',
              text: `UPDATE refunds SET next_sync_at = now() + make_interval(secs => $5::float8 / 1000)
                     WHERE id = $1 AND claim = $2 AND next_sync_at IS NOT NULL AND ($3::int IS NULL OR tributary_holds_shard($3, $4))`,
              values: [refundId, token, fence?.shard ?? null, fence?.token ?? null, forMs],
            }
          : {
              name: 'renew-attempt',
              text: `UPDATE attempts SET next_sync_at = now() + make_interval(secs => $6::float8 / 1000)
                     WHERE payment_id = $1 AND no = $2 AND claim = $3 AND next_sync_at IS NOT NULL
                       AND ($4::int IS NULL OR tributary_holds_shard($4, $5))`,
              values: [paymentId, attemptNo, token, fence?.shard ?? null, fence?.token ?? null, forMs],
            },
      );
      return rowCount === 1;
    },

    /** Has an attempt that is still claimed looked up by then, if it is not due before. */
    async lookBy(paymentId: string, { attemptNo, token }: LookUpClaim, at: Date): Promise<void> {
      await pool.query({
        name: 'look-by',
        text: `UPDATE attempts SET next_sync_at = least(next_sync_at, greatest($4, now() + interval '1 s'))
               WHERE payment_id = $1 AND no = $2 AND claim = $3 AND next_sync_at IS NOT NULL`,
        values: [paymentId, attemptNo, token, at],
      });
    },

    /** Moves what is due to a later time without a look-up: nobody may ask now. */
    async postpone(later: readonly { item: SyncItem; inMs: number }[]): Promise<void> {
      const attempts = later.flatMap(({ item, inMs }) => (item.kind === 'attempt' ? [{ item, inMs }] : []));
      const refunds = later.flatMap(({ item, inMs }) => (item.kind === 'refund' ? [{ item, inMs }] : []));
      if (attempts.length > 0)
        await pool.query({
          name: 'postpone-attempts',
          text: `UPDATE attempts a SET next_sync_at = now() + make_interval(secs => l.in_ms / 1000)
                 FROM unnest($1::text[], $2::int[], $3::float8[]) AS l(payment_id, no, in_ms)
                 WHERE a.payment_id = l.payment_id AND a.no = l.no AND a.next_sync_at <= now() + interval '1 s'`,
          values: [
            attempts.map(({ item }) => item.paymentId),
            attempts.map(({ item }) => (item as { attemptNo: number }).attemptNo),
            attempts.map(({ inMs }) => inMs),
          ],
        });
      if (refunds.length > 0)
        await pool.query({
          name: 'postpone-refunds',
          text: `UPDATE refunds r SET next_sync_at = now() + make_interval(secs => l.in_ms / 1000)
                 FROM unnest($1::text[], $2::float8[]) AS l(id, in_ms)
                 WHERE r.id = l.id AND r.next_sync_at <= now() + interval '1 s'`,
          values: [refunds.map(({ item }) => (item as { refundId: string }).refundId), refunds.map(({ inMs }) => inMs)],
        });
    },

    /** Ends a claim whose look-up was not sent: due again after `inMs`, and nothing was learned. */
    async release(paymentId: string, { attemptNo, refundId, token }: LookUpClaim, inMs: number): Promise<void> {
      await pool.query(
        attemptNo === undefined
          ? {
              name: 'release-refund',
              text: `UPDATE refunds SET next_sync_at = now() + make_interval(secs => $3::float8 / 1000)
                     WHERE id = $1 AND claim = $2 AND next_sync_at IS NOT NULL`,
              values: [refundId, token, inMs],
            }
          : {
              name: 'release-attempt',
              text: `UPDATE attempts SET next_sync_at = now() + make_interval(secs => $4::float8 / 1000)
                     WHERE payment_id = $1 AND no = $2 AND claim = $3 AND next_sync_at IS NOT NULL`,
              values: [paymentId, attemptNo, token, inMs],
            },
      );
    },

    /**
     * Makes everything open of one payment due at once, for a person who wants to know now. An order that is coming to its
     * end may be with a worker, or being reversed, this moment: what is due within that time then stays so.
     */
    async makeDue(paymentId: string): Promise<{
      attempts: { attemptNo: number; channelId: string }[];
      refunds: { refundId: string; channelId: string }[];
    }> {
      const attempts = await pool.query(
        `UPDATE attempts a SET next_sync_at = now() FROM payments p
         WHERE a.payment_id = $1 AND p.id = $1 AND a.next_sync_at IS NOT NULL
           AND NOT ((p.close_reason IS NOT NULL OR p.expires_at <= now())
                    AND a.next_sync_at > now() AND a.next_sync_at <= now() + interval '${closingSeconds} s')
         RETURNING a.no AS "attemptNo", a.channel_id AS "channelId"`,
        [paymentId],
      );
      const refunds = await pool.query(
        `UPDATE refunds r SET next_sync_at = now() FROM attempts a
         WHERE r.payment_id = $1 AND r.next_sync_at IS NOT NULL AND a.payment_id = $1 AND a.no = r.attempt_no
         RETURNING r.id AS "refundId", a.channel_id AS "channelId"`,
        [paymentId],
      );
      return { attempts: attempts.rows, refunds: refunds.rows };
    },

    /**
     * For a merchant who wants to know: what is open of a payment is due now and its message is on its way, unless its turn
     * comes within two seconds anyway. @returns whether anything was made due
     */
    async askSoon(paymentId: string): Promise<boolean> {
      const { rows } = await pool.query({
        name: 'ask-soon',
        text: `WITH due AS (
                 UPDATE attempts a SET next_sync_at = now() FROM payments p
                 WHERE a.payment_id = $1 AND p.id = $1 AND a.next_sync_at > now() + interval '2 s'
                   AND p.close_reason IS NULL AND p.expires_at > now() AND a.status <> 'sending'
                 RETURNING a.no, a.sync_step, a.channel_id)
               INSERT INTO outbox (topic, key, payload)
               SELECT 'sync-attempt', format('sync-attempt-%s-%s-%s-asked', $1::text, no, sync_step),
                 jsonb_build_object('paymentId', $1::text, 'attemptNo', no, 'step', sync_step, 'channelId', channel_id)
               FROM due RETURNING id`,
        values: [paymentId],
      });
      return rows.length > 0;
    },
  };
}

export type SyncStore = ReturnType<typeof createSyncStore>;

const keyOf = (item: SyncItem): string =>
  item.kind === 'attempt' ? `${item.paymentId}-${item.attemptNo}` : item.refundId;

const fenced = (fence: Wanted['fence']): Pick<LookUpClaim, 'fence'> => (fence ? { fence } : {});

const openAttempt = (row: Row): OpenAttempt & { now: Date } => ({
  paymentId: row.payment_id,
  attemptNo: row.no,
  merchantId: row.merchant_id,
  serviceId: row.service_id,
  product: row.product,
  channelId: row.channel_id,
  accountId: row.account_id,
  requestNo: row.request_no,
  status: row.status,
  sentAt: row.sent_at,
  expiresAt: row.expires_at,
  syncStep: row.sync_step,
  nextSyncAt: row.next_sync_at,
  closeReason: row.close_reason ?? undefined,
  reversing: row.reversing,
  seen: row.seen,
  notFoundSince: row.not_found_since ?? undefined,
  now: row.now,
});

const openRefund = (row: Row): OpenRefund => ({
  paymentId: row.payment_id,
  refundId: row.id,
  refundNo: row.refund_no,
  requestNo: row.request_no,
  channelId: row.channel_id,
  accountId: row.account_id,
  channelTxn: row.channel_txn ?? undefined,
  channelState: row.channel_state,
  amount: row.amount,
  total: row.total,
  currency: row.currency,
  reason: row.reason ?? undefined,
  syncStep: row.sync_step,
  nextSyncAt: row.next_sync_at,
});

import { keptCaps, reservationColumns } from './limits.sql.ts';

/**
 * The first commit, for a group of payments at once: claim the idempotency key, take the order number, write the payment
 * with its attempt and events, and raise the limits. One statement: a payment whose key or order number is taken
 * leaves nothing but (for a taken order number) its claimed key, which the caller removes.
 *
 * Counters are raised last, so that a hot one is locked no longer than the commit takes, and only if all of the group
 * fits; otherwise the whole statement fails (TL001) and nothing of it stays.
 *
 * $1 payments  $2 attempts  $3 events  $4 limit holds — arrays of JSON objects
 * $5 whether the caller has locked the counters and made sure that everything fits
 */
export const placeSql = `
WITH input AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(
    id text, merchant_id text, key text, request_hash text, merchant_order_no text, service_id text, product text,
    status text, amount bigint, currency text, subject text, payer jsonb, payer_key text, notify_url text,
    return_url text, metadata jsonb, channel_id text, account_id text, failure_code text, failure_message text,
    payer_message text, hold text, plan jsonb, version int, trace_id text, expires_in_seconds int)
), claimed AS (
  INSERT INTO idempotency_keys (merchant_id, key, request_hash, resource_id, expires_at)
  SELECT merchant_id, key, decode(request_hash, 'hex'), id, now() + interval '25 hours' FROM input
  ON CONFLICT (merchant_id, key) DO NOTHING
  RETURNING resource_id
), taken AS (
  INSERT INTO merchant_orders (merchant_id, merchant_order_no, payment_id)
  SELECT merchant_id, merchant_order_no, id FROM input JOIN claimed ON resource_id = id
  ON CONFLICT (merchant_id, merchant_order_no) DO NOTHING
  RETURNING payment_id
), placed AS (
  INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject,
    payer, payer_key, notify_url, return_url, metadata, channel_id, account_id, failure_code, failure_message,
    payer_message, hold, plan, version, trace_id, created_at, updated_at, expires_at)
  SELECT id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject,
    payer, payer_key, notify_url, return_url, metadata, channel_id, account_id, failure_code, failure_message,
    payer_message, hold, plan, version, trace_id, statement_timestamp(), statement_timestamp(),
    statement_timestamp() + make_interval(secs => expires_in_seconds)
  FROM input JOIN taken ON payment_id = id
  RETURNING id, created_at, expires_at
), sending AS (
  INSERT INTO attempts (payment_id, no, channel_id, account_id, request_no, status, amount, currency, next_sync_at, sent_at)
  SELECT a.payment_id, a.no, a.channel_id, a.account_id, a.request_no, 'sending', a.amount, a.currency,
    statement_timestamp() + make_interval(secs => a.next_sync_in_ms / 1000.0), statement_timestamp()
  FROM jsonb_to_recordset($2::jsonb) AS a(payment_id text, no int, channel_id text, account_id text, request_no text,
    amount bigint, currency text, next_sync_in_ms float8)
  JOIN taken USING (payment_id)
  RETURNING 1
), told AS (
  INSERT INTO events (payment_id, seq, at, kind, attempt_no, from_status, to_status, node, actor, duration_ms, data)
  SELECT e.payment_id, e.seq, statement_timestamp() - make_interval(secs => e.age_ms / 1000.0), e.kind, e.attempt_no,
    e.from_status, e.to_status, e.node, e.actor, e.duration_ms, e.data
  FROM jsonb_to_recordset($3::jsonb) AS e(payment_id text, seq int, age_ms float8, kind text, attempt_no int,
    from_status text, to_status text, node text, actor text, duration_ms float8, data jsonb)
  JOIN taken USING (payment_id)
  RETURNING 1
), wanted AS MATERIALIZED (
  SELECT h.* FROM jsonb_to_recordset($4::jsonb) AS h(${reservationColumns}) JOIN taken USING (payment_id)
), held AS (
  INSERT INTO limit_reservations (payment_id, limit_id, scope_key, window_start, amount, release_on_refund)
  SELECT payment_id, limit_id, scope_key, window_start, amount, release_on_refund FROM wanted
  RETURNING 1
), tally AS MATERIALIZED (
  SELECT limit_id, scope_key, window_start, sum(amount)::bigint AS amount, count(*)::int AS count,
    CASE WHEN $5::boolean THEN CASE WHEN bool_and(max_amount IS NOT NULL) THEN max(max_amount) END
         ELSE min(max_amount) END AS max_amount,
    CASE WHEN $5::boolean THEN CASE WHEN bool_and(max_count IS NOT NULL) THEN max(max_count) END
         ELSE min(max_count) END AS max_count
  FROM wanted GROUP BY 1, 2, 3
), raised AS (
  INSERT INTO limit_usage AS u (limit_id, scope_key, window_start, amount, count, max_amount, max_count)
  SELECT limit_id, scope_key, window_start, amount, count, max_amount, max_count FROM tally
  WHERE (SELECT count(*) FROM sending) + (SELECT count(*) FROM told) + (SELECT count(*) FROM held) >= 0
    AND ($5::boolean OR (amount <= coalesce(max_amount, amount) AND count <= coalesce(max_count, count)))
  -- One order for all, so that groups can not deadlock.
  ORDER BY limit_id, scope_key, window_start
  ON CONFLICT (limit_id, scope_key, window_start) DO UPDATE
    SET amount = u.amount + excluded.amount, count = u.count + excluded.count, ${keptCaps}
    WHERE $5::boolean OR (u.amount + excluded.amount <= coalesce(excluded.max_amount, u.amount + excluded.amount)
                      AND u.count + excluded.count <= coalesce(excluded.max_count, u.count + excluded.count))
  RETURNING 1
)
SELECT i.id, c.resource_id IS NOT NULL AS claimed, p.created_at, p.expires_at,
  tributary_require_room((SELECT count(*) FROM tally), (SELECT count(*) FROM raised))
FROM input i LEFT JOIN claimed c ON c.resource_id = i.id LEFT JOIN placed p ON p.id = i.id`;

/**
 * The first commit, for a group of payments at once: claim the idempotency key, take the order number, write the payment
 * with its attempt and events, and raise the limits. One statement: a payment whose key or order number is taken
 * leaves nothing but (for a taken order number) its claimed key, which the caller removes.
 *
 * $1 payments  $2 attempts  $3 events  $4 limit holds — arrays of JSON objects
 */
export const placeSql = `
WITH input AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(
    id text, merchant_id text, key text, request_hash text, merchant_order_no text, service_id text, product text,
    status text, amount bigint, currency text, subject text, payer jsonb, payer_key text, notify_url text,
    return_url text, metadata jsonb, channel_id text, account_id text, failure_code text, failure_message text,
    plan jsonb, version int, trace_id text, expires_in_seconds int)
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
    payer, payer_key, notify_url, return_url, metadata, channel_id, account_id, failure_code, failure_message, plan,
    version, trace_id, created_at, updated_at, expires_at)
  SELECT id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject,
    payer, payer_key, notify_url, return_url, metadata, channel_id, account_id, failure_code, failure_message, plan,
    version, trace_id, statement_timestamp(), statement_timestamp(),
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
), told AS (
  INSERT INTO events (payment_id, seq, at, kind, attempt_no, from_status, to_status, node, actor, duration_ms, data)
  SELECT e.payment_id, e.seq, statement_timestamp() - make_interval(secs => e.age_ms / 1000.0), e.kind, e.attempt_no,
    e.from_status, e.to_status, e.node, e.actor, e.duration_ms, e.data
  FROM jsonb_to_recordset($3::jsonb) AS e(payment_id text, seq int, age_ms float8, kind text, attempt_no int,
    from_status text, to_status text, node text, actor text, duration_ms float8, data jsonb)
  JOIN taken USING (payment_id)
), held AS (
  INSERT INTO limit_reservations (payment_id, limit_id, scope_key, window_start, amount)
  SELECT h.payment_id, h.limit_id, h.scope_key, h.window_start, h.amount
  FROM jsonb_to_recordset($4::jsonb) AS h(payment_id text, limit_id text, scope_key text, window_start timestamptz, amount bigint)
  JOIN taken USING (payment_id)
  RETURNING limit_id, scope_key, window_start, amount
), raised AS (
  UPDATE limit_usage u SET amount = u.amount + s.amount, count = u.count + s.count
  FROM (SELECT limit_id, scope_key, window_start, sum(amount)::bigint AS amount, count(*)::int AS count
        FROM held GROUP BY 1, 2, 3) s
  WHERE u.limit_id = s.limit_id AND u.scope_key = s.scope_key AND u.window_start = s.window_start
)
SELECT i.id, c.resource_id IS NOT NULL AS claimed, p.created_at, p.expires_at
FROM input i LEFT JOIN claimed c ON c.resource_id = i.id LEFT JOIN placed p ON p.id = i.id`;

/**
 * Locks the counters of a group in one order (so that groups can not deadlock) and tells what they hold.
 * $1 limit ids  $2 scope keys  $3 window starts
 */
export const lockUsageSql = `
INSERT INTO limit_usage (limit_id, scope_key, window_start)
SELECT DISTINCT limit_id, scope_key, window_start
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS x(limit_id, scope_key, window_start)
ORDER BY limit_id, scope_key, window_start
ON CONFLICT (limit_id, scope_key, window_start) DO UPDATE SET amount = limit_usage.amount
RETURNING limit_id, scope_key, window_start, amount, count`;

/**
 * Every commit after the first, for a group of changes at once. A change is applied whole or, when its payment has
 * meanwhile another version, not at all; the ids that were applied come back, with the time that was noted. One that was
 * made under a claim, or under the lease of a shard, that somebody else has been given since comes back without a time.
 *
 * $1 payments  $2 attempts  $3 refunds  $4 events  $5 outbox  $6 limits  $7 answers — arrays of JSON objects, each with
 * its payment_id
 */
export const saveSql = `
WITH input AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(
    payment_id text, expect_version int, version int, status text, channel_id text, account_id text, channel_txn text,
    credential jsonb, failure_code text, failure_message text, payer_message text, refunded_amount bigint, hold text,
    close_reason text, plan jsonb, at timestamptz, claim_attempt int, claim_refund text, claim bigint, claim_shard int,
    shard_token bigint)
), valid AS MATERIALIZED (
  SELECT * FROM input i
  WHERE (i.claim IS NULL OR i.claim = coalesce(
      (SELECT a.claim FROM attempts a WHERE a.payment_id = i.payment_id AND a.no = i.claim_attempt),
      (SELECT r.claim FROM refunds r WHERE r.id = i.claim_refund)))
    AND (i.claim_shard IS NULL OR tributary_holds_shard(i.claim_shard, i.shard_token))
), saved AS (
  UPDATE payments p SET version = i.version, status = i.status, channel_id = i.channel_id, account_id = i.account_id,
    channel_txn = i.channel_txn, credential = i.credential, failure_code = i.failure_code,
    failure_message = i.failure_message, payer_message = i.payer_message, refunded_amount = i.refunded_amount,
    hold = i.hold, close_reason = i.close_reason, plan = coalesce(i.plan, p.plan), updated_at = greatest(p.updated_at, coalesce(i.at, statement_timestamp())),
    succeeded_at = CASE WHEN i.status = 'succeeded' THEN coalesce(p.succeeded_at, i.at, statement_timestamp()) END
  FROM valid i
  WHERE p.id = i.payment_id AND p.version = i.expect_version
  RETURNING p.id AS payment_id, p.updated_at
), tried AS (
  INSERT INTO attempts AS t (payment_id, no, channel_id, account_id, request_no, status, winner, amount, currency, channel_txn,
    result_code, result_message, next_sync_at, sync_step, sent_at, reversing, seen, not_found_since, finished_at)
  SELECT a.payment_id, a.no, a.channel_id, a.account_id, a.request_no, a.status, a.winner, a.amount, a.currency,
    a.channel_txn, a.result_code, a.result_message,
    statement_timestamp() + make_interval(secs => a.next_sync_in_ms / 1000.0), a.sync_step, statement_timestamp(),
    a.reversing, a.seen, a.not_found_since, CASE WHEN a.next_sync_in_ms IS NULL THEN statement_timestamp() END
  FROM jsonb_to_recordset($2::jsonb) AS a(payment_id text, no int, channel_id text, account_id text, request_no text,
    status text, winner boolean, amount bigint, currency text, channel_txn text, result_code text, result_message text,
    next_sync_in_ms float8, sync_step int, reversing boolean, seen boolean, not_found_since timestamptz)
  JOIN saved USING (payment_id)
  ON CONFLICT (payment_id, no) DO UPDATE SET status = excluded.status, winner = excluded.winner,
    channel_txn = excluded.channel_txn, result_code = excluded.result_code, result_message = excluded.result_message,
    next_sync_at = excluded.next_sync_at, sync_step = excluded.sync_step, reversing = excluded.reversing, seen = excluded.seen,
    not_found_since = excluded.not_found_since, finished_at = coalesce(t.finished_at, excluded.finished_at)
), refunding AS (
  INSERT INTO refunds AS t (id, payment_id, attempt_no, merchant_id, merchant_refund_no, kind, refund_no, amount, currency, reason,
    status, channel_state, channel_refund_no, failure_code, failure_message, next_sync_at, sync_step, created_at,
    updated_at, succeeded_at)
  SELECT r.id, r.payment_id, r.attempt_no, r.merchant_id, r.merchant_refund_no, r.kind, r.refund_no, r.amount,
    r.currency, r.reason, r.status, r.channel_state, r.channel_refund_no, r.failure_code, r.failure_message,
    statement_timestamp() + make_interval(secs => r.next_sync_in_ms / 1000.0), r.sync_step,
    coalesce(r.at, statement_timestamp()), coalesce(r.at, statement_timestamp()),
    CASE WHEN r.status = 'succeeded' THEN coalesce(r.at, statement_timestamp()) END
  FROM jsonb_to_recordset($3::jsonb) AS r(id text, payment_id text, attempt_no int, merchant_id text,
    merchant_refund_no text, kind text, refund_no text, amount bigint, currency text, reason text, status text,
    channel_state text, channel_refund_no text, failure_code text, failure_message text, next_sync_in_ms float8,
    sync_step int, at timestamptz)
  JOIN saved USING (payment_id)
  ON CONFLICT (id) DO UPDATE SET status = excluded.status, channel_state = excluded.channel_state,
    channel_refund_no = excluded.channel_refund_no, failure_code = excluded.failure_code,
    failure_message = excluded.failure_message, next_sync_at = excluded.next_sync_at, sync_step = excluded.sync_step,
    updated_at = excluded.updated_at, succeeded_at = coalesce(t.succeeded_at, excluded.succeeded_at)
), told AS (
  INSERT INTO events (payment_id, seq, at, kind, attempt_no, refund_id, from_status, to_status, node, actor, duration_ms, data)
  SELECT e.payment_id, e.seq, greatest(s.updated_at, statement_timestamp()) - make_interval(secs => e.age_ms / 1000.0), e.kind,
    e.attempt_no, e.refund_id, e.from_status, e.to_status, e.node, e.actor, e.duration_ms, e.data
  FROM jsonb_to_recordset($4::jsonb) AS e(payment_id text, seq int, age_ms float8, kind text, attempt_no int,
    refund_id text, from_status text, to_status text, node text, actor text, duration_ms float8, data jsonb)
  JOIN saved s USING (payment_id)
), posted AS (
  INSERT INTO outbox (topic, key, payload)
  SELECT o.topic, o.key, o.payload
  FROM jsonb_to_recordset($5::jsonb) AS o(payment_id text, topic text, key text, payload jsonb)
  JOIN saved USING (payment_id)
), limits AS MATERIALIZED (
  SELECT l.* FROM jsonb_to_recordset($6::jsonb) AS l(payment_id text, state text, limit_id text, scope_key text,
    refunded bigint, whole boolean) JOIN saved USING (payment_id)
), ended AS (
  UPDATE limit_reservations r SET state = l.state
  FROM limits l
  WHERE r.payment_id = l.payment_id AND r.state = 'reserved' AND l.state <> 'refunded'
    AND (l.limit_id IS NULL OR (r.limit_id = l.limit_id AND r.scope_key = l.scope_key))
  RETURNING r.limit_id, r.scope_key, r.window_start, r.amount, 1 AS count, l.state
), refunded AS (
  UPDATE limit_reservations r
  SET amount = r.amount - l.refunded, state = CASE WHEN l.whole THEN 'refunded' ELSE r.state END
  FROM limits l
  WHERE r.payment_id = l.payment_id AND r.state = 'settled' AND r.release_on_refund AND l.state = 'refunded'
  RETURNING r.limit_id, r.scope_key, r.window_start, l.refunded AS amount, l.whole::int AS count
), lowered AS (
  UPDATE limit_usage u SET amount = u.amount - s.amount, count = u.count - s.count
  FROM (SELECT limit_id, scope_key, window_start, sum(amount)::bigint AS amount, sum(count)::int AS count
        FROM (SELECT limit_id, scope_key, window_start, amount, count FROM ended WHERE state IN ('released', 'moved')
              UNION ALL SELECT limit_id, scope_key, window_start, amount, count FROM refunded) given_back
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) s
  WHERE u.limit_id = s.limit_id AND u.scope_key = s.scope_key AND u.window_start = s.window_start
), answered AS (
  UPDATE idempotency_keys k SET response_status = a.status, response_body = a.body
  FROM jsonb_to_recordset($7::jsonb) AS a(payment_id text, merchant_id text, key text, status int, body text)
  JOIN saved USING (payment_id)
  WHERE k.merchant_id = a.merchant_id AND k.key = a.key
)
SELECT payment_id, updated_at FROM saved
UNION ALL SELECT payment_id, NULL FROM input WHERE payment_id NOT IN (SELECT payment_id FROM valid)`;

/** Keeps answers under their idempotency keys, unless one is kept. $1 answers as JSON objects */
export const keepAnswersSql = `
UPDATE idempotency_keys k SET response_status = a.status, response_body = a.body
FROM (SELECT DISTINCT ON (merchant_id, key) * FROM jsonb_to_recordset($1::jsonb)
        AS a(merchant_id text, key text, status int, body text) ORDER BY merchant_id, key) a
WHERE k.merchant_id = a.merchant_id AND k.key = a.key AND k.response_status IS NULL`;

/** One payment with all that hangs on it. $1 payment id */
export const loadSql = `
SELECT to_jsonb(p) || jsonb_build_object('amount', p.amount::text, 'refunded_amount', p.refunded_amount::text) AS payment,
  (SELECT coalesce(jsonb_agg(to_jsonb(a) || jsonb_build_object('amount', a.amount::text) ORDER BY a.no), '[]')
   FROM attempts a WHERE a.payment_id = p.id) AS attempts,
  (SELECT coalesce(jsonb_agg(to_jsonb(r) || jsonb_build_object('amount', r.amount::text) ORDER BY r.id), '[]')
   FROM refunds r WHERE r.payment_id = p.id) AS refunds
FROM payments p WHERE p.id = $1`;

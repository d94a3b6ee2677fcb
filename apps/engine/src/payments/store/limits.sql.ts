/** Columns of a hold's JSON row. */
export const reservationColumns = `payment_id text, limit_id text, scope_key text, window_start timestamptz,
  amount bigint, max_amount bigint, max_count int, release_on_refund boolean`;

/** The highest caps that a counter \`u\` was filled under; an empty counter starts anew. */
export const keptCaps = `
  max_amount = CASE WHEN u.count = 0 THEN excluded.max_amount
    WHEN u.max_amount IS NOT NULL AND excluded.max_amount IS NOT NULL THEN greatest(u.max_amount, excluded.max_amount) END,
  max_count = CASE WHEN u.count = 0 THEN excluded.max_count
    WHEN u.max_count IS NOT NULL AND excluded.max_count IS NOT NULL THEN greatest(u.max_count, excluded.max_count) END`;

/** What counters hold now. $1 limit ids  $2 scope keys  $3 window starts */
export const readUsageSql = `
SELECT u.limit_id, u.scope_key, u.window_start, u.amount, u.count
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS x(limit_id, scope_key, window_start)) x
JOIN limit_usage u USING (limit_id, scope_key, window_start)`;

/**
 * Locks counters in one order (so that nobody can deadlock) and tells what they hold.
 * $1 limit ids  $2 scope keys  $3 window starts
 */
export const lockUsageSql = `
INSERT INTO limit_usage (limit_id, scope_key, window_start)
SELECT DISTINCT limit_id, scope_key, window_start
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS x(limit_id, scope_key, window_start)
ORDER BY limit_id, scope_key, window_start
ON CONFLICT (limit_id, scope_key, window_start) DO UPDATE SET amount = limit_usage.amount
RETURNING limit_id, scope_key, window_start, amount, count`;

/** Reserves counters of one payment that the caller has locked and found to have room. $1 holds as JSON objects */
export const raiseSql = `
WITH wanted AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS h(${reservationColumns})
), held AS (
  INSERT INTO limit_reservations (payment_id, limit_id, scope_key, window_start, amount, release_on_refund)
  SELECT payment_id, limit_id, scope_key, window_start, amount, release_on_refund FROM wanted
  -- A counter that it had left before: two of its routes share a channel.
  ON CONFLICT (payment_id, limit_id, scope_key) DO UPDATE SET state = 'reserved'
)
INSERT INTO limit_usage AS u (limit_id, scope_key, window_start, amount, count, max_amount, max_count)
SELECT limit_id, scope_key, window_start, amount, 1, max_amount, max_count FROM wanted
ORDER BY limit_id, scope_key, window_start
ON CONFLICT (limit_id, scope_key, window_start) DO UPDATE
  SET amount = u.amount + excluded.amount, count = u.count + 1, ${keptCaps}`;

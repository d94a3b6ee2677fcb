import type { Pool } from '../../apps/engine/src/platform/db.ts';
import { lookUpsNeeded } from './ledger-channel.ts';

/**
 * What became of the orders, by their events and by the channel's own count.
 *
 * `lost`: not succeeded. `doubled`: succeeded more than once, told to the merchant more than once, or with more look-ups
 * written down than the channel was asked. `maxLookupsBeyondSchedule`: the most that the channel was asked about one order
 * over what it takes until that is paid.
 */
export async function judge(pool: Pool, asked: ReadonlyMap<string, number>) {
  const { rows } = await pool.query(
    `SELECT a.request_no, p.status,
       (SELECT count(*) FILTER (WHERE e.kind = 'payment.succeeded')::int FROM events e WHERE e.payment_id = p.id) AS ends,
       (SELECT count(*) FILTER (WHERE e.actor = 'sync' AND e.kind LIKE 'attempt.%')::int FROM events e WHERE e.payment_id = p.id) AS written
     FROM payments p JOIN attempts a ON a.payment_id = p.id`,
  );
  let [lost, doubled, beyond, total, stale] = [0, 0, 0, 0, 0];
  for (const { request_no, status, ends, written } of rows) {
    const count = asked.get(request_no) ?? 0;
    if (status !== 'succeeded') lost++;
    if (ends > 1 || written > count) doubled++;
    beyond = Math.max(beyond, count - lookUpsNeeded(request_no));
    total += count;
    stale += count - written;
  }
  return {
    lost,
    doubled,
    maxLookupsBeyondSchedule: beyond,
    lookUpsPerOrder: Math.round((total / rows.length) * 1_000) / 1_000,
    /** Asked, and not written: the worker had died, or had no right to the order any more. */
    notWritten: stale,
  };
}

import type { WatchThresholds } from '@tributary/contracts/change';
import type { Pool } from '../../platform/db.ts';
import { paymentIdFloor } from '../../platform/ids.ts';
import { isInCanary } from './canary-share.ts';

/** Payments of one window, by how they ended; those still open are not counted, but for those that risk holds: as refused. */
export type WatchNumbers = { payments: number; succeeded: number; rejected: number; errors: number };

/** One threshold that was crossed, in percentage points. */
export type Breach = { metric: 'success' | 'reject' | 'error'; before: number; during: number; limit: number };

export type WatchVerdict = { enough: boolean; breaches: Breach[] };

const share = (part: number, { payments }: WatchNumbers): number => (payments === 0 ? 0 : (part / payments) * 100);

/** Compares a window with what it is measured against. Pure. Too few payments on either side say nothing. */
export function judgeWatch(before: WatchNumbers, during: WatchNumbers, thresholds: WatchThresholds): WatchVerdict {
  const enough = before.payments >= thresholds.minPayments && during.payments >= thresholds.minPayments;
  if (!enough) return { enough, breaches: [] };
  const breaches: Breach[] = [];
  const compare = (metric: Breach['metric'], from: number, to: number, worse: number, limit: number) => {
    if (worse > limit) breaches.push({ metric, before: from, during: to, limit });
  };
  const [successBefore, successNow] = [share(before.succeeded, before), share(during.succeeded, during)];
  const [rejectBefore, rejectNow] = [share(before.rejected, before), share(during.rejected, during)];
  const [errorBefore, errorNow] = [share(before.errors, before), share(during.errors, during)];
  compare('success', successBefore, successNow, successBefore - successNow, thresholds.maxSuccessDrop);
  compare('reject', rejectBefore, rejectNow, rejectNow - rejectBefore, thresholds.maxRejectRise);
  compare('error', errorBefore, errorNow, errorNow - errorBefore, thresholds.maxErrorRise);
  return { enough, breaches };
}

const none = (): WatchNumbers => ({ payments: 0, succeeded: 0, rejected: 0, errors: 0 });

/**
 * Counts the payments that began in a window. With a canary, those of its merchants apart from the others', which are
 * then what they are measured against.
 */
export async function countWindow(
  pool: Pool,
  from: Date,
  to: Date,
  canary?: { changeId: string; percent: number },
): Promise<{ inside: WatchNumbers; outside: WatchNumbers }> {
  const { rows } = await pool.query(
    `SELECT merchant_id, count(*) FILTER (WHERE status NOT IN ('created', 'processing', 'closed') OR (status = 'created' AND hold IS NOT NULL))::int AS payments,
       count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded,
       count(*) FILTER (WHERE status = 'rejected' OR (status = 'created' AND hold IS NOT NULL))::int AS rejected,
       count(*) FILTER (WHERE status = 'failed' AND failure_code IN ('no_route', 'channel_unavailable', 'internal'))::int AS errors
     FROM payments WHERE id >= $1 AND id < $2 GROUP BY merchant_id`,
    [paymentIdFloor(from.getTime()), paymentIdFloor(to.getTime())],
  );
  const [inside, outside] = [none(), none()];
  for (const row of rows) {
    const side = canary && !isInCanary(canary, row.merchant_id) ? outside : inside;
    side.payments += row.payments;
    side.succeeded += row.succeeded;
    side.rejected += row.rejected;
    side.errors += row.errors;
  }
  return { inside, outside };
}

import type { LimitDocument, LimitScope } from '@tributary/contracts/limit';
import { windowEnd, windowStart } from '../../config/business-time.ts';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import type { Pool } from '../../platform/db.ts';
import { houseTimeZone, readScopeKey } from '../../risk/limits/apply-limits.ts';
import {
  type CounterTotals,
  type Forecast,
  forecastWindow,
  type LimitState,
  shareUsed,
  stateOf,
} from '../../risk/limits/forecast.ts';

type Window = { start: number; end: number; zone: string };
type CountedPeriod = Exclude<LimitDocument['period'], 'payment'>;

/** One counter of a limit in its present window. Amounts in minor units, times in Unix milliseconds. */
export type CounterUsage = CounterTotals & {
  scopeKey: string;
  /** What it counts by, e.g. `{ merchant: 'mch_1' }`. */
  scope: Partial<Record<LimitScope, string>>;
  windowStart: number;
  windowEnd: number;
  /** Of the cap, 0 to 1; more when the cap was lowered meanwhile. */
  share: number;
  state: LimitState;
  forecast: Forecast;
};

const hour = 3_600_000;
/** How many windows a forecast looks back to. */
const pastWindows = { hour: 7, day: 7, month: 3 };

const prefixOf = ({ period, currency }: LimitDocument) => `${period}.${currency}`;
const capsOf = ({ maxAmount, maxCount }: LimitDocument) => ({ amount: maxAmount, count: maxCount });

/** The windows that a limit's counters are in now: one for each time zone that may cut them. */
function windowsNow(limit: LimitDocument, period: CountedPeriod, snapshot: ConfigSnapshot, at: Date): Window[] {
  const zones =
    limit.timeZone !== undefined
      ? [limit.timeZone]
      : limit.scope.includes('merchant')
        ? [...new Set([...snapshot.merchants.values()].map(({ timeZone }) => timeZone))]
        : [houseTimeZone];
  const windows = new Map<number, Window>();
  for (const zone of zones) {
    const start = Date.parse(windowStart(at, zone, period));
    windows.set(start, { start, end: Date.parse(windowEnd(at, zone, period)), zone });
  }
  return [...windows.values()];
}

/** The starts of the windows that one is compared with: the same hour of the days before, or the days or months before. */
function pastStarts({ start, zone }: Window, period: CountedPeriod): number[] {
  const starts: number[] = [];
  let from = start;
  for (let k = 1; k <= pastWindows[period]; k++) {
    from = Date.parse(windowStart(new Date(period === 'hour' ? start - k * 24 * hour : from - 1), zone, period));
    starts.push(from);
  }
  return starts;
}

export function createLimitUsageReads(pool: Pool) {
  /** The fullest counters of a limit now; with `value` only those of that merchant, payer, … */
  async function countersOf(
    limit: LimitDocument,
    snapshot: ConfigSnapshot,
    at: Date,
    { value, limit: most }: { value?: string | undefined; limit: number },
  ): Promise<CounterUsage[]> {
    const { period } = limit;
    if (period === 'payment') return [];
    const windows = windowsNow(limit, period, snapshot, at);
    const { rows } = await pool.query({
      name: 'limit-counters',
      text: `SELECT scope_key, window_start, amount, count FROM limit_usage
             WHERE limit_id = $1 AND window_start = ANY ($2) AND split_part(scope_key, '|', 1) = $3
               AND ($4::text IS NULL OR scope_key || '|' LIKE $4)
             ORDER BY greatest(amount / nullif($5::float8, 0), count / nullif($6::float8, 0)) DESC NULLS LAST, scope_key LIMIT $7`,
      values: [
        limit.id,
        windows.map(({ start }) => new Date(start)),
        prefixOf(limit),
        value === undefined ? null : `%=${encodeURIComponent(value).replace(/[\\%_]/g, '\\$&')}|%`,
        limit.maxAmount ?? null,
        limit.maxCount ?? null,
        most,
      ],
    });
    const windowOf = new Map(windows.map((window) => [window.start, window]));
    const found = rows.flatMap((row) => {
      const window = windowOf.get((row.window_start as Date).getTime());
      return window
        ? [
            {
              scopeKey: row.scope_key as string,
              window,
              used: { amount: Number(row.amount), count: row.count as number },
            },
          ]
        : [];
    });
    const past = await pastOf(limit.id, period, found);
    return found.map(({ scopeKey, window, used }): CounterUsage => {
      const share = shareUsed(used, capsOf(limit));
      return {
        scopeKey,
        scope: readScopeKey(scopeKey),
        windowStart: window.start,
        windowEnd: window.end,
        ...used,
        share,
        state: stateOf(share, limit.warnAtPercent),
        forecast: forecastWindow({
          used,
          caps: capsOf(limit),
          start: window.start,
          end: window.end,
          now: at.getTime(),
          past: past.get(scopeKey) ?? [],
        }),
      };
    });
  }

  /** What the same counters held in the windows before. A window without payments counts as empty, once there was one. */
  async function pastOf(
    limitId: string,
    period: CountedPeriod,
    counters: readonly { scopeKey: string; window: Window }[],
  ): Promise<Map<string, CounterTotals[]>> {
    if (counters.length === 0) return new Map();
    const startsOf = new Map(
      [...new Set(counters.map(({ window }) => window))].map((window) => [window, pastStarts(window, period)]),
    );
    const { rows } = await pool.query({
      name: 'limit-past',
      text: `SELECT scope_key, window_start, amount, count FROM limit_usage
             WHERE limit_id = $1 AND scope_key = ANY ($2) AND window_start = ANY ($3)`,
      values: [
        limitId,
        counters.map(({ scopeKey }) => scopeKey),
        [...new Set([...startsOf.values()].flat())].map((start) => new Date(start)),
      ],
    });
    const totals = new Map(
      rows.map((row) => [
        `${row.scope_key}\n${(row.window_start as Date).getTime()}`,
        { amount: Number(row.amount), count: row.count as number },
      ]),
    );
    return new Map(
      counters.map(({ scopeKey, window }) => {
        const windows = (startsOf.get(window) ?? []).map((start) => totals.get(`${scopeKey}\n${start}`));
        const first = windows.findLastIndex((window) => window !== undefined);
        return [scopeKey, windows.slice(0, first + 1).map((window) => window ?? { amount: 0, count: 0 })];
      }),
    );
  }

  /** One counter's windows, oldest first, each with the cap it was filled under. */
  async function historyOf(limit: LimitDocument, scopeKey: string, windows: number) {
    const { rows } = await pool.query({
      name: 'limit-history',
      text: `SELECT window_start, amount, count, max_amount, max_count FROM limit_usage
             WHERE limit_id = $1 AND scope_key = $2 ORDER BY window_start DESC LIMIT $3`,
      values: [limit.id, scopeKey, windows],
    });
    return rows.reverse().map((row) => {
      const used = { amount: Number(row.amount), count: row.count as number };
      const maxAmount = row.max_amount === null ? null : Number(row.max_amount);
      const maxCount = row.max_count as number | null;
      return {
        windowStart: (row.window_start as Date).getTime(),
        ...used,
        maxAmount,
        maxCount,
        share: shareUsed(used, { amount: maxAmount ?? undefined, count: maxCount ?? undefined }),
      };
    });
  }

  /** What a payment has reserved, and what became of it. */
  async function reservationsOf(paymentId: string) {
    const { rows } = await pool.query({
      name: 'limit-reservations',
      text: `SELECT r.limit_id, r.scope_key, r.window_start, r.amount, r.state, r.release_on_refund, u.amount AS used_amount,
               u.count AS used_count, u.max_amount, u.max_count
             FROM limit_reservations r LEFT JOIN limit_usage u USING (limit_id, scope_key, window_start)
             WHERE r.payment_id = $1 ORDER BY r.limit_id, r.scope_key`,
      values: [paymentId],
    });
    return rows.map((row) => ({
      limitId: row.limit_id as string,
      scopeKey: row.scope_key as string,
      scope: readScopeKey(row.scope_key),
      windowStart: (row.window_start as Date).getTime(),
      amount: Number(row.amount),
      state: row.state as 'reserved' | 'settled' | 'released' | 'moved' | 'refunded',
      releaseOnRefund: row.release_on_refund as boolean,
      used: { amount: Number(row.used_amount ?? 0), count: Number(row.used_count ?? 0) },
      maxAmount: row.max_amount === null ? null : Number(row.max_amount),
      maxCount: row.max_count as number | null,
    }));
  }

  return { countersOf, historyOf, reservationsOf };
}

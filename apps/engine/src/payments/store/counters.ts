import type { Pool, PoolClient } from '../../platform/db.ts';
import type { LimitHold } from '../ports.ts';
import { lockUsageSql, readUsageSql } from './limits.sql.ts';

/** What one counter holds. */
export type Used = { amount: bigint; count: number };

/** Whether a payment still fits under a limit, and what was used of it if not. */
export type Room = { fits: true } | { fits: false; used: Used };

/** What counters hold, as far as it is known. */
export type Usage = {
  room(hold: LimitHold, amount: bigint): Room;
  add(hold: LimitHold, amount: bigint): void;
};

export const counterKey = ({
  limitId,
  scopeKey,
  windowStart,
}: Pick<LimitHold, 'limitId' | 'scopeKey' | 'windowStart'>) => `${limitId}\n${scopeKey}\n${Date.parse(windowStart)}`;

export const readUsage = (pool: Pool, holds: readonly LimitHold[]): Promise<Usage> =>
  fetchUsage(pool, 'read-usage', readUsageSql, holds);

/** Keeps the counters locked to the end of the transaction. */
export const lockUsage = (client: PoolClient, holds: readonly LimitHold[]): Promise<Usage> =>
  fetchUsage(client, 'lock-usage', lockUsageSql, holds);

async function fetchUsage(
  db: Pool | PoolClient,
  name: string,
  text: string,
  holds: readonly LimitHold[],
): Promise<Usage> {
  const { rows } = await db.query({
    name,
    text,
    values: [holds.map((h) => h.limitId), holds.map((h) => h.scopeKey), holds.map((h) => h.windowStart)],
  });
  return usageOf(
    rows.map((row) => [
      counterKey({
        limitId: row.limit_id,
        scopeKey: row.scope_key,
        windowStart: (row.window_start as Date).toISOString(),
      }),
      { amount: row.amount, count: row.count },
    ]),
  );
}

/** A counter that is not there holds nothing. */
export function usageOf(known: Iterable<[string, Used]>): Usage {
  const counters = new Map(known);
  const usedOf = (hold: LimitHold): Used => counters.get(counterKey(hold)) ?? { amount: 0n, count: 0 };
  return {
    room(hold, amount) {
      const used = usedOf(hold);
      const overAmount = hold.maxAmount !== undefined && used.amount + amount > hold.maxAmount;
      const overCount = hold.maxCount !== undefined && used.count + 1 > hold.maxCount;
      return overAmount || overCount ? { fits: false, used } : { fits: true };
    },
    add(hold, amount) {
      const used = usedOf(hold);
      counters.set(counterKey(hold), { amount: used.amount + amount, count: used.count + 1 });
    },
  };
}

const tightForMs = 2_000;
const maxTight = 20_000;

/**
 * The counters that had no room a moment ago: groups that need one look before they write. Only a hint; forgetting it
 * costs one failed statement.
 */
export function createTightCounters(nowMs: () => number = () => performance.now()) {
  const until = new Map<string, number>();
  return {
    has(hold: LimitHold): boolean {
      if (until.size === 0) return false;
      const key = counterKey(hold);
      const end = until.get(key);
      if (end === undefined) return false;
      if (end > nowMs()) return true;
      until.delete(key);
      return false;
    },
    add(hold: LimitHold): void {
      if (until.size >= maxTight) until.clear();
      until.set(counterKey(hold), nowMs() + tightForMs);
    },
  };
}

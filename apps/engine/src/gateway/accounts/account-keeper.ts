import type { ConfigSource } from '../../config/snapshot.ts';
import type { Pool } from '../../platform/db.ts';
import type { Clock } from '../../platform/ports/clock.ts';
import { endOverlaps, noteWarning } from './account-versions.store.ts';
import { daysLeft, expiriesOf, warningFor } from './expiry.ts';

const everyMs = 60_000;

/** How far away the next end of an account is, for the metrics. */
export type AccountExpiry = { accountId: string; channelId: string; secondsLeft: number };

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void };

/**
 * Once a minute: ends overlaps that are over, with their secrets, and says what of the accounts in force will expire, once
 * per threshold over all nodes. An account that is switched off is warned about like the others: it is the reserve.
 */
export function createAccountKeeper({
  pool,
  config,
  clock,
  onExpiries,
  log,
}: {
  pool: Pool;
  config: ConfigSource;
  clock: Clock;
  onExpiries?: (expiries: AccountExpiry[]) => void;
  log: Log;
}) {
  let timer: NodeJS.Timeout | undefined;

  async function keep(): Promise<void> {
    for (const ended of await endOverlaps(pool)) log.info(ended, 'the overlap of an account version is over');
    const entered = await enteredDates(pool);
    const now = clock.now();
    const soonest: AccountExpiry[] = [];
    for (const { id: accountId, channelId, config: own, trust } of config.current().accounts.values()) {
      const expiries = expiriesOf({ config: own, trust, enteredAt: entered.get(accountId) });
      const [first] = expiries;
      if (first)
        soonest.push({ accountId, channelId, secondsLeft: (first.expiresAt.getTime() - now.getTime()) / 1000 });
      for (const { item, expiresAt } of expiries) {
        const days = warningFor(expiresAt, now);
        if (days === undefined || !(await noteWarning(pool, { accountId, item, expiresAt, days }))) continue;
        log.warn(
          { accountId, channelId, item, expiresAt, daysLeft: daysLeft(expiresAt, now) },
          days === 0 ? 'something of a channel account has expired' : 'something of a channel account expires soon',
        );
      }
    }
    onExpiries?.(soonest);
  }

  return {
    keep,
    start(): void {
      const run = () =>
        void keep().catch((err) =>
          log.warn({ err }, 'the channel accounts could not be looked after; next in a minute'),
        );
      run();
      timer = setInterval(run, everyMs);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

/** The dates that people told for keys that carry none, of the versions in force. */
async function enteredDates(pool: Pool): Promise<Map<string, Date>> {
  const { rows } = await pool.query(
    `SELECT account_id, expires_at FROM channel_account_versions WHERE state = 'live' AND expires_at IS NOT NULL`,
  );
  return new Map(rows.map((row) => [row.account_id, row.expires_at]));
}

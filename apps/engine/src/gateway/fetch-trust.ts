import type { ConfigSource } from '../config/snapshot.ts';
import type { CallChannel } from '../payments/ports.ts';
import type { Pool } from '../platform/db.ts';

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void };

const everyMs = 12 * 3_600_000;
const atMostEveryMs = 60_000;

/**
 * Keeps the channels' signing keys fresh: at start where none are known, every 12 hours, and when something came signed
 * with an unknown key (at most once a minute, or forged serials would make us hammer the channel). Stored keys reach
 * every node with the configuration.
 */
export function createTrustKeeper({
  pool,
  config,
  callChannel,
  needsTrust,
  refresh,
  log,
}: {
  pool: Pool;
  config: ConfigSource;
  callChannel: CallChannel;
  /** Whether an account checks signatures by fetched keys at all. */
  needsTrust: (accountId: string) => boolean;
  /** Reloads the configuration on this node and waits until it is there. */
  refresh: () => Promise<void>;
  log: Log;
}) {
  const triedAt = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  /** @returns whether new keys may be there now; false when it was tried a moment ago or failed */
  async function refreshTrust(accountId: string): Promise<boolean> {
    const account = config.current().accounts.get(accountId);
    const last = triedAt.get(accountId);
    if (!account || !needsTrust(accountId) || (last !== undefined && performance.now() - last < atMostEveryMs))
      return false;
    triedAt.set(accountId, performance.now());
    const { result } = await callChannel({ channelId: account.channelId, accountId }, { op: 'fetchTrust' });
    if (result.kind !== 'trusted') {
      log.warn({ accountId, result }, "the channel's signing keys could not be fetched");
      return false;
    }
    const known = new Set(account.trust.map(({ serial }) => serial));
    if (result.keys.some(({ serial }) => !known.has(serial)) || result.keys.length !== known.size) {
      await pool.query(
        'UPDATE channel_accounts SET trust = $2, version = version + 1, updated_at = now() WHERE id = $1',
        [accountId, JSON.stringify(result.keys)],
      );
      log.info(
        { accountId, serials: result.keys.map(({ serial }) => serial) },
        "the channel's signing keys have changed",
      );
      await refresh();
    }
    return true;
  }

  async function refreshAll(onlyMissing: boolean): Promise<void> {
    for (const { id, enabled, trust } of config.current().accounts.values()) {
      if (enabled && (!onlyMissing || trust.length === 0))
        await refreshTrust(id).catch((err) => log.warn({ err, accountId: id }, 'fetching signing keys failed'));
    }
  }

  return {
    refreshTrust,
    async start() {
      await refreshAll(true);
      timer = setInterval(() => void refreshAll(false), everyMs);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

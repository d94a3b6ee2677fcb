import type { TrustedKey } from '@tributary/channels/channel-result';
import type { ConfigSource } from '../config/snapshot.ts';
import type { CallChannel } from '../payments/ports.ts';
import type { Pool } from '../platform/db.ts';

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void };

const everyMs = 12 * 3_600_000;
const atMostEveryMs = 60_000;

/**
 * Keeps the channels' signing keys fresh: every minute where none are known yet, every 12 hours where there are, and
 * when something came signed with an unknown key (at most once a minute, or forged serials would make us hammer the
 * channel). Stored keys reach every node with the configuration.
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
  /** Has this node load the account and the configuration anew, and waits until they are there. */
  refresh: (accountId: string) => Promise<void>;
  log: Log;
}) {
  const triedAt = new Map<string, number>();
  const fetching = new Map<string, Promise<boolean>>();
  const timers: NodeJS.Timeout[] = [];

  /** @returns whether new keys may be there now; false when it was tried a moment ago or failed */
  function refreshTrust(accountId: string): Promise<boolean> {
    // Whoever comes while we are asking waits for the same answer.
    const running = fetching.get(accountId);
    if (running) return running;
    const asked = fetchKeys(accountId).finally(() => fetching.delete(accountId));
    fetching.set(accountId, asked);
    return asked;
  }

  async function fetchKeys(accountId: string): Promise<boolean> {
    const account = config.current().accounts.get(accountId);
    const last = triedAt.get(accountId);
    if (!account || !needsTrust(accountId) || (last !== undefined && performance.now() - last < atMostEveryMs))
      return false;
    triedAt.set(accountId, performance.now());
    const { result } = await callChannel({ channelId: account.channelId, accountId }, { op: 'fetchTrust' });
    // An answer without keys would leave us unable to believe anything: the old ones stay.
    if (result.kind !== 'trusted' || result.keys.length === 0) {
      log.warn({ accountId, kind: result.kind }, "the channel's signing keys could not be fetched");
      return false;
    }
    if (textOf(result.keys) === textOf(account.trust)) return true;
    await pool.query('UPDATE channel_accounts SET trust = $2, updated_at = now() WHERE id = $1', [
      accountId,
      JSON.stringify(result.keys),
    ]);
    log.info(
      { accountId, serials: result.keys.map(({ serial }) => serial) },
      "the channel's signing keys have changed",
    );
    await refresh(accountId);
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
      for (const [onlyMissing, ms] of [
        // A second more, or the timer would be too early for its own limit.
        [true, atMostEveryMs + 1_000],
        [false, everyMs],
      ] as const) {
        const timer = setInterval(() => void refreshAll(onlyMissing), ms);
        timer.unref();
        timers.push(timer);
      }
      await refreshAll(true);
    },
    stop: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
}

const textOf = (keys: readonly TrustedKey[]): string =>
  keys
    .map(({ serial, publicKeyPem }) => `${serial} ${publicKeyPem}`)
    .sort()
    .join();

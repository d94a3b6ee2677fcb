import type { ChannelAdapter, ChannelSession } from '@tributary/channels/channel-adapter';
import type { TrustedKey } from '@tributary/channels/channel-result';
import type { ConfigSource } from '../config/snapshot.ts';
import { accountSecretsAad } from '../platform/secret-places.ts';

/**
 * Channel accounts opened for use: secrets decrypted and keys parsed once, on first use. A changed account (its version
 * or the channel's keys) is opened anew; a configuration without it forgets it.
 */
export function createAccountCache({
  config,
  adapters,
  decrypt,
}: {
  config: ConfigSource;
  adapters: ReadonlyMap<string, ChannelAdapter>;
  decrypt: (stored: string, aad: string) => string;
}) {
  type Opened = { version: number; trust: readonly TrustedKey[]; session: ChannelSession };
  const opened = new Map<string, Opened>();
  const forget = config.onChange(({ accounts }) => {
    for (const id of opened.keys()) if (!accounts.has(id)) opened.delete(id);
  });

  /** @throws Error when the account, its channel or its adapter is unknown, or the account does not fit the channel */
  function open(accountId: string): ChannelSession {
    const { accounts, channels } = config.current();
    const account = accounts.get(accountId);
    if (!account) throw new Error(`channel account ${accountId} is unknown`);
    const known = opened.get(accountId);
    if (known && known.version === account.version && sameTrust(known, account.trust)) return known.session;
    const adapter = adapters.get(channels.get(account.channelId)?.adapter ?? '');
    if (!adapter) throw new Error(`channel ${account.channelId} has no adapter here`);
    const secrets: unknown = JSON.parse(decrypt(account.secrets, accountSecretsAad(accountId)));
    const session = adapter.open({ config: account.config, secrets, baseUrl: account.baseUrl }, account.trust);
    opened.set(accountId, { version: account.version, trust: account.trust, session });
    return session;
  }

  /** Every reload of the configuration makes new objects; parsing keys anew is only worth it when they differ. */
  function sameTrust(known: Opened, trust: readonly TrustedKey[]): boolean {
    if (known.trust === trust) return true;
    if (JSON.stringify(known.trust) !== JSON.stringify(trust)) return false;
    known.trust = trust;
    return true;
  }

  return { open, close: forget };
}

export type AccountCache = ReturnType<typeof createAccountCache>;

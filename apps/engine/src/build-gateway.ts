import type { ChannelAdapter } from '@tributary/channels/channel-adapter';
import type { ConfigSource } from './config/snapshot.ts';
import { createAccountCache } from './gateway/accounts/account-cache.ts';
import { createAccountKeeper } from './gateway/accounts/account-keeper.ts';
import { createAccountLoader } from './gateway/accounts/account-versions.store.ts';
import { needsFetchedKeys } from './gateway/accounts/probe-account.ts';
import { createGateway } from './gateway/call-channel.ts';
import { createUnmappedCounter } from './gateway/codes/count-unmapped.ts';
import { createReadCodes } from './gateway/codes/read-codes.ts';
import { createTrustKeeper } from './gateway/fetch-trust.ts';
import { createSend, type InprocTransport } from './gateway/send.ts';
import type { Pool } from './platform/db.ts';
import type { Log } from './platform/log.ts';
import type { createMetrics } from './platform/metrics.ts';
import type { Bus } from './platform/ports/bus.ts';
import type { Clock } from './platform/ports/clock.ts';

/** The way out to the channels with everything it needs: part of the composition root. */
export function buildGateway({
  pool,
  bus,
  clock,
  config,
  adapters,
  decrypt,
  inproc,
  metrics,
  log,
}: {
  pool: Pool;
  bus: Bus;
  clock: Clock;
  config: ConfigSource & { refresh(): Promise<unknown> };
  adapters: ReadonlyMap<string, ChannelAdapter>;
  decrypt: Parameters<typeof createAccountCache>[0]['decrypt'];
  inproc: Record<string, InprocTransport>;
  metrics: ReturnType<typeof createMetrics>;
  log: Log;
}) {
  const accounts = createAccountCache({
    config,
    adapters,
    load: createAccountLoader(pool),
    decrypt,
    bus,
    onOlderUse: metrics.olderVersion,
    log,
  });
  const accountKeeper = createAccountKeeper({ pool, config, clock, onExpiries: metrics.accountExpiries, log });
  const sender = createSend({ inproc });
  const unmapped = createUnmappedCounter({ pool, onUnmapped: metrics.unmapped, log });
  const readCodes = createReadCodes({ config, adapters, onUnmapped: unmapped.count });
  const gateway = createGateway({
    config,
    adapters,
    accounts,
    send: sender.send,
    readCodes,
    clock,
    onCall: metrics.call,
    onUntrusted: (accountId) => void trust.refreshTrust(accountId).catch(() => undefined),
    onBreakerMove: metrics.breaker,
    log,
  });
  const adapterOf = (channelId: string) => adapters.get(config.current().channels.get(channelId)?.adapter ?? '');
  const trust = createTrustKeeper({
    pool,
    config,
    callChannel: gateway.callChannel,
    needsTrust: (accountId) => {
      const account = config.current().accounts.get(accountId);
      return (
        needsFetchedKeys(account?.config) && adapterOf(account?.channelId ?? '')?.operations.has('fetchTrust') === true
      );
    },
    refresh: async (accountId) => {
      accounts.invalidate(accountId);
      await config.refresh();
    },
    log,
  });

  return { accounts, accountKeeper, sender, unmapped, readCodes, gateway, adapterOf, trust };
}

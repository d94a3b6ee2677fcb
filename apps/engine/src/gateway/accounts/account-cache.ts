import type { ChannelAdapter, ChannelSession } from '@tributary/channels/channel-adapter';
import type { TrustedKey } from '@tributary/channels/channel-result';
import type { ConfigSource } from '../../config/snapshot.ts';
import type { Bus } from '../../platform/ports/bus.ts';
import { accountSecretsAad } from '../../platform/secret-places.ts';
import { readingStorable } from '../storable.ts';
import { type OlderUse, withOverlap } from './overlap.ts';

type Content = { version: number; baseUrl: string; config: unknown /** Envelope-encrypted. */; secrets: string };

/** What is in force of an account, as stored; `older` are the versions whose overlap lasts. */
export type StoredAccountVersions = Content & {
  id: string;
  channelId: string;
  trust: readonly TrustedKey[];
  older: readonly (Content & { until: Date })[];
};

/** An account opened for use. */
export type OpenAccount = { session: ChannelSession; baseUrl: string; version: number };

/** What a node says of an account that it holds. Times are milliseconds since 1970. */
export type HeldAccount = {
  version: number;
  loadedAt: number;
  /** By older version: how often something came in that only it could read since the node started, and when last. */
  olderUsed: Record<string, { count: number; lastAt: number }>;
};

export type CacheTimes = {
  /** How long what was loaded is used without asking again; ± the jitter. After twice that it is not used at all. */
  ttlMs: number;
  /** Share of the time by which it varies, so that nodes and accounts do not all ask at once. */
  jitter: number;
  /** How long "there is no such account", or "it can not be opened", is believed. */
  refusedTtlMs: number;
  /** How many of those are remembered; what was remembered longest ago goes first. */
  maxRefused: number;
};

const defaults: CacheTimes = { ttlMs: 60_000, jitter: 0.2, refusedTtlMs: 5_000, maxRefused: 1_000 };
// Far beyond what one node serves; the account loaded longest ago goes first and is loaded again when it is needed.
const maxOpen = 10_000;

type Entry = {
  opened: OpenAccount;
  /** The channel's keys that it was opened with, as text. */
  trust: string;
  loadedAt: number;
  freshUntil: number;
  staleUntil: number;
};
type Opened = Pick<Entry, 'opened' | 'trust'>;
type Refused = { error: Error; until: number };

/**
 * Channel accounts opened for use: loaded and decrypted on first use, by one load however many ask. Announcements on the
 * bus and a newer version in the configuration drop an account at once; a time to live does when both fail.
 */
export function createAccountCache({
  config,
  adapters,
  load,
  decrypt,
  bus,
  times: ownTimes = {},
  nowMs = Date.now,
  random = Math.random,
  onOlderUse,
  log,
}: {
  config: ConfigSource;
  adapters: ReadonlyMap<string, ChannelAdapter>;
  /** @returns undefined when nothing is in force under that name */
  load: (accountId: string) => Promise<StoredAccountVersions | undefined>;
  decrypt: (stored: string, aad: string) => string;
  bus?: Bus;
  times?: Partial<CacheTimes>;
  nowMs?: () => number;
  random?: () => number;
  onOlderUse?: (use: OlderUse & { accountId: string; channelId: string }) => void;
  log?: { warn(fields: object, message: string): void };
}) {
  const times = { ...defaults, ...ownTimes };
  const entries = new Map<string, Entry>();
  const refused = new Map<string, Refused>();
  const loading = new Map<string, Promise<Opened>>();
  const olderUsed = new Map<string, HeldAccount['olderUsed']>();
  let unsubscribe: (() => Promise<void>) | undefined;
  const forget = config.onChange(({ accounts }) => {
    for (const [id, { trust }] of entries) {
      const account = accounts.get(id);
      // Every reload of the configuration makes new objects; opening anew is only worth it when they differ.
      if (!account || JSON.stringify(account.trust) !== trust) invalidate(id);
    }
  });

  /** @throws Error when the account, its channel or its adapter is unknown, or the account does not fit the channel */
  function open(accountId: string): Promise<OpenAccount> {
    const known = entries.get(accountId);
    const now = nowMs();
    if (known && !isOutdated(accountId, known)) {
      if (now < known.freshUntil) return Promise.resolve(known.opened);
      if (now < known.staleUntil) {
        // Nobody waits for a routine look; should it fail, what is known serves a while longer.
        reload(accountId).catch((err) => log?.warn({ err, accountId }, 'a channel account could not be loaded anew'));
        return Promise.resolve(known.opened);
      }
    }
    const no = refused.get(accountId);
    if (no && now < no.until) return Promise.reject(no.error);
    return reload(accountId).then(({ opened }) => opened);
  }

  /** The configuration came with a newer version before the announcement did. */
  function isOutdated(accountId: string, { opened }: Entry): boolean {
    return (config.current().accounts.get(accountId)?.version ?? 0) > opened.version;
  }

  function reload(accountId: string): Promise<Opened> {
    const running = loading.get(accountId);
    if (running) return running;
    const mine: Promise<Opened> = loadAndOpen(accountId).then(
      (opened) => {
        // Dropped meanwhile: good for those who asked before, not for those who come now.
        if (loading.get(accountId) === mine) {
          loading.delete(accountId);
          keep(accountId, opened);
        }
        return opened;
      },
      (error: unknown) => {
        if (loading.get(accountId) === mine) loading.delete(accountId);
        throw error;
      },
    );
    loading.set(accountId, mine);
    return mine;
  }

  async function loadAndOpen(accountId: string): Promise<Opened> {
    // A fault of the database is nobody's answer: it is not remembered.
    const stored = await load(accountId);
    try {
      return { opened: openStored(accountId, stored), trust: JSON.stringify(stored?.trust) };
    } catch (error) {
      refuse(accountId, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  function openStored(accountId: string, stored: StoredAccountVersions | undefined): OpenAccount {
    if (!stored) throw new Error(`channel account ${accountId} is unknown`);
    const adapter = adapters.get(config.current().channels.get(stored.channelId)?.adapter ?? '');
    if (!adapter) throw new Error(`channel ${stored.channelId} has no adapter here`);
    const openOne = (content: Content) =>
      adapter.open(
        {
          config: content.config,
          secrets: readSecrets(decrypt(content.secrets, accountSecretsAad(accountId))),
          baseUrl: content.baseUrl,
        },
        stored.trust,
      );
    const older = stored.older.flatMap((content) => {
      try {
        return [{ version: content.version, until: content.until, session: openOne(content) }];
      } catch (err) {
        // It was good once. That it no longer is must not take the one in force down with it.
        log?.warn({ err, accountId, version: content.version }, 'an older version of an account can not be opened');
        return [];
      }
    });
    const session = readingStorable(withOverlap(openOne(stored), older, (use) => noteOlder(stored, use)));
    return { session, baseUrl: stored.baseUrl, version: stored.version };
  }

  function noteOlder({ id, channelId }: StoredAccountVersions, use: OlderUse): void {
    const used = olderUsed.get(id) ?? {};
    used[use.version] = { count: (used[use.version]?.count ?? 0) + 1, lastAt: nowMs() };
    olderUsed.set(id, used);
    onOlderUse?.({ accountId: id, channelId, ...use });
  }

  function keep(accountId: string, opened: Opened): void {
    const ttl = times.ttlMs * (1 + times.jitter * (2 * random() - 1));
    const now = nowMs();
    refused.delete(accountId);
    entries.delete(accountId);
    entries.set(accountId, { ...opened, loadedAt: now, freshUntil: now + ttl, staleUntil: now + 2 * ttl });
    dropOldest(entries, maxOpen);
  }

  function refuse(accountId: string, error: Error): void {
    const ttl = times.refusedTtlMs * (1 + times.jitter * (2 * random() - 1));
    refused.delete(accountId);
    refused.set(accountId, { error, until: nowMs() + ttl });
    dropOldest(refused, times.maxRefused);
    entries.delete(accountId);
  }

  /** The next use loads the account anew, even when a load is on its way. Without a name: every account. */
  function invalidate(accountId?: string): void {
    for (const map of [entries, refused, loading]) {
      if (accountId === undefined) map.clear();
      else map.delete(accountId);
    }
  }

  return {
    open,
    invalidate,
    /** What this node holds, for its heartbeat. */
    held: (): Record<string, HeldAccount> =>
      Object.fromEntries(
        [...entries].map(([id, { opened, loadedAt }]) => [
          id,
          { version: opened.version, loadedAt, olderUsed: olderUsed.get(id) ?? {} },
        ]),
      ),
    /** From here on announcements are heard; one that may have been missed drops everything. */
    async start(): Promise<void> {
      unsubscribe = await bus?.subscribe(
        'tributary_accounts',
        (accountId) => invalidate(accountId),
        () => invalidate(),
      );
    },
    async close(): Promise<void> {
      forget();
      await unsubscribe?.();
    },
  };
}

export type AccountCache = ReturnType<typeof createAccountCache>;

/** Not the parser's own error: it quotes what it could not read. */
export function readSecrets(plain: string): Record<string, unknown> {
  try {
    return JSON.parse(plain);
  } catch {
    throw new Error('the secrets of the account can not be read');
  }
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}

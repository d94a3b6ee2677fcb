import type { ChannelAdapter, ChannelSession } from '@tributary/channels/channel-adapter';
import { describe, expect, it } from 'vitest';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import { type CacheTimes, createAccountCache, type StoredAccountVersions } from './account-cache.ts';

const session = {} as ChannelSession;
const stored = (own: Partial<StoredAccountVersions> = {}): StoredAccountVersions => ({
  id: 'acc',
  channelId: 'ch',
  version: 1,
  baseUrl: 'https://c.example',
  config: {},
  secrets: '{}',
  trust: [],
  older: [],
  ...own,
});

function cacheWith(own: {
  load?: (id: string) => Promise<StoredAccountVersions | undefined>;
  open?: () => ChannelSession;
  times?: Partial<CacheTimes>;
  random?: () => number;
}) {
  let now = 1_000_000;
  let loads = 0;
  let versionInConfig = 1;
  const cache = createAccountCache({
    config: {
      current: () =>
        ({
          channels: new Map([['ch', { adapter: 'test' }]]),
          accounts: new Map([['acc', { id: 'acc', version: versionInConfig }]]),
        }) as unknown as ConfigSnapshot,
      snapshotFor: () => undefined as never,
      onChange: () => () => undefined,
    },
    adapters: new Map([['test', { open: own.open ?? (() => session) } as unknown as ChannelAdapter]]),
    load: async (id) => {
      loads++;
      return own.load ? own.load(id) : stored();
    },
    decrypt: (text) => text,
    nowMs: () => now,
    random: own.random ?? (() => 0.5),
    times: { ttlMs: 60_000, jitter: 0.2, refusedTtlMs: 5_000, maxRefused: 3, ...own.times },
  });
  return {
    ...cache,
    loads: () => loads,
    later: (ms: number) => {
      now += ms;
    },
    publish: (version: number) => {
      versionInConfig = version;
    },
  };
}

const settled = () => new Promise((done) => setImmediate(done));

describe('the cache of channel accounts', () => {
  it('loads an account once, however many ask for it at the same moment', async () => {
    const { open, loads } = cacheWith({});
    await Promise.all(Array.from({ length: 1_000 }, () => open('acc')));
    await open('acc');
    expect(loads()).toBe(1);
  });

  it('gives what it knows while it looks anew, and stops when that can no longer be trusted', async () => {
    let version = 1;
    let away = false;
    const { open, loads, later } = cacheWith({
      load: async () => {
        if (away) throw new Error('database away');
        return stored({ version });
      },
    });
    await open('acc');
    version = 2;
    later(60_000);
    expect((await open('acc')).version).toBe(1);
    await settled();
    expect([(await open('acc')).version, loads()]).toEqual([2, 2]);
    away = true;
    later(61_000);
    expect((await open('acc')).version).toBe(2);
    await settled();
    later(60_000);
    await expect(open('acc')).rejects.toThrow('database away');
    // Nobody's answer: the next one asks again.
    away = false;
    expect((await open('acc')).version).toBe(2);
  });

  it('varies the time to live, so that not all are loaded at once', async () => {
    for (const [chance, fresh] of [
      [0, 48_000],
      [1, 72_000],
    ] as const) {
      const { open, loads, later } = cacheWith({ random: () => chance });
      await open('acc');
      later(fresh - 1);
      await open('acc');
      expect(loads()).toBe(1);
      later(2);
      await open('acc');
      expect(loads()).toBe(2);
    }
  });

  it('loads anew what was dropped, and keeps nothing of a load that began before', async () => {
    const answers: ((version: number) => void)[] = [];
    const { open, invalidate, loads } = cacheWith({
      load: () => new Promise((done) => answers.push((version) => done(stored({ version })))),
    });
    const before = open('acc');
    invalidate('acc');
    const after = open('acc');
    await settled();
    expect(loads()).toBe(2);
    answers[1]?.(2);
    expect((await after).version).toBe(2);
    answers[0]?.(1);
    expect((await before).version).toBe(1);
    expect((await open('acc')).version).toBe(2);
  });

  it('does not wait for the announcement when the configuration names a newer version', async () => {
    let version = 1;
    const { open, publish } = cacheWith({ load: async () => stored({ version }) });
    await open('acc');
    version = 2;
    publish(2);
    expect((await open('acc')).version).toBe(2);
  });

  it('believes for a moment that there is none, remembers few of those, and never that the database was away', async () => {
    const { open, loads, later, invalidate } = cacheWith({ load: async (id) => (id === 'acc' ? stored() : undefined) });
    for (let i = 0; i < 100; i++) await expect(open('none')).rejects.toThrow('none is unknown');
    expect(loads()).toBe(1);
    for (const id of ['a', 'b', 'c']) await expect(open(id)).rejects.toThrow();
    await expect(open('none')).rejects.toThrow();
    expect(loads()).toBe(5);
    later(6_001);
    await expect(open('none')).rejects.toThrow();
    expect(loads()).toBe(6);
    invalidate('none');
    await expect(open('none')).rejects.toThrow();
    expect(loads()).toBe(7);
  });

  it('refuses what can not be opened without telling what it holds', async () => {
    const { open } = cacheWith({ load: async () => stored({ secrets: 'CANARY is no JSON' }) });
    const error = await open('acc').catch((one: Error) => one);
    expect(String(error)).not.toContain('CANARY');
    expect(String(error)).toContain('can not be read');
  });

  it('keeps the account in use when an older version of it can not be opened any more', async () => {
    let opened = 0;
    const { open } = cacheWith({
      open: () => {
        if (opened++ === 0) throw new Error('an old shape');
        return session;
      },
      load: async () =>
        stored({
          version: 2,
          older: [{ version: 1, baseUrl: '', config: {}, secrets: '{}', until: new Date(Date.now() + 1e6) }],
        }),
    });
    expect((await open('acc')).version).toBe(2);
  });

  it('says what it holds', async () => {
    const { open, held } = cacheWith({});
    await open('acc');
    expect(held()).toEqual({ acc: { version: 1, loadedAt: 1_000_000, olderUsed: {} } });
  });
});

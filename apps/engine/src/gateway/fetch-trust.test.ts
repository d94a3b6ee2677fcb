import type { TrustResult } from '@tributary/channels/channel-result';
import { describe, expect, it } from 'vitest';
import type { ConfigSource } from '../config/snapshot.ts';
import type { CallChannel } from '../payments/ports.ts';
import type { Pool } from '../platform/db.ts';
import { createTrustKeeper } from './fetch-trust.ts';

const keys = [{ serial: '1', publicKeyPem: 'p' }];

function keeperWith(answer: TrustResult, own: { trust?: typeof keys; needs?: boolean } = {}) {
  const account = { id: 'acc', channelId: 'ch', enabled: true, trust: own.trust ?? [] };
  const stored: unknown[] = [];
  let calls = 0;
  const keeper = createTrustKeeper({
    pool: { query: async (_: string, values: unknown[]) => void stored.push(values[1]) } as unknown as Pool,
    config: { current: () => ({ accounts: new Map([['acc', account]]) }) } as unknown as ConfigSource,
    callChannel: (async () => {
      calls++;
      return { result: answer };
    }) as unknown as CallChannel,
    needsTrust: () => own.needs ?? true,
    refresh: async () => undefined,
    log: { info: () => undefined, warn: () => undefined },
  });
  return { ...keeper, stored, calls: () => calls };
}

describe("a channel's signing keys", () => {
  it('are stored when they are new, and asked for at most once a minute', async () => {
    const { refreshTrust, stored, calls } = keeperWith({ kind: 'trusted', keys });
    expect(await Promise.all([refreshTrust('acc'), refreshTrust('acc')])).toEqual([true, true]);
    expect(await refreshTrust('acc')).toBe(false);
    expect([calls(), stored]).toEqual([1, [JSON.stringify(keys)]]);
  });

  it('are not written again when nothing is new', async () => {
    const { refreshTrust, stored } = keeperWith({ kind: 'trusted', keys }, { trust: keys });
    expect(await refreshTrust('acc')).toBe(true);
    expect(stored).toEqual([]);
  });

  it('stay when the channel does not answer, or answers none', async () => {
    for (const answer of [{ kind: 'unknown', reason: 'timeout' } as const, { kind: 'trusted' as const, keys: [] }]) {
      const { refreshTrust, stored } = keeperWith(answer, { trust: keys });
      expect(await refreshTrust('acc')).toBe(false);
      expect(stored).toEqual([]);
    }
  });

  it('are fetched at the start only where they are needed and missing', async () => {
    for (const [own, expected] of [
      [{}, 1],
      [{ trust: keys }, 0],
      [{ needs: false }, 0],
    ] as const) {
      const keeper = keeperWith({ kind: 'trusted', keys }, own as never);
      await keeper.start();
      keeper.stop();
      expect(keeper.calls()).toBe(expected);
    }
  });
});

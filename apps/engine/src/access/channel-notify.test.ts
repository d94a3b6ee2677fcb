import type { ChannelAdapter, ChannelSession, NotifyResult } from '@tributary/channels/channel-adapter';
import { describe, expect, it } from 'vitest';
import type { ConfigSnapshot } from '../config/snapshot.ts';
import type { AccountCache } from '../gateway/accounts/account-cache.ts';
import { systemClock } from '../platform/clock.ts';
import type { Pool } from '../platform/db.ts';
import type { KeptCallback } from './callbacks.store.ts';
import { registerChannelNotify } from './channel-notify.ts';
import { createServer } from './server.ts';

const body = '01KAMC3M000000000000000000';
const success: NotifyResult = {
  kind: 'payment',
  notifyId: 'n1',
  requestNo: `${body}01`,
  result: { kind: 'succeeded', channelTxn: 't', paid: { amountMinor: 1n, currency: 'CNY' } },
};
const refundNews: NotifyResult = {
  kind: 'refund',
  notifyId: 'n2',
  requestNo: `${body}01`,
  refundNo: body,
  result: { kind: 'pending' },
};

function doorWith(own: {
  parse: NotifyResult | ((time: number) => NotifyResult);
  record?: () => Promise<'changed' | 'unchanged' | 'missing'>;
  sentThrough?: string | undefined;
  weighed?: 'unsettled' | 'changed';
  refreshed?: boolean | (() => Promise<boolean>);
  refused?: 'full' | 'too_slow';
}) {
  const recorded: unknown[] = [];
  const kept: KeptCallback[] = [];
  let times = 0;
  const session = {
    parseNotify: () => (typeof own.parse === 'function' ? own.parse(++times) : own.parse),
    acknowledge: (accepted: boolean) => ({
      status: accepted ? 200 : 500,
      headers: { 'content-type': 'application/json' },
      body: accepted ? '{"code":"SUCCESS"}' : '{"code":"FAIL"}',
    }),
  } as unknown as ChannelSession;
  const app = createServer({
    log: { error: () => undefined, warn: () => undefined },
    isReady: async () => ({ ready: true, checks: {} }),
    metricsText: async () => ({ contentType: 'text/plain', text: '' }),
  });
  const record = (kind: string) => async (target: unknown, _result: unknown, source: unknown) => {
    recorded.push([kind, target, source]);
    return own.record ? own.record() : ('changed' as const);
  };
  registerChannelNotify(app, {
    pool: undefined as unknown as Pool,
    store: {
      keep: async (callback) => void kept.push(callback),
      attemptOf: async () =>
        'sentThrough' in own && own.sentThrough === undefined
          ? undefined
          : {
              channelId: 'ch',
              accountId: own.sentThrough ?? 'acc',
              status: 'pending',
              requestNo: `${body}01`,
              product: 'native',
              reversing: false,
            },
    },
    config: {
      current: () =>
        ({
          channels: new Map([['ch', { adapter: 'test' }]]),
          accounts: new Map([['acc', { channelId: 'ch' }]]),
        }) as unknown as ConfigSnapshot,
      snapshotFor: () => undefined as never,
      onChange: () => () => undefined,
    },
    adapters: new Map([
      ['test', { id: 'test', sensitiveFields: new Set(['ciphertext']) } as unknown as ChannelAdapter],
    ]),
    accounts: { open: async () => ({ session }) } as unknown as AccountCache,
    handleCallback: async (_channelId, handle) => (own.refused ? { refused: own.refused } : handle()),
    recordResult: record('payment'),
    recordRefundResult: record('refund'),
    weighLate: async () => own.weighed,
    readCodes: (_, result) => result,
    refreshTrust: async () => (typeof own.refreshed === 'function' ? own.refreshed() : (own.refreshed ?? false)),
    clock: systemClock,
    log: { error: () => undefined, warn: () => undefined },
  });
  const call = (url = '/callbacks/ch/acc', payload: string | Buffer = '{"ciphertext":"SECRET","id":"1"}') =>
    app.inject({
      method: 'POST',
      url,
      payload,
      headers: { 'content-type': 'text/anything', 'wechatpay-signature': 'SECRET' },
    });
  return { call, recorded, kept };
}

describe('a callback', () => {
  it('that is verified is recorded once through the door, kept without secrets, and acknowledged', async () => {
    const { call, recorded, kept } = doorWith({ parse: success });
    const answer = await call();
    expect([answer.statusCode, answer.body]).toEqual([200, '{"code":"SUCCESS"}']);
    expect(recorded).toEqual([
      ['payment', { paymentId: `pay_${body}`, attemptNo: 1 }, { actor: 'callback', notifyId: 'n1' }],
    ]);
    expect(kept).toMatchObject([{ verified: true, outcome: 'changed', paymentId: `pay_${body}`, notifyId: 'n1' }]);
    expect(JSON.stringify(kept)).not.toContain('SECRET');
  });

  it('about a refund goes to the refund', async () => {
    const { call, recorded } = doorWith({ parse: refundNews, record: async () => 'unchanged' });
    expect((await call()).statusCode).toBe(200);
    expect(recorded).toEqual([
      ['refund', { paymentId: `pay_${body}`, refundId: `rfd_${body}` }, { actor: 'callback', notifyId: 'n2' }],
    ]);
  });

  it.each([
    ['bad_signature', 401],
    ['unknown_key', 401],
    ['stale', 401],
    ['unreadable', 400],
    ['wrong_account', 400],
    ['unsupported', 400],
  ] as const)(
    'refused as %s changes nothing, is kept as refused, and gets %i in the channel’s form',
    async (reason, status) => {
      const { call, recorded, kept } = doorWith({ parse: { kind: 'refused', reason } });
      const answer = await call();
      expect([answer.statusCode, answer.body, recorded]).toEqual([status, '{"code":"FAIL"}', []]);
      expect(kept).toMatchObject([{ verified: false, outcome: `refused:${reason}`, paymentId: undefined }]);
    },
  );

  it('that nobody can read, or that breaks the reader, is refused and never a fault of ours', async () => {
    const parse = () => {
      throw new Error('boom');
    };
    const { call, recorded } = doorWith({ parse });
    for (const payload of ['', '{', Buffer.from([0, 255, 254]), '[]', 'x=1&y=%'])
      expect((await call('/callbacks/ch/acc', payload)).statusCode).toBe(400);
    expect(recorded).toEqual([]);
  });

  it('signed with an unknown key is read again after the keys were fetched', async () => {
    const parse = (time: number): NotifyResult => (time === 1 ? { kind: 'refused', reason: 'unknown_key' } : success);
    const fresh = doorWith({ parse, refreshed: true });
    expect((await fresh.call()).statusCode).toBe(200);
    for (const refreshed of [false, () => Promise.reject(new Error('away'))]) {
      const { call, recorded } = doorWith({ parse, refreshed });
      expect([(await call()).statusCode, recorded]).toEqual([401, []]);
    }
  });

  it('of one account says nothing about an order that went through another', async () => {
    const { call, recorded, kept } = doorWith({ parse: success, sentThrough: 'other' });
    expect([(await call()).statusCode, recorded]).toEqual([400, []]);
    expect(kept).toMatchObject([{ verified: true, outcome: 'wrong_account' }]);
  });

  it('about a payment that is not there is the sender’s fault', async () => {
    for (const own of [
      { parse: success, sentThrough: undefined },
      { parse: { ...success, requestNo: 'NOT-OURS' } },
      { parse: success, record: async () => 'missing' as const },
    ]) {
      const answer = await doorWith(own).call();
      expect([answer.statusCode, answer.body]).toEqual([404, '{"code":"FAIL"}']);
    }
  });

  it('of money whose order is being reversed is to be sent again, and moves nothing', async () => {
    const { call, recorded, kept } = doorWith({ parse: success, weighed: 'unsettled' });
    const { statusCode, body } = await call();
    expect([statusCode, JSON.parse(body)]).toEqual([500, { code: 'FAIL' }]);
    expect(recorded).toEqual([]);
    expect(kept).toMatchObject([{ verified: true, outcome: 'unsettled' }]);
  });

  it('that could not be recorded is to be sent again', async () => {
    const answer = await doorWith({ parse: success, record: () => Promise.reject(new Error('database away')) }).call();
    expect([answer.statusCode, answer.body]).toEqual([500, '{"code":"FAIL"}']);
  });

  it.each(['full', 'too_slow'] as const)(
    'that its compartment does not take (%s) is to be sent again',
    async (refused) => {
      const { call, recorded, kept } = doorWith({ parse: success, refused });
      const { statusCode, body } = await call();
      expect([statusCode, JSON.parse(body)]).toEqual([500, { code: 'FAIL' }]);
      expect([recorded, kept]).toEqual([[], []]);
    },
  );

  it('to a place that is not there finds nothing; a huge one is not read', async () => {
    const { call, recorded, kept } = doorWith({ parse: success });
    for (const url of ['/callbacks/x/acc', '/callbacks/ch/x', '/callbacks/__proto__/acc', '/callbacks/ch'])
      expect((await call(url)).statusCode).toBe(404);
    expect((await call('/callbacks/ch/acc', 'x'.repeat(65 * 1024))).statusCode).toBe(413);
    expect([recorded, kept]).toEqual([[], []]);
  });

  it('that is forged again and again does not fill the inbox', async () => {
    const { call, kept } = doorWith({ parse: { kind: 'refused', reason: 'bad_signature' } });
    for (let i = 0; i < 80; i++) expect((await call()).statusCode).toBe(401);
    expect(kept.length).toBe(60);
  });
});

import {
  type ChannelAdapter,
  type ChannelCall,
  type ChannelSession,
  UnsupportedCallError,
} from '@tributary/channels/channel-adapter';
import { channelParamsSchema } from '@tributary/contracts/channel-config';
import type { ResponseCodeOverride } from '@tributary/contracts/response-codes';
import { describe, expect, it } from 'vitest';
import type { AccountConfig, ChannelConfig, ConfigSnapshot, ConfigSource } from '../config/snapshot.ts';
import { systemClock } from '../platform/clock.ts';
import { createAccountCache } from './accounts/account-cache.ts';
import { type CallReport, createGateway } from './call-channel.ts';
import { createReadCodes } from './codes/read-codes.ts';
import type { BreakerMove } from './compartments.ts';
import type { SendOutcome } from './send.ts';

const route = { channelId: 'ch', accountId: 'acc' };
const query: ChannelCall = { op: 'query', requestNo: 'R1', orderedAt: new Date(0), product: 'native' };
const refund: ChannelCall = {
  op: 'refund',
  orderedAt: new Date(0),
  refundOrderedAt: new Date(0),
  requestNo: 'R1',
  refundNo: 'F1',
  amount: { amountMinor: 1n, currency: 'CNY' },
  total: { amountMinor: 1n, currency: 'CNY' },
  notifyUrl: 'https://t.example/cb',
};
const place: ChannelCall = {
  op: 'place',
  orderedAt: new Date(0),
  product: 'native',
  requestNo: 'R1',
  amount: { amountMinor: 1n, currency: 'CNY' },
  subject: 's',
  expiresAt: new Date(),
  notifyUrl: 'https://t.example/cb',
  payer: {},
};
const answered: SendOutcome = {
  kind: 'answered',
  response: { status: 200, headers: { cookie: 'c' }, body: Buffer.from('{"openid":"secret"}') },
};

const declinedBy = (fault: 'channel' | 'issuer' | 'payer') =>
  ({ kind: 'declined', fault, code: 'channel_declined', raw: { code: 'X', message: 'x' } }) as never;

function gatewayWith(own: {
  outcome?: SendOutcome | (() => Promise<SendOutcome>);
  session?: Partial<ChannelSession>;
  channel?: Partial<ChannelConfig>;
  account?: Partial<AccountConfig>;
  params?: object;
  override?: ResponseCodeOverride;
  open?: () => ChannelSession;
}) {
  const sent: { baseUrl: string; deadlineMs: number }[] = [];
  const reports: CallReport[] = [];
  const untrusted: string[] = [];
  const moves: BreakerMove[] = [];
  let opened = 0;
  const session: ChannelSession = {
    buildRequest: () => ({
      method: 'POST',
      path: '/x?openid=secret&%=1',
      headers: { authorization: 'secret' },
      body: '{"openid":"secret"}',
    }),
    parseResponse: () => ({ kind: 'pending' }) as never,
    parseNotify: () => ({ kind: 'refused', reason: 'unsupported' }),
    acknowledge: () => ({ status: 200, headers: {}, body: '' }),
    ...own.session,
  };
  const adapter = {
    id: 'test',
    operations: new Set(['place', 'query', 'refund', 'close', 'fetchTrust']),
    deadlinesMs: { place: 5000, query: 3000, close: 3000, reverse: 1, refund: 4000, queryRefund: 1, fetchTrust: 1 },
    sensitiveFields: new Set(['openid']),
    open: () => {
      opened++;
      return own.open?.() ?? session;
    },
  } as unknown as ChannelAdapter;
  let snapshot = {
    channels: new Map([
      [
        'ch',
        {
          id: 'ch',
          adapter: 'test',
          enabled: true,
          disabledUntil: undefined,
          params: channelParamsSchema.parse(own.params ?? {}),
          ...own.channel,
        },
      ],
    ]),
    accounts: new Map([
      [
        'acc',
        {
          id: 'acc',
          channelId: 'ch',
          enabled: true,
          baseUrl: 'https://c.example',
          config: {},
          trust: [{ serial: '1', publicKeyPem: 'p' }],
          version: 1,
          ...own.account,
        },
      ],
    ]),
    responseCodes: new Map([['ch', new Map([['BUSY', own.override]])]]),
  } as unknown as ConfigSnapshot;
  const listeners = new Set<(snapshot: ConfigSnapshot) => void>();
  const config: ConfigSource = {
    current: () => snapshot,
    snapshotFor: () => snapshot,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const adapters = new Map([['test', adapter]]);
  const accounts = createAccountCache({
    config,
    adapters,
    load: async (id) => {
      const account = snapshot.accounts.get(id);
      return account && { ...account, secrets: '{}', older: [] };
    },
    decrypt: (stored) => stored,
  });
  const gateway = createGateway({
    config,
    adapters,
    accounts,
    readCodes: createReadCodes({ config, adapters }),
    clock: systemClock,
    log: { warn: () => undefined },
    onCall: (report) => reports.push(report),
    onBreakerMove: (move) => moves.push(move),
    onUntrusted: (accountId) => untrusted.push(accountId),
    send: async (baseUrl, _request, deadlineMs) => {
      sent.push({ baseUrl, deadlineMs });
      return typeof own.outcome === 'function' ? own.outcome() : (own.outcome ?? answered);
    },
  });
  const change = (account: Partial<AccountConfig> | undefined) => {
    const before = snapshot.accounts.get('acc') as AccountConfig;
    snapshot = { ...snapshot, accounts: new Map(account ? [['acc', { ...before, ...account }]] : []) };
    for (const listener of listeners) listener(snapshot);
  };
  return { ...gateway, sent, reports, untrusted, moves, change, openings: () => opened };
}

describe('a channel call', () => {
  it('sends nothing when the payer carries the order, and hands the credential out', async () => {
    const credential = { type: 'redirect', url: 'https://c.example/pay?sign=x' } as const;
    const { callChannel, sent } = gatewayWith({ session: { buildRequest: () => ({ credential }) } });
    const { result, exchange } = await callChannel(route, place);
    expect(result).toEqual({ kind: 'pending', credential });
    expect(sent).toEqual([]);
    expect(exchange.request).toBeUndefined();
  });

  it('comes back with what the channel said, and a trace without secrets', async () => {
    const { callChannel, reports } = gatewayWith({});
    const { result, exchange } = await callChannel(route, query);
    expect(result).toEqual({ kind: 'pending' });
    expect(exchange).toMatchObject({ op: 'query', ...route, response: { status: 200 } });
    expect(JSON.stringify(exchange)).not.toContain('secret');
    expect(reports).toMatchObject([{ channelId: 'ch', op: 'query', kind: 'pending', code: 'pending' }]);
  });

  it.each([
    [
      { kind: 'not_sent', error: 'ECONNREFUSED' },
      { kind: 'not_sent', reason: 'connection_refused' },
    ],
    [
      { kind: 'timeout', error: 't' },
      { kind: 'unknown', reason: 'timeout' },
    ],
    [
      { kind: 'connection_lost', error: 'r' },
      { kind: 'unknown', reason: 'connection_lost' },
    ],
    [
      { kind: 'too_large', error: 'l' },
      { kind: 'unknown', reason: 'too_large' },
    ],
  ] as const)('that ended in %j is %j', async (outcome, expected) => {
    const { result, exchange } = await gatewayWith({ outcome }).callChannel(route, query);
    expect(result).toEqual(expected);
    expect(exchange.error).toBe(outcome.error);
  });

  it('keeps what a channel says though Postgres could store no NUL and no half of a pair of it', async () => {
    const raw = { code: 'A\0', message: '\ud800!' };
    const { callChannel } = gatewayWith({
      outcome: {
        kind: 'answered',
        response: { status: 200, headers: { note: 'a\0b' }, body: Buffer.from('{"message":"a\0b"}') },
      },
      session: { parseResponse: () => ({ kind: 'pending', raw }) as never },
    });
    const { result, exchange } = await callChannel(route, query);
    expect(result).toMatchObject({ kind: 'pending', raw: { code: 'A\uFFFD', message: '\uFFFD!' } });
    expect(JSON.stringify({ result, exchange })).not.toMatch(/\\u0000|\\ud800/);
  });

  it('never throws: what fails before sending was not sent, what fails after is unknown', async () => {
    const boom = () => {
      throw new Error('boom 6222021234567890128');
    };
    const before = await gatewayWith({ session: { buildRequest: boom } }).callChannel(route, query);
    expect(before.result).toEqual({ kind: 'not_sent', reason: 'account_unusable' });
    expect(before.exchange.error).toBe('boom ***');
    expect((await gatewayWith({ open: boom }).callChannel(route, query)).result).toMatchObject({ kind: 'not_sent' });
    const cannot = () => {
      throw new UnsupportedCallError('no openId');
    };
    expect((await gatewayWith({ session: { buildRequest: cannot } }).callChannel(route, query)).result).toEqual({
      kind: 'not_sent',
      reason: 'unsupported',
    });
    for (const own of [{ session: { parseResponse: boom } }, { outcome: async () => boom() }])
      expect((await gatewayWith(own).callChannel(route, query)).result).toEqual({
        kind: 'unknown',
        reason: 'unreadable',
      });
  });

  it('of a channel, account or operation that is not there was not sent', async () => {
    const { callChannel, sent } = gatewayWith({});
    for (const [where, call] of [
      [{ ...route, channelId: 'x' }, query],
      [{ ...route, accountId: 'x' }, query],
      [route, { op: 'reverse', requestNo: 'R', orderedAt: new Date(0), product: 'native' }],
    ] as const)
      expect((await callChannel(where, call)).result).toMatchObject({ kind: 'not_sent' });
    expect(sent).toEqual([]);
  });

  it.each([
    ['the channel is off', { channel: { enabled: false } }],
    ['the channel is off for a while', { channel: { disabledUntil: new Date(Date.now() + 60_000) } }],
    ['the account is off', { account: { enabled: false } }],
  ])('takes no new orders when %s, but looks up and refunds those that are there', async (_, own) => {
    const { callChannel, sent } = gatewayWith(own);
    expect((await callChannel(route, place)).result).toEqual({ kind: 'not_sent', reason: 'switched_off' });
    expect(sent).toEqual([]);
    for (const call of [query, refund]) expect((await callChannel(route, call)).result).toEqual({ kind: 'pending' });
  });

  it('keeps the shortest of the deadlines that apply', async () => {
    const { callChannel, sent } = gatewayWith({ params: { deadlinesMs: { query: 700 } } });
    await callChannel(route, query);
    await callChannel(route, query, { timeoutMs: 200 });
    await callChannel(route, refund);
    expect(sent.map(({ deadlineMs }) => deadlineMs)).toEqual([700, 200, 4000]);
  });

  it('isolates: look-ups that hang keep no payment waiting, and what does not fit was not sent', async () => {
    let release: (outcome: SendOutcome) => void = () => undefined;
    const hanging = new Promise<SendOutcome>((resolve) => {
      release = resolve;
    });
    const { callChannel, sent, stats } = gatewayWith({
      outcome: () => (sent.length === 1 ? hanging : Promise.resolve(answered)),
      params: { maxConcurrent: 1, maxQueue: 0 },
    });
    const first = callChannel(route, query);
    expect((await callChannel(route, query)).result).toEqual({ kind: 'not_sent', reason: 'bulkhead_full' });
    expect((await callChannel(route, place)).result).toEqual({ kind: 'pending' });
    expect(stats()).toContainEqual(
      expect.objectContaining({ group: 'query', stats: { active: 1, queued: 0, rejected: 1, timeouts: 0 } }),
    );
    release(answered);
    await first;
    expect(stats().every(({ stats: { active } }) => active === 0)).toBe(true);
  });

  describe('and its circuit breaker', () => {
    const breaker = { minimumCalls: 2, openMs: 60_000, halfOpenProbes: 1 };
    const timeout: SendOutcome = { kind: 'timeout', error: 't' };

    it.each([
      ['time-outs', { outcome: timeout }],
      ['connections refused', { outcome: { kind: 'not_sent', error: 'ECONNREFUSED' } as SendOutcome }],
      [
        'unreadable answers',
        { session: { parseResponse: () => ({ kind: 'unknown', reason: 'http_status' }) as never } },
      ],
      ['refusals that are its own fault', { session: { parseResponse: () => declinedBy('channel') } }],
    ])('is opened by %s; then nothing is sent', async (_, own) => {
      const { callChannel, sent, stats } = gatewayWith({ ...own, params: { breaker } });
      for (let n = 0; n < 2; n++) await callChannel(route, place);
      const { result, exchange } = await callChannel(route, place);
      expect(result).toEqual({ kind: 'not_sent', reason: 'breaker_open' });
      expect(exchange).toMatchObject({ request: undefined, queuedMs: 0 });
      expect(sent).toHaveLength(2);
      expect(stats()[0]).toMatchObject({
        group: 'place',
        breaker: { state: 'open', refused: 1 },
        stats: { rejected: 0 },
        minute: { counts: { calls: 2, failed: 2, shortCircuited: 1 } },
      });
    });

    it.each([
      ['payers without money', { session: { parseResponse: () => declinedBy('payer') } }],
      ['issuers that refuse', { session: { parseResponse: () => declinedBy('issuer') } }],
      [
        'orders already paid',
        { session: { parseResponse: () => ({ kind: 'unknown', reason: 'already_paid' }) as never } },
      ],
      [
        'requests that we cannot build',
        {
          session: {
            buildRequest: () => {
              throw new UnsupportedCallError('no openId');
            },
          },
        },
      ],
    ])('stays closed over %s', async (_, own) => {
      const { callChannel, stats } = gatewayWith({ ...own, params: { breaker } });
      for (let n = 0; n < 5; n++) await callChannel(route, place);
      expect(stats()[0]).toMatchObject({ breaker: { state: 'closed', failures: 0 } });
    });

    it('is one per operation group, and never keeps the signing keys away', async () => {
      const { callChannel } = gatewayWith({ outcome: timeout, params: { breaker } });
      for (let n = 0; n < 3; n++) await callChannel(route, query);
      expect((await callChannel(route, query)).result).toMatchObject({ reason: 'breaker_open' });
      expect((await callChannel(route, { op: 'fetchTrust' } as ChannelCall)).result).toMatchObject({ kind: 'unknown' });
      expect((await callChannel(route, place)).result).toMatchObject({ kind: 'unknown' });
    });

    it('counts no call that found no place, and stops those that waited while it opened', async () => {
      let release: (outcome: SendOutcome) => void = () => undefined;
      const hanging = new Promise<SendOutcome>((resolve) => {
        release = resolve;
      });
      const { callChannel, sent, stats } = gatewayWith({
        outcome: () => hanging,
        params: { maxConcurrent: 1, maxQueue: 1, breaker: { ...breaker, minimumCalls: 1 } },
      });
      const first = callChannel(route, place);
      const second = callChannel(route, place);
      expect((await callChannel(route, place)).result).toMatchObject({ reason: 'bulkhead_full' });
      expect(stats()[0]).toMatchObject({ breaker: { state: 'closed', calls: 0 } });
      release(timeout);
      expect((await first).result).toMatchObject({ kind: 'unknown' });
      expect((await second).result).toEqual({ kind: 'not_sent', reason: 'breaker_open' });
      expect(sent).toHaveLength(1);
    });

    it('lets a probe through when its time is over, and tells of every move', async () => {
      let healthy = false;
      const { callChannel, moves } = gatewayWith({
        outcome: async () => (healthy ? answered : timeout),
        params: { breaker: { ...breaker, openMs: 1 } },
      });
      for (let n = 0; n < 2; n++) await callChannel(route, place);
      healthy = true;
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await callChannel(route, place)).result).toEqual({ kind: 'pending' });
      expect(moves.map(({ to }) => to)).toEqual(['open', 'half_open', 'closed']);
    });
  });

  it('tells when a signature could not be checked, so that new keys can be fetched', async () => {
    const parseResponse = () => ({ kind: 'unknown', reason: 'bad_signature' }) as never;
    const { callChannel, untrusted } = gatewayWith({ session: { parseResponse } });
    await callChannel(route, query);
    expect(untrusted).toEqual(['acc']);
  });

  it('reads a code of the channel as operations say', async () => {
    const raw = { code: 'BUSY', message: 'busy' };
    const parseResponse = () => ({ kind: 'unknown', reason: 'channel_says_unknown', raw }) as never;
    const { callChannel, reports } = gatewayWith({
      session: { parseResponse },
      override: { code: 'BUSY', outcome: { kind: 'declined', fault: 'channel', failureCode: 'channel_unavailable' } },
    });
    const declined = { kind: 'declined', fault: 'channel', code: 'channel_unavailable', raw };
    expect((await callChannel(route, place)).result).toMatchObject(declined);
    expect((await callChannel(route, query)).result).toMatchObject({ kind: 'unknown' });
    expect(reports.map(({ kind }) => kind)).toEqual(['declined', 'unknown']);
  });
});

describe('callbacks of a channel', () => {
  const callbacks = { maxConcurrent: 1, maxQueue: 1, queueTimeoutMs: 60_000, deadlineMs: 60_000 };
  const ok = { value: 'recorded', failed: false };

  /** Handling that ends when it is told to. */
  function slowly() {
    let end: (ended: typeof ok) => void = () => {};
    const handling = new Promise<typeof ok>((resolve) => {
      end = resolve;
    });
    return { handle: () => handling, end };
  }

  it('have places of their own: full ones stop neither our calls nor another channel', async () => {
    const { handleCallback, callChannel, stats } = gatewayWith({ params: { callbacks } });
    const [first, second] = [slowly(), slowly()];
    const answers = [handleCallback('ch', first.handle), handleCallback('ch', second.handle)];
    expect(await handleCallback('ch', async () => ok)).toEqual({ refused: 'full' });
    expect((await callChannel(route, place)).result).toEqual({ kind: 'pending' });
    expect(stats().find(({ group }) => group === 'callback')).toMatchObject({
      limits: { maxConcurrent: 1, maxQueue: 1 },
      stats: { active: 1, queued: 1, rejected: 1 },
    });
    first.end(ok);
    second.end(ok);
    expect(await Promise.all(answers)).toEqual([{ value: 'recorded' }, { value: 'recorded' }]);
    expect(await handleCallback('ch', async () => ok)).toEqual({ value: 'recorded' });
  });

  it('keep their sender waiting no longer than the deadline, and their place until they are done', async () => {
    const { handleCallback, stats } = gatewayWith({
      params: { callbacks: { ...callbacks, maxQueue: 0, deadlineMs: 50 } },
    });
    const slow = slowly();
    expect(await handleCallback('ch', slow.handle)).toEqual({ refused: 'too_slow' });
    expect(await handleCallback('ch', async () => ok)).toEqual({ refused: 'full' });
    slow.end(ok);
    await expect.poll(() => stats().find(({ group }) => group === 'callback')?.stats.active).toBe(0);
    expect(stats().find(({ group }) => group === 'callback')?.minute.counts).toMatchObject({ failed: 1, timeouts: 1 });
  });

  it('open their breaker when we can not record them, never when they are forged', async () => {
    const breaker = { windowSize: 4, minimumCalls: 4, failureRateThreshold: 50 };
    const { handleCallback, callChannel, moves } = gatewayWith({ params: { callbacks, breaker } });
    for (let n = 0; n < 20; n++) await handleCallback('ch', async () => ({ value: 'refused', failed: false }));
    expect(moves).toEqual([]);
    for (let n = 0; n < 4; n++) await handleCallback('ch', async () => ({ value: 'failed', failed: true }));
    expect(moves).toMatchObject([{ group: 'callback', to: 'open' }]);
    expect(await handleCallback('ch', async () => ok)).toEqual({ refused: 'breaker_open' });
    expect((await callChannel(route, place)).result).toEqual({ kind: 'pending' });
  });

  it('hand on what their handling throws', async () => {
    const { handleCallback } = gatewayWith({ params: { callbacks } });
    await expect(handleCallback('ch', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await handleCallback('ch', async () => ok)).toEqual({ value: 'recorded' });
  });
});

describe('an opened account', () => {
  it('is kept over reloads that do not touch it, and opened anew when its version or its keys change', async () => {
    const { callChannel, change, openings } = gatewayWith({});
    await callChannel(route, query);
    change({ trust: [{ serial: '1', publicKeyPem: 'p' }] });
    await callChannel(route, query);
    expect(openings()).toBe(1);
    change({ trust: [{ serial: '2', publicKeyPem: 'q' }] });
    await callChannel(route, query);
    expect(openings()).toBe(2);
    change({ version: 2 });
    await callChannel(route, query);
    expect(openings()).toBe(3);
    change(undefined);
    expect((await callChannel(route, query)).result).toMatchObject({ kind: 'not_sent' });
  });
});

import type { ChannelOperation } from '@tributary/channels/channel-adapter';
import type { ChannelResult, RefundResult } from '@tributary/channels/channel-result';
import { channelAdapters } from '@tributary/channels/registry';
import { type ResponseCodeOverride, responseCodeOverrideSchema } from '@tributary/contracts/response-codes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigSnapshot, ConfigSource } from '../../config/snapshot.ts';
import { isChannelFault } from '../channel-fault.ts';
import { effectiveCodes } from './effective-codes.ts';
import { type AnsweredOperation, createReadCodes, type UnmappedCode } from './read-codes.ts';

function setUp(overrides: ResponseCodeOverride[] = [], channelId = 'wx') {
  const seen: UnmappedCode[] = [];
  const snapshot = {
    channels: new Map([
      ['wx', { id: 'wx', adapter: 'wechat-pay' }],
      ['ali', { id: 'ali', adapter: 'alipay' }],
      ['up', { id: 'up', adapter: 'unionpay' }],
    ]),
    responseCodes: new Map([[channelId, new Map(overrides.map((one) => [one.code, one]))]]),
  } as unknown as ConfigSnapshot;
  const config = { current: () => snapshot } as unknown as ConfigSource;
  const adapters = new Map(channelAdapters.map((adapter) => [adapter.id, adapter]));
  const read = createReadCodes({ config, adapters, onUnmapped: (one) => seen.push(one) });
  return { seen, read };
}

const raw = (code: string) => ({ code, message: 'as the channel says' });
const unclear = (code: string): ChannelResult => ({ kind: 'unknown', reason: 'channel_says_unknown', raw: raw(code) });
const declined = (code: string, fault: 'channel' | 'merchant' | 'payer' | 'risk' | 'issuer'): ChannelResult => ({
  kind: 'declined',
  fault,
  code: 'channel_declined',
  raw: raw(code),
});

describe('reading response codes', () => {
  it('is total: a code that nobody mapped is unknown and counted, whatever the operation, and never a failure', () => {
    const operations: AnsweredOperation[] = ['place', 'query', 'close', 'reverse', 'refund', 'queryRefund', 'callback'];
    fc.assert(
      fc.property(
        fc.constantFrom('wx', 'ali', 'up'),
        fc.constantFrom(...operations),
        fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'constructor', 'toString')),
        (channelId, operation, code) => {
          fc.pre(!channelAdapters.some(({ codes }) => codes.find(code)));
          const { read, seen } = setUp();
          const result = unclear(code);
          expect(read({ channelId, operation, requestNo: 'R1' }, result)).toBe(result);
          expect(isChannelFault(result)).toBe(true);
          expect(seen).toEqual([{ channelId, operation, raw: raw(code), requestNo: 'R1' }]);
        },
      ),
    );
  });

  it('never turns an answer into another, for any code of any table, but by an override of an order', () => {
    const { read, seen } = setUp();
    for (const [channelId, index] of [
      ['wx', 0],
      ['ali', 1],
      ['up', 2],
    ] as const)
      for (const { code } of channelAdapters[index]?.codes.rows ?? [])
        for (const operation of ['place', 'query', 'close', 'reverse', 'refund', 'queryRefund', 'callback'] as const)
          expect(read({ channelId, operation }, unclear(code))).toMatchObject({ kind: 'unknown' });
    expect(seen).toEqual([]);
  });

  it("counts against the channel's health only what is the channel's fault", () => {
    const { read } = setUp();
    const place = { channelId: 'wx', operation: 'place' } as const;
    expect(isChannelFault(read(place, unclear('SYSTEM_ERROR')))).toBe(true);
    expect(isChannelFault(read(place, unclear('BUYER_MISMATCH')))).toBe(false);
    expect(isChannelFault(read(place, unclear('INVALID_REQUEST')))).toBe(false);
    expect(isChannelFault(read(place, declined('NO_AUTH', 'merchant')))).toBe(false);
    expect(isChannelFault(read(place, declined('RATELIMIT_EXCEEDED', 'channel')))).toBe(true);
    expect(isChannelFault(read(place, declined('RULE_LIMIT', 'risk')))).toBe(false);
  });

  it('says where another channel may be tried and where the same words may be said again', () => {
    const { read } = setUp();
    const place = { channelId: 'wx', operation: 'place' } as const;
    expect(read(place, declined('NO_AUTH', 'merchant'))).toMatchObject({ failOver: true });
    expect(read(place, declined('NOT_ENOUGH', 'payer'))).toMatchObject({ failOver: false });
    expect(read(place, unclear('SYSTEM_ERROR'))).toMatchObject({ retrySame: true, fault: 'channel' });
    expect(read(place, unclear('INVALID_REQUEST'))).toMatchObject({ retrySame: false, fault: 'merchant' });
  });

  it('gives words to merchants, and to payers only about their own side', () => {
    const { read } = setUp();
    const place = { channelId: 'wx', operation: 'place' } as const;
    expect(
      read(place, { ...declined('NOT_ENOUGH', 'payer'), code: 'insufficient_funds' } as ChannelResult),
    ).toMatchObject({
      words: { merchant: expect.stringMatching(/^The payer has not enough funds: /), payer: '付款人余额不足' },
    });
    const ours = read(place, declined('NO_AUTH', 'merchant'));
    expect(ours).toMatchObject({
      words: { merchant: 'The channel refused the payment: The shop has no right to this' },
    });
    expect(ours).not.toHaveProperty('words.payer');
  });

  it('lets operations map what nobody had mapped: fault, failover, words', () => {
    const override = responseCodeOverrideSchema.parse({
      code: 'NEW_ONE',
      meaning: '新码',
      meaningEn: 'Something new',
      payerMessage: '请换一张卡',
      outcome: { kind: 'declined', fault: 'merchant', failureCode: 'channel_declined', failOver: true },
    });
    const { read, seen } = setUp([override]);
    const result = read({ channelId: 'wx', operation: 'place' }, unclear('NEW_ONE'));
    expect(result).toEqual({
      kind: 'declined',
      fault: 'merchant',
      code: 'channel_declined',
      raw: raw('NEW_ONE'),
      failOver: true,
      words: { merchant: 'The channel refused the payment: Something new', payer: '请换一张卡' },
    });
    expect(seen).toEqual([]);
    // The answer to a look-up is about the look-up.
    expect(read({ channelId: 'wx', operation: 'query' }, unclear('NEW_ONE')).kind).toBe('unknown');
    // On another channel it is as unmapped as before.
    expect(read({ channelId: 'ali', operation: 'place' }, unclear('NEW_ONE')).kind).toBe('unknown');
    expect(seen).toHaveLength(1);
  });

  it("keeps the step's own fault for refunds: the shop lacks the money, not the payer", () => {
    const { read } = setUp();
    const refund: RefundResult = {
      kind: 'declined',
      fault: 'channel',
      code: 'refund_declined',
      raw: raw('NOT_ENOUGH'),
    };
    expect(read({ channelId: 'wx', operation: 'refund' }, refund)).toMatchObject({ fault: 'channel' });
  });

  it('believes no code of an answer that nobody signed, nor counts it', () => {
    const { read, seen } = setUp();
    for (const reason of ['bad_signature', 'http_status'] as const) {
      const result: ChannelResult = { kind: 'unknown', reason, raw: raw('ANYTHING') };
      expect(read({ channelId: 'wx', operation: 'place' as ChannelOperation }, result)).toBe(result);
    }
    expect(seen).toEqual([]);
  });

  it('lists every code of a channel once, by whom it is mapped', () => {
    const [wechatPay] = channelAdapters;
    const overrides = new Map(
      ['ORDERPAID', 'NEW_ONE'].map((code) => [
        code,
        responseCodeOverrideSchema.parse({ code, outcome: { kind: 'unknown', fault: 'payer' } }),
      ]),
    );
    const listed = effectiveCodes(wechatPay, overrides);
    expect(listed).toHaveLength((wechatPay?.codes.rows.length ?? 0) + 1);
    expect(listed.filter(({ from }) => from === 'override').map(({ code }) => code)).toEqual(['ORDERPAID', 'NEW_ONE']);
  });
});

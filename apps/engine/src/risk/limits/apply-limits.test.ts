import { type LimitDocument, limitDocumentSchema } from '@tributary/contracts/limit';
import type { CreatePayment } from '@tributary/contracts/payment';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigSnapshot, MerchantConfig } from '../../config/snapshot.ts';
import type { PaymentContext } from '../../payments/ports.ts';
import { applyLimits, readScopeKey } from './apply-limits.ts';

const limit = (own: object): LimitDocument =>
  limitDocumentSchema.parse({
    id: 'lim',
    name: 'lim',
    scope: ['merchant'],
    period: 'day',
    currency: 'CNY',
    maxAmount: 100,
    ...own,
  });
const single = (own: object) => limit({ scope: [], period: 'payment', ...own });

const at = new Date('2026-11-22T16:30:00Z');

function contextOf(
  limits: LimitDocument[],
  own: { payer?: CreatePayment['payer']; amount?: number; zone?: string } = {},
) {
  const { payer, amount = 50, zone = 'Asia/Shanghai' } = own;
  return {
    snapshot: { limits } as unknown as ConfigSnapshot,
    merchant: { id: 'mch_1', timeZone: zone } as MerchantConfig,
    service: { id: 'wechat.native' },
    request: { amount, currency: 'CNY', ...(payer ? { payer } : {}) },
    at,
  } as unknown as PaymentContext;
}
const keysOf = (context: PaymentContext) =>
  applyLimits(context).holds.map(({ limitId, scopeKey }) => [limitId, scopeKey]);

describe('limits', () => {
  it('raise one counter each that fits the payment: by match, currency, and what the payment tells', () => {
    const limits = [
      limit({ id: 'merchant' }),
      limit({ id: 'pair', scope: ['merchant', 'payer'] }),
      limit({ id: 'house', scope: [], maxAmount: undefined, maxCount: 9 }),
      limit({ id: 'no-ip', scope: ['ip'] }),
      limit({ id: 'card', scope: ['cardBin', 'bank'] }),
      limit({ id: 'usd', currency: 'USD' }),
      limit({ id: 'off', enabled: false }),
      limit({ id: 'other-merchant', match: { merchantIds: ['mch_9'] } }),
      limit({ id: 'mine', match: { merchantIds: ['mch_9', 'mch_1'], serviceIds: ['wechat.native'] } }),
      limit({ id: 'other-service', match: { serviceIds: ['wechat.h5'] } }),
    ];
    expect(keysOf(contextOf(limits, { payer: { id: 'p1', cardBin: '621700', bank: 'CCB' } }))).toEqual([
      ['card', 'day.CNY|cardBin=621700|bank=CCB'],
      ['house', 'day.CNY'],
      ['merchant', 'day.CNY|merchant=mch_1'],
      ['mine', 'day.CNY|merchant=mch_1'],
      ['pair', 'day.CNY|merchant=mch_1|payer=p1'],
    ]);
  });

  it('cut windows at the merchant’s midnight, at their own, or at the house’s when they span merchants', () => {
    const starts = applyLimits(
      contextOf(
        [
          limit({ id: 'merchant' }),
          limit({ id: 'own', timeZone: 'UTC' }),
          limit({ id: 'span', scope: ['payer'] }),
          limit({ id: 'month', period: 'month' }),
          limit({ id: 'hour', period: 'hour' }),
        ],
        { zone: 'America/New_York', payer: { id: 'p' } },
      ),
    ).holds.map(({ limitId, windowStart }) => [limitId, windowStart]);
    expect(Object.fromEntries(starts)).toEqual({
      merchant: '2026-11-22T05:00:00.000Z',
      own: '2026-11-22T00:00:00.000Z',
      span: '2026-11-22T16:00:00.000Z',
      month: '2026-11-01T04:00:00.000Z',
      hour: '2026-11-22T16:00:00.000Z',
    });
  });

  it('refuse one payment that is too small or too large, or only note it in shadow', () => {
    const limits = [
      single({ id: 'bounds', minAmount: 10, maxAmount: 100 }),
      single({ id: 'aside', mode: 'shadow', maxAmount: 49 }),
    ];
    expect(applyLimits(contextOf(limits, { amount: 50 }))).toMatchObject({
      refusedBy: undefined,
      shadow: [{ id: 'aside' }],
    });
    expect(applyLimits(contextOf(limits, { amount: 9 }))).toMatchObject({ refusedBy: { id: 'bounds' }, shadow: [] });
    expect(applyLimits(contextOf(limits, { amount: 101 }))).toMatchObject({
      refusedBy: { id: 'bounds' },
      shadow: [{ id: 'aside' }],
    });
    expect(applyLimits(contextOf(limits, { amount: 10 }))).toMatchObject({ refusedBy: undefined, shadow: [] });
  });

  it('over channels and accounts speak only of routes', () => {
    const limits = [
      limit({ id: 'channel', scope: ['channel'] }),
      limit({ id: 'account', scope: ['account', 'merchant'], match: { channelIds: ['wx'] } }),
      single({ id: 'small', maxAmount: 10, match: { accountIds: ['ali-1'] } }),
    ];
    const applied = applyLimits(contextOf(limits));
    expect(applied.holds).toEqual([]);
    expect(applied.limitsOfRoute({ channelId: 'wx', accountId: 'wx-1' })).toMatchObject({
      holds: [{ scopeKey: 'day.CNY|account=wx-1|merchant=mch_1' }, { scopeKey: 'day.CNY|channel=wx' }],
    });
    expect(applied.limitsOfRoute({ channelId: 'ali', accountId: 'ali-1' })).toMatchObject({
      refusedBy: 'small',
      holds: [{ scopeKey: 'day.CNY|channel=ali' }],
    });
  });

  it('give one address one counter, however it is spelled', () => {
    const limits = [limit({ scope: ['ip'] })];
    const keyOf = (ip: string) => keysOf(contextOf(limits, { payer: { ip } }))[0]?.[1];
    expect(keyOf('2001:0db8::0001')).toBe(keyOf('2001:db8::1'));
    expect(keyOf('::ffff:10.0.0.1')).toBe('day.CNY|ip=10.0.0.1');
  });

  it('never share a counter between different payers or devices, whatever these call themselves', () => {
    const name = fc.oneof(
      fc.constantFrom('a', 'a|device=b', 'b|payer=a', '%7C', 'device=a'),
      fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
    );
    const limits = [limit({ scope: ['payer', 'device'] })];
    fc.assert(
      fc.property(name, name, name, name, (payer, device, payer2, device2) => {
        const key = (id: string, deviceId: string) =>
          keysOf(contextOf(limits, { payer: { id, deviceId } }))[0]?.[1] ?? '';
        expect(key(payer, device) === key(payer2, device2)).toBe(payer === payer2 && device === device2);
        expect(readScopeKey(key(payer, device))).toEqual({ payer, device });
      }),
    );
  });
});

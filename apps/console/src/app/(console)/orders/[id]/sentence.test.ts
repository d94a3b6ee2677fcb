import { describe, expect, it } from 'vitest';
import en from '../../../../i18n/messages/en.json' with { type: 'json' };
import zh from '../../../../i18n/messages/zh-CN.json' with { type: 'json' };
import { type SentenceFacts, sentenceOf } from './sentence.ts';

const facts = (payment: Partial<SentenceFacts['payment']>, own: Partial<SentenceFacts> = {}): SentenceFacts => ({
  payment: {
    status: 'processing',
    hold: null,
    closeReason: null,
    failureCode: null,
    amount: 100,
    refundedAmount: 0,
    expiresAt: 2000,
    ...payment,
  },
  attempts: [{ no: 1, status: 'pending', channelId: 'wechat-pay', nextSyncAt: 1500, syncStep: 2 }],
  refunds: [],
  now: 1000,
  ...own,
});
const attempt = (status: string) => ({
  attempts: [{ no: 1, status, channelId: 'wechat-pay', nextSyncAt: 1500, syncStep: 4 }],
});
const refund = (kind: string, status: string, channelState = 'pending') => ({
  refunds: [{ kind, status, channelState }],
});

const cases: [string, SentenceFacts][] = [
  ['waiting', facts({})],
  ['unknown', facts({}, attempt('unknown'))],
  ['unknown', facts({}, attempt('sending'))],
  ['closing', facts({ closeReason: 'closed_by_merchant' })],
  ['ending', facts({}, { now: 3000 })],
  ['hold', facts({ hold: 'amount_mismatch' })],
  ['succeeded', facts({ status: 'succeeded' })],
  ['refunding', facts({ status: 'succeeded', refundedAmount: 50 }, refund('merchant', 'processing'))],
  ['partlyRefunded', facts({ status: 'succeeded', refundedAmount: 50 }, refund('merchant', 'succeeded'))],
  ['refunded', facts({ status: 'succeeded', refundedAmount: 100 }, refund('merchant', 'succeeded'))],
  ['rejected', facts({ status: 'rejected', failureCode: 'risk_single_limit' }, { attempts: [] })],
  ['noRoute', facts({ status: 'failed', failureCode: 'no_route' }, { attempts: [] })],
  ['failed', facts({ status: 'failed', failureCode: 'insufficient_funds' }, attempt('failed'))],
  ['closedByMerchant', facts({ status: 'closed', failureCode: 'closed_by_merchant' })],
  ['expired', facts({ status: 'closed', failureCode: 'expired' })],
  ['compensating', facts({ status: 'closed' }, refund('compensation', 'processing'))],
  ['compensationStuck', facts({ status: 'closed' }, refund('compensation', 'processing', 'declined'))],
  ['compensated', facts({ status: 'closed' }, refund('compensation', 'succeeded'))],
];

describe('the sentence about an order', () => {
  it.each(cases)('says "%s"', (key, given) => {
    expect(sentenceOf(given).key).toBe(key);
    for (const messages of [en, zh]) {
      expect(messages.order.sentence).toHaveProperty(key);
      expect(messages.order.tell).toHaveProperty(key);
    }
  });

  it('tells how often we asked and when we ask next', () => {
    expect(sentenceOf(facts({}, attempt('unknown'))).values).toMatchObject({
      channel: 'wechat-pay',
      lookUps: 4,
      nextAt: 1500,
    });
  });
});

import type { Aggregate, AttemptState, PaymentState } from '../aggregate.ts';
import type { DecisionTools } from '../decide/decision.ts';

/** Made-up payments for tests of pure decisions: CNY 10.00, one attempt being sent, version 5. */

const at = new Date('2026-11-23T08:00:00Z');

export const attemptWith = (own: Partial<AttemptState> = {}): AttemptState => ({
  no: 1,
  channelId: 'wechat-pay',
  accountId: 'a',
  requestNo: `01KAMC3M000000000000000000${String(own.no ?? 1).padStart(2, '0')}`,
  status: 'sending',
  winner: false,
  amount: 1000n,
  currency: 'CNY',
  channelTxn: null,
  resultCode: null,
  resultMessage: null,
  nextSyncAt: at,
  syncStep: 0,
  sentAt: at,
  reversing: false,
  seen: false,
  notFoundSince: null,
  ...own,
});

export function aggregateOf(own: Partial<PaymentState> & { attempts?: AttemptState[] } = {}): Aggregate {
  const { attempts = [attemptWith()], ...payment } = own;
  return {
    attempts,
    refunds: [],
    payment: {
      id: 'pay_01KAMC3M000000000000000000',
      merchantId: 'mch_1',
      merchantOrderNo: 'A1',
      serviceId: 'wechat.native',
      product: 'native',
      status: 'processing',
      amount: 1000n,
      currency: 'CNY',
      subject: 'Flat white',
      payer: {},
      notifyUrl: null,
      returnUrl: null,
      metadata: null,
      channelId: 'wechat-pay',
      accountId: 'a',
      channelTxn: null,
      credential: null,
      failureCode: null,
      failureMessage: null,
      payerMessage: null,
      refundedAmount: 0n,
      hold: null,
      closeReason: null,
      plan: [{ channelId: 'wechat-pay', accountId: 'a' }],
      version: 5,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      createdAt: at,
      updatedAt: at,
      expiresAt: new Date(at.getTime() + 900_000),
      succeededAt: null,
      ...payment,
    },
  };
}

export function toolsAt(now: Date = new Date(at.getTime() + 1000)): DecisionTools {
  let refunds = 0;
  return {
    now,
    nextLookUp: ({ from, step }) => new Date(from.getTime() + 1000 * (step + 1)),
    newRefundId: () => `rfd_01KAMC3M00000000000000${String(++refunds).padStart(4, '0')}`,
  };
}

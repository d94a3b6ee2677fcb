import type { ChannelResult, RawCode, RefundResult } from '../channel-result.ts';
import { readOrderRefusal } from './status-map.ts';
import type { Order, Refund } from './wire.ts';

const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;
const saysUnknown = { kind: 'unknown', reason: 'channel_says_unknown' } as const;

export const rawOf = (code: string, message = ''): RawCode => ({
  code: code.slice(0, 64),
  message: message.slice(0, 256),
});

/** An order in our words, the same from an answer and from a callback. Total: a state nobody knows is unknown. */
export function readOrder(order: Order): ChannelResult {
  const raw = rawOf(order.state);
  switch (order.state) {
    case 'waiting':
      return { kind: 'pending', raw };
    case 'paid': {
      if (order.currency !== 'CNY') return { ...unreadable, raw };
      const paid = { amountMinor: BigInt(order.amount), currency: 'CNY' } as const;
      const paidAt = order.paidAt === undefined ? {} : { paidAt: new Date(order.paidAt) };
      return { kind: 'succeeded', channelTxn: order.tradeNo, paid, ...paidAt, raw };
    }
    case 'closed':
    case 'reversed':
      return { kind: 'closed', raw };
    case 'failed': {
      // Only what is charged at once can fail for good; its code says why.
      const why = rawOf(order.failCode ?? '');
      return { ...readOrderRefusal('codepay', why.code), raw: why };
    }
    default:
      return { ...saysUnknown, raw };
  }
}

/** A refund in our words. Total. */
export function readRefund(refund: Refund): RefundResult {
  const raw = rawOf(refund.state);
  switch (refund.state) {
    case 'accepted':
      return { kind: 'pending', channelRefundNo: refund.refundTradeNo, raw };
    case 'paid_out': {
      if (refund.currency !== 'CNY') return { ...unreadable, raw };
      const refunded = { amountMinor: BigInt(refund.amount), currency: 'CNY' } as const;
      return { kind: 'succeeded', channelRefundNo: refund.refundTradeNo, refunded, raw };
    }
    case 'refused':
      return { kind: 'declined', fault: 'channel', code: 'refund_declined', raw };
    default:
      return { ...saysUnknown, raw };
  }
}

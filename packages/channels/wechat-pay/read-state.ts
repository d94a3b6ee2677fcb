import { type Currency, currencyExponents, type Money } from '@tributary/contracts/money';
import type { ChannelResult, RawCode, RefundResult } from '../channel-result.ts';
import { type OrderOutcome, type RefundOutcome, readRefundState, readTradeState } from './status-map.ts';
import type { RefundState, Transaction } from './wire.ts';

const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;
const amountMismatch = { kind: 'unknown', reason: 'amount_mismatch' } as const;

const maxMessage = 256;

export const rawOf = (code: string, message: string | undefined): RawCode => ({
  code: code.slice(0, 64),
  message: (message ?? '').slice(0, maxMessage),
});

/**
 * Reads an order that WeChat Pay told us about.
 * A response's signature does not cover the request, so anything definite must name our order and our merchant:
 * otherwise an answer about another order could be played to us.
 */
export function readTransaction(order: Transaction, expected: { mchId: string; requestNo: string }): ChannelResult {
  const raw = rawOf(order.trade_state, order.trade_state_desc);
  const outcome = readTradeState(order.trade_state);
  if (order.out_trade_no !== undefined && order.out_trade_no !== expected.requestNo) return { ...unreadable, raw };
  if (order.mchid !== undefined && order.mchid !== expected.mchId) return { ...unreadable, raw };
  if (outcome.kind === 'pending' || outcome.kind === 'unknown') return { ...outcome, raw };
  if (order.out_trade_no === undefined || order.mchid === undefined) return { ...unreadable, raw };
  return outcome.kind === 'succeeded' ? readPaid(order, raw) : withRaw(outcome, raw);
}

function readPaid(order: Transaction, raw: RawCode): ChannelResult {
  if (order.transaction_id === undefined || order.amount === undefined) return { ...unreadable, raw };
  const paid = readMoney(order.amount.total, order.amount.currency);
  if (paid === undefined) return { ...amountMismatch, raw };
  const paidAt = readTime(order.success_time);
  return { kind: 'succeeded', channelTxn: order.transaction_id, paid, ...(paidAt && { paidAt }), raw };
}

/** Puts the channel's words to an outcome that says all there is to say. */
export function withRaw(outcome: Exclude<OrderOutcome, { kind: 'succeeded' }>, raw: RawCode): ChannelResult {
  return { ...outcome, raw };
}

/** Reads a refund that WeChat Pay told us about; it must be the one we mean. */
export function readRefund(refund: RefundState, expected: { requestNo: string; refundNo: string }): RefundResult {
  const raw = rawOf(refund.status, '');
  if (refund.out_refund_no !== expected.refundNo || refund.out_trade_no !== expected.requestNo) {
    return { ...unreadable, raw };
  }
  const outcome = readRefundState(refund.status);
  if (outcome.kind === 'pending') return { kind: 'pending', channelRefundNo: refund.refund_id, raw };
  if (outcome.kind !== 'succeeded') return withRefundRaw(outcome, raw);
  const refunded = readMoney(refund.amount.refund, refund.amount.currency);
  return refunded === undefined
    ? { ...amountMismatch, raw }
    : { kind: 'succeeded', channelRefundNo: refund.refund_id, refunded, raw };
}

export function withRefundRaw(outcome: Exclude<RefundOutcome, { kind: 'succeeded' }>, raw: RawCode): RefundResult {
  return outcome.kind === 'declined' ? { ...outcome, code: 'refund_declined', raw } : { ...outcome, raw };
}

// The currency may be left out: domestic merchants are paid in CNY only. One that we don't know is not guessed at.
function readMoney(minor: number, currency = 'CNY'): Money | undefined {
  return Object.hasOwn(currencyExponents, currency)
    ? { amountMinor: BigInt(minor), currency: currency as Currency }
    : undefined;
}

function readTime(text: string | undefined): Date | undefined {
  const time = new Date(text ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

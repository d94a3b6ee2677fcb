import type { Order } from './orders.ts';
import type { Refund } from './refunds.ts';

/** China's time with its offset, as the protocol writes it. */
export const chinaTime = (at: string | number): string =>
  new Date(new Date(at).getTime() + 8 * 3_600_000).toISOString().replace(/\.\d{3}Z$/, '+08:00');

const tradeTypes = { native: 'NATIVE', jsapi: 'JSAPI', h5: 'MWEB', app: 'APP', codepay: 'MICROPAY' } as const;

const tradeState = (order: Order): { state: string; words: string } => {
  if (order.state === 'paid') {
    return order.refunding > 0 ? { state: 'REFUND', words: '转入退款' } : { state: 'SUCCESS', words: '支付成功' };
  }
  if (order.state === 'closed') return { state: 'CLOSED', words: '订单已关闭' };
  if (order.state === 'reversed') return { state: 'REVOKED', words: '订单已撤销' };
  if (order.state === 'failed') return { state: 'PAYERROR', words: '支付失败' };
  return order.product === 'codepay'
    ? { state: 'USERPAYING', words: '用户支付中，需要输入密码' }
    : { state: 'NOTPAY', words: '订单未支付' };
};

/** A transaction as queries, codepay answers and callbacks show it. The transaction id appears only once it is paid. */
export const toTransaction = (order: Order, mchid: string): Record<string, unknown> => {
  const { state, words } = tradeState(order);
  const base = {
    appid: order.appid,
    mchid,
    out_trade_no: order.outTradeNo,
    trade_state: state,
    trade_state_desc: words,
    promotion_detail: [],
  };
  if (order.paidAt === undefined) {
    return { ...base, amount: { total: order.amount, currency: order.currency }, payer: {} };
  }
  return {
    ...base,
    ...(order.attach === undefined ? {} : { attach: order.attach }),
    transaction_id: order.transactionId,
    trade_type: tradeTypes[order.product],
    bank_type: order.issuer,
    success_time: chinaTime(order.paidAt),
    payer: { openid: order.openid },
    amount: {
      total: order.amount,
      payer_total: order.amount,
      currency: order.currency,
      payer_currency: order.currency,
    },
  };
};

const refundStatus = { created: 'PROCESSING', succeeded: 'SUCCESS', failed: 'ABNORMAL' } as const;

/** A refund as the refund calls show it. */
export const toRefund = (refund: Refund, order: Order): Record<string, unknown> => ({
  refund_id: refund.refundId,
  out_refund_no: refund.outRefundNo,
  transaction_id: order.transactionId,
  out_trade_no: order.outTradeNo,
  channel: 'ORIGINAL',
  user_received_account: '支付用户零钱',
  ...(refund.succeededAt === undefined ? {} : { success_time: chinaTime(refund.succeededAt) }),
  create_time: chinaTime(refund.createdAt),
  status: refundStatus[refund.state],
  funds_account: 'UNSETTLED',
  amount: {
    total: order.amount,
    refund: refund.amount,
    payer_total: order.amount,
    payer_refund: refund.amount,
    settlement_refund: refund.amount,
    settlement_total: order.amount,
    discount_refund: 0,
    currency: order.currency,
  },
});

/** A refund as callbacks show it: other words for the status, and no currency. */
export const toRefundNotice = (refund: Refund, order: Order, mchid: string): Record<string, unknown> => ({
  mchid,
  out_trade_no: order.outTradeNo,
  transaction_id: order.transactionId,
  out_refund_no: refund.outRefundNo,
  refund_id: refund.refundId,
  refund_status: refundStatus[refund.state],
  ...(refund.succeededAt === undefined ? {} : { success_time: chinaTime(refund.succeededAt) }),
  user_received_account: '支付用户零钱',
  amount: { total: order.amount, refund: refund.amount, payer_total: order.amount, payer_refund: refund.amount },
});

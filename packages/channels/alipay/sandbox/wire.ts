import type { Order } from './orders.ts';
import type { Refund } from './refunds.ts';

/** China's time as the protocol writes it. */
export const chinaTime = (at: string | number): string =>
  new Date(new Date(at).getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

/** Minor units as yuan with two decimals. */
export const yuan = (minor: number): string => `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;

/** A trade whose money went back in full is closed, but keeps its payment time. */
export const tradeStatus = (order: Order): string => {
  if (order.state === 'created') return 'WAIT_BUYER_PAY';
  return order.state === 'paid' && order.refunded < order.amount ? 'TRADE_SUCCESS' : 'TRADE_CLOSED';
};

const buyerOf = (order: Order) => ({
  buyer_logon_id: '159****5620',
  ...(/^2088\d{12}$/.test(order.buyerId) ? { buyer_user_id: order.buyerId } : { buyer_open_id: order.buyerId }),
});
const money = (order: Order, amount: number) => ({
  total_amount: yuan(amount),
  receipt_amount: yuan(amount),
  buyer_pay_amount: yuan(amount),
  point_amount: '0.00',
  invoice_amount: yuan(amount),
  fund_bill_list: [
    { fund_channel: order.issuer === 'ALIPAYACCOUNT' ? 'ALIPAYACCOUNT' : 'BANKCARD', amount: yuan(amount) },
  ],
});

/** A trade as look-ups show it. The payment time is there only when money went to the seller. */
export const toTrade = (order: Order): Record<string, unknown> => ({
  trade_no: order.tradeNo,
  out_trade_no: order.outTradeNo,
  ...buyerOf(order),
  trade_status: tradeStatus(order),
  ...(order.paidAt === undefined
    ? { total_amount: yuan(order.amount), receipt_amount: '0.00', buyer_pay_amount: '0.00' }
    : { ...money(order, order.amount), send_pay_date: chinaTime(order.paidAt) }),
});

/** A trade as a barcode payment's answer shows it: no status in words. */
export const toPayment = (order: Order): Record<string, unknown> => ({
  trade_no: order.tradeNo,
  out_trade_no: order.outTradeNo,
  ...buyerOf(order),
  ...(order.paidAt === undefined
    ? { total_amount: yuan(order.amount) }
    : { ...money(order, order.amount), gmt_payment: chinaTime(order.paidAt) }),
});

/** A refund as its look-up shows it. Before it is done there is no status at all. */
export const toRefund = (refund: Refund, order: Order): Record<string, unknown> => ({
  trade_no: order.tradeNo,
  out_trade_no: order.outTradeNo,
  out_request_no: refund.outRequestNo,
  total_amount: yuan(order.amount),
  refund_amount: yuan(refund.amount),
  ...(refund.reason === undefined ? {} : { refund_reason: refund.reason }),
  ...(refund.succeededAt === undefined
    ? {}
    : { refund_status: 'REFUND_SUCCESS', gmt_refund_pay: chinaTime(refund.succeededAt) }),
});

/** The fields of a callback about a trade that was paid; `refund` when it is told because of one. */
export const toNoticeFields = (order: Order, amount: number, refund?: Refund): Record<string, string> => {
  const { fund_bill_list: bills, ...amounts } = money(order, amount);
  return {
    ...(/^2088\d{12}$/.test(order.buyerId) ? { buyer_id: order.buyerId } : { buyer_open_id: order.buyerId }),
    buyer_logon_id: '159****5620',
    out_trade_no: order.outTradeNo,
    trade_no: order.tradeNo,
    trade_status: tradeStatus(order),
    subject: order.subject,
    ...amounts,
    fund_bill_list: JSON.stringify(bills.map(({ fund_channel: fundChannel, ...bill }) => ({ ...bill, fundChannel }))),
    gmt_create: chinaTime(order.createdAt),
    ...(order.paidAt === undefined ? {} : { gmt_payment: chinaTime(order.paidAt) }),
    ...(order.passback === undefined ? {} : { passback_params: order.passback }),
    ...(refund?.succeededAt === undefined
      ? {}
      : {
          // The sum of all refunds so far, not this one's share.
          refund_fee: yuan(order.refunded),
          gmt_refund: `${chinaTime(refund.succeededAt)}.000`,
          out_biz_no: refund.outRequestNo,
        }),
  };
};

import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import type { Operation } from '../../testing/simulator/faults.ts';
import { type Outcome, refusal, succeeded } from './answers.ts';
import type { Parameters } from './gateway.ts';
import { isExpired, isTrade, type Order, type OrderBook } from './orders.ts';
import type { Placing } from './placing.ts';
import type { RefundBook } from './refunds.ts';
import {
  closeSchema,
  type Product,
  parseContent,
  querySchema,
  refundQuerySchema,
  refundSchema,
} from './request-schema.ts';
import { chinaTime, toRefund, toTrade, yuan } from './wire.ts';

/** One method of the gateway: answered to the merchant, or, as a link, to the payer who follows it. */
export type Call =
  | { operation: Operation; answer(parameters: Parameters): Outcome }
  | { operation: 'place'; product: Product };

/** What the calls work on. */
export type CallDeps = { context: SimulatorContext; orders: OrderBook; refunds: RefundBook; placing: Placing };

/** The table of methods. */
export const createCalls = ({ context, orders, refunds, placing }: CallDeps): ReadonlyMap<string, Call> => {
  const findOrder = (named: {
    out_trade_no?: string | undefined;
    trade_no?: string | undefined;
  }): Order | undefined => {
    // The channel's own number comes first, as documented.
    const order =
      named.trade_no !== undefined
        ? orders.findByTradeNo(named.trade_no)
        : orders.findByOutTradeNo(named.out_trade_no ?? '');
    // Unlike a code that nobody scanned, a trade is closed when its time is over.
    if (order?.state === 'created' && isTrade(order) && isExpired(order, context.now())) orders.move(order, 'closed');
    return order;
  };
  const getTrade = (named: { out_trade_no?: string | undefined; trade_no?: string | undefined }): Order => {
    const order = findOrder(named);
    if (order === undefined || !isTrade(order)) throw refusal('ACQ.TRADE_NOT_EXIST');
    return order;
  };
  const numbersOf = (order: Order) => ({ trade_no: order.tradeNo, out_trade_no: order.outTradeNo });

  const close = (parameters: Parameters): Outcome => {
    const order = getTrade(parseContent(closeSchema, parameters));
    if (order.state === 'paid') throw refusal('ACQ.TRADE_STATUS_ERROR');
    if (order.state !== 'created') throw refusal('ACQ.TRADE_HAS_CLOSE');
    orders.move(order, 'closed');
    return succeeded(numbersOf(order));
  };

  const cancel = (parameters: Parameters): Outcome => {
    const order = findOrder(parseContent(closeSchema, parameters));
    if (order === undefined) throw refusal('ACQ.TRADE_NOT_EXIST');
    if (order.state === 'paid') {
      if (order.refunding > 0) throw refusal('ACQ.CANCEL_NOT_ALLOWED');
      orders.move(order, 'reversed');
    } else if (order.state === 'created') orders.move(order, 'closed');
    const action = order.state === 'reversed' ? 'refund' : 'close';
    return succeeded({ ...numbersOf(order), retry_flag: 'N', action });
  };

  const refund = (parameters: Parameters): Outcome => {
    const body = parseContent(refundSchema, parameters);
    const order = getTrade(body);
    if (body.out_request_no === undefined && body.refund_amount !== order.amount) {
      throw refusal('ACQ.INVALID_PARAMETER', '部分退款时out_request_no不能为空');
    }
    const outRequestNo = body.out_request_no ?? order.outTradeNo;
    const moved = refunds.request(order, outRequestNo, body.refund_amount, body.refund_reason);
    return succeeded({
      ...numbersOf(order),
      buyer_logon_id: '159****5620',
      fund_change: moved ? 'Y' : 'N',
      refund_fee: yuan(order.refunded),
      send_back_fee: yuan(moved ? body.refund_amount : 0),
      gmt_refund_pay: chinaTime(context.now()),
    });
  };

  const queryRefund = (parameters: Parameters): Outcome => {
    const body = parseContent(refundQuerySchema, parameters);
    const order = getTrade(body);
    const known = refunds.find(order, body.out_request_no);
    // A refund that does not exist, or failed, is a success without a word about it.
    return succeeded(known === undefined || known.state === 'failed' ? {} : toRefund(known, order));
  };

  const placeCall = (product: Product): Call => ({
    operation: 'place',
    answer: (parameters) => placing.answer(product, parameters),
  });
  return new Map<string, Call>([
    ['alipay.trade.precreate', placeCall('native')],
    ['alipay.trade.pay', placeCall('codepay')],
    ['alipay.trade.create', placeCall('jsapi')],
    ['alipay.trade.wap.pay', { operation: 'place', product: 'h5' }],
    ['alipay.trade.page.pay', { operation: 'place', product: 'page' }],
    // Where the real app takes its signed order to is not public; here it goes the way of the links.
    ['alipay.trade.app.pay', { operation: 'place', product: 'app' }],
    [
      'alipay.trade.query',
      {
        operation: 'query',
        answer: (parameters) => succeeded(toTrade(getTrade(parseContent(querySchema, parameters)))),
      },
    ],
    ['alipay.trade.close', { operation: 'close', answer: close }],
    ['alipay.trade.cancel', { operation: 'reverse', answer: cancel }],
    ['alipay.trade.refund', { operation: 'refund', answer: refund }],
    ['alipay.trade.fastpay.refund.query', { operation: 'queryRefund', answer: queryRefund }],
  ]);
};

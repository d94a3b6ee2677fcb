import type { ReceivedRequest, SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import type { Operation } from '../../testing/simulator/faults.ts';
import { type Outcome, refusal } from './answers.ts';
import { assertJsonContent, signingModeOf } from './auth.ts';
import type { WechatPayCredentials } from './credentials.ts';
import { type Notifications, sealResource } from './notifications.ts';
import type { Order, OrderBook } from './orders.ts';
import type { Placing } from './placing.ts';
import type { Refund, RefundBook } from './refunds.ts';
import { closeSchema, type Product, parseBody, refundSchema, requireMchid, reverseSchema } from './request-schema.ts';
import { chinaTime, toRefund, toTransaction } from './wire.ts';

/** One call of the protocol. `name` is the number in its path, if it has one. */
export type Call = {
  method: 'GET' | 'POST';
  path: RegExp;
  operation: Operation;
  answer(request: ReceivedRequest, name: string): Outcome;
};

/** What the calls work on. */
export type CallDeps = {
  context: SimulatorContext;
  credentials: WechatPayCredentials;
  orders: OrderBook;
  refunds: RefundBook;
  notifications: Notifications;
  place: Placing;
};

/** Pays a refund out when its time has come, and tells the merchant. */
export const createRefundSettler =
  ({ context, orders, refunds, notifications }: Pick<CallDeps, 'context' | 'orders' | 'refunds' | 'notifications'>) =>
  (refund: Refund): void => {
    context.timers.after(refund.dueAt - context.now(), () => {
      const order = orders.findByOutTradeNo(refund.outTradeNo);
      if (refund.state !== 'created' || order === undefined) return;
      refunds.settle(refund);
      notifications.refunded(refund, order);
    });
  };

/** The table of calls, in the order in which paths are tried. */
export const createCalls = (deps: CallDeps): readonly Call[] => {
  const { context, credentials, orders, refunds, place } = deps;
  const settleWhenDue = createRefundSettler(deps);

  const assertMerchant = (mchid: string) => {
    if (mchid !== credentials.mchid) throw refusal(400, 'INVALID_REQUEST', '商户号与签名商户号不一致');
  };
  const getOrder = (order: Order | undefined): Order => {
    if (order === undefined) throw refusal(404, 'ORDER_NOT_EXIST');
    return order;
  };

  const placeCall = (product: Product): Call => ({
    method: 'POST',
    path: new RegExp(`^/v3/pay/transactions/${product}$`),
    operation: 'place',
    answer: (request) => place(product, request),
  });

  const close = (request: ReceivedRequest, outTradeNo: string): Outcome => {
    assertJsonContent(request);
    assertMerchant(parseBody(closeSchema, request.body).mchid);
    const order = getOrder(orders.findByOutTradeNo(outTradeNo));
    if (order.product === 'codepay') throw refusal(400, 'INVALID_REQUEST', '付款码支付订单请调用撤销订单接口');
    if (order.state === 'paid') throw refusal(400, 'ORDERPAID');
    if (order.state === 'created') orders.move(order, 'closed');
    return { status: 204 };
  };

  const reverse = (request: ReceivedRequest, outTradeNo: string): Outcome => {
    assertJsonContent(request);
    const { appid, mchid } = parseBody(reverseSchema, request.body);
    assertMerchant(mchid);
    const order = getOrder(orders.findByOutTradeNo(outTradeNo));
    if (order.product !== 'codepay') throw refusal(400, 'INVALID_REQUEST', '仅付款码支付订单支持撤销');
    if (order.refunding > 0) throw refusal(400, 'INVALID_REQUEST', '订单已发起退款，不能撤销');
    if (order.state !== 'reversed') orders.move(order, 'reversed');
    return { status: 200, body: { appid, mchid, out_trade_no: order.outTradeNo } };
  };

  const refund = (request: ReceivedRequest): Outcome => {
    assertJsonContent(request);
    const body = parseBody(refundSchema, request.body);
    const byId = body.transaction_id === undefined ? undefined : orders.findByTransactionId(body.transaction_id);
    const byNo = body.out_trade_no === undefined ? undefined : orders.findByOutTradeNo(body.out_trade_no);
    if (body.transaction_id === undefined && body.out_trade_no === undefined) {
      throw refusal(400, 'PARAM_ERROR', 'transaction_id与out_trade_no须二选一');
    }
    const order = byId ?? byNo;
    if (order === undefined) throw refusal(404, 'RESOURCE_NOT_EXISTS', '订单不存在');
    if (byId !== undefined && body.out_trade_no !== undefined && byId !== byNo) {
      throw refusal(400, 'INVALID_REQUEST', '微信支付订单号与商户订单号不匹配');
    }
    const accepted = refunds.request(order, body, {
      dueAt: context.now() + context.settings().refundDelayMs,
      fails: context.faults.failsRefund(),
      signWith: signingModeOf(request, credentials),
    });
    if (accepted.isNew) settleWhenDue(accepted.refund);
    return { status: 200, body: toRefund(accepted.refund, order) };
  };

  const queryRefund = (_request: ReceivedRequest, outRefundNo: string): Outcome => {
    const known = refunds.find(outRefundNo);
    const order = known === undefined ? undefined : orders.findByOutTradeNo(known.outTradeNo);
    if (known === undefined || order === undefined) throw refusal(404, 'RESOURCE_NOT_EXISTS', '退款单不存在');
    return { status: 200, body: toRefund(known, order) };
  };

  const certificates = (): Outcome => ({
    status: 200,
    body: {
      data: credentials.certificates().map(({ serial, certificatePem, effectiveAt, expiresAt }) => ({
        serial_no: serial,
        effective_time: chinaTime(effectiveAt),
        expire_time: chinaTime(expiresAt),
        encrypt_certificate: sealResource(credentials.apiV3Key, certificatePem, 'certificate'),
      })),
    },
  });

  return [
    placeCall('native'),
    placeCall('jsapi'),
    placeCall('h5'),
    placeCall('app'),
    placeCall('codepay'),
    {
      method: 'GET',
      path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/,
      operation: 'query',
      answer: (request, outTradeNo) => {
        requireMchid(request.query, credentials.mchid);
        return { status: 200, body: toTransaction(getOrder(orders.findByOutTradeNo(outTradeNo)), credentials.mchid) };
      },
    },
    {
      method: 'GET',
      path: /^\/v3\/pay\/transactions\/id\/([^/]+)$/,
      operation: 'query',
      answer: (request, transactionId) => {
        requireMchid(request.query, credentials.mchid);
        const order = getOrder(orders.findByTransactionId(transactionId));
        // Before it is paid, the merchant can't know this number, nor does the real one answer to it.
        if (order.paidAt === undefined) throw refusal(404, 'ORDER_NOT_EXIST');
        return { status: 200, body: toTransaction(order, credentials.mchid) };
      },
    },
    {
      method: 'POST',
      path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/,
      operation: 'close',
      answer: close,
    },
    {
      method: 'POST',
      path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/reverse$/,
      operation: 'reverse',
      answer: reverse,
    },
    { method: 'POST', path: /^\/v3\/refund\/domestic\/refunds$/, operation: 'refund', answer: refund },
    {
      method: 'GET',
      path: /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/,
      operation: 'queryRefund',
      answer: queryRefund,
    },
    { method: 'GET', path: /^\/v3\/certificates$/, operation: 'certificates', answer: certificates },
  ];
};

import type { CreateChannelSimulator, ReceivedRequest } from '../../testing/simulator/channel-simulator.ts';
import { actOnOrders } from '../../testing/simulator/order-acts.ts';
import { type Outcome, refusal, refusedOutcome, signAnswer, WechatPayRefusal } from './answers.ts';
import { assertKnownPublicKey, createAuthenticator, signingModeOf } from './auth.ts';
import { type Call, createCalls, createRefundSettler } from './calls.ts';
import { openCredentials } from './credentials.ts';
import { createNotifications } from './notifications.ts';
import { channelId, createOrderBook, issuers } from './orders.ts';
import { createPayer, toOrderView } from './payer.ts';
import { createPlacing } from './placing.ts';
import { createRefundBook } from './refunds.ts';

/** Reads the merchant's number out of a body that nothing has checked yet: for logs and faults only. */
const peekRequestNo = (body: Buffer): string | undefined => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const outTradeNo: unknown = Reflect.get(value, 'out_trade_no');
    return typeof outTradeNo === 'string' ? outTradeNo.slice(0, 64) : undefined;
  } catch {
    return undefined;
  }
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** WeChat Pay API v3, from the merchant's side of the wire. */
export const createWechatPaySimulator: CreateChannelSimulator = async (context) => {
  const { now, ledger } = context;
  const credentials = await openCredentials(context.dir, now);
  const authenticate = createAuthenticator(credentials, now);
  const orders = createOrderBook(ledger, now);
  const refunds = createRefundBook(ledger, orders);
  const notifications = createNotifications(context, credentials);
  const payer = createPayer(context, orders, notifications);
  const place = createPlacing({ context, credentials, orders, payer, notifications });
  const deps = { context, credentials, orders, refunds, notifications, place };
  const calls = createCalls(deps);
  const settleWhenDue = createRefundSettler(deps);

  const match = (request: ReceivedRequest): { call: Call; name: string } | undefined => {
    for (const call of calls) {
      const found = call.method === request.method ? call.path.exec(request.path) : null;
      if (found !== null) return { call, name: decode(found[1] ?? '') };
    }
    return undefined;
  };
  const sign = (request: ReceivedRequest, outcome: Outcome) =>
    signAnswer(credentials.signingKey(signingModeOf(request, credentials)), outcome, now());
  const work = (request: ReceivedRequest): Outcome => {
    try {
      authenticate(request);
      assertKnownPublicKey(request, credentials);
      const found = match(request);
      if (found === undefined) throw refusal(404, 'RESOURCE_NOT_EXISTS', '请求的资源不存在');
      return found.call.answer(request, found.name);
    } catch (error) {
      if (error instanceof WechatPayRefusal) return refusedOutcome(error);
      throw error;
    }
  };

  return {
    id: channelId,
    credentialsName: 'wechatPay',
    credentials: () => ({ ...credentials.describe(), baseUrl: context.baseUrl() }),
    account: () => credentials.account(),
    identify: (request) => {
      const found = match(request);
      if (found === undefined) return undefined;
      const { operation } = found.call;
      if (operation === 'queryRefund') return { operation, requestNo: refunds.find(found.name)?.outTradeNo };
      return { operation, requestNo: found.name === '' ? peekRequestNo(request.body) : found.name };
    },
    answer: async (request) => sign(request, work(request)),
    issuers,
    maintenance: { code: 'SYSTEM_ERROR', status: 503, message: '系统维护中，请稍后再试' },
    refuse: (request, { code, status, message }) => sign(request, refusedOutcome(refusal(status, code, message))),
    denyOrder: (request) => sign(request, refusedOutcome(refusal(404, 'ORDER_NOT_EXIST'))),
    ...actOnOrders(orders, payer, (order) => toOrderView(order, now())),
    rotateCertificate: async (switchAfterMs) => {
      const { serial, certificatePem, signsFrom } = await credentials.rotate(switchAfterMs);
      return { serial, certificatePem, signsFrom: new Date(signsFrom).toISOString() };
    },
    replay: (entry) => {
      if (entry.kind === 'charge') orders.replay(entry);
      else refunds.replay(entry);
    },
    resume: () => {
      for (const order of orders.all()) {
        if (order.state === 'paid') notifications.paid(order);
        else if (order.state === 'created') payer.awaitPassword(order);
      }
      for (const refund of refunds.all()) {
        const order = orders.findByOutTradeNo(refund.outTradeNo);
        if (refund.state === 'created') settleWhenDue(refund);
        else if (order !== undefined) notifications.refunded(refund, order);
      }
    },
  };
};

import { createHash } from 'node:crypto';
import type { ReceivedRequest, SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import { type Outcome, refusal, refusedOutcome, WechatPayRefusal } from './answers.ts';
import { assertJsonContent, signingModeOf } from './auth.ts';
import { type AuthCodeOutcome, outcomeOfAuthCode } from './auth-codes.ts';
import type { WechatPayCredentials } from './credentials.ts';
import type { Notifications } from './notifications.ts';
import type { Order, OrderBook } from './orders.ts';
import { type Payer, toOrderView } from './payer.ts';
import { type PlaceBody, type Product, parseBody, placeSchemas } from './request-schema.ts';
import { toTransaction } from './wire.ts';

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => [key, canonical(member)]),
  );
};
const fingerprintOf = (product: Product, body: PlaceBody): string =>
  createHash('sha256')
    .update(`${product}\n${JSON.stringify(canonical(body))}`)
    .digest('hex');

/** What placing needs. */
export type PlacingDeps = {
  context: SimulatorContext;
  credentials: WechatPayCredentials;
  orders: OrderBook;
  payer: Payer;
  notifications: Notifications;
};

/** Places orders. It never waits between looking an order up and creating it, so twins make one order. */
export type Placing = (product: Product, request: ReceivedRequest) => Outcome;

/** Creates the five ways to place an order. */
export const createPlacing = (deps: PlacingDeps): Placing => {
  const { context, credentials, orders, payer, notifications } = deps;

  const credential = (order: Order): Outcome => {
    if (order.product === 'native') {
      return { status: 200, body: { code_url: `weixin://wxpay/bizpayurl?pr=${order.codeToken}` } };
    }
    if (order.product === 'h5') {
      const query = new URLSearchParams({ prepay_id: order.prepayId });
      return { status: 200, body: { h5_url: `${context.baseUrl()}/pay/${order.codeToken}?${query}` } };
    }
    return { status: 200, body: { prepay_id: order.prepayId } };
  };

  const answerOfAuthCode = (order: Order, script: AuthCodeOutcome): Outcome => {
    switch (script.kind) {
      case 'refused':
        orders.move(order, 'failed');
        throw refusal(script.status, script.code);
      case 'paying':
        payer.awaitPassword(order);
        // 202 on purpose: the protocol's way to say "taken, ask again".
        return refusedOutcome(refusal(202, 'USERPAYING'));
      case 'charged-but-error':
        payer.pay(order);
        throw refusal(500, 'SYSTEM_ERROR');
      case 'paid': {
        const paid = payer.pay(order);
        if (!paid.done) throw refusal(500, 'BANKERROR');
        return { status: 200, body: toTransaction(order, credentials.mchid) };
      }
      default:
        return script satisfies never;
    }
  };

  const repeat = (known: Order, fingerprint: string): Outcome => {
    if (known.fingerprint !== fingerprint) throw refusal(403, 'OUT_TRADE_NO_USED');
    if (known.state === 'paid') throw refusal(400, 'ORDERPAID');
    if (known.state !== 'created') throw refusal(400, 'ORDER_CLOSED');
    return known.product === 'codepay' ? refusedOutcome(refusal(202, 'USERPAYING')) : credential(known);
  };

  const assertParties = (body: PlaceBody) => {
    if (body.mchid !== credentials.mchid) throw refusal(400, 'INVALID_REQUEST', '商户号与签名商户号不一致');
    if (body.appid !== credentials.appid) throw refusal(400, 'APPID_MCHID_NOT_MATCH', 'appid和mchid不匹配');
  };
  const expiryOf = (body: PlaceBody): number | undefined => {
    if (body.time_expire === undefined) return undefined;
    const expiresAt = Date.parse(body.time_expire);
    if (Number.isNaN(expiresAt) || expiresAt <= context.now()) {
      throw new WechatPayRefusal(400, 'PARAM_ERROR', 'time_expire时间过期，刷新再试', {
        location: 'body',
        field: '/time_expire',
        value: body.time_expire,
      });
    }
    return expiresAt;
  };

  return (product, request) => {
    assertJsonContent(request);
    const body: PlaceBody = parseBody(placeSchemas[product], request.body);
    assertParties(body);
    const fingerprint = fingerprintOf(product, body);
    const known = orders.findByOutTradeNo(body.out_trade_no);
    if (known !== undefined) return repeat(known, fingerprint);

    const expiresAt = expiryOf(body);
    const script = body.payer?.auth_code === undefined ? undefined : outcomeOfAuthCode(body.payer.auth_code);
    const paysAt = script?.kind === 'paying' && script.pays ? context.now() + context.settings().userPayingMs : null;
    const order = orders.create({
      product,
      outTradeNo: body.out_trade_no,
      appid: body.appid,
      description: body.description,
      amount: body.amount.total,
      currency: 'CNY',
      fingerprint,
      signWith: signingModeOf(request, credentials),
      paysAt,
      openid: body.payer?.openid,
      ...(body.attach === undefined ? {} : { attach: body.attach }),
      ...(body.notify_url === undefined ? {} : { notifyUrl: body.notify_url }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    if (script !== undefined) return answerOfAuthCode(order, script);
    notifications.claimPaid(order);
    context.orderPlaced(toOrderView(order, context.now()));
    return credential(order);
  };
};

import { createHash } from 'node:crypto';
import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import { type Outcome, refusal, succeeded } from './answers.ts';
import type { AlipayCredentials } from './credentials.ts';
import { type Parameters, signingModeOf } from './gateway.ts';
import type { Notifications } from './notifications.ts';
import { type Order, type OrderBook, toOrderView } from './orders.ts';
import { type AuthCodeOutcome, outcomeOfAuthCode, type Payer } from './payer.ts';
import { type PlaceBody, type Product, parseContent, placeSchemas } from './request-schema.ts';
import { toPayment } from './wire.ts';

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

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What placing needs. */
export type PlacingDeps = {
  context: SimulatorContext;
  credentials: AlipayCredentials;
  orders: OrderBook;
  payer: Payer;
  notifications: Notifications;
};

/** Places orders. It never waits between looking an order up and creating it, so twins make one order. */
export type Placing = {
  /** Calls of the merchant's own. */
  answer(product: Product, parameters: Parameters): Outcome;
  /** Links that the payer follows: the order exists from now on. */
  arrive(product: Product, parameters: Parameters): Order;
};

/** Creates the ways to place an order. */
export const createPlacing = ({ context, credentials, orders, payer, notifications }: PlacingDeps): Placing => {
  const expiryOf = (body: PlaceBody): number | undefined => {
    if (body.time_expire !== undefined) {
      const expiresAt = Date.parse(`${body.time_expire.replace(' ', 'T')}+08:00`);
      if (Number.isNaN(expiresAt) || expiresAt <= context.now()) {
        throw refusal('ACQ.INVALID_PARAMETER', '参数无效：time_expire 已过期');
      }
      return expiresAt;
    }
    const [count, unit] = [body.timeout_express?.slice(0, -1), body.timeout_express?.slice(-1)];
    const lengthMs = unitMs[unit ?? ''];
    return lengthMs === undefined ? undefined : context.now() + Number(count) * lengthMs;
  };

  const assertSame = (known: Order, fingerprint: string) => {
    if (known.fingerprint !== fingerprint) throw refusal('ACQ.CONTEXT_INCONSISTENT');
    if (known.state === 'paid') throw refusal('ACQ.TRADE_HAS_SUCCESS');
    if (known.state !== 'created') throw refusal('ACQ.TRADE_HAS_CLOSE');
  };
  const notifyUrlOf = (parameters: Parameters): string | undefined => {
    const url = parameters.get('notify_url');
    if (url === undefined || url === '') return undefined;
    if (url.length > 256 || !URL.canParse(url)) throw refusal('ACQ.INVALID_PARAMETER', '参数无效：notify_url');
    return url;
  };

  const create = (product: Product, parameters: Parameters, body: PlaceBody, fingerprint: string): Order => {
    const seller = body.seller_id;
    if (seller !== undefined && seller !== credentials.sellerId) throw refusal('ACQ.INVALID_PARAMETER', '卖家有误');
    const notifyUrl = notifyUrlOf(parameters);
    const expiresAt = expiryOf(body);
    const script = body.auth_code === undefined ? undefined : outcomeOfAuthCode(body.auth_code);
    return orders.create({
      product,
      outTradeNo: body.out_trade_no,
      subject: body.subject,
      amount: body.total_amount,
      fingerprint,
      signWith: signingModeOf(parameters),
      buyerId: body.buyer_id ?? body.buyer_open_id,
      paysAt: script?.kind === 'paying' && script.pays ? context.now() + context.settings().userPayingMs : null,
      ...(body.passback_params === undefined ? {} : { passback: body.passback_params }),
      ...(notifyUrl === undefined ? {} : { notifyUrl }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
  };
  const place = (product: Product, parameters: Parameters): { order: Order; body: PlaceBody; isNew: boolean } => {
    const body: PlaceBody = parseContent(placeSchemas[product], parameters);
    const fingerprint = fingerprintOf(product, body);
    const known = orders.findByOutTradeNo(body.out_trade_no);
    if (known !== undefined) {
      assertSame(known, fingerprint);
      return { order: known, body, isNew: false };
    }
    const order = create(product, parameters, body, fingerprint);
    if (product !== 'codepay') {
      notifications.claimPaid(order);
      context.orderPlaced(toOrderView(order, context.now()));
    }
    return { order, body, isNew: true };
  };

  const waiting = (order: Order): Outcome => succeeded(toPayment(order), '10003');
  const answerOfAuthCode = (order: Order, script: AuthCodeOutcome): Outcome => {
    switch (script.kind) {
      case 'refused':
        orders.move(order, 'failed');
        throw refusal(script.subCode);
      case 'paying':
        payer.awaitPassword(order);
        return waiting(order);
      case 'charged-but-error':
        payer.pay(order);
        throw refusal('aop.ACQ.SYSTEM_ERROR', '系统错误');
      case 'paid':
        if (!payer.pay(order).done) throw refusal('ACQ.PAYMENT_FAIL');
        return succeeded(toPayment(order));
      default:
        return script satisfies never;
    }
  };

  return {
    answer: (product, parameters) => {
      const { order, body, isNew } = place(product, parameters);
      const named = { out_trade_no: order.outTradeNo };
      if (body.auth_code !== undefined) {
        return isNew ? answerOfAuthCode(order, outcomeOfAuthCode(body.auth_code)) : waiting(order);
      }
      return product === 'native'
        ? succeeded({ ...named, qr_code: `https://qr.alipay.com/${order.codeToken}` })
        : succeeded({ ...named, trade_no: order.tradeNo });
    },
    arrive: (product, parameters) => {
      const { order } = place(product, parameters);
      order.scanned = true;
      return order;
    },
  };
};

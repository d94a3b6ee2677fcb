import { createHash, randomBytes } from 'node:crypto';
import type { Callback, CallbackBytes } from '../../testing/simulator/callbacks.ts';
import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import type { Order, Refund } from './books.ts';
import type { RiverbankCredentials, SharedKey } from './credentials.ts';
import { signatureHeaders } from './message.ts';

/** Waits between the attempts of one callback. */
const retryDelaysSeconds = [15, 60, 300, 1800, 7200] as const;

/** An order in Riverbank's words. */
export const tellOrder = (order: Order, merchantNo: string, baseUrl: string) => ({
  merchantNo,
  orderNo: order.orderNo,
  tradeNo: order.tradeNo,
  state: order.state === 'created' ? 'waiting' : order.state,
  amount: order.amount,
  currency: order.currency,
  ...(order.product === 'barcode' ? {} : { payUrl: `${baseUrl}/pay/${order.token}` }),
  ...(order.paidAt === undefined ? {} : { paidAt: order.paidAt }),
  ...(order.failCode === undefined ? {} : { failCode: order.failCode }),
});

/** A refund in Riverbank's words. */
export const tellRefund = (refund: Refund, merchantNo: string) => ({
  merchantNo,
  orderNo: refund.orderNo,
  refundNo: refund.refundNo,
  refundTradeNo: refund.refundTradeNo,
  state: { created: 'accepted', succeeded: 'paid_out', failed: 'refused' }[refund.state],
  amount: refund.amount,
  currency: 'CNY',
});

/** Tells merchants what happened. */
export const createNotifications = (context: SimulatorContext, credentials: RiverbankCredentials) => {
  const { merchantNo } = credentials;
  const stranger: SharedKey = { id: 'rk_stranger', secret: randomBytes(32).toString('hex'), signsFrom: 0 };
  const sealed = (content: object, key: SharedKey, nowMs = context.now()): CallbackBytes => {
    const body = JSON.stringify(content);
    return { body, headers: signatureHeaders(key, 'callback', '', body, nowMs) };
  };
  const forgeries: readonly ((content: object) => CallbackBytes)[] = [
    (content) => sealed(content, stranger),
    (content) => sealed(content, { ...stranger, id: credentials.signingKey().id }),
    (content) => sealed(content, credentials.signingKey(), context.now() - 360_000),
    (content) => ({ ...sealed(content, credentials.signingKey()), body: JSON.stringify({ ...content, id: 'forged' }) }),
    (content) => ({ body: JSON.stringify(content), headers: {} }),
    (content) => {
      const { body, headers } = sealed(content, credentials.signingKey());
      return { body, headers: { ...headers, 'Riverbank-Nonce': randomBytes(12).toString('hex') } };
    },
  ];
  // Always the same id for the same event, so a restart doesn't make a second callback of it.
  const idOf = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
  const toCallback = (id: string, url: string, content: object): Callback => ({
    id,
    url,
    retryDelaysSeconds,
    write: async () => sealed({ id, ...content }, credentials.signingKey()),
    forge: async (variant) => {
      const forge = forgeries[variant % forgeries.length];
      if (forge === undefined) throw new Error('There is no forgery of that kind.');
      return forge({ id: idOf(id, String(variant)), ...content });
    },
  });
  const paidCallback = (order: Order): Callback => {
    const told = tellOrder({ ...order, state: 'paid' }, merchantNo, context.baseUrl());
    const amount = order.amount + context.faults.wrongAmountDelta();
    return toCallback(idOf(order.tradeNo, 'paid'), order.notifyUrl, { type: 'order', order: { ...told, amount } });
  };

  return {
    paid: (order: Order) => {
      if (context.callbacks.isFinished(idOf(order.tradeNo, 'paid'))) return;
      context.callbacks.send(paidCallback(order), context.faults.planCallback());
    },
    refunded: (refund: Refund) => {
      const id = idOf(refund.refundTradeNo, refund.state);
      if (context.callbacks.isFinished(id)) return;
      const callback = toCallback(id, refund.notifyUrl, { type: 'refund', refund: tellRefund(refund, merchantNo) });
      context.callbacks.send(callback, context.faults.planCallback());
    },
    /** Only under a `forged` fault: strangers claim that an unpaid order is paid. */
    claimPaid: (order: Order) => {
      const plan = context.faults.planCallback();
      if (plan.mode === 'forged') context.callbacks.sendForged(paidCallback(order), plan.copies);
    },
  };
};
export type Notifications = ReturnType<typeof createNotifications>;

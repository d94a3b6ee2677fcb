import type { OrderView, PayerOutcome, SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import type { Notifications } from './notifications.ts';
import { channelId, type Order, type OrderBook } from './orders.ts';

/** An order as people see it. */
export const toOrderView = (order: Order, nowMs: number): OrderView => ({
  channel: channelId,
  channelTxn: order.transactionId,
  requestNo: order.outTradeNo,
  product: order.product,
  subject: order.description,
  amount: order.amount,
  currency: order.currency,
  state: order.state,
  issuer: order.issuer,
  createdAt: order.createdAt,
  payable: order.state === 'created' && !isExpired(order, nowMs),
});

/** True when nobody can pay the order any more. It stays unpaid, not closed, as at the real one. */
export const isExpired = (order: Order, nowMs: number): boolean =>
  order.expiresAt !== undefined && nowMs >= order.expiresAt;

/** The simulated payer. Each step is synchronous, so a close at the same moment either comes before or after it. */
export type Payer = {
  pay(order: Order, options?: { force?: boolean | undefined }): PayerOutcome;
  abandon(order: Order): PayerOutcome;
  /** Starts the payer who types a password, when the auth code's script has one. */
  awaitPassword(order: Order): void;
};

/** Creates the payer of one channel's orders. */
export const createPayer = (context: SimulatorContext, orders: OrderBook, notifications: Notifications): Payer => {
  const view = (order: Order) => toOrderView(order, context.now());

  const pay: Payer['pay'] = (order, options) => {
    if (order.state === 'paid') return { done: true, order: view(order) };
    const late = options?.force === true && (order.state === 'created' || order.state === 'closed');
    if (!late && order.state !== 'created') return { done: false, reason: 'not_payable', order: view(order) };
    if (!late && isExpired(order, context.now())) return { done: false, reason: 'expired', order: view(order) };
    if (context.faults.isIssuerDown(order.issuer)) {
      // Native orders stay open, the payer may try again; an auth code is used up.
      if (order.product === 'codepay') orders.move(order, 'failed');
      return { done: false, reason: 'issuer_outage', order: view(order) };
    }
    orders.move(order, 'paid');
    notifications.paid(order);
    return { done: true, order: view(order) };
  };

  return {
    pay,
    abandon: (order) => {
      if (order.state !== 'created') return { done: false, reason: 'not_payable', order: view(order) };
      if (order.product === 'codepay') orders.move(order, 'failed');
      return { done: true, order: view(order) };
    },
    awaitPassword: (order) => {
      if (typeof order.paysAt !== 'number') return;
      context.timers.after(order.paysAt - context.now(), () => {
        if (order.state === 'created') pay(order);
      });
    },
  };
};

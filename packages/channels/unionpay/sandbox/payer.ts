import type { OrderView, PayerOutcome, SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import type { Notifications } from './notifications.ts';
import { channelId, type Order, type OrderBook } from './orders.ts';

/** An order as people see it. */
export const toOrderView = (order: Order, nowMs: number): OrderView => ({
  channel: channelId,
  channelTxn: order.queryId,
  requestNo: order.orderId,
  product: order.product,
  subject: order.subject,
  amount: order.amount,
  currency: 'CNY',
  state: order.state,
  issuer: order.issuer,
  createdAt: order.createdAt,
  payable: order.state === 'created' && !isExpired(order, nowMs),
});

/** True when nobody can pay the order any more. There is no close: this is how unpaid orders end. */
export const isExpired = (order: Order, nowMs: number): boolean =>
  order.expiresAt !== undefined && nowMs >= order.expiresAt;

/** The simulated payer. Each step is synchronous, so a reversal at the same moment comes either before or after it. */
export type Payer = {
  pay(order: Order, options?: { force?: boolean | undefined }): PayerOutcome;
  abandon(order: Order): PayerOutcome;
  /** Lets the payer of a scanned code type the password when the time comes, if ever. */
  awaitPassword(order: Order): void;
};

/** Creates the payer of all orders. */
export const createPayer = (context: SimulatorContext, orders: OrderBook, notifications: Notifications): Payer => {
  const view = (order: Order) => toOrderView(order, context.now());

  const pay: Payer['pay'] = (order, options) => {
    if (order.state === 'paid') return { done: true, order: view(order) };
    if (order.state !== 'created') return { done: false, reason: 'not_payable', order: view(order) };
    if (options?.force !== true && isExpired(order, context.now())) {
      return { done: false, reason: 'expired', order: view(order) };
    }
    if (context.faults.isIssuerDown(order.issuer)) {
      // Another card may follow where the payer holds the page; a scanned code is used up.
      if (order.product === 'codepay') orders.move(order, 'failed', '60');
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
      if (order.product === 'codepay') orders.move(order, 'failed', '69');
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

import type { ChannelSimulator, OrderView, PayerOutcome } from './channel-simulator.ts';

/**
 * What the control API and the sandbox's pages do with a channel's orders, whatever an order is there.
 * @param orders by any of their references, and the newest first
 */
export function actOnOrders<Order>(
  orders: { find(reference: string): Order | undefined; newestFirst(limit: number): Order[] },
  payer: {
    pay(order: Order, options?: { force?: boolean | undefined }): PayerOutcome;
    abandon(order: Order): PayerOutcome;
  },
  viewOf: (order: Order) => OrderView,
): Pick<ChannelSimulator, 'pay' | 'abandon' | 'findOrder' | 'recentOrders'> {
  const unknown: PayerOutcome = { done: false, reason: 'unknown_order' };
  return {
    pay: (reference, options) => {
      const order = orders.find(reference);
      return order === undefined ? unknown : payer.pay(order, options);
    },
    abandon: (reference) => {
      const order = orders.find(reference);
      return order === undefined ? unknown : payer.abandon(order);
    },
    findOrder: (reference) => {
      const order = orders.find(reference);
      return order === undefined ? undefined : viewOf(order);
    },
    recentOrders: (limit) => orders.newestFirst(limit).map(viewOf),
  };
}

import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import { type Outcome, UnionPayRefusal, wordsOf } from './answers.ts';
import type { Message } from './message.ts';
import type { Notifications } from './notifications.ts';
import type { Order, OrderBook } from './orders.ts';
import { isExpired } from './payer.ts';
import type { Refund, RefundBook } from './refunds.ts';
import { parseFields, querySchema, reverseSchema, takeBackSchema } from './request-schema.ts';

/** What the calls work on. */
export type CallDeps = {
  context: SimulatorContext;
  orders: OrderBook;
  refunds: RefundBook;
  notifications: Notifications;
};

/** Everything beside placing. */
export type Calls = {
  query(call: Message): Outcome;
  /** Refund (04) and undo (31). */
  takeBack(call: Message): Outcome;
  /** 冲正 (99): takes a scanned payment back, or sees to it that it never happens. */
  reverse(call: Message): Outcome;
  /** Pays a refund out when its time has come, and tells the merchant. */
  settleWhenDue(refund: Refund): void;
};

const refundCodes = { created: '05', succeeded: '00', failed: '01' } as const;

/** Creates the calls. */
export const createCalls = ({ context, orders, refunds, notifications }: CallDeps): Calls => {
  const chargeCode = (order: Order): string => {
    if (order.state === 'paid') return '00';
    if (order.state === 'created') return isExpired(order, context.now()) ? '01' : '05';
    return order.failCode ?? '01';
  };
  const settleWhenDue = (refund: Refund) => {
    context.timers.after(refund.dueAt - context.now(), () => {
      if (refund.state !== 'created') return;
      refunds.settle(refund);
      notifications.refunded(refund);
    });
  };
  const found = (one: Order | Refund, code: string): Outcome => ({
    respCode: '00',
    fields: {
      origRespCode: code,
      origRespMsg: wordsOf(code),
      queryId: one.queryId,
      txnAmt: String(one.amount),
      currencyCode: '156',
      traceNo: one.queryId.slice(-6),
      traceTime: one.txnTime.slice(4),
    },
  });

  return {
    query: (call) => {
      const { orderId, txnTime } = parseFields(querySchema, call);
      const order = orders.findByOrderId(orderId);
      const refund = refunds.find(orderId);
      // Number and time together name a transaction.
      if (order?.txnTime === txnTime) return found(order, chargeCode(order));
      if (refund?.txnTime === txnTime) return found(refund, refundCodes[refund.state]);
      throw new UnionPayRefusal('34');
    },
    takeBack: (call) => {
      const fields = parseFields(takeBackSchema, call);
      const order = orders.findByQueryId(fields.origQryId);
      if (order === undefined) throw new UnionPayRefusal('35', 'origQryId');
      const dueAt = context.now() + context.settings().refundDelayMs;
      const refund = refunds.request(order, fields, { dueAt, fails: context.faults.failsRefund() });
      settleWhenDue(refund);
      return {
        respCode: '00',
        fields: { queryId: refund.queryId, origQryId: order.queryId, txnAmt: String(refund.amount) },
      };
    },
    reverse: (call) => {
      const { orderId, txnTime } = parseFields(reverseSchema, call);
      const order = orders.findByOrderId(orderId);
      if (order === undefined || order.txnTime !== txnTime) throw new UnionPayRefusal('35');
      if (order.product !== 'codepay') throw new UnionPayRefusal('32');
      if (order.refunding > 0) throw new UnionPayRefusal('35');
      if (order.state === 'created' || order.state === 'paid') orders.move(order, 'reversed');
      return { respCode: '00' };
    },
    settleWhenDue,
  };
};

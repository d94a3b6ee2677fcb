import * as z from 'zod';
import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import type { LedgerEntry } from '../../testing/simulator/ledger.ts';
import { refusal } from './answers.ts';
import { channelId, type Order, type OrderBook } from './orders.ts';

/** A payout that takes no longer is done before the answer, as at the real one; a longer one goes on after it. */
const answeredWithinMs = 1000;

const detailsSchema = z.object({ reason: z.string().optional(), dueAt: z.number() });

export type Refund = z.infer<typeof detailsSchema> & {
  outRequestNo: string;
  outTradeNo: string;
  amount: number;
  state: 'created' | 'succeeded' | 'failed';
  succeededAt?: string;
};

/** All refunds, named by order and request number together. Their sum never exceeds what the charge took. */
export type RefundBook = {
  /** @returns whether this very request moved money */
  request(order: Order, outRequestNo: string, amount: number, reason: string | undefined): boolean;
  find(order: Order, outRequestNo: string): Refund | undefined;
  replay(entry: LedgerEntry): void;
  /** Takes up payouts that an earlier run left undone, and callbacks about done ones. */
  resume(): void;
};

/** Creates the refund book over the ledger. */
export const createRefundBook = (
  context: SimulatorContext,
  orders: OrderBook,
  notifications: { refunded(refund: Refund, order: Order): void },
): RefundBook => {
  const refunds = new Map<string, Refund>();
  const keyOf = (outTradeNo: string, outRequestNo: string) => `${outTradeNo}\n${outRequestNo}`;

  const replay = (entry: LedgerEntry) => {
    const { refundNo: outRequestNo, requestNo: outTradeNo, amount } = entry;
    const order = orders.findByOutTradeNo(outTradeNo);
    if (outRequestNo === undefined || order === undefined) return;
    const key = keyOf(outTradeNo, outRequestNo);
    const known = refunds.get(key);
    if (entry.state === 'created') {
      refunds.set(key, { ...detailsSchema.parse(entry.data), outRequestNo, outTradeNo, amount, state: 'created' });
      order.refunding += amount;
    } else if (known !== undefined && entry.state === 'succeeded') {
      known.state = 'succeeded';
      known.succeededAt = entry.at;
      order.refunded += amount;
    } else if (known !== undefined && entry.state === 'failed') {
      known.state = 'failed';
      order.refunding -= amount;
    }
  };
  const record = (
    order: Order,
    refund: Pick<Refund, 'outRequestNo' | 'amount'>,
    state: Refund['state'],
    data?: Record<string, unknown>,
  ) => {
    replay(
      context.ledger.append({
        kind: 'refund',
        channel: channelId,
        // Alipay gives refunds no number of their own.
        channelTxn: `${order.tradeNo}-${refund.outRequestNo}`,
        requestNo: order.outTradeNo,
        amount: refund.amount,
        currency: 'CNY',
        state,
        refundNo: refund.outRequestNo,
        paidRequestNo: order.outTradeNo,
        ...(data === undefined ? {} : { data }),
      }),
    );
  };
  const payOut = (order: Order, refund: Refund) => {
    if (refund.state !== 'created') return;
    record(order, refund, 'succeeded');
    notifications.refunded(refund, order);
  };
  const payOutWhenDue = (order: Order, refund: Refund) =>
    context.timers.after(refund.dueAt - context.now(), () => payOut(order, refund));

  return {
    request: (order, outRequestNo, amount, reason) => {
      const known = refunds.get(keyOf(order.outTradeNo, outRequestNo));
      if (known !== undefined && known.amount !== amount) throw refusal('ACQ.DISCORDANT_REPEAT_REQUEST');
      if (known !== undefined && known.state !== 'failed') return false;
      if (order.state !== 'paid') throw refusal('ACQ.TRADE_STATUS_ERROR');
      if (order.refunding + amount > order.amount) throw refusal('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL');
      const delayMs = context.settings().refundDelayMs;
      record(order, { outRequestNo, amount }, 'created', { reason, dueAt: context.now() + delayMs });
      const refund = refunds.get(keyOf(order.outTradeNo, outRequestNo));
      if (refund === undefined) throw new Error('A refund that was just accepted is missing.');
      if (context.faults.failsRefund()) {
        record(order, refund, 'failed');
        throw refusal('ACQ.BUYER_ERROR');
      }
      if (delayMs > answeredWithinMs) {
        payOutWhenDue(order, refund);
        return false;
      }
      payOut(order, refund);
      return true;
    },
    find: (order, outRequestNo) => refunds.get(keyOf(order.outTradeNo, outRequestNo)),
    replay,
    resume: () => {
      for (const refund of refunds.values()) {
        const order = orders.findByOutTradeNo(refund.outTradeNo);
        if (order === undefined) continue;
        if (refund.state === 'created') payOutWhenDue(order, refund);
        else if (refund.state === 'succeeded') notifications.refunded(refund, order);
      }
    },
  };
};

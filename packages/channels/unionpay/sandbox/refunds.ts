import * as z from 'zod';
import type { Ledger, LedgerEntry } from '../../testing/simulator/ledger.ts';
import { UnionPayRefusal } from './answers.ts';
import { channelId, createQueryId, type Order, type OrderBook } from './orders.ts';
import type { TakeBack } from './request-schema.ts';

const detailsSchema = z.object({
  /** 04 is a refund, 31 the undo of a whole charge. */
  txnType: z.enum(['04', '31']),
  txnTime: z.string(),
  backUrl: z.string(),
  reqReserved: z.string().optional(),
  /** Epoch milliseconds at which the money goes out. */
  dueAt: z.number(),
  fails: z.boolean(),
});

export type Refund = z.infer<typeof detailsSchema> & {
  queryId: string;
  /** The merchant's number of the refund. */
  orderId: string;
  /** The merchant's number of what is paid back. */
  paidOrderId: string;
  amount: number;
  createdAt: string;
  state: 'created' | 'succeeded' | 'failed';
};

/** All refunds and undoes. The sum of those under way or done never exceeds what the charge took. */
export type RefundBook = {
  request(order: Order, call: TakeBack, terms: { dueAt: number; fails: boolean }): Refund;
  settle(refund: Refund): void;
  find(orderId: string): Refund | undefined;
  all(): Iterable<Refund>;
  replay(entry: LedgerEntry): void;
};

/** Creates the refund book over a ledger. */
export const createRefundBook = (ledger: Ledger, orders: OrderBook, now: () => number): RefundBook => {
  const byOrderId = new Map<string, Refund>();

  const replay = (entry: LedgerEntry) => {
    const { refundNo, requestNo: paidOrderId, amount } = entry;
    const order = orders.findByOrderId(paidOrderId);
    if (refundNo === undefined || order === undefined) return;
    if (entry.state === 'created') {
      const { channelTxn: queryId, at: createdAt } = entry;
      const named = { queryId, orderId: refundNo, paidOrderId, amount, createdAt };
      byOrderId.set(refundNo, { ...detailsSchema.parse(entry.data), ...named, state: 'created' });
      order.refunding += amount;
      return;
    }
    const known = byOrderId.get(refundNo);
    if (known === undefined) return;
    known.state = entry.state === 'succeeded' ? 'succeeded' : 'failed';
    if (known.state === 'failed') order.refunding -= amount;
  };
  const record = (
    refund: Pick<Refund, 'queryId' | 'orderId' | 'paidOrderId' | 'amount'>,
    state: Refund['state'],
    data?: z.infer<typeof detailsSchema>,
  ) => {
    const { queryId: channelTxn, orderId: refundNo, paidOrderId: requestNo, amount } = refund;
    const named = { channel: channelId, channelTxn, requestNo, amount, currency: 'CNY' };
    const more = { refundNo, paidRequestNo: requestNo, ...(data === undefined ? {} : { data }) };
    replay(ledger.append({ kind: 'refund', ...named, state, ...more }));
  };

  const assertAllowed = (order: Order, { txnType, txnAmt }: TakeBack) => {
    if (order.state !== 'paid') throw new UnionPayRefusal('35');
    if (txnType === '31' && txnAmt !== order.amount) throw new UnionPayRefusal('36', 'txnAmt');
    if (order.refunding + txnAmt > order.amount) throw new UnionPayRefusal('33', 'txnAmt');
  };

  return {
    request: (order, call, terms) => {
      // A number is used up once it was taken, even by the very same words.
      if (byOrderId.has(call.orderId) || orders.findByOrderId(call.orderId) !== undefined) {
        throw new UnionPayRefusal('12', 'orderId');
      }
      assertAllowed(order, call);
      const { txnType, txnTime, backUrl, reqReserved, orderId, txnAmt: amount } = call;
      const named = { queryId: createQueryId(now()), orderId, paidOrderId: order.orderId, amount };
      const reserved = reqReserved === undefined ? {} : { reqReserved };
      record(named, 'created', { txnType, txnTime, backUrl, ...reserved, ...terms });
      const refund = byOrderId.get(orderId);
      if (refund === undefined) throw new Error('A refund that was just accepted is missing.');
      return refund;
    },
    settle: (refund) => record(refund, refund.fails ? 'failed' : 'succeeded'),
    find: (orderId) => byOrderId.get(orderId),
    all: () => byOrderId.values(),
    replay,
  };
};

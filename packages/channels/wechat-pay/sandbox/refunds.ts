import { randomInt } from 'node:crypto';
import * as z from 'zod';
import type { Ledger, LedgerEntry } from '../../testing/simulator/ledger.ts';
import { refusal } from './answers.ts';
import { channelId, type Order, type OrderBook } from './orders.ts';
import type { refundSchema } from './request-schema.ts';

const detailsSchema = z.object({
  notifyUrl: z.string().optional(),
  reason: z.string().optional(),
  /** Epoch milliseconds at which the money goes out. */
  dueAt: z.number(),
  fails: z.boolean(),
  signWith: z.enum(['publicKey', 'certificate']),
});

export type Refund = z.infer<typeof detailsSchema> & {
  refundId: string;
  outRefundNo: string;
  outTradeNo: string;
  amount: number;
  currency: string;
  createdAt: string;
  state: 'created' | 'succeeded' | 'failed';
  succeededAt?: string;
};

/** What decides a new refund besides the merchant's words. */
export type RefundTerms = { dueAt: number; fails: boolean; signWith: Order['signWith'] };

/** All refunds. The sum of refunds under way or done never exceeds what the charge took. */
export type RefundBook = {
  /** Accepts a refund, or finds the same one again. `isNew` also holds when a failed refund is taken up again. */
  request(order: Order, body: z.infer<typeof refundSchema>, terms: RefundTerms): { refund: Refund; isNew: boolean };
  settle(refund: Refund): LedgerEntry;
  find(outRefundNo: string): Refund | undefined;
  all(): Iterable<Refund>;
  replay(entry: LedgerEntry): void;
};

/** Creates the refund book over a ledger. */
export const createRefundBook = (ledger: Ledger, orders: OrderBook): RefundBook => {
  const byOutRefundNo = new Map<string, Refund>();

  const replay = (entry: LedgerEntry) => {
    const { refundNo, requestNo: outTradeNo, amount } = entry;
    const order = orders.findByOutTradeNo(outTradeNo);
    if (refundNo === undefined || order === undefined) return;
    const known = byOutRefundNo.get(refundNo);
    if (entry.state === 'created') {
      byOutRefundNo.set(refundNo, {
        ...detailsSchema.parse(entry.data),
        refundId: entry.channelTxn,
        outRefundNo: refundNo,
        outTradeNo,
        amount,
        currency: entry.currency,
        createdAt: known?.createdAt ?? entry.at,
        state: 'created',
      });
      order.refunding += amount;
    } else if (known !== undefined && entry.state === 'succeeded') {
      known.state = 'succeeded';
      known.succeededAt = entry.at;
    } else if (known !== undefined && entry.state === 'failed') {
      known.state = 'failed';
      order.refunding -= amount;
    }
  };
  const record = (
    order: Order,
    refund: Pick<Refund, 'refundId' | 'outRefundNo' | 'amount'>,
    state: Refund['state'],
    data?: Record<string, unknown>,
  ) => {
    const entry = ledger.append({
      kind: 'refund',
      channel: channelId,
      channelTxn: refund.refundId,
      requestNo: order.outTradeNo,
      amount: refund.amount,
      currency: order.currency,
      state,
      refundNo: refund.outRefundNo,
      paidRequestNo: order.outTradeNo,
      ...(data === undefined ? {} : { data }),
    });
    replay(entry);
    return entry;
  };

  const assertRefundable = (order: Order, amount: { refund: number; total: number }) => {
    if (order.state !== 'paid') throw refusal(400, 'INVALID_REQUEST', '订单状态不支持退款，请核实订单是否已支付');
    if (amount.total !== order.amount)
      throw refusal(400, 'INVALID_REQUEST', '订单金额与原支付金额不一致，请核实后再试');
    if (order.refunding >= order.amount) throw refusal(400, 'INVALID_REQUEST', '订单已全额退款');
    if (order.refunding + amount.refund > order.amount) {
      throw refusal(400, 'INVALID_REQUEST', '申请退款金额大于订单可退金额');
    }
  };

  return {
    request: (order, body, terms) => {
      const known = byOutRefundNo.get(body.out_refund_no);
      if (known !== undefined) {
        const same = known.outTradeNo === order.outTradeNo && known.amount === body.amount.refund;
        if (!same || body.amount.total !== order.amount) {
          throw refusal(400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试');
        }
        if (known.state !== 'failed') return { refund: known, isNew: false };
      }
      assertRefundable(order, body.amount);
      const refundId = known?.refundId ?? `5030${Array.from({ length: 25 }, () => randomInt(10)).join('')}`;
      const wanted = { refundId, outRefundNo: body.out_refund_no, amount: body.amount.refund };
      record(order, wanted, 'created', { notifyUrl: body.notify_url, reason: body.reason, ...terms });
      const refund = byOutRefundNo.get(body.out_refund_no);
      if (refund === undefined) throw new Error('A refund that was just accepted is missing.');
      return { refund, isNew: true };
    },
    settle: (refund) => {
      const order = orders.findByOutTradeNo(refund.outTradeNo);
      if (order === undefined) throw new Error('A refund has lost its order.');
      return record(order, refund, refund.fails ? 'failed' : 'succeeded');
    },
    find: (outRefundNo) => byOutRefundNo.get(outRefundNo),
    all: () => byOutRefundNo.values(),
    replay,
  };
};

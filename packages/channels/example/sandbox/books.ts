import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { OrderView } from '../../testing/simulator/channel-simulator.ts';
import type { Ledger, LedgerEntry } from '../../testing/simulator/ledger.ts';
import { RiverbankRefusal } from './message.ts';

/** The channel's id in the ledger and in the control API. */
export const channelId = 'example';

/** Banks of the simulated payers. The order's number decides, so the same number always meets the same bank. */
export const issuers = ['NORTH', 'SOUTH', 'EAST', 'WEST'] as const;
const pickIssuer = (orderNo: string): string =>
  issuers[createHash('sha256').update(orderNo).digest().readUInt32BE() % issuers.length] ?? 'NORTH';

/** What a merchant says to place an order. Nothing else may be in it. */
export const placeSchema = z.strictObject({
  orderNo: z.string().regex(/^[0-9A-Za-z]{6,32}$/),
  product: z.enum(['qr', 'web', 'barcode']),
  amount: z.int().min(1).max(100_000_000_00),
  currency: z.literal('CNY'),
  subject: z.string().min(1).max(256),
  expiresAt: z.iso.datetime({ offset: true }),
  notifyUrl: z.url({ protocol: /^https?$/ }).max(512),
  returnUrl: z
    .url({ protocol: /^https?$/ })
    .max(512)
    .optional(),
  payCode: z
    .string()
    .regex(/^\d{16,24}$/)
    .optional(),
});
export const refundSchema = z.strictObject({
  refundNo: z.string().regex(/^[0-9A-Za-z]{6,40}$/),
  orderNo: z.string(),
  amount: z.int().min(1),
  reason: z.string().max(256).optional(),
  notifyUrl: z.url({ protocol: /^https?$/ }).max(512),
});

const orderDataSchema = placeSchema.extend({
  token: z.string(),
  issuer: z.string(),
  /** When the payer of a barcode will have typed the password, or null for never. */
  paysAt: z.number().nullable(),
});
const refundDataSchema = refundSchema.extend({ dueAt: z.number(), fails: z.boolean() });

export type OrderState = 'created' | 'paid' | 'closed' | 'reversed' | 'failed';
export type Order = z.infer<typeof orderDataSchema> & {
  tradeNo: string;
  createdAt: string;
  state: OrderState;
  paidAt?: string;
  failCode?: string;
};
export type Refund = z.infer<typeof refundDataSchema> & {
  refundTradeNo: string;
  state: 'created' | 'succeeded' | 'failed';
};

const states: readonly string[] = ['created', 'paid', 'closed', 'reversed', 'failed'];
const isOrderState = (state: string): state is OrderState => states.includes(state);

/** True when nobody can pay the order any more, although it is still open. */
export const isExpired = (order: Order, nowMs: number): boolean => nowMs >= Date.parse(order.expiresAt);

/** An order as people see it. */
export const toOrderView = (order: Order, nowMs: number): OrderView => ({
  channel: channelId,
  channelTxn: order.tradeNo,
  requestNo: order.orderNo,
  product: order.product,
  subject: order.subject,
  amount: order.amount,
  currency: 'CNY',
  state: order.state,
  issuer: order.issuer,
  createdAt: order.createdAt,
  payable: order.state === 'created' && !isExpired(order, nowMs),
});

/** All orders and refunds. Every change is one synchronous step that also appends to the ledger: of two at once, one wins. */
export const createBooks = (ledger: Ledger) => {
  const orders = new Map<string, Order>();
  const byReference = new Map<string, Order>();
  const refunds = new Map<string, Refund>();
  const number = (prefix: string) => `${prefix}${randomBytes(9).toString('hex')}`;

  const replay = (entry: LedgerEntry) => {
    if (entry.kind === 'refund') {
      if (entry.state === 'created') {
        const refund: Refund = {
          ...refundDataSchema.parse(entry.data),
          refundTradeNo: entry.channelTxn,
          state: 'created',
        };
        refunds.set(refund.refundNo, refund);
      } else {
        const refund = refunds.get(entry.refundNo ?? '');
        if (refund !== undefined) refund.state = entry.state === 'succeeded' ? 'succeeded' : 'failed';
      }
      return;
    }
    if (entry.state === 'created') {
      const data = orderDataSchema.parse(entry.data);
      const order: Order = { ...data, tradeNo: entry.channelTxn, createdAt: entry.at, state: 'created' };
      orders.set(order.orderNo, order);
      for (const reference of [order.orderNo, order.tradeNo, order.token]) byReference.set(reference, order);
      return;
    }
    const order = orders.get(entry.requestNo);
    if (order === undefined || !isOrderState(entry.state)) return;
    order.state = entry.state;
    if (entry.state === 'paid') order.paidAt = entry.at;
    if (entry.state === 'failed') order.failCode = String(entry.data?.failCode);
  };
  const write = (entry: Parameters<Ledger['append']>[0]) => replay(ledger.append(entry));
  const charge = ({ tradeNo, orderNo, amount }: Pick<Order, 'tradeNo' | 'orderNo' | 'amount'>) =>
    ({ kind: 'charge', channel: channelId, channelTxn: tradeNo, requestNo: orderNo, amount, currency: 'CNY' }) as const;
  const refundedOf = (orderNo: string) =>
    [...refunds.values()]
      .filter((refund) => refund.orderNo === orderNo && refund.state !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0);
  const need = <Value>(value: Value | undefined): Value => {
    if (value === undefined) throw new Error('What was just written is missing.');
    return value;
  };

  return {
    replay,
    orders: () => orders.values(),
    refunds: () => refunds.values(),
    find: (reference: string) => byReference.get(reference),
    findOrder: (orderNo: string) => orders.get(orderNo),
    findRefund: (refundNo: string) => refunds.get(refundNo),
    newestFirst: (limit: number) => [...orders.values()].slice(-limit).reverse(),
    place(placed: z.infer<typeof placeSchema>, paysAt: number | null): Order {
      const data = { ...placed, token: randomBytes(16).toString('hex'), issuer: pickIssuer(placed.orderNo), paysAt };
      write({ ...charge({ ...placed, tradeNo: number('RB') }), state: 'created', data });
      return need(orders.get(placed.orderNo));
    },
    /** Moves an order on; the caller has checked that it may. */
    move(order: Order, state: Exclude<OrderState, 'created'>, failCode?: string): void {
      write({ ...charge(order), state, ...(failCode === undefined ? {} : { data: { failCode } }) });
    },
    refund(order: Order, asked: z.infer<typeof refundSchema>, terms: { dueAt: number; fails: boolean }): Refund {
      if (refundedOf(order.orderNo) + asked.amount > order.amount) throw new RiverbankRefusal(409, 'REFUND_TOO_MUCH');
      const { refundNo, orderNo, amount } = asked;
      const named = { refundNo, paidRequestNo: orderNo, amount };
      write({
        ...charge(order),
        kind: 'refund',
        channelTxn: number('RR'),
        ...named,
        state: 'created',
        data: { ...asked, ...terms },
      });
      return need(refunds.get(refundNo));
    },
    settle(refund: Refund): void {
      const { refundNo, orderNo, amount, refundTradeNo } = refund;
      const named = { channelTxn: refundTradeNo, requestNo: orderNo, refundNo, paidRequestNo: orderNo, amount };
      const state = refund.fails ? 'failed' : 'succeeded';
      write({ kind: 'refund', channel: channelId, currency: 'CNY', ...named, state });
    },
  };
};
export type Books = ReturnType<typeof createBooks>;

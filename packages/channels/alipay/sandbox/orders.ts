import { createHash, randomBytes, randomInt } from 'node:crypto';
import * as z from 'zod';
import type { OrderView } from '../../testing/simulator/channel-simulator.ts';
import type { Ledger, LedgerEntry } from '../../testing/simulator/ledger.ts';

/** The channel's id in the ledger and in the control API. */
export const channelId = 'alipay';

const detailsSchema = z.object({
  product: z.enum(['native', 'codepay', 'jsapi', 'h5', 'page', 'app']),
  subject: z.string(),
  passback: z.string().optional(),
  buyerId: z.string(),
  notifyUrl: z.string().optional(),
  /** Epoch milliseconds after which nobody can pay any more. */
  expiresAt: z.number().optional(),
  /** Hash of everything the order was placed with: the same number with other parameters is refused. */
  fingerprint: z.string(),
  codeToken: z.string(),
  issuer: z.string(),
  signWith: z.enum(['publicKey', 'certificate']),
  /** For auth codes: when the payer will have typed the password, or null for never. */
  paysAt: z.number().nullable().optional(),
});
export type OrderDetails = z.infer<typeof detailsSchema>;

export type OrderState = 'created' | 'paid' | 'closed' | 'reversed' | 'failed';

export type Order = OrderDetails & {
  tradeNo: string;
  outTradeNo: string;
  amount: number;
  createdAt: string;
  state: OrderState;
  paidAt?: string;
  /** Whether a payer ever scanned the code: until then the real one knows a code, but no trade. Not kept on disk. */
  scanned: boolean;
  /** Sum of refunds that are on their way or done. */
  refunding: number;
  /** Sum of refunds that are done. */
  refunded: number;
};

/** Banks of the simulated payers. The order's number decides, so the same number always meets the same bank. */
export const issuers = ['ALIPAYACCOUNT', 'ICBC', 'CMB', 'CCB', 'ABC', 'BOC'] as const;
const pickIssuer = (outTradeNo: string): string =>
  issuers[createHash('sha256').update(outTradeNo).digest().readUInt32BE() % issuers.length] ?? 'ALIPAYACCOUNT';

const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('');
const compactDay = (nowMs: number) => new Date(nowMs + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '');

/** Everything about a new order that the merchant decides. */
export type NewOrder = Omit<OrderDetails, 'codeToken' | 'issuer' | 'buyerId'> & {
  outTradeNo: string;
  amount: number;
  buyerId?: string | undefined;
};

/** All orders. Every change is one synchronous step that also appends to the ledger: of a payment and a close, one wins. */
export type OrderBook = {
  create(order: NewOrder): Order;
  /** Moves an order on; the caller has checked that it may. */
  move(order: Order, state: Exclude<OrderState, 'created'>): void;
  findByOutTradeNo(outTradeNo: string): Order | undefined;
  findByTradeNo(tradeNo: string): Order | undefined;
  /** By any number that names it: ours, the merchant's, or the code in a payment URL. */
  find(reference: string): Order | undefined;
  newestFirst(limit: number): Order[];
  all(): Iterable<Order>;
  replay(entry: LedgerEntry): void;
};

/** True when nobody can pay the order any more. */
export const isExpired = (order: Order, nowMs: number): boolean =>
  order.expiresAt !== undefined && nowMs >= order.expiresAt;

/** True when there is a trade, not only a code that nobody scanned. */
export const isTrade = (order: Order): boolean =>
  order.product !== 'native' || order.scanned || order.state !== 'created';

/** An order as people see it. */
export const toOrderView = (order: Order, nowMs: number): OrderView => ({
  channel: channelId,
  channelTxn: order.tradeNo,
  requestNo: order.outTradeNo,
  product: order.product,
  subject: order.subject,
  amount: order.amount,
  currency: 'CNY',
  state: order.state,
  issuer: order.issuer,
  createdAt: order.createdAt,
  payable: order.state === 'created' && !isExpired(order, nowMs),
});

const isState = (state: string): state is Exclude<OrderState, 'created'> =>
  state === 'paid' || state === 'closed' || state === 'reversed' || state === 'failed';

/** Creates the order book over a ledger. */
export const createOrderBook = (ledger: Ledger, now: () => number): OrderBook => {
  const byOutTradeNo = new Map<string, Order>();
  const byTradeNo = new Map<string, Order>();
  const byToken = new Map<string, Order>();
  const inOrder: Order[] = [];

  const replay = (entry: LedgerEntry) => {
    if (entry.state === 'created') {
      const order: Order = {
        ...detailsSchema.parse(entry.data),
        tradeNo: entry.channelTxn,
        outTradeNo: entry.requestNo,
        amount: entry.amount,
        createdAt: entry.at,
        state: 'created',
        scanned: false,
        refunding: 0,
        refunded: 0,
      };
      byOutTradeNo.set(order.outTradeNo, order);
      byTradeNo.set(order.tradeNo, order);
      byToken.set(order.codeToken, order);
      inOrder.push(order);
      return;
    }
    const order = byOutTradeNo.get(entry.requestNo);
    if (order === undefined || !isState(entry.state)) return;
    order.state = entry.state;
    if (entry.state === 'paid') order.paidAt = entry.at;
  };
  const record = (
    order: Pick<Order, 'tradeNo' | 'outTradeNo' | 'amount'>,
    state: OrderState,
    data?: OrderDetails,
  ): void => {
    const entry = ledger.append({
      kind: 'charge',
      channel: channelId,
      channelTxn: order.tradeNo,
      requestNo: order.outTradeNo,
      amount: order.amount,
      currency: 'CNY',
      state,
      ...(data === undefined ? {} : { data }),
    });
    replay(entry);
  };

  return {
    create: ({ outTradeNo, amount, buyerId, ...given }) => {
      const details: OrderDetails = {
        ...given,
        buyerId: buyerId ?? `2088${digits(12)}`,
        issuer: pickIssuer(outTradeNo),
        codeToken: `bax${randomBytes(12).toString('hex')}`,
      };
      record({ tradeNo: `${compactDay(now())}22001${digits(15)}`, outTradeNo, amount }, 'created', details);
      const order = byOutTradeNo.get(outTradeNo);
      if (order === undefined) throw new Error('An order that was just created is missing.');
      return order;
    },
    move: (order, state) => record(order, state),
    findByOutTradeNo: (outTradeNo) => byOutTradeNo.get(outTradeNo),
    findByTradeNo: (tradeNo) => byTradeNo.get(tradeNo),
    find: (reference) => byOutTradeNo.get(reference) ?? byTradeNo.get(reference) ?? byToken.get(reference),
    newestFirst: (limit) => inOrder.slice(-limit).reverse(),
    all: () => inOrder,
    replay,
  };
};

import { createHash, randomBytes, randomInt } from 'node:crypto';
import * as z from 'zod';
import type { Ledger, LedgerEntry } from '../../testing/simulator/ledger.ts';
import { compactTime } from './message.ts';

/** The channel's id in the ledger and in the control API. */
export const channelId = 'unionpay';

const detailsSchema = z.object({
  product: z.enum(['page', 'h5', 'native', 'codepay']),
  bizType: z.string(),
  txnSubType: z.string(),
  txnTime: z.string(),
  subject: z.string(),
  backUrl: z.string(),
  reqReserved: z.string().optional(),
  /** Epoch milliseconds after which nobody can pay any more. */
  expiresAt: z.number().optional(),
  /** Hash of everything the order was placed with. */
  fingerprint: z.string(),
  codeToken: z.string(),
  issuer: z.string(),
  /** For scanned codes: when the payer will have typed the password, or null for never. */
  paysAt: z.number().nullable().optional(),
});
export type OrderDetails = z.infer<typeof detailsSchema>;
export type OrderState = 'created' | 'paid' | 'reversed' | 'failed';

export type Order = OrderDetails & {
  queryId: string;
  orderId: string;
  /** Minor units. */
  amount: number;
  createdAt: string;
  state: OrderState;
  paidAt?: string;
  /** The response code with which it failed. */
  failCode?: string;
  /** Sum of refunds that are on their way or done. */
  refunding: number;
};

/** Banks of the simulated payers. The order's number decides, so the same number always meets the same bank. */
export const issuers = ['ICBC', 'CMB', 'CCB', 'ABC', 'BOC', 'OTHERS'] as const;
const pickIssuer = (orderId: string): string =>
  issuers[createHash('sha256').update(orderId).digest().readUInt32BE() % issuers.length] ?? 'OTHERS';

/** A number of the network's own: 21 digits, the time first. */
export const createQueryId = (nowMs: number): string =>
  `${compactTime(nowMs)}${Array.from({ length: 7 }, () => randomInt(10)).join('')}`;

/** Everything about a new order that the merchant decides. */
export type NewOrder = Omit<OrderDetails, 'codeToken' | 'issuer'> & { orderId: string; amount: number };

/** All orders. Every change is one synchronous step that also appends to the ledger: of two at once, one wins. */
export type OrderBook = {
  create(order: NewOrder): Order;
  /** Moves an order on; the caller has checked that it may. */
  move(order: Order, state: Exclude<OrderState, 'created'>, failCode?: string): void;
  findByOrderId(orderId: string): Order | undefined;
  findByQueryId(queryId: string): Order | undefined;
  /** By any number that names it: ours, the merchant's, or the code in a payment URL. */
  find(reference: string): Order | undefined;
  newestFirst(limit: number): Order[];
  all(): Iterable<Order>;
  replay(entry: LedgerEntry): void;
};

const isState = (state: string): state is Exclude<OrderState, 'created'> =>
  state === 'paid' || state === 'reversed' || state === 'failed';

/** Creates the order book over a ledger. */
export const createOrderBook = (ledger: Ledger, now: () => number): OrderBook => {
  const byOrderId = new Map<string, Order>();
  const byQueryId = new Map<string, Order>();
  const byToken = new Map<string, Order>();
  const inOrder: Order[] = [];

  const replay = (entry: LedgerEntry) => {
    if (entry.state === 'created') {
      const { channelTxn: queryId, requestNo: orderId, amount, at: createdAt } = entry;
      const details = detailsSchema.parse(entry.data);
      const order: Order = { ...details, queryId, orderId, amount, createdAt, state: 'created', refunding: 0 };
      byOrderId.set(orderId, order);
      byQueryId.set(queryId, order);
      byToken.set(order.codeToken, order);
      inOrder.push(order);
      return;
    }
    const order = byOrderId.get(entry.requestNo);
    if (order === undefined || !isState(entry.state)) return;
    order.state = entry.state;
    if (entry.state === 'paid') order.paidAt = entry.at;
    if (entry.state === 'failed') order.failCode = String(entry.data?.failCode ?? '01');
  };
  const record = (
    order: Pick<Order, 'queryId' | 'orderId' | 'amount'>,
    state: OrderState,
    data?: Record<string, unknown>,
  ) => {
    const { queryId: channelTxn, orderId: requestNo, amount } = order;
    const named = { channel: channelId, channelTxn, requestNo, amount, currency: 'CNY' };
    replay(ledger.append({ kind: 'charge', ...named, state, ...(data === undefined ? {} : { data }) }));
  };

  return {
    create: ({ orderId, amount, ...given }) => {
      const codeToken = randomBytes(16).toString('hex');
      const details: OrderDetails = { ...given, issuer: pickIssuer(orderId), codeToken };
      record({ queryId: createQueryId(now()), orderId, amount }, 'created', details);
      const order = byOrderId.get(orderId);
      if (order === undefined) throw new Error('An order that was just created is missing.');
      return order;
    },
    move: (order, state, failCode) => record(order, state, failCode === undefined ? undefined : { failCode }),
    findByOrderId: (orderId) => byOrderId.get(orderId),
    findByQueryId: (queryId) => byQueryId.get(queryId),
    find: (reference) => byOrderId.get(reference) ?? byQueryId.get(reference) ?? byToken.get(reference),
    newestFirst: (limit) => inOrder.slice(-limit).reverse(),
    all: () => inOrder,
    replay,
  };
};

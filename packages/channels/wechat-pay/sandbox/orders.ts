import { createHash, randomBytes, randomInt } from 'node:crypto';
import * as z from 'zod';
import type { Ledger, LedgerEntry } from '../../testing/simulator/ledger.ts';

/** The channel's id in the ledger and in the control API. */
export const channelId = 'wechat-pay';

const detailsSchema = z.object({
  product: z.enum(['native', 'jsapi', 'h5', 'app', 'codepay']),
  appid: z.string(),
  description: z.string(),
  attach: z.string().optional(),
  openid: z.string(),
  notifyUrl: z.string().optional(),
  /** Epoch milliseconds after which nobody can pay any more. */
  expiresAt: z.number().optional(),
  /** Hash of everything the order was placed with: the same number with other parameters is refused. */
  fingerprint: z.string(),
  prepayId: z.string(),
  codeToken: z.string(),
  issuer: z.string(),
  signWith: z.enum(['publicKey', 'certificate']),
  /** For auth codes: when the payer will have typed the password, or null for never. */
  paysAt: z.number().nullable().optional(),
});
export type OrderDetails = z.infer<typeof detailsSchema>;

/** `created` means waiting for the payer; a codepay order in that state is the protocol's USERPAYING. */
export type OrderState = 'created' | 'paid' | 'closed' | 'reversed' | 'failed';

export type Order = OrderDetails & {
  transactionId: string;
  outTradeNo: string;
  amount: number;
  currency: string;
  createdAt: string;
  state: OrderState;
  paidAt?: string;
  /** Sum of refunds that are on their way or done. */
  refunding: number;
};

/** Banks of the simulated payers. The order's number decides, so the same number always meets the same bank. */
export const issuers = ['ICBC_DEBIT', 'CMB_CREDIT', 'CCB_DEBIT', 'ABC_DEBIT', 'BOC_DEBIT', 'OTHERS'] as const;

const pickIssuer = (outTradeNo: string): string =>
  issuers[createHash('sha256').update(outTradeNo).digest().readUInt32BE() % issuers.length] ?? 'OTHERS';

const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('');
const compactDay = (nowMs: number) => new Date(nowMs + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '');

/** Everything about a new order that the merchant decides. */
export type NewOrder = Omit<OrderDetails, 'prepayId' | 'codeToken' | 'issuer' | 'openid'> & {
  outTradeNo: string;
  amount: number;
  currency: string;
  openid?: string | undefined;
};

/**
 * All orders. Every change is one synchronous step that also appends to the ledger, so two calls at once can't both
 * win: of a payment and a close, exactly one happens.
 */
export type OrderBook = {
  create(order: NewOrder): Order;
  /** Moves an order on; the caller has checked that it may. */
  move(order: Order, state: Exclude<OrderState, 'created'>): LedgerEntry;
  findByOutTradeNo(outTradeNo: string): Order | undefined;
  findByTransactionId(transactionId: string): Order | undefined;
  /** By any number that names it: ours, the merchant's, or the code in a payment URL. */
  find(reference: string): Order | undefined;
  newestFirst(limit: number): Order[];
  all(): Iterable<Order>;
  replay(entry: LedgerEntry): void;
};

const isState = (state: string): state is Exclude<OrderState, 'created'> =>
  state === 'paid' || state === 'closed' || state === 'reversed' || state === 'failed';

/** Creates the order book over a ledger. */
export const createOrderBook = (ledger: Ledger, now: () => number): OrderBook => {
  const byOutTradeNo = new Map<string, Order>();
  const byTransactionId = new Map<string, Order>();
  const byToken = new Map<string, Order>();
  const inOrder: Order[] = [];

  const replay = (entry: LedgerEntry) => {
    if (entry.state === 'created') {
      const { channelTxn: transactionId, requestNo: outTradeNo, amount, currency, at: createdAt } = entry;
      const details = detailsSchema.parse(entry.data);
      const order: Order = {
        ...details,
        transactionId,
        outTradeNo,
        amount,
        currency,
        createdAt,
        state: 'created',
        refunding: 0,
      };
      byOutTradeNo.set(outTradeNo, order);
      byTransactionId.set(transactionId, order);
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
    order: Pick<Order, 'transactionId' | 'outTradeNo' | 'amount' | 'currency'>,
    state: OrderState,
    data?: OrderDetails,
  ) => {
    const entry = ledger.append({
      kind: 'charge',
      channel: channelId,
      channelTxn: order.transactionId,
      requestNo: order.outTradeNo,
      amount: order.amount,
      currency: order.currency,
      state,
      ...(data === undefined ? {} : { data }),
    });
    replay(entry);
    return entry;
  };

  return {
    create: ({ outTradeNo, amount, currency, openid, ...given }) => {
      const details: OrderDetails = {
        ...given,
        openid: openid ?? `o${randomBytes(20).toString('base64url')}`,
        issuer: pickIssuer(outTradeNo),
        prepayId: `wx${digits(2)}${compactDay(now())}${randomBytes(12).toString('hex')}`,
        codeToken: randomBytes(7).toString('base64url').slice(0, 9),
      };
      const transactionId = `4200${digits(6)}${compactDay(now())}${digits(10)}`;
      record({ transactionId, outTradeNo, amount, currency }, 'created', details);
      const order = byOutTradeNo.get(outTradeNo);
      if (order === undefined) throw new Error('An order that was just created is missing.');
      return order;
    },
    move: (order, state) => record(order, state),
    findByOutTradeNo: (outTradeNo) => byOutTradeNo.get(outTradeNo),
    findByTransactionId: (transactionId) => byTransactionId.get(transactionId),
    find: (reference) => byOutTradeNo.get(reference) ?? byTransactionId.get(reference) ?? byToken.get(reference),
    newestFirst: (limit) => inOrder.slice(-limit).reverse(),
    all: () => inOrder,
    replay,
  };
};

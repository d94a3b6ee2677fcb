import type * as z from 'zod';
import type { PayerOutcome, ReceivedRequest, SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import { type Books, isExpired, type Order, placeSchema, type Refund, refundSchema, toOrderView } from './books.ts';
import { RiverbankRefusal } from './message.ts';
import type { Notifications } from './notifications.ts';

/** What a barcode leads to, by its last two digits, in the manner of test cards. Everything else is paid at once. */
const barcodes: Readonly<Record<string, string>> = {
  '01': 'BALANCE_LOW',
  '02': 'waits',
  '03': 'PAY_CODE_INVALID',
  '04': 'SYSTEM_BUSY',
  '06': 'never',
  '07': 'BANK_REFUSED',
  '08': 'PAYER_REFUSED',
};

const read = <Schema extends z.ZodType>(schema: Schema, request: ReceivedRequest): z.infer<Schema> => {
  let json: unknown;
  try {
    json = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new RiverbankRefusal(400, 'REQUEST_INVALID', 'the body is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RiverbankRefusal(400, 'REQUEST_INVALID', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
};

type Placed = z.infer<typeof placeSchema>;
const wordsOf = ({ orderNo, product, amount, subject, expiresAt, notifyUrl, returnUrl, payCode }: Placed): string =>
  JSON.stringify([orderNo, product, amount, subject, expiresAt, notifyUrl, returnUrl, payCode]);

/** What can be done with orders and refunds: by merchants, by payers, by time. Every step is synchronous. */
export const createCalls = (context: SimulatorContext, books: Books, notifications: Notifications) => {
  const find = (orderNo: string): Order => {
    const order = books.findOrder(orderNo);
    if (order === undefined) throw new RiverbankRefusal(404, 'ORDER_NOT_FOUND');
    return order;
  };
  const view = (order: Order) => toOrderView(order, context.now());

  const pay = (order: Order, force = false): PayerOutcome => {
    if (order.state === 'paid') return { done: true, order: view(order) };
    if (order.state !== 'created' && !force) return { done: false, reason: 'not_payable', order: view(order) };
    if (isExpired(order, context.now()) && !force) return { done: false, reason: 'expired', order: view(order) };
    if (context.faults.isIssuerDown(order.issuer)) {
      if (order.product === 'barcode') books.move(order, 'failed', 'BANK_REFUSED');
      return { done: false, reason: 'issuer_outage', order: view(order) };
    }
    books.move(order, 'paid');
    notifications.paid(order);
    return { done: true, order: view(order) };
  };
  const awaitPassword = (order: Order) => {
    if (order.paysAt === null || order.state !== 'created') return;
    context.timers.after(order.paysAt - context.now(), () => {
      if (order.state === 'created') pay(order);
    });
  };
  const settleWhenDue = (refund: Refund) => {
    context.timers.after(refund.dueAt - context.now(), () => {
      books.settle(refund);
      notifications.refunded(refund);
    });
  };
  const charge = (order: Order, outcome: string | undefined): Order => {
    if (outcome === 'waits') awaitPassword(order);
    else if (outcome === undefined || outcome === 'SYSTEM_BUSY') pay(order);
    else if (outcome !== 'never') books.move(order, 'failed', outcome);
    // Charged, and the answer leaves it open: what a look-up is for.
    if (outcome === 'SYSTEM_BUSY') throw new RiverbankRefusal(500, 'SYSTEM_BUSY');
    if (order.state === 'failed') throw new RiverbankRefusal(402, order.failCode ?? 'BANK_REFUSED');
    return order;
  };

  return {
    pay,
    awaitPassword,
    settleWhenDue,
    find,
    place(request: ReceivedRequest): Order {
      const placed = read(placeSchema, request);
      if ((placed.product === 'barcode') !== (placed.payCode !== undefined)) {
        throw new RiverbankRefusal(400, 'REQUEST_INVALID', 'payCode: with barcode, and only there');
      }
      const known = books.findOrder(placed.orderNo);
      if (known !== undefined) {
        if (wordsOf(known) !== wordsOf(placed)) throw new RiverbankRefusal(409, 'ORDER_NO_USED');
        if (known.state === 'paid' && known.product !== 'barcode') throw new RiverbankRefusal(409, 'ORDER_PAID');
        if (known.state === 'closed') throw new RiverbankRefusal(409, 'ORDER_CLOSED');
        if (known.state === 'failed') throw new RiverbankRefusal(402, known.failCode ?? 'BANK_REFUSED');
        return known;
      }
      if (placed.payCode !== undefined) {
        const outcome = barcodes[placed.payCode.slice(-2)];
        const paysAt = outcome === 'waits' ? context.now() + context.settings().userPayingMs : null;
        return charge(books.place(placed, paysAt), outcome);
      }
      const order = books.place(placed, null);
      notifications.claimPaid(order);
      context.orderPlaced(view(order));
      return order;
    },
    close(orderNo: string): Order {
      const order = find(orderNo);
      if (order.state === 'paid') throw new RiverbankRefusal(409, 'ORDER_PAID');
      if (order.state === 'created') books.move(order, 'closed');
      return order;
    },
    reverse(orderNo: string): Order {
      const order = find(orderNo);
      if (order.product !== 'barcode') throw new RiverbankRefusal(400, 'REQUEST_INVALID', 'only barcodes are reversed');
      if (order.state === 'paid' || order.state === 'created') books.move(order, 'reversed');
      return order;
    },
    refund(request: ReceivedRequest): Refund {
      const asked = read(refundSchema, request);
      const order = find(asked.orderNo);
      const known = books.findRefund(asked.refundNo);
      if (known !== undefined) {
        const same = known.orderNo === asked.orderNo && known.amount === asked.amount;
        if (!same) throw new RiverbankRefusal(409, 'REFUND_NO_USED');
        return known;
      }
      if (order.state !== 'paid') throw new RiverbankRefusal(409, 'REFUND_TOO_MUCH');
      const dueAt = context.now() + context.settings().refundDelayMs;
      const refund = books.refund(order, asked, { dueAt, fails: context.faults.failsRefund() });
      settleWhenDue(refund);
      return refund;
    },
    findRefund(refundNo: string): Refund {
      const refund = books.findRefund(refundNo);
      if (refund === undefined) throw new RiverbankRefusal(404, 'REFUND_NOT_FOUND');
      return refund;
    },
  };
};

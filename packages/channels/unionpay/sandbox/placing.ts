import { createHash } from 'node:crypto';
import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import { type Outcome, UnionPayRefusal } from './answers.ts';
import { type Message, readCompactTime } from './message.ts';
import type { Notifications } from './notifications.ts';
import type { Order, OrderBook } from './orders.ts';
import { type Payer, toOrderView } from './payer.ts';
import type { RefundBook } from './refunds.ts';
import { parseFields, placeSchemas } from './request-schema.ts';
import { outcomeOfScan, type ScanOutcome } from './scanned-codes.ts';

/** What placing needs. */
export type PlacingDeps = {
  context: SimulatorContext;
  orders: OrderBook;
  refunds: RefundBook;
  payer: Payer;
  notifications: Notifications;
};

/** Places orders. It never waits between looking a number up and creating the order, so twins make one. */
export type Placing = {
  /** 主扫 (a QR code is applied for) and 被扫 (the payer's code was scanned). */
  back(call: Message): Outcome;
  /** The payer's browser brings the order. */
  front(call: Message): Order;
};

const fingerprintOf = ({ signature: _signature, ...call }: Message): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(call).sort()))
    .digest('hex');

/** Creates the ways to place an order. */
export const createPlacing = (deps: PlacingDeps): Placing => {
  const { context, orders, refunds, payer, notifications } = deps;

  const assertUnused = (orderId: string) => {
    if (orders.findByOrderId(orderId) !== undefined || refunds.find(orderId) !== undefined) {
      throw new UnionPayRefusal('12', 'orderId');
    }
  };
  const expiryOf = (payTimeout: string | undefined): { expiresAt?: number } => {
    if (payTimeout === undefined) return {};
    const expiresAt = readCompactTime(payTimeout);
    if (expiresAt <= context.now()) throw new UnionPayRefusal('39', 'payTimeout');
    return { expiresAt };
  };
  const create = (
    product: Order['product'],
    call: Message,
    fields: { orderId: string; txnTime: string; txnAmt: number; bizType: string; txnSubType: string; backUrl: string },
    more: { expiresAt?: number; paysAt?: number | null },
  ): Order => {
    const { orderId, txnTime, txnAmt: amount, bizType, txnSubType, backUrl } = fields;
    const { orderDesc: subject = '-', reqReserved } = call;
    const reserved = reqReserved === undefined ? {} : { reqReserved };
    const given = { product, subject, bizType, txnSubType, txnTime, backUrl, ...reserved, ...more };
    return orders.create({ ...given, orderId, amount, fingerprint: fingerprintOf(call) });
  };
  const awaitPayer = (order: Order) => {
    notifications.claimPaid(order);
    context.orderPlaced(toOrderView(order, context.now()));
  };

  const answerOfScan = (order: Order, script: ScanOutcome): Outcome => {
    switch (script.kind) {
      case 'refused':
        orders.move(order, 'failed', script.code);
        return { respCode: script.code };
      case 'paying':
        payer.awaitPassword(order);
        return { respCode: '05' };
      case 'open':
        if (script.charged) payer.pay(order);
        else orders.move(order, 'failed', '01');
        return { respCode: script.code };
      case 'paid':
        // "Taken on" and no more, even when the bank has already said no.
        payer.pay(order);
        return { respCode: '00', fields: { queryId: order.queryId } };
      default:
        return script satisfies never;
    }
  };

  return {
    back: (call) => {
      if (call.txnSubType === '06') {
        const fields = parseFields(placeSchemas.codepay, call);
        assertUnused(fields.orderId);
        const script = outcomeOfScan(fields.qrNo);
        const pays = script.kind === 'paying' && script.pays;
        const paysAt = pays ? context.now() + context.settings().userPayingMs : null;
        return answerOfScan(create('codepay', call, fields, { paysAt }), script);
      }
      const fields = parseFields(placeSchemas.native, call);
      assertUnused(fields.orderId);
      const order = create('native', call, fields, expiryOf(fields.payTimeout));
      awaitPayer(order);
      return { respCode: '00', fields: { qrCode: `https://qr.95516.com/00010000/${order.codeToken}` } };
    },
    front: (call) => {
      const fields = parseFields(placeSchemas.front, call);
      const known = orders.findByOrderId(fields.orderId);
      // A payer who loads the page again sees the same order.
      if (known?.state === 'created' && known.fingerprint === fingerprintOf(call)) return known;
      assertUnused(fields.orderId);
      const product = fields.channelType === '07' ? 'page' : 'h5';
      const order = create(product, call, fields, expiryOf(fields.payTimeout));
      awaitPayer(order);
      return order;
    },
  };
};

import type { PayerOutcome, SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import type { Notifications } from './notifications.ts';
import { isExpired, type Order, type OrderBook, toOrderView } from './orders.ts';

/** What a scanned auth code (付款码) leads to. */
export type AuthCodeOutcome =
  | { kind: 'paid' }
  | { kind: 'refused'; subCode: string }
  | { kind: 'paying'; pays: boolean }
  | { kind: 'charged-but-error' };

/** Scripted outcomes by the last two digits of the auth code, as for WeChat Pay. Everything else is paid at once. */
const authCodeOutcomes: Readonly<Record<string, AuthCodeOutcome>> = {
  '01': { kind: 'refused', subCode: 'ACQ.BUYER_BALANCE_NOT_ENOUGH' },
  '02': { kind: 'paying', pays: true },
  '03': { kind: 'refused', subCode: 'ACQ.PAYMENT_AUTH_CODE_INVALID' },
  '04': { kind: 'charged-but-error' },
  '05': { kind: 'refused', subCode: 'ACQ.PAYMENT_AUTH_CODE_INVALID' },
  '06': { kind: 'paying', pays: false },
  '07': { kind: 'refused', subCode: 'ACQ.SYSTEM_ERROR' },
  '08': { kind: 'refused', subCode: 'ACQ.BUYER_ENABLE_STATUS_FORBID' },
};
export const outcomeOfAuthCode = (authCode: string): AuthCodeOutcome =>
  authCodeOutcomes[authCode.slice(-2)] ?? { kind: 'paid' };

/** The simulated payer. Each step is synchronous, so a close at the same moment either comes before or after it. */
export type Payer = {
  pay(order: Order, options?: { force?: boolean | undefined }): PayerOutcome;
  /** Scans the code, looks at the amount, and walks away. */
  abandon(order: Order): PayerOutcome;
  /** Starts the payer who types a password, when the auth code's script has one. */
  awaitPassword(order: Order): void;
};

/** Creates the payer of one channel's orders. */
export const createPayer = (context: SimulatorContext, orders: OrderBook, notifications: Notifications): Payer => {
  const view = (order: Order) => toOrderView(order, context.now());

  const pay: Payer['pay'] = (order, options) => {
    if (order.state === 'paid') return { done: true, order: view(order) };
    const late = options?.force === true && (order.state === 'created' || order.state === 'closed');
    if (!late && order.state !== 'created') return { done: false, reason: 'not_payable', order: view(order) };
    if (!late && isExpired(order, context.now())) return { done: false, reason: 'expired', order: view(order) };
    order.scanned = true;
    if (context.faults.isIssuerDown(order.issuer)) {
      // The payer may try again; an auth code is used up.
      if (order.product === 'codepay') orders.move(order, 'failed');
      return { done: false, reason: 'issuer_outage', order: view(order) };
    }
    orders.move(order, 'paid');
    notifications.paid(order);
    return { done: true, order: view(order) };
  };

  return {
    pay,
    abandon: (order) => {
      if (order.state !== 'created') return { done: false, reason: 'not_payable', order: view(order) };
      order.scanned = true;
      if (order.product === 'codepay') orders.move(order, 'failed');
      return { done: true, order: view(order) };
    },
    awaitPassword: (order) => {
      if (typeof order.paysAt !== 'number') return;
      context.timers.after(order.paysAt - context.now(), () => {
        if (order.state === 'created') pay(order);
      });
    },
  };
};

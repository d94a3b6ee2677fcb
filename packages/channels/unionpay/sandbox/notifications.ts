import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Callback, CallbackBytes } from '../../testing/simulator/callbacks.ts';
import { createCertificate } from '../../testing/simulator/certificate.ts';
import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import { seal, wordsOf } from './answers.ts';
import type { UnionPayCredentials } from './credentials.ts';
import { type Message, signed, withBadSignature, writeForm } from './message.ts';
import type { Order } from './orders.ts';
import type { Refund } from './refunds.ts';

/** Waits between the attempts of one notification: five in all, minutes apart. */
const retryDelaysSeconds = [60, 120, 240, 300] as const;

const toBytes = (message: Message): CallbackBytes => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
  body: writeForm(message),
});

/** Tells merchants what happened. */
export type Notifications = {
  paid(order: Order): void;
  /** Only of what succeeded; how a refund failed, the merchant has to ask. */
  refunded(refund: Refund): void;
  /** Only under a `forged` fault: strangers claim that an unpaid order is paid. */
  claimPaid(order: Order): void;
};

/** Creates the sender of back-end notifications (后台通知) of one merchant. */
export const createNotifications = (context: SimulatorContext, credentials: UnionPayCredentials): Notifications => {
  let own: { privateKey: KeyObject; certificatePem: string } | undefined;
  /** Somebody with a key and a certificate that look right but that nobody of the chain has issued. */
  const stranger = () => {
    if (own === undefined) {
      const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const valid = { notBefore: new Date(context.now() - 86_400_000), notAfter: new Date(context.now() + 86_400_000) };
      const commonName = '041@Z2026-1-1@00040000:SIGN@00000001';
      const issuer = { commonName: 'Sandbox Card Network Middle CA', organization: 'Tributary Sandbox' };
      const { pem } = createCertificate({ ...pair, ...valid, commonName, organization: 'Strangers', issuer });
      own = { privateKey: pair.privateKey, certificatePem: pem };
    }
    return own;
  };
  const resigned = (message: Message, certificatePem: string): Message => {
    const { signature: _signature, ...rest } = message;
    return signed({ ...rest, signPubKeyCert: certificatePem }, stranger().privateKey);
  };
  const without = (message: Message, name: string): Message =>
    Object.fromEntries(Object.entries(message).filter(([field]) => field !== name));

  const forgeries: readonly ((genuine: Message) => Message)[] = [
    (genuine) => resigned(genuine, credentials.signingKey().certificatePem),
    (genuine) => resigned(genuine, stranger().certificatePem),
    (genuine) => resigned(genuine, credentials.merchantCertificatePem),
    withBadSignature,
    (genuine) => ({ ...genuine, txnAmt: `${genuine.txnAmt}0` }),
    (genuine) => without(genuine, 'signature'),
    (genuine) => ({ ...genuine, signature: '' }),
    (genuine) => without(genuine, 'signPubKeyCert'),
  ];

  const toCallback = (id: string, url: string, content: Message): Callback => ({
    id,
    url,
    retryDelaysSeconds,
    isTaken: (status) => status === 200,
    write: async () => toBytes(seal(credentials, content)),
    forge: async (variant) => {
      const forgery = forgeries[variant % forgeries.length];
      if (forgery === undefined) throw new Error('There is no forgery of that kind.');
      return toBytes(forgery(seal(credentials, content)));
    },
  });

  const told = (about: Order | Refund, kind: Message, amount: number): Message => ({
    ...kind,
    accessType: '0',
    merId: credentials.merId,
    orderId: about.orderId,
    txnTime: about.txnTime,
    txnAmt: String(amount),
    currencyCode: '156',
    queryId: about.queryId,
    respCode: '00',
    respMsg: wordsOf('00'),
    settleAmt: String(amount),
    settleCurrencyCode: '156',
    settleDate: about.txnTime.slice(4, 8),
    traceNo: about.queryId.slice(-6),
    traceTime: about.txnTime.slice(4),
    ...(about.reqReserved === undefined ? {} : { reqReserved: about.reqReserved }),
  });
  const paidCallback = (order: Order): Callback => {
    const { bizType, txnSubType } = order;
    const amount = order.amount + context.faults.wrongAmountDelta();
    return toCallback(paidId(order), order.backUrl, told(order, { bizType, txnType: '01', txnSubType }, amount));
  };
  const paidId = (order: Order) => `unionpay-${order.queryId}-paid`;

  return {
    paid: (order) => {
      if (context.callbacks.isFinished(paidId(order))) return;
      context.callbacks.send(paidCallback(order), context.faults.planCallback());
    },
    refunded: (refund) => {
      const id = `unionpay-${refund.queryId}-${refund.state}`;
      if (refund.state !== 'succeeded' || context.callbacks.isFinished(id)) return;
      const kind = { bizType: '000000', txnType: refund.txnType, txnSubType: '00' };
      const callback = toCallback(id, refund.backUrl, told(refund, kind, refund.amount));
      context.callbacks.send(callback, context.faults.planCallback());
    },
    claimPaid: (order) => {
      const plan = context.faults.planCallback();
      if (plan.mode === 'forged') context.callbacks.sendForged(paidCallback(order), plan.copies);
    },
  };
};

import type { Answer, CreateChannelSimulator, ReceivedRequest } from '../../testing/simulator/channel-simulator.ts';
import type { Operation } from '../../testing/simulator/faults.ts';
import { actOnOrders } from '../../testing/simulator/order-acts.ts';
import { type Outcome, UnionPayRefusal, writeOutcome } from './answers.ts';
import { createCalls } from './calls.ts';
import { openCredentials } from './credentials.ts';
import { isSignedBy, type Message, readForm } from './message.ts';
import { createNotifications } from './notifications.ts';
import { channelId, createOrderBook, issuers } from './orders.ts';
import { createPayer, toOrderView } from './payer.ts';
import { createPlacing } from './placing.ts';
import { createRefundBook } from './refunds.ts';

const paths = {
  '/gateway/api/frontTransReq.do': 'front',
  '/gateway/api/backTransReq.do': 'back',
  '/gateway/api/queryTrans.do': 'query',
} as const;
type Door = (typeof paths)[keyof typeof paths];

const doorOf = ({ method, path }: ReceivedRequest): Door | undefined =>
  method === 'POST' ? paths[path as keyof typeof paths] : undefined;

const backOperations: Readonly<Record<string, Operation>> = { '04': 'refund', '31': 'reverse', '99': 'reverse' };

/** What every message must say before it can be asked who signed it. */
const signedFields = ['version', 'encoding', 'signMethod', 'signature', 'certId', 'merId', 'txnType'] as const;

/** UnionPay's online gateway and QR codes (全渠道 5.1.0), from the merchant's side of the wire. */
export const createUnionPaySimulator: CreateChannelSimulator = async (context) => {
  const { now, ledger } = context;
  const credentials = await openCredentials(context.dir, now);
  const orders = createOrderBook(ledger, now);
  const refunds = createRefundBook(ledger, orders, now);
  const notifications = createNotifications(context, credentials);
  const payer = createPayer(context, orders, notifications);
  const place = createPlacing({ context, orders, refunds, payer, notifications });
  const calls = createCalls({ context, orders, refunds, notifications });

  const authenticate = (request: ReceivedRequest): Message => {
    const type = String(request.headers['content-type'] ?? '');
    const call = readForm(request.body);
    if (call === undefined || !type.startsWith('application/x-www-form-urlencoded')) throw new UnionPayRefusal('10');
    const missing = signedFields.find((name) => !call[name]);
    if (missing !== undefined) throw new UnionPayRefusal('13', missing);
    if (call.version !== '5.1.0' || call.encoding !== 'UTF-8') throw new UnionPayRefusal('10', 'version, encoding');
    if (call.merId !== credentials.merId) throw new UnionPayRefusal('31', 'merId');
    const isKnownKey = call.signMethod === '01' && call.certId === credentials.certId;
    if (!isKnownKey || !isSignedBy(call, credentials.merchantPublicKey)) throw new UnionPayRefusal('11');
    return call;
  };
  const workOnBack = (call: Message): Outcome => {
    if (call.txnType === '01') return place.back(call);
    if (call.txnType === '04' || call.txnType === '31') return calls.takeBack(call);
    if (call.txnType === '99') return calls.reverse(call);
    throw new UnionPayRefusal('10', 'txnType');
  };
  const write = (request: ReceivedRequest, outcome: Outcome): Answer =>
    writeOutcome(credentials, readForm(request.body) ?? {}, outcome);
  const work = (request: ReceivedRequest): Answer => {
    try {
      const call = authenticate(request);
      const door = doorOf(request);
      if (door === 'query') return write(request, calls.query(call));
      if (door === 'back') return write(request, workOnBack(call));
      const { codeToken } = place.front(call);
      return { status: 303, headers: { Location: `${context.baseUrl()}/pay/${codeToken}` }, body: '', outcome: 'ok' };
    } catch (error) {
      if (!(error instanceof UnionPayRefusal)) throw error;
      return write(request, { respCode: error.code, respMsg: error.message });
    }
  };

  return {
    id: channelId,
    credentialsName: 'unionpay',
    credentials: () => ({ ...credentials.describe(), baseUrl: context.baseUrl() }),
    account: () => credentials.account(),
    identify: (request) => {
      const door = doorOf(request);
      if (door === undefined) return undefined;
      const call = readForm(request.body);
      const orderId = call?.orderId?.slice(0, 64);
      const refund = orderId === undefined ? undefined : refunds.find(orderId);
      if (door !== 'query') {
        const operation = door === 'back' ? backOperations[call?.txnType ?? ''] : undefined;
        return { operation: operation ?? 'place', requestNo: orderId };
      }
      return refund === undefined
        ? { operation: 'query', requestNo: orderId }
        : { operation: 'queryRefund', requestNo: refund.paidOrderId };
    },
    answer: async (request) => work(request),
    // The protocol's own codes come with 200, signed; anything else is a machine in front of the gateway that has no keys.
    issuers,
    maintenance: { code: '02', status: 200 },
    refuse: async (request, { code, status, message }) =>
      /^[0-9A-Z]{2}$/.test(code)
        ? write(request, { respCode: code, ...(message === undefined ? {} : { respMsg: message }) })
        : { status, headers: { 'Content-Type': 'text/html' }, body: message ?? code, outcome: code },
    denyOrder: async (request) => write(request, { respCode: '34' }),
    ...actOnOrders(orders, payer, (order) => toOrderView(order, now())),
    rotateCertificate: async (switchAfterMs) => {
      const { serial, certificatePem, signsFrom } = await credentials.rotate(switchAfterMs);
      return { serial, certificatePem, signsFrom: new Date(signsFrom).toISOString() };
    },
    replay: (entry) => {
      if (entry.kind === 'charge') orders.replay(entry);
      else refunds.replay(entry);
    },
    resume: () => {
      for (const order of orders.all()) {
        if (order.state === 'paid') notifications.paid(order);
        else if (order.state === 'created') payer.awaitPassword(order);
      }
      for (const refund of refunds.all()) {
        if (refund.state === 'created') calls.settleWhenDue(refund);
        else notifications.refunded(refund);
      }
    },
  };
};

import type { SyncSchedule } from '@tributary/contracts/service-config';
import * as z from 'zod';
import type {
  ChannelAdapter,
  ChannelCall,
  ChannelSession,
  Notification,
  NotifyResult,
  ResultOf,
  StoredAccount,
  WireReply,
  WireResponse,
} from '../channel-adapter.ts';
import type { ChannelResult, RefundResult } from '../channel-result.ts';
import { beijingCompact } from '../wire/beijing-time.ts';
import { hidesField } from '../wire/form.ts';
import { configSchema, type OpenAccount, openAccount, secretsSchema } from './account.ts';
import { buildRequest } from './build-request.ts';
import { codeTable } from './code-table.ts';
import { createDoctor } from './doctor/diagnose.ts';
import { rawOf, readCharge, readOrder, readPaidBack, readRefund } from './read-message.ts';
import { verifyMessage } from './sign.ts';
import { messageSchema, parseAnswer, parseCallback } from './wire.ts';

// HTTP 200 means "taken"; anything else is sent again.
const plain = { 'Content-Type': 'text/plain; charset=utf-8' };
const taken: WireReply = { status: 200, headers: plain, body: 'ok' };
const sendAgain: WireReply = { status: 500, headers: plain, body: 'fail' };

/** Reads an answer: the signature first, then whether it is about our order. Total. */
function parseResponse(
  account: OpenAccount,
  call: Exclude<ChannelCall, { op: 'fetchTrust' }>,
  response: WireResponse,
  at: Date,
): ChannelResult | RefundResult {
  const message = parseAnswer(response.body);
  if (message === undefined || verifyMessage(account, message, at) !== 'verified') {
    return { kind: 'unknown', reason: response.status === 200 ? 'bad_signature' : 'http_status' };
  }
  const answer = messageSchema.safeParse(Object.fromEntries(message));
  const isRefund = call.op === 'refund' || call.op === 'queryRefund';
  const orderId = isRefund ? call.refundNo : call.requestNo;
  const txnTime = beijingCompact(isRefund ? call.refundOrderedAt : call.orderedAt);
  const { data } = answer;
  if (data === undefined) return { kind: 'unknown', reason: 'unreadable' };
  // Signed, and not about us: its words are kept for whoever finds out why.
  if (data.merId !== account.config.merId)
    return { kind: 'unknown', reason: 'unreadable', raw: rawOf(data.respCode, data.respMsg) };
  if (data.orderId !== orderId || data.txnTime !== txnTime) return { kind: 'unknown', reason: 'unreadable' };
  return isRefund ? readRefund(call, data) : readOrder(call, data);
}

const signedNames = new Set([...Object.keys(messageSchema.shape), 'txnSubType', 'reqReserved', 'version', 'encoding']);

/** Reads a callback: the signature first, then whose it is. Front-end payments are told of only when they succeed. */
function parseNotify(account: OpenAccount, notification: Notification, at: Date): NotifyResult {
  const message = parseCallback(notification.body);
  if (message === undefined) return { kind: 'refused', reason: 'unreadable' };
  const verdict = verifyMessage(account, message, at);
  if (verdict !== 'verified') return { kind: 'refused', reason: verdict };
  if (hidesField(message.values(), signedNames)) return { kind: 'refused', reason: 'unreadable' };
  const parsed = messageSchema.safeParse(Object.fromEntries(message));
  if (!parsed.success) return { kind: 'refused', reason: 'unreadable' };
  const told = parsed.data;
  if (told.merId !== account.config.merId) return { kind: 'refused', reason: 'wrong_account' };
  const raw = rawOf(told.respCode, told.respMsg);
  const notifyId = `${told.txnType}-${told.orderId}-${told.txnTime}-${told.queryId ?? ''}-${told.respCode}`;
  if (told.txnType === '01') {
    const isFinal = message.get('txnSubType') === '06';
    return { kind: 'payment', notifyId, requestNo: told.orderId, result: readCharge(told, raw, isFinal) };
  }
  if (told.txnType === '04' || told.txnType === '31') {
    // It names the refund; the payment's number comes back in the field that we sent it in.
    const requestNo = message.get('reqReserved');
    if (!requestNo) return { kind: 'refused', reason: 'unreadable' };
    return { kind: 'refund', notifyId, requestNo, refundNo: told.orderId, result: readPaidBack(told, raw) };
  }
  return { kind: 'refused', reason: 'unsupported' };
}

function open(stored: StoredAccount): ChannelSession {
  const account = openAccount(stored);
  return {
    buildRequest: (call, at) => buildRequest(account, stored.baseUrl, call, at),
    // parseResponse picks the reader by `call.op`, which is what ResultOf says; the compiler can't follow that.
    parseResponse: <Call extends ChannelCall>(call: Call, response: WireResponse, at: Date) =>
      (call.op === 'fetchTrust'
        ? { kind: 'unknown', reason: 'unreadable' }
        : parseResponse(account, call, response, at)) as ResultOf<Call>,
    parseNotify: (notification, at) => parseNotify(account, notification, at),
    acknowledge: (accepted) => (accepted ? taken : sendAgain),
    doctor: createDoctor(account),
  };
}

/** Look-ups after these seconds, each counted from the one before; then after two hours each. */
const ladder = (firstSeconds: number, ...steps: number[]): SyncSchedule => ({
  firstSeconds,
  steps: steps.map((everySeconds) => ({ everySeconds, times: 1 })),
  backoff: { baseSeconds: 7200, maxSeconds: 7200 },
});

/** UnionPay's online gateway and QR codes (全渠道 5.1.0), signed with RSA and SHA-256. See `docs/channels/unionpay.md`. */
export const unionPay: ChannelAdapter = {
  id: 'unionpay',
  products: new Map([
    ['native', { payer: [] }],
    ['codepay', { payer: ['authCode'] }],
    ['page', { payer: [] }],
    ['h5', { payer: [] }],
  ]),
  // There is no close: an order carries the time after which nobody can pay it.
  operations: new Set(['place', 'query', 'reverse', 'refund', 'queryRefund']),
  deadlinesMs: {
    place: 8_000,
    query: 5_000,
    reverse: 10_000,
    refund: 8_000,
    queryRefund: 5_000,
  },
  // UnionPay's own samples: after 2^N seconds, six times, since it allows few look-ups of one order; then after 5, 10, 30, 60
  // and 120 minutes. A payer who scans, or finds his way through pages, takes longer: the six are spread over ten minutes, or
  // half an hour, for an order whose callback is lost has to be asked about in time.
  syncSchedule: ladder(1, 2, 4, 8, 16, 32, 300, 600, 1800, 3600),
  productSchedules: new Map([
    ['native', ladder(10, 20, 40, 80, 160, 320, 600, 1800, 3600)],
    ['page', ladder(30, 60, 120, 240, 480, 960, 1800, 3600)],
    ['h5', ladder(30, 60, 120, 240, 480, 960, 1800, 3600)],
  ]),
  isAskedNoSooner: true,
  reversedProducts: new Set(['codepay']),
  // An order number that comes twice is refused (12), even with the same words.
  repeatableProducts: new Set(),
  codes: codeTable,
  signatureRefusals: new Set(['11']),
  accountJsonSchema: { config: z.toJSONSchema(configSchema, { io: 'input' }), secrets: z.toJSONSchema(secretsSchema) },
  sensitiveFields: new Set([
    'signature',
    // The payer.
    'accNo',
    'qrNo',
    'customerInfo',
    'certifId',
    'phoneNo',
    // What lets somebody pay.
    'qrCode',
    'tn',
  ]),
  open,
};

import * as z from 'zod';
import type {
  ChannelAdapter,
  ChannelCall,
  ChannelSession,
  ResultOf,
  StoredAccount,
  WireReply,
} from '../channel-adapter.ts';
import { configSchema, openAccount, secretsSchema } from './account.ts';
import { buildRequest } from './build-request.ts';
import { codeTable } from './code-table.ts';
import { createDoctor } from './doctor/diagnose.ts';
import { parseNotify } from './parse-notify.ts';
import { parseResponse } from './parse-response.ts';

// Exactly these seven letters mean "taken"; anything else is sent again, 8 times within 25 hours.
// https://opendocs.alipay.com/open/194/103296
const text = { 'Content-Type': 'text/plain; charset=utf-8' };
const taken: WireReply = { status: 200, headers: text, body: 'success' };
const sendAgain: WireReply = { status: 200, headers: text, body: 'fail' };

function open(stored: StoredAccount): ChannelSession {
  const account = openAccount(stored);
  return {
    buildRequest: (call, at) => buildRequest(account, stored.baseUrl, call, at),
    // parseResponse picks the reader by `call.op`, which is what ResultOf says; the compiler can't follow that.
    parseResponse: <Call extends ChannelCall>(call: Call, response: Parameters<typeof parseResponse>[2]) =>
      (call.op === 'fetchTrust'
        ? { kind: 'unknown', reason: 'unreadable' }
        : parseResponse(account, call, response)) as ResultOf<Call>,
    parseNotify: (notification) => parseNotify(account, notification),
    acknowledge: (accepted) => (accepted ? taken : sendAgain),
    doctor: createDoctor(account),
  };
}

/** Alipay's open platform (gateway.do, RSA2) for merchants of the mainland. See `docs/channels/alipay.md`. */
export const alipay: ChannelAdapter = {
  id: 'alipay',
  products: new Map([
    ['native', { payer: [] }],
    ['codepay', { payer: ['authCode'] }],
    ['jsapi', { payer: ['openId'] }],
    ['h5', { payer: [] }],
    ['page', { payer: [] }],
    ['app', { payer: [] }],
  ]),
  operations: new Set(['place', 'query', 'close', 'reverse', 'refund', 'queryRefund']),
  deadlinesMs: {
    place: 6_000,
    query: 3_000,
    close: 3_000,
    reverse: 10_000,
    refund: 8_000,
    queryRefund: 3_000,
  },
  // A barcode payment is asked for every few seconds for about a minute, then cancelled: services say so.
  syncSchedule: {
    firstSeconds: 10,
    steps: [{ everySeconds: 5, times: 10 }],
    backoff: { baseSeconds: 30, maxSeconds: 600 },
  },
  reversedProducts: new Set(['codepay']),
  repeatableProducts: new Set(['native', 'jsapi']),
  codes: codeTable,
  signatureRefusals: new Set(['isv.invalid-signature', 'isv.missing-signature']),
  accountJsonSchema: { config: z.toJSONSchema(configSchema, { io: 'input' }), secrets: z.toJSONSchema(secretsSchema) },
  sensitiveFields: new Set([
    'sign',
    // The payer.
    'auth_code',
    'buyer_id',
    'buyer_open_id',
    'buyer_user_id',
    'buyer_logon_id',
    'open_id',
    // What lets somebody pay.
    'qr_code',
  ]),
  open,
};

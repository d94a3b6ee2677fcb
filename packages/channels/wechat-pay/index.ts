import * as z from 'zod';
import type {
  ChannelAdapter,
  ChannelCall,
  ChannelSession,
  ResultOf,
  StoredAccount,
  WireReply,
} from '../channel-adapter.ts';
import type { TrustedKey } from '../channel-result.ts';
import { configSchema, openAccount, secretsSchema } from './account.ts';
import { buildRequest } from './build-request.ts';
import { codeTable } from './code-table.ts';
import { createDoctor } from './doctor/diagnose.ts';
import { parseNotify } from './parse-notify.ts';
import { parseResponse } from './parse-response.ts';

// Any 2xx means "taken"; anything else is sent again, 15 times within 24 h.
// https://pay.weixin.qq.com/docs/partner/apis/partner-scannedpos-payment/payment-notice.html
const taken: WireReply = { status: 204, headers: {}, body: '' };
const sendAgain: WireReply = {
  status: 500,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ code: 'FAIL', message: '失败' }),
};

function open(account: StoredAccount, trust: readonly TrustedKey[]): ChannelSession {
  const opened = openAccount(account, trust);
  return {
    buildRequest: (call, at, nonce) => buildRequest(opened, call, at, nonce),
    // parseResponse picks the reader by `call.op`, which is what ResultOf says; the compiler can't follow that.
    parseResponse: <Call extends ChannelCall>(call: Call, response: Parameters<typeof parseResponse>[2], at: Date) =>
      parseResponse(opened, call, response, at) as ResultOf<Call>,
    parseNotify: (notification, at) => parseNotify(opened, notification, at),
    acknowledge: (accepted) => (accepted ? taken : sendAgain),
    doctor: createDoctor(opened),
  };
}

/** WeChat Pay API v3 for merchants of the mainland, contracted directly. See `docs/channels/wechat-pay.md`. */
export const wechatPay: ChannelAdapter = {
  id: 'wechat-pay',
  products: new Map([
    ['native', { payer: [] }],
    ['jsapi', { payer: ['openId'] }],
    ['h5', { payer: ['ip'] }],
    ['app', { payer: [] }],
    ['codepay', { payer: ['authCode'] }],
  ]),
  operations: new Set(['place', 'query', 'close', 'reverse', 'refund', 'queryRefund', 'fetchTrust']),
  deadlinesMs: {
    place: 6_000,
    query: 3_000,
    close: 3_000,
    // Waits for the payer's bank when money has to go back.
    reverse: 10_000,
    refund: 6_000,
    queryRefund: 3_000,
    fetchTrust: 5_000,
  },
  syncSchedule: {
    firstSeconds: 10,
    steps: [{ everySeconds: 5, times: 10 }],
    backoff: { baseSeconds: 30, maxSeconds: 600 },
  },
  reversedProducts: new Set(['codepay']),
  // 商户订单号重复: the same words bring the same order's code again.
  repeatableProducts: new Set(['native', 'jsapi', 'h5', 'app']),
  codes: codeTable,
  signatureRefusals: new Set(['SIGN_ERROR']),
  accountJsonSchema: { config: z.toJSONSchema(configSchema), secrets: z.toJSONSchema(secretsSchema) },
  sensitiveFields: new Set([
    // Headers, as sent and as received.
    'Authorization',
    'authorization',
    'Wechatpay-Signature',
    'wechatpay-signature',
    // The payer.
    'payer',
    'openid',
    'auth_code',
    'payer_client_ip',
    'device_ip',
    'user_received_account',
    // What lets somebody pay or be paid in the payer's name.
    'prepay_id',
    'code_url',
    'h5_url',
    'paySign',
    'sign',
    // Sealed personal data.
    'ciphertext',
  ]),
  open,
};

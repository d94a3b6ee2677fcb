import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { Answer } from '../../testing/simulator/channel-simulator.ts';

const signAsync = promisify<string, Buffer, KeyObject, Buffer>(sign);

/** A key that signs for WeChat Pay, with the name under which the merchant knows it. */
export type SigningKey = { serial: string; privateKey: KeyObject };

/** A refusal in WeChat Pay's own words; the last step of a call turns it into an answer. */
export class WechatPayRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: unknown;

  constructor(status: number, code: string, message: string, detail?: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** The usual words for a code, where a fault names only the code. */
const messages: Readonly<Record<string, string>> = {
  SYSTEM_ERROR: '系统异常，请稍后重试',
  SYSTEMERROR: '系统异常，请稍后重试',
  BANKERROR: '银行系统异常',
  FREQUENCY_LIMITED: '频率限制，请降低请求频率',
  RATELIMIT_EXCEEDED: '频率限制，请降低请求频率',
  NO_AUTH: '商户无权限',
  NOTENOUGH: '用户账户余额不足',
  NOT_ENOUGH: '基本账户余额不足，请充值后重新发起',
  RULE_LIMIT: '业务规则限制',
  TRADE_ERROR: '因业务原因交易失败',
  ACCOUNTERROR: '用户账号异常',
  ORDER_NOT_EXIST: '订单不存在',
  ORDERPAID: '该订单已支付',
  ORDER_CLOSED: '该订单已关闭，请重新下单',
  OUT_TRADE_NO_USED: '商户订单号重复',
  USERPAYING: '用户支付中，需要输入密码',
  AUTHCODEEXPIRE: '付款码已过期，请刷新后再试',
  AUTH_CODE_INVALID: '付款码无效，请重新扫码',
  RESOURCE_NOT_EXISTS: '订单不存在',
};

/** A refusal with the usual words for its code. */
export const refusal = (status: number, code: string, message?: string): WechatPayRefusal =>
  new WechatPayRefusal(status, code, message ?? messages[code] ?? '请求失败');

const nonceAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A nonce as the protocol wants it: up to 32 letters and digits. */
export const createNonce = (length = 32): string =>
  Array.from(randomBytes(length), (byte) => nonceAlphabet[byte % nonceAlphabet.length]).join('');

/** The four headers that prove where some bytes come from: an RSA signature over time, nonce and body. */
export const signatureHeaders = async (
  key: SigningKey,
  body: string,
  nowMs: number,
): Promise<Record<'Wechatpay-Timestamp' | 'Wechatpay-Nonce' | 'Wechatpay-Signature' | 'Wechatpay-Serial', string>> => {
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = createNonce();
  const signature = await signAsync('sha256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`, 'utf8'), key.privateKey);
  return {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature': signature.toString('base64'),
    'Wechatpay-Serial': key.serial,
  };
};

/** What a call came to before it is signed: a body to send as JSON, or none. */
export type Outcome = { status: number; body?: unknown; outcome?: string };

/** Signs an outcome. A body-less 204 is signed too, over an empty body. */
export const signAnswer = async (key: SigningKey, outcome: Outcome, nowMs: number): Promise<Answer> => {
  const body = outcome.body === undefined ? '' : JSON.stringify(outcome.body);
  return {
    status: outcome.status,
    headers: {
      ...(body === '' ? {} : { 'Content-Type': 'application/json; charset=utf-8' }),
      'Request-ID': createNonce(24),
      'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
      ...(await signatureHeaders(key, body, nowMs)),
    },
    signatureHeaders: [
      'Wechatpay-Signature',
      'Wechatpay-Signature-Type',
      'Wechatpay-Timestamp',
      'Wechatpay-Nonce',
      'Wechatpay-Serial',
    ],
    body,
    outcome: outcome.outcome ?? 'ok',
  };
};

/** The outcome of a refusal. */
export const refusedOutcome = ({ status, code, message, detail }: WechatPayRefusal): Outcome => ({
  status,
  body: { code, message, ...(detail === undefined ? {} : { detail }) },
  outcome: code,
});

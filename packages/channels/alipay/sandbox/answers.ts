import { type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { Answer } from '../../testing/simulator/channel-simulator.ts';

const signAsync = promisify<string, Buffer, KeyObject, Buffer>(sign);

/** A key that signs for Alipay; in certificate mode with the number under which the app knows it. */
export type SigningKey = { privateKey: KeyObject; certificateNumber?: string };

/** A refusal in Alipay's own words; the last step of a call turns it into an answer. */
export class AlipayRefusal extends Error {
  readonly code: string;
  readonly subCode: string;

  constructor(code: string, subCode: string, message: string) {
    super(message);
    this.code = code;
    this.subCode = subCode;
  }
}

/** The usual words for a sub code. */
const messages: Readonly<Record<string, string>> = {
  'ACQ.SYSTEM_ERROR': '系统错误',
  'ACQ.TRADE_NOT_EXIST': '交易不存在',
  'ACQ.TRADE_HAS_SUCCESS': '交易已被支付',
  'ACQ.TRADE_HAS_CLOSE': '交易已经关闭',
  'ACQ.TRADE_STATUS_ERROR': '交易状态不合法',
  'ACQ.CONTEXT_INCONSISTENT': '交易信息被篡改',
  'ACQ.PAYMENT_AUTH_CODE_INVALID': '支付失败，获取顾客账户信息失败，请顾客刷新付款码后重新收款',
  'ACQ.BUYER_BALANCE_NOT_ENOUGH': '支付失败，买家余额不足',
  'ACQ.BUYER_ENABLE_STATUS_FORBID': '支付失败，买家状态非法',
  'ACQ.PAYMENT_FAIL': '支付失败',
  'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL': '退款金额超限',
  'ACQ.DISCORDANT_REPEAT_REQUEST': '同一退款请求号的金额不一致',
  'ACQ.BUYER_ERROR': '买家状态异常',
  'ACQ.CANCEL_NOT_ALLOWED': '该订单不允许撤销',
  'isv.invalid-app-id': '无效的AppID参数',
  'isv.invalid-signature': '验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配',
  'isv.invalid-signature-type': '无效签名类型',
  'isv.invalid-timestamp': '非法的时间戳参数',
  'isv.invalid-method': '不存在的方法名',
  'isv.invalid-charset': '字符集错误',
  'isv.invalid-format': '无效的数据格式',
};

const verdicts: Readonly<Record<string, string>> = {
  '10000': 'Success',
  '10003': 'order success pay inprocess',
  '20000': 'Service Currently Unavailable',
  '40001': 'Missing Required Arguments',
  '40002': 'Invalid Arguments',
  '40004': 'Business Failed',
};

const codeOf = (subCode: string): string => {
  if (/^(isp|aop)\./.test(subCode)) return '20000';
  if (subCode.startsWith('isv.missing-')) return '40001';
  return subCode.startsWith('isv.') ? '40002' : '40004';
};

/** A refusal by its sub code. A bare word, as faults may name one, is a word of the acquiring domain. */
export const refusal = (subCode: string, message?: string): AlipayRefusal => {
  const full = subCode.includes('.') ? subCode : `ACQ.${subCode}`;
  return new AlipayRefusal(codeOf(full), full, message ?? messages[full] ?? '请求失败');
};

/** What a call came to before it is signed: the members beside `code` and `msg`. */
export type Outcome = { code: string; content: Record<string, unknown>; outcome: string };

export const succeeded = (content: Record<string, unknown>, code = '10000'): Outcome => ({
  code,
  content,
  outcome: code === '10000' ? 'ok' : code,
});

/** The outcome of a refusal. */
export const refusedOutcome = ({ code, subCode, message }: AlipayRefusal): Outcome => ({
  code,
  content: { sub_code: subCode, sub_msg: message },
  outcome: subCode,
});

/** RSA2 over some bytes, as base64. */
export const signText = async (privateKey: KeyObject, text: string): Promise<string> =>
  (await signAsync('sha256', Buffer.from(text, 'utf8'), privateKey)).toString('base64');

/** Signs an outcome: over the exact bytes of the answering member, slashes escaped as the real gateway writes them. */
export const signAnswer = async (key: SigningKey, method: string, outcome: Outcome): Promise<Answer> => {
  const { code, content } = outcome;
  const member = JSON.stringify({ code, msg: verdicts[code] ?? 'Failed', ...content }).replaceAll('/', '\\/');
  const name = method === '' ? 'error_response' : `${method.replaceAll('.', '_')}_response`;
  const signature = await signText(key.privateKey, member);
  const number = key.certificateNumber === undefined ? '' : `,"alipay_cert_sn":"${key.certificateNumber}"`;
  const write = (signed: string) => `{"${name}":${member}${number}${signed}}`;
  return {
    status: 200,
    headers: { 'Content-Type': 'text/html;charset=utf-8' },
    body: write(`,"sign":"${signature}"`),
    spoiled: {
      unsigned: write(''),
      badSignature: write(`,"sign":"${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}"`),
    },
    outcome: outcome.outcome,
  };
};

/** What the payer's browser is told: where to go on, or what is wrong. Nothing of it is signed. */
export const redirectTo = (location: string): Answer => ({
  status: 302,
  headers: { Location: location },
  body: '',
  outcome: 'ok',
});
export const errorPage = ({ subCode, message }: AlipayRefusal): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: `${subCode}\n${message}\n`,
  outcome: subCode,
});

import type { Answer } from '../../testing/simulator/channel-simulator.ts';
import type { UnionPayCredentials } from './credentials.ts';
import { type Message, signed, withBadSignature, writeAnswer } from './message.ts';

const messages: Readonly<Record<string, string>> = {
  '00': '成功',
  '01': '交易失败，详情请咨询95516',
  '03': '交易通讯超时，请发起查询交易',
  '04': '交易状态未明，请查询对账结果',
  '05': '交易已受理，请稍后查询交易结果',
  '06': '系统繁忙，请稍后再试',
  '10': '报文格式错误',
  '11': '验证签名失败',
  '12': '重复交易',
  '13': '报文交易要素缺失',
  '31': '商户状态不正确',
  '32': '无此交易权限',
  '33': '交易金额超限',
  '34': '查无此交易',
  '35': '原交易不存在或状态不正确',
  '36': '与原交易信息不符',
  '37': '已超过最大查询次数或操作过于频繁',
  '39': '交易不在受理时间范围内',
  '60': '交易失败，详情请咨询您的发卡行',
  '61': '输入的卡号无效',
  '63': '卡状态不正确',
  '64': '卡上的余额不足',
  '69': '您的输入超时',
};

/** The words that go with a response code. */
export const wordsOf = (code: string): string => `${messages[code] ?? '其他错误'}[${code}00000]`;

/** A call refused with one of UnionPay's codes; `detail` names the field, as the real gateway does. */
export class UnionPayRefusal extends Error {
  readonly code: string;

  constructor(code: string, detail?: string) {
    super(detail === undefined ? wordsOf(code) : `${wordsOf(code)} ${detail}`);
    this.code = code;
  }
}

/** What a call came to: fields of the answer beside those that repeat the call. */
export type Outcome = { respCode: string; fields?: Message; respMsg?: string };

const echoed = ['bizType', 'txnType', 'txnSubType', 'accessType', 'orderId', 'txnTime', 'reqReserved'] as const;
/** Answers are not encoded, so that nothing may be repeated that would read as another field. */
const isPlain = (value: string) => /^[\w\-.: ]{1,64}$/.test(value);

/** Puts the certificate in, by which the other side finds out whose signature it is, and signs. */
export const seal = (credentials: UnionPayCredentials, fields: Message): Message => {
  const { certificatePem, privateKey } = credentials.signingKey();
  const message = { version: '5.1.0', encoding: 'UTF-8', signMethod: '01', ...fields, signPubKeyCert: certificatePem };
  return signed(message, privateKey);
};

/** Writes the answer to a call, signed. */
export const writeOutcome = (credentials: UnionPayCredentials, call: Message, outcome: Outcome): Answer => {
  const repeated = echoed.flatMap((name) => {
    const value = call[name];
    return value !== undefined && isPlain(value) ? [[name, value]] : [];
  });
  const message = seal(credentials, {
    ...Object.fromEntries(repeated),
    merId: credentials.merId,
    respCode: outcome.respCode,
    respMsg: (outcome.respMsg ?? wordsOf(outcome.respCode)).replaceAll(/[&={}]/g, ' '),
    ...outcome.fields,
  });
  const { signature: _signature, ...unsigned } = message;
  return {
    status: 200,
    headers: { 'Content-Type': 'text/html;charset=UTF-8' },
    body: writeAnswer(message),
    spoiled: { unsigned: writeAnswer(unsigned), badSignature: writeAnswer(withBadSignature(message)) },
    outcome: outcome.respCode === '00' ? 'ok' : outcome.respCode,
  };
};

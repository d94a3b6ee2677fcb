import type { DeclineCode, Fault } from '../channel-result.ts';

/** What a response code means for a transaction that really ran (a charge, a refund, or the look-up's answer about one). */
export type CodeOutcome =
  | { kind: 'succeeded' }
  | { kind: 'pending' }
  | { kind: 'declined'; fault: Fault; code: DeclineCode }
  | { kind: 'unknown' };

export type CodeRow = { code: string; meaning: string; outcome: CodeOutcome };

/** Where the table comes from. */
export const source = 'https://open.unionpay.com/tjweb/acproduct/dictionary (应答码), 5.1.0';

const declined = (fault: Fault, code: DeclineCode) => ({ kind: 'declined', fault, code }) as const;
const succeeded = { kind: 'succeeded' } as const;
const pending = { kind: 'pending' } as const;
const unknown = { kind: 'unknown' } as const;

/** Response codes. What is not listed is unknown, and so is what is listed so: asking again tells. */
export const responseCodes: readonly CodeRow[] = [
  { code: '00', meaning: '成功', outcome: succeeded },
  { code: 'A6', meaning: '有缺陷的成功', outcome: succeeded },
  // The transaction may have run: ask on the ladder.
  { code: '03', meaning: '交易通讯超时，请发起查询交易', outcome: pending },
  { code: '04', meaning: '交易状态未明，请查询对账结果', outcome: pending },
  { code: '05', meaning: '交易已受理，请稍后查询交易结果', outcome: pending },
  { code: '01', meaning: '交易失败，详情请咨询95516', outcome: declined('channel', 'channel_declined') },
  { code: '02', meaning: '系统未开放或暂时关闭，请稍后再试', outcome: declined('channel', 'channel_unavailable') },
  { code: '06', meaning: '系统繁忙，请稍后再试', outcome: unknown },
  // Our account, rights or message.
  { code: '10', meaning: '报文格式错误', outcome: declined('merchant', 'channel_unavailable') },
  { code: '11', meaning: '验证签名失败', outcome: declined('merchant', 'channel_unavailable') },
  // An earlier send may have run.
  { code: '12', meaning: '重复交易', outcome: unknown },
  { code: '13', meaning: '报文交易要素缺失', outcome: declined('merchant', 'channel_unavailable') },
  { code: '14', meaning: '批量文件格式错误', outcome: unknown },
  { code: '30', meaning: '交易未通过，请尝试使用其他银联卡支付', outcome: declined('issuer', 'issuer_declined') },
  { code: '31', meaning: '商户状态不正确', outcome: declined('merchant', 'channel_unavailable') },
  { code: '32', meaning: '无此交易权限', outcome: declined('merchant', 'channel_unavailable') },
  { code: '33', meaning: '交易金额超限', outcome: declined('merchant', 'channel_declined') },
  { code: '34', meaning: '查无此交易', outcome: unknown },
  { code: '35', meaning: '原交易不存在或状态不正确', outcome: unknown },
  { code: '36', meaning: '与原交易信息不符', outcome: unknown },
  { code: '37', meaning: '已超过最大查询次数或操作过于频繁', outcome: unknown },
  { code: '38', meaning: '银联风险受限', outcome: declined('risk', 'channel_declined') },
  { code: '39', meaning: '交易不在受理时间范围内', outcome: declined('channel', 'channel_unavailable') },
  { code: '40', meaning: '绑定关系检查失败', outcome: declined('payer', 'payer_declined') },
  // The money was taken, too late for UnionPay's own clock: a person must look.
  { code: '42', meaning: '扣款成功但交易超过规定支付时间', outcome: unknown },
  { code: '60', meaning: '交易失败，详情请咨询您的发卡行', outcome: declined('issuer', 'issuer_declined') },
  { code: '61', meaning: '输入的卡号无效', outcome: declined('payer', 'payer_declined') },
  { code: '62', meaning: '交易失败，发卡银行不支持该商户', outcome: declined('issuer', 'issuer_declined') },
  { code: '63', meaning: '卡状态不正确', outcome: declined('payer', 'payer_declined') },
  { code: '64', meaning: '卡上的余额不足', outcome: declined('payer', 'insufficient_funds') },
  { code: '65', meaning: '输入的密码、有效期或CVN2有误', outcome: declined('payer', 'payer_declined') },
  { code: '66', meaning: '持卡人身份信息或手机号输入不正确', outcome: declined('payer', 'payer_declined') },
  { code: '67', meaning: '密码输入次数超限', outcome: declined('payer', 'payer_declined') },
  { code: '68', meaning: '您的银行卡暂不支持该业务', outcome: declined('payer', 'payer_declined') },
  { code: '69', meaning: '您的输入超时', outcome: declined('payer', 'payer_declined') },
  { code: '70', meaning: '交易已跳转，等待持卡人输入', outcome: pending },
  { code: '73', meaning: '支付卡已超过有效期', outcome: declined('payer', 'payer_declined') },
  { code: '77', meaning: '银行卡未开通认证支付', outcome: declined('payer', 'payer_declined') },
  { code: '78', meaning: '发卡行交易权限受限', outcome: declined('issuer', 'issuer_declined') },
  { code: '80', meaning: '内部错误', outcome: unknown },
  { code: '81', meaning: '可疑报文', outcome: unknown },
  { code: '82', meaning: '验签失败', outcome: unknown },
  { code: '83', meaning: '超时', outcome: unknown },
  { code: '98', meaning: '文件不存在', outcome: unknown },
  { code: '99', meaning: '通用错误', outcome: unknown },
];

const byCode = new Map(responseCodes.map((row) => [row.code, row.outcome]));

/** Total: a code that is not listed is unknown, never a failure. */
export const readCode = (code: string): CodeOutcome => byCode.get(code) ?? unknown;

import type { DeclineCode, Fault } from '../channel-result.ts';
import { buildCodeTable, type CodeNote } from '../code-table.ts';

/** What a code means for a payment, in our words. */
export type OrderOutcome =
  | { kind: 'closed' }
  | { kind: 'not_found' }
  | { kind: 'declined'; fault: Fault; code: DeclineCode }
  | { kind: 'unknown'; reason: 'channel_says_unknown' | 'already_paid' };

/** The same for a refund. */
export type RefundOutcome =
  | { kind: 'not_found' }
  | { kind: 'declined'; fault: Fault }
  | { kind: 'unknown'; reason: 'channel_says_unknown' };

/** What was asked when the code came. A barcode is charged at once, so its refusals mean more than a prepay's. */
export type OrderStep = 'prepay' | 'codepay' | 'query' | 'close' | 'reverse';
export type RefundStep = 'refund' | 'queryRefund';

type Row = {
  code: string;
  meaning: string;
  /** A step that is not listed reads as unknown: nothing becomes a failure by omission. */
  orders?: Partial<Record<OrderStep, OrderOutcome>>;
  refunds?: Partial<Record<RefundStep, RefundOutcome>>;
};

const source = 'https://docs.riverbank.example/v1/errors';
const unknown = { kind: 'unknown', reason: 'channel_says_unknown' } as const;
const notFound = { kind: 'not_found' } as const;
const declined = (fault: Fault, code: DeclineCode) => ({ kind: 'declined', fault, code }) as const;
const ours = declined('merchant', 'channel_unavailable');
const placing = (outcome: OrderOutcome) => ({ prepay: outcome, codepay: outcome });

/** Every code that Riverbank documents: of refusals, and of orders that failed (`failCode`). */
export const responseCodes: readonly Row[] = [
  { code: 'SIGNATURE_INVALID', meaning: '签名错误' },
  { code: 'MERCHANT_UNKNOWN', meaning: '商户不存在', orders: placing(ours) },
  { code: 'MERCHANT_SUSPENDED', meaning: '商户已停用', orders: placing(ours) },
  {
    code: 'REQUEST_INVALID',
    meaning: '请求参数错误',
    orders: placing(ours),
    refunds: { refund: declined('merchant', 'channel_unavailable') },
  },
  // An earlier send of ours may have used it.
  { code: 'ORDER_NO_USED', meaning: '订单号已被使用' },
  {
    code: 'ORDER_NOT_FOUND',
    meaning: '订单不存在',
    orders: { query: notFound },
  },
  {
    code: 'ORDER_PAID',
    meaning: '订单已支付',
    orders: {
      ...placing({ kind: 'unknown', reason: 'already_paid' }),
      close: { kind: 'unknown', reason: 'already_paid' },
    },
  },
  { code: 'ORDER_CLOSED', meaning: '订单已关闭', orders: { prepay: { kind: 'closed' }, close: { kind: 'closed' } } },
  { code: 'PAY_CODE_INVALID', meaning: '付款码无效', orders: { codepay: declined('payer', 'auth_code_invalid') } },
  { code: 'BALANCE_LOW', meaning: '付款人余额不足', orders: { codepay: declined('payer', 'insufficient_funds') } },
  { code: 'PAYER_REFUSED', meaning: '付款人取消支付', orders: { codepay: declined('payer', 'payer_declined') } },
  { code: 'BANK_REFUSED', meaning: '发卡行拒绝', orders: { codepay: declined('issuer', 'issuer_declined') } },
  { code: 'RISK_REFUSED', meaning: '风控拒绝', orders: placing(declined('risk', 'channel_declined')) },
  { code: 'TOO_MANY_REQUESTS', meaning: '请求过于频繁' },
  { code: 'SYSTEM_BUSY', meaning: '系统繁忙，请查询结果' },
  { code: 'MAINTENANCE', meaning: '系统维护中' },
  { code: 'REFUND_NO_USED', meaning: '退款单号已被使用' },
  { code: 'REFUND_NOT_FOUND', meaning: '退款不存在', refunds: { queryRefund: notFound } },
  {
    code: 'REFUND_TOO_MUCH',
    meaning: '退款金额超出可退金额',
    refunds: { refund: { kind: 'declined', fault: 'merchant' } },
  },
];

const byCode = new Map(responseCodes.map((row) => [row.code, row]));

/** Total: a code or a step that is not listed is unknown, never a failure. */
export const readOrderRefusal = (step: OrderStep, code: string): OrderOutcome =>
  byCode.get(code)?.orders?.[step] ?? unknown;
export const readRefundRefusal = (step: RefundStep, code: string): RefundOutcome =>
  byCode.get(code)?.refunds?.[step] ?? unknown;

/** What people read of each code, whose fault it is, and what may be done. */
const notes: Record<string, CodeNote> = {
  SIGNATURE_INVALID: ['Our signature does not verify', 'merchant'],
  MERCHANT_UNKNOWN: ['There is no such merchant', 'merchant', 'failover'],
  MERCHANT_SUSPENDED: ['The merchant is suspended', 'merchant', 'failover'],
  REQUEST_INVALID: ['A field is missing or wrong', 'merchant', 'failover'],
  ORDER_NO_USED: ['The order number came before with other words', 'merchant'],
  ORDER_NOT_FOUND: ['There is no such order'],
  ORDER_PAID: ['The order is paid'],
  ORDER_CLOSED: ['The order is closed'],
  PAY_CODE_INVALID: ['The payment code is not valid', 'payer'],
  BALANCE_LOW: ['The payer has too little money', 'payer'],
  PAYER_REFUSED: ['The payer cancelled', 'payer'],
  BANK_REFUSED: ['The bank refused', 'issuer'],
  RISK_REFUSED: ['Refused by risk control', 'risk'],
  TOO_MANY_REQUESTS: ['Too many requests', 'channel', 'retry'],
  SYSTEM_BUSY: ['The system is busy; look it up', 'channel', 'retry'],
  MAINTENANCE: ['Closed for maintenance', 'channel', 'retry'],
  REFUND_NO_USED: ['The refund number came before with other words', 'merchant'],
  REFUND_NOT_FOUND: ['There is no such refund'],
  REFUND_TOO_MUCH: ['More than is left to refund', 'merchant'],
};

export const codeTable = buildCodeTable(
  '2026-11-23',
  responseCodes.map(({ code, meaning, orders, refunds }) => ({
    code,
    meaning,
    source,
    outcomes: { ...orders, ...refunds },
  })),
  notes,
);

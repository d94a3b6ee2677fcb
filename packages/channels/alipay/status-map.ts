import type { DeclineCode, Fault, UnknownReason } from '../channel-result.ts';

/** What a state or a refusal of Alipay means for a payment, in our words. */
export type OrderOutcome =
  | { kind: 'succeeded' }
  | { kind: 'pending' }
  | { kind: 'closed' }
  | { kind: 'not_found' }
  | { kind: 'declined'; fault: Fault; code: DeclineCode }
  | { kind: 'unknown'; reason: UnknownReason };

/** The same for a refund. */
export type RefundOutcome =
  | { kind: 'not_found' }
  | { kind: 'declined'; fault: Fault }
  | { kind: 'unknown'; reason: UnknownReason };

/** What was asked. A barcode payment charges at once, so its refusals mean more than those of an order to be paid. */
export type OrderStep = 'prepay' | 'codepay' | 'query' | 'close' | 'reverse';
export type RefundStep = 'refund' | 'queryRefund';

const pay = 'https://opendocs.alipay.com/open/02ekfp (alipay.trade.pay, 业务错误码)';
const precreate = 'https://opendocs.alipay.com/open/02ekfg (alipay.trade.precreate, 业务错误码)';
const query = 'https://opendocs.alipay.com/open/02ekfh (alipay.trade.query)';
const close = 'https://opendocs.alipay.com/open/02o6e7 (alipay.trade.close)';
const cancel = 'https://opendocs.alipay.com/open/02ekfi (alipay.trade.cancel)';
const refund = 'https://opendocs.alipay.com/open/02ekfk (alipay.trade.refund)';
const gateway = 'https://opendocs.alipay.com/common/02km9f (公共错误码)';

const closed = { kind: 'closed' } as const;
const notFound = { kind: 'not_found' } as const;
const unknown = { kind: 'unknown', reason: 'channel_says_unknown' } as const;
const alreadyPaid = { kind: 'unknown', reason: 'already_paid' } as const;
const declined = (fault: Fault, code: DeclineCode) => ({ kind: 'declined', fault, code }) as const;

/** `trade_state` in a look-up or callback. What is not listed is unknown. `TRADE_CLOSED` is read with care: see there. */
export const tradeStates = {
  WAIT_BUYER_PAY: { meaning: '交易创建，等待买家付款', source: query },
  TRADE_SUCCESS: { meaning: '交易支付成功', source: query },
  TRADE_FINISHED: { meaning: '交易结束，不可退款', source: query },
  TRADE_CLOSED: { meaning: '未付款交易超时关闭，或支付完成后全额退款', source: query },
} as const;

/** `code` of an answer, kept as the code when there is no `sub_code`. A refusal (4…) is told by its `sub_code`. */
export const gatewayCodes: readonly { code: string; meaning: string; source: string; kind: string }[] = [
  { code: '10000', meaning: '接口调用成功', source: gateway, kind: 'succeeded' },
  { code: '10003', meaning: '业务处理中，等待用户付款', source: gateway, kind: 'pending' },
  { code: '20000', meaning: '服务不可用，结果未知', source: gateway, kind: 'unknown' },
  { code: '20001', meaning: '授权权限不足', source: gateway, kind: 'unknown' },
  { code: '40001', meaning: '缺少必选参数', source: gateway, kind: 'unknown' },
  { code: '40002', meaning: '非法的参数', source: gateway, kind: 'unknown' },
  { code: '40004', meaning: '业务处理失败', source: gateway, kind: 'unknown' },
  { code: '40005', meaning: '调用频次超限', source: gateway, kind: 'unknown' },
  { code: '40006', meaning: '权限不足', source: gateway, kind: 'unknown' },
];

/** A refusal by its `sub_code`. A step that is not listed reads as unknown: nothing becomes a failure by omission. */
export type RefusalRow = {
  code: string;
  meaning: string;
  source: string;
  order?: Partial<Record<OrderStep, OrderOutcome>>;
  refund?: Partial<Record<RefundStep, RefundOutcome>>;
};

/** Refused before anything was executed, for a reason on the account's or our side: another channel may be tried. */
const misconfigured = {
  order: {
    prepay: declined('merchant', 'channel_unavailable'),
    codepay: declined('merchant', 'channel_unavailable'),
  },
} as const satisfies Pick<RefusalRow, 'order'>;
const payerRefused = (code: DeclineCode) => ({
  order: { codepay: declined('payer', code), prepay: declined('payer', code) },
});
const restricted = {
  order: { codepay: declined('merchant', 'channel_declined'), prepay: declined('merchant', 'channel_declined') },
} as const satisfies Pick<RefusalRow, 'order'>;
const refundRefused = (fault: Fault) => ({ refund: { refund: { kind: 'declined', fault } as const } });

/** Only refusals with a verified signature are looked up here. */
export const refusals: readonly RefusalRow[] = [
  // Nobody knows whether it was executed.
  { code: 'ACQ.SYSTEM_ERROR', meaning: '接口返回错误，请立即查询确认', source: pay },
  { code: 'aop.ACQ.SYSTEM_ERROR', meaning: '接口返回错误，请立即查询确认', source: pay },
  { code: 'isp.unknow-error', meaning: '系统繁忙', source: gateway },
  { code: 'aop.unknow-error', meaning: '系统繁忙', source: gateway },
  // The number came before with other parameters: that order may have been paid.
  { code: 'ACQ.CONTEXT_INCONSISTENT', meaning: '交易信息被篡改，同一订单号参数不一致', source: pay },
  { code: 'ACQ.DISCORDANT_REPEAT_REQUEST', meaning: '同一退款号的请求金额不一致', source: refund },

  // The order's own state.
  {
    code: 'ACQ.TRADE_HAS_SUCCESS',
    meaning: '交易已被支付',
    source: pay,
    order: { prepay: alreadyPaid, codepay: alreadyPaid, close: alreadyPaid, reverse: alreadyPaid },
  },
  {
    code: 'ACQ.TRADE_HAS_CLOSE',
    meaning: '交易已经关闭',
    source: pay,
    order: { prepay: closed, codepay: closed, query: closed, close: closed, reverse: closed },
  },
  {
    code: 'ACQ.TRADE_NOT_EXIST',
    meaning: '交易不存在（未扫码的预下单也如此）',
    source: query,
    order: { query: notFound, close: notFound, reverse: notFound },
    refund: { queryRefund: { kind: 'unknown', reason: 'channel_says_unknown' } },
  },
  // Paid, or being paid: a look-up tells which.
  { code: 'ACQ.TRADE_STATUS_ERROR', meaning: '交易状态不合法', source: close, order: { close: alreadyPaid } },
  { code: 'ACQ.REASON_TRADE_STATUS_INVALID', meaning: '交易状态异常', source: close, order: { close: alreadyPaid } },
  { code: 'ACQ.REASON_ILLEGAL_STATUS', meaning: '交易状态异常', source: close, order: { close: alreadyPaid } },
  { code: 'ACQ.TRADE_CANCEL_TIME_OUT', meaning: '超过撤销时间范围', source: cancel, order: { reverse: alreadyPaid } },
  { code: 'ACQ.CANCEL_NOT_ALLOWED', meaning: '该订单不允许撤销', source: cancel, order: { reverse: alreadyPaid } },

  // The payer's side.
  {
    code: 'ACQ.PAYMENT_AUTH_CODE_INVALID',
    meaning: '支付授权码无效',
    source: pay,
    ...payerRefused('auth_code_invalid'),
  },
  { code: 'ACQ.BUYER_BALANCE_NOT_ENOUGH', meaning: '买家余额不足', source: pay, ...payerRefused('insufficient_funds') },
  {
    code: 'ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH',
    meaning: '用户银行卡余额不足',
    source: pay,
    ...payerRefused('insufficient_funds'),
  },
  {
    code: 'ACQ.ERROR_BALANCE_PAYMENT_DISABLE',
    meaning: '余额支付功能关闭',
    source: pay,
    ...payerRefused('payer_declined'),
  },
  { code: 'ACQ.PAYMENT_FAIL', meaning: '支付失败', source: pay, ...payerRefused('payer_declined') },
  { code: 'ACQ.BUYER_SELLER_EQUAL', meaning: '买卖家不能相同', source: pay, ...payerRefused('payer_declined') },
  { code: 'ACQ.TRADE_BUYER_NOT_MATCH', meaning: '交易买家不匹配', source: pay },
  { code: 'ACQ.BUYER_ENABLE_STATUS_FORBID', meaning: '买家状态非法', source: pay, ...payerRefused('payer_declined') },
  {
    code: 'ACQ.PULL_MOBILE_CASHIER_FAIL',
    meaning: '唤起移动收银台失败',
    source: pay,
    ...payerRefused('payer_declined'),
  },
  {
    code: 'ACQ.MOBILE_PAYMENT_SWITCH_OFF',
    meaning: '用户的无线支付开关关闭',
    source: pay,
    ...payerRefused('payer_declined'),
  },
  {
    code: 'ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR',
    meaning: '买家付款日限额超限',
    source: pay,
    ...payerRefused('payer_declined'),
  },
  {
    code: 'ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR',
    meaning: '买家付款月限额超限',
    source: pay,
    ...payerRefused('payer_declined'),
  },
  { code: 'ACQ.BEYOND_PAY_RESTRICTION', meaning: '商户收款额度超限', source: pay, ...restricted },
  { code: 'ACQ.BEYOND_PER_RECEIPT_RESTRICTION', meaning: '商户单笔收款额度超限', source: pay, ...restricted },
  { code: 'ACQ.TOTAL_FEE_EXCEED', meaning: '订单总金额不在允许范围内', source: pay, ...restricted },
  {
    code: 'ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE',
    meaning: '没有可用的支付工具',
    source: pay,
    ...payerRefused('payer_declined'),
  },
  {
    code: 'ACQ.ERROR_BUYER_CERTIFY_LEVEL_LIMIT',
    meaning: '买家未通过人行认证',
    source: pay,
    ...payerRefused('payer_declined'),
  },
  {
    code: 'ACQ.USER_FACE_PAYMENT_SWITCH_OFF',
    meaning: '用户当面付付款开关关闭',
    source: pay,
    ...payerRefused('payer_declined'),
  },
  { code: 'ACQ.BUYER_NOT_EXIST', meaning: '买家不存在', source: precreate, ...payerRefused('payer_declined') },
  // Alipay's own risk control refused this payer and amount; that says nothing about the channel's health.
  {
    code: 'ACQ.PAYMENT_REQUEST_HAS_RISK',
    meaning: '支付有风险',
    source: pay,
    order: { codepay: declined('risk', 'channel_declined'), prepay: declined('risk', 'channel_declined') },
  },

  // The account, its rights, or our request. Refused before anything was executed.
  { code: 'ACQ.INVALID_PARAMETER', meaning: '参数无效', source: pay, ...misconfigured },
  { code: 'ACQ.ACCESS_FORBIDDEN', meaning: '无权限使用接口', source: pay, ...misconfigured },
  { code: 'ACQ.EXIST_FORBIDDEN_WORD', meaning: '订单信息中包含违禁词', source: pay, ...restricted },
  { code: 'ACQ.PARTNER_ERROR', meaning: '应用APP_ID填写错误', source: pay, ...misconfigured },
  { code: 'ACQ.ERROR_SELLER_CERTIFY_LEVEL_LIMIT', meaning: '商家未通过认证', source: pay, ...misconfigured },
  { code: 'ACQ.SELLER_BEEN_BLOCKED', meaning: '商家账号被冻结', source: precreate, ...misconfigured },
  { code: 'ACQ.SUB_MERCHANT_CREATE_FAIL', meaning: '二级商户创建失败', source: precreate, ...misconfigured },
  { code: 'isv.invalid-app-id', meaning: '无效的AppID参数', source: gateway, ...misconfigured },
  { code: 'isv.invalid-signature', meaning: '无效签名', source: gateway, ...misconfigured },
  { code: 'isv.missing-signature', meaning: '缺少签名参数', source: gateway, ...misconfigured },
  { code: 'isv.invalid-timestamp', meaning: '非法的时间戳参数', source: gateway, ...misconfigured },
  { code: 'isv.insufficient-isv-permissions', meaning: 'ISV权限不足', source: gateway, ...misconfigured },
  {
    code: 'isv.app-call-limited',
    meaning: '应用调用次数超限',
    source: gateway,
    order: { prepay: declined('channel', 'channel_unavailable'), codepay: declined('channel', 'channel_unavailable') },
  },

  // Refunds.
  // The shop's balance is too low: topped up, the same request may pay out, so it stays open.
  { code: 'ACQ.SELLER_BALANCE_NOT_ENOUGH', meaning: '商户余额不足', source: refund },
  { code: 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', meaning: '退款金额超限', source: refund, ...refundRefused('merchant') },
  { code: 'ACQ.REASON_TRADE_REFUND_FEE_ERR', meaning: '退款金额无效', source: refund, ...refundRefused('merchant') },
  { code: 'ACQ.TRADE_HAS_FINISHED', meaning: '交易已完结', source: refund, ...refundRefused('merchant') },
  { code: 'ACQ.TRADE_NOT_ALLOW_REFUND', meaning: '当前交易不允许退款', source: refund, ...refundRefused('merchant') },
  { code: 'ACQ.BUYER_ERROR', meaning: '买家状态异常', source: refund, ...refundRefused('payer') },
];

const byCode = new Map(refusals.map((row) => [row.code, row]));

/** Total: a code that is not listed for this step is unknown, never a failure. */
export const readOrderRefusal = (step: OrderStep, code: string): OrderOutcome =>
  byCode.get(code)?.order?.[step] ?? unknown;
export const readRefundRefusal = (step: RefundStep, code: string): RefundOutcome =>
  byCode.get(code)?.refund?.[step] ?? unknown;

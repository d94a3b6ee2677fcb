import type { DeclineCode, Fault, UnknownReason } from '../channel-result.ts';

/** What a state or a refusal of WeChat Pay means for a payment, in our words. */
export type OrderOutcome =
  | { kind: 'succeeded' }
  | { kind: 'pending' }
  | { kind: 'closed' }
  | { kind: 'not_found' }
  | { kind: 'declined'; fault: Fault; code: DeclineCode }
  | { kind: 'unknown'; reason: UnknownReason };

/** The same for a refund. */
export type RefundOutcome =
  | { kind: 'succeeded' }
  | { kind: 'pending' }
  | { kind: 'not_found' }
  | { kind: 'declined'; fault: Fault }
  | { kind: 'unknown'; reason: UnknownReason };

/** What was asked when the answer came. A barcode payment charges at once, so its refusals mean more than a prepay's. */
export type OrderStep = 'prepay' | 'codepay' | 'query' | 'close' | 'reverse';
export type RefundStep = 'refund' | 'queryRefund';

const query = 'https://pay.weixin.qq.com/doc/v3/merchant/4013070356';
const close = 'https://pay.weixin.qq.com/doc/v3/merchant/4012556398';
const closeBefore = 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_3.shtml';
const partnerClose = 'https://pay.weixin.qq.com/docs/partner/apis/partner-miniprogram-payment/close-order.html';
const globalReverse = 'https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter5_1_10.shtml';
const transcript = 'https://github.com/zl-maker/payment (payment/enums/WxPayApiError.java)';
const authCode = 'https://developers.weixin.qq.com/community/pay/doc/000a8e42c200603d735cc325b51c00';
const barcodeV2 = 'https://pay.weixin.qq.com/doc/v2/merchant/4011937125';
const refundState = 'https://github.com/wechatpay-apiv3/wechatpay-java (service/refund/model/Status.java)';
const orderState = 'https://github.com/wechatpay-apiv3/wechatpay-java (service/payments/model/Transaction.java)';
const rateLimited = 'https://developers.weixin.qq.com/community/personal/oCJUsw5FUOCHBKRtevasAq85LY7s/answer';

const succeeded = { kind: 'succeeded' } as const;
const pending = { kind: 'pending' } as const;
const closed = { kind: 'closed' } as const;
const notFound = { kind: 'not_found' } as const;
const unknown = { kind: 'unknown', reason: 'channel_says_unknown' } as const;
const alreadyPaid = { kind: 'unknown', reason: 'already_paid' } as const;
const declined = (fault: Fault, code: DeclineCode) => ({ kind: 'declined', fault, code }) as const;

export type TradeStateRow = { code: string; meaning: string; outcome: OrderOutcome; source: string };

/** `trade_state` of an order. What is not listed is unknown. */
export const tradeStates: readonly TradeStateRow[] = [
  { code: 'SUCCESS', meaning: '支付成功', outcome: succeeded, source: query },
  // Refunded, wholly or partly: the money was taken before.
  { code: 'REFUND', meaning: '转入退款', outcome: succeeded, source: query },
  { code: 'NOTPAY', meaning: '未支付', outcome: pending, source: query },
  { code: 'USERPAYING', meaning: '用户支付中（仅付款码支付）', outcome: pending, source: query },
  { code: 'ACCEPT', meaning: '已接收，等待扣款', outcome: pending, source: orderState },
  { code: 'CLOSED', meaning: '已关闭', outcome: closed, source: query },
  { code: 'REVOKED', meaning: '已撤销（仅付款码支付）', outcome: closed, source: query },
  // Final for this number: charging again takes a new number and a new payment code.
  {
    code: 'PAYERROR',
    meaning: '支付失败（仅付款码支付），如银行返回失败',
    outcome: declined('issuer', 'issuer_declined'),
    source: query,
  },
];

export type RefundStateRow = { code: string; meaning: string; outcome: RefundOutcome; source: string };

/** `status` of a refund. What is not listed is unknown. */
export const refundStates: readonly RefundStateRow[] = [
  { code: 'SUCCESS', meaning: '退款成功', outcome: succeeded, source: refundState },
  { code: 'PROCESSING', meaning: '退款处理中', outcome: pending, source: refundState },
  { code: 'CLOSED', meaning: '退款关闭', outcome: { kind: 'declined', fault: 'channel' }, source: refundState },
  // The payer's card was cancelled or frozen. The merchant can still send the money elsewhere by hand, so this is
  // not the end: declining here could pay the payer twice.
  { code: 'ABNORMAL', meaning: '退款异常，需人工处理', outcome: pending, source: refundState },
];

/** A refusal. A step that is not listed reads as unknown: nothing becomes a failure by omission. */
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
  refund: { refund: { kind: 'declined', fault: 'merchant' } },
} as const satisfies Pick<RefusalRow, 'order' | 'refund'>;

/** The barcode payment says that the payer's side refused; WeChat Pay calls these "payment confirmed as failed". */
const payerRefused = (code: DeclineCode) => ({ codepay: declined('payer', code) });

/**
 * `code` of a refusal. Spelling varies between pages and years (ORDERPAID, ORDER_PAID): look-ups ignore underscores.
 * Only refusals with a verified signature are looked up here.
 */
export const refusals: readonly RefusalRow[] = [
  // Nobody knows whether it was executed.
  { code: 'SYSTEM_ERROR', meaning: '系统异常，请稍后重试', source: close },
  { code: 'BANK_ERROR', meaning: '银行系统异常，支付结果未知', source: transcript },
  {
    code: 'USER_PAYING',
    meaning: '用户支付中，需要输入密码',
    source: close,
    order: { codepay: pending, query: pending, close: pending, reverse: pending },
  },

  // The order's own state.
  {
    code: 'ORDER_PAID',
    meaning: '订单已支付',
    source: globalReverse,
    order: { prepay: alreadyPaid, codepay: alreadyPaid, close: alreadyPaid, reverse: alreadyPaid },
  },
  {
    code: 'ORDER_CLOSED',
    meaning: '订单已关闭',
    source: close,
    order: { prepay: closed, codepay: closed, query: closed, close: closed, reverse: closed },
  },
  {
    code: 'ORDER_REVERSED',
    meaning: '订单已撤销',
    source: transcript,
    order: { prepay: closed, codepay: closed, query: closed, close: closed, reverse: closed },
  },
  {
    code: 'ORDER_NOT_EXIST',
    meaning: '订单不存在',
    source: closeBefore,
    order: { query: notFound, close: notFound, reverse: notFound },
  },
  // Our own earlier send may have landed: only a look-up can tell.
  { code: 'OUT_TRADE_NO_USED', meaning: '商户订单号重复', source: partnerClose },

  // The payer's side.
  // A payment code works once: sending the same barcode order twice would get AUTH_CODE_INVALID for an order that was
  // paid by the first send. Declining rests on the gateway never sending an order twice.
  {
    code: 'NOT_ENOUGH',
    meaning: '余额不足',
    source: partnerClose,
    order: payerRefused('insufficient_funds'),
    refund: { refund: { kind: 'declined', fault: 'channel' } },
  },
  { code: 'AUTH_CODE_INVALID', meaning: '付款码检验错误', source: authCode, order: payerRefused('auth_code_invalid') },
  { code: 'AUTH_CODE_EXPIRE', meaning: '付款码已过期', source: transcript, order: payerRefused('auth_code_invalid') },
  { code: 'AUTH_CODE_ERROR', meaning: '付款码参数错误', source: barcodeV2, order: payerRefused('auth_code_invalid') },
  { code: 'BUYER_MISMATCH', meaning: '同一订单不能更换支付方', source: barcodeV2 },
  { code: 'NOTSUPORTCARD', meaning: '不支持卡类型', source: barcodeV2, order: payerRefused('payer_declined') },
  {
    code: 'ACCOUNT_ERROR',
    meaning: '用户账号异常',
    source: partnerClose,
    order: { codepay: declined('payer', 'payer_declined'), prepay: declined('payer', 'payer_declined') },
  },
  {
    code: 'USER_ACCOUNT_ABNORMAL',
    meaning: '用户账户异常或已注销，不能原路退回',
    source: transcript,
    refund: { refund: { kind: 'declined', fault: 'payer' } },
  },
  // The open id belongs to another app id: the caller's mistake, and no sign of a sick channel.
  {
    code: 'OPENID_MISMATCH',
    meaning: 'openid 与 appid 不匹配',
    source: closeBefore,
    order: { prepay: declined('merchant', 'channel_declined') },
  },

  // Business refusals. At a barcode payment TRADE_ERROR also stands for "not enough money".
  {
    code: 'TRADE_ERROR',
    meaning: '因业务原因交易失败',
    source: partnerClose,
    order: { codepay: declined('payer', 'payer_declined'), prepay: declined('channel', 'channel_declined') },
  },
  {
    code: 'RULE_LIMIT',
    meaning: '业务规则限制',
    source: partnerClose,
    order: { codepay: declined('risk', 'channel_declined'), prepay: declined('risk', 'channel_declined') },
  },

  // The account, its rights, or our request. Refused before anything was executed.
  { code: 'PARAM_ERROR', meaning: '参数错误', source: close, ...misconfigured },
  { code: 'NO_AUTH', meaning: '商户无权限', source: partnerClose, ...misconfigured },
  { code: 'APPID_MCHID_NOT_MATCH', meaning: 'AppID 和 mch_id 不匹配', source: close, ...misconfigured },
  { code: 'APPID_NOT_EXIST', meaning: 'AppID 不存在', source: barcodeV2, ...misconfigured },
  { code: 'MCH_NOT_EXISTS', meaning: '商户号不存在', source: close, ...misconfigured },
  { code: 'MCHID_NOT_EXIST', meaning: '商户号不存在', source: barcodeV2, ...misconfigured },
  // Our key is wrong: mending it lets the very same refund through, so a refund stays open.
  { code: 'SIGN_ERROR', meaning: '签名验证不通过', source: close, order: misconfigured.order },
  // Also said when a number comes again with other parameters, i.e. when an earlier send may have landed.
  { code: 'INVALID_REQUEST', meaning: '无效请求', source: close },

  // A prepay that was turned away gave nobody anything to pay with. Everywhere else WeChat Pay uses the same code when
  // two requests about one order meet, e.g. a close while the payer is typing the password: that may end paid.
  {
    code: 'FREQUENCY_LIMITED',
    meaning: '频率超限，或与同一订单的其他请求并发',
    source: rateLimited,
    order: { prepay: declined('channel', 'channel_unavailable') },
  },
  {
    code: 'RATELIMIT_EXCEEDED',
    meaning: '频率超限',
    source: transcript,
    order: { prepay: declined('channel', 'channel_unavailable') },
  },

  // Says both "no such refund" and "no such order". Definite only when asked about the refund itself.
  { code: 'RESOURCE_NOT_EXISTS', meaning: '查询的资源不存在', source: transcript, refund: { queryRefund: notFound } },
  { code: 'REFUND_NOT_EXISTS', meaning: '退款单不存在', source: transcript, refund: { queryRefund: notFound } },
  // May also mean a wrong address, so it says nothing about the order.
  { code: 'NOT_FOUND', meaning: '请求的资源不存在', source: globalReverse },
];

/** Spelling varies: `ORDERPAID` and `ORDER_PAID` are one code. */
export const keyOf = (code: string): string => code.toUpperCase().replaceAll('_', '');
const byTradeState = new Map(tradeStates.map((row) => [row.code, row.outcome]));
const byRefundState = new Map(refundStates.map((row) => [row.code, row.outcome]));
const byRefusal = new Map(refusals.map((row) => [keyOf(row.code), row]));

/** Total: a state that WeChat Pay invents tomorrow is unknown. */
export const readTradeState = (state: string): OrderOutcome => byTradeState.get(state) ?? unknown;
export const readRefundState = (state: string): RefundOutcome => byRefundState.get(state) ?? unknown;

/** Total: a code that is not listed for this step is unknown, never a failure. */
export const readOrderRefusal = (step: OrderStep, code: string): OrderOutcome =>
  byRefusal.get(keyOf(code))?.order?.[step] ?? unknown;
export const readRefundRefusal = (step: RefundStep, code: string): RefundOutcome =>
  byRefusal.get(keyOf(code))?.refund?.[step] ?? unknown;

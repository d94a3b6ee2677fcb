/**
 * Every error that can reach a caller. `status` is the HTTP status, `retryable` tells whether sending the same request
 * again (same idempotency key) can help. Codes are stable: never rename, only add.
 */
export const errorCodes = {
  invalid_request: { status: 400, retryable: false, title: 'The request is not valid', zh: '请求参数不合法' },
  malformed_json: { status: 400, retryable: false, title: 'The body is not valid JSON', zh: '请求体不是合法的 JSON' },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    title: 'Content-Type must be application/json',
    zh: '仅支持 application/json',
  },
  body_too_large: { status: 413, retryable: false, title: 'The body is too large', zh: '请求体过大' },
  idempotency_key_missing: {
    status: 400,
    retryable: false,
    title: 'The Idempotency-Key header is required',
    zh: '缺少 Idempotency-Key 请求头',
  },
  idempotency_key_in_flight: {
    status: 409,
    retryable: true,
    title: 'A request with this Idempotency-Key is still in flight',
    zh: '相同幂等键的请求正在处理',
  },
  idempotency_key_reused: {
    status: 422,
    retryable: false,
    title: 'This Idempotency-Key was used with another request',
    zh: '幂等键已用于不同的请求',
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    title: 'Authentication is missing or not valid',
    zh: '身份认证失败',
  },
  forbidden: { status: 403, retryable: false, title: 'This credential may not do that', zh: '没有权限' },
  signature_required: {
    status: 403,
    retryable: false,
    title: 'This merchant requires signed requests',
    zh: '该商户要求请求签名',
  },
  rate_limited: { status: 429, retryable: true, title: 'Too many requests', zh: '请求过于频繁' },
  not_found: { status: 404, retryable: false, title: 'Not found', zh: '不存在' },
  method_not_allowed: { status: 405, retryable: false, title: 'Method not allowed', zh: '不支持的请求方法' },
  merchant_order_no_taken: {
    status: 409,
    retryable: false,
    title: 'merchantOrderNo was used by another payment',
    zh: '商户订单号已存在',
  },
  merchant_refund_no_taken: {
    status: 409,
    retryable: false,
    title: 'merchantRefundNo was used by another refund',
    zh: '商户退款单号已存在',
  },
  service_unavailable: {
    status: 422,
    retryable: false,
    title: 'This service is unknown, switched off or not open to the merchant',
    zh: '服务不存在、已停用或未对商户开通',
  },
  not_configured: {
    status: 503,
    retryable: true,
    title: 'The system is not configured yet',
    zh: '系统尚未完成配置',
  },
  currency_not_allowed: {
    status: 422,
    retryable: false,
    title: 'The service does not take this currency',
    zh: '服务不支持该币种',
  },
  amount_out_of_range: {
    status: 422,
    retryable: false,
    title: 'The amount is outside the range of the service',
    zh: '金额超出服务允许范围',
  },
  payment_not_refundable: {
    status: 409,
    retryable: false,
    title: 'Only a succeeded payment can be refunded',
    zh: '仅成功的支付可以退款',
  },
  refund_exceeds_payment: {
    status: 422,
    retryable: false,
    title: 'Refunds would exceed the paid amount',
    zh: '退款总额超过支付金额',
  },
  payment_already_final: {
    status: 409,
    retryable: false,
    title: 'The payment is already final',
    zh: '支付已是最终状态',
  },
  conflict: {
    status: 409,
    retryable: true,
    title: 'The object was changed by somebody else meanwhile',
    zh: '数据已被他人修改',
  },
  probe_failed: {
    status: 409,
    retryable: true,
    title: 'The channel did not confirm these credentials',
    zh: '渠道未确认这组凭证',
  },
  invalid_rule_set: { status: 422, retryable: false, title: 'The rule set is not valid', zh: '规则集不合法' },
  overloaded: { status: 503, retryable: true, title: 'Temporarily overloaded', zh: '系统繁忙' },
  unavailable: { status: 503, retryable: true, title: 'Temporarily unavailable', zh: '系统暂不可用' },
  internal: { status: 500, retryable: true, title: 'Internal error', zh: '系统内部错误' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string; zh: string }>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * Why a payment did not succeed, as told to merchants in `failure.code`. Unlike error codes these come with a 2xx:
 * the request was right, the payment was not.
 */
export const failureCodes = {
  risk_merchant_blocked: { title: 'The merchant is blocked', zh: '商户已被限制交易' },
  risk_payer_blocked: { title: 'The payer is blocked', zh: '付款人已被限制交易' },
  risk_single_limit: { title: 'The amount exceeds the single-payment limit', zh: '超过单笔限额' },
  risk_daily_limit: { title: 'The cumulative limit is exhausted', zh: '超过累计限额' },
  risk_rejected: { title: 'Refused by a risk rule', zh: '风控拒绝' },
  risk_unavailable: { title: 'Risk control could not judge the payment in time', zh: '风控暂时无法判断，请稍后重试' },
  no_route: { title: 'No channel can take this payment now', zh: '暂无可用渠道' },
  channel_unavailable: { title: 'The channel could not take the payment', zh: '渠道暂不可用' },
  channel_declined: { title: 'The channel refused the payment', zh: '渠道拒绝' },
  issuer_declined: { title: 'The issuing bank refused the payment', zh: '发卡行拒绝' },
  payer_declined: { title: 'The payer could not or would not pay', zh: '付款人支付失败' },
  auth_code_invalid: { title: 'The payment code is not valid or has expired', zh: '付款码无效或已过期' },
  insufficient_funds: { title: 'The payer has not enough funds', zh: '付款人余额不足' },
  expired: { title: 'Not paid in time', zh: '超时未支付' },
  closed_by_merchant: { title: 'Closed by the merchant', zh: '商户关闭' },
  refund_declined: { title: 'The channel refused the refund', zh: '渠道拒绝退款' },
} as const;

export type FailureCode = keyof typeof failureCodes;

import { buildCodeTable, type CodeNote } from '../code-table.ts';
import { keyOf, refundStates, refusals, tradeStates } from './status-map.ts';

/** What people read of each code, whose fault it is, and what may be done: `status-map.ts` says what it means. */
const notes: Record<string, CodeNote> = {
  SUCCESS: ['Succeeded'],
  REFUND: ['Paid, and refunded since, wholly or partly'],
  NOTPAY: ['Not paid yet'],
  USERPAYING: ['The payer is paying'],
  ACCEPT: ['Accepted, the charge is to come'],
  CLOSED: ['Closed'],
  REVOKED: ['Reversed'],
  PAYERROR: ['The payment failed, e.g. at the bank', 'issuer'],
  PROCESSING: ['The refund is on its way'],
  ABNORMAL: ['The refund can not reach the account; a person must act', 'payer'],

  SYSTEM_ERROR: ['System error; nobody knows whether it was executed', 'channel', 'retry'],
  BANK_ERROR: ["The bank's system failed; the result is not known", 'issuer'],
  USER_PAYING: ['The payer is typing the password', 'payer'],
  ORDER_PAID: ['The order is paid already'],
  ORDER_CLOSED: ['The order is closed already'],
  ORDER_REVERSED: ['The order is reversed already'],
  ORDER_NOT_EXIST: ['There is no such order'],
  OUT_TRADE_NO_USED: ['The order number was used before', 'merchant'],

  NOT_ENOUGH: ['Not enough money', 'payer'],
  AUTH_CODE_INVALID: ['The payment code is not valid', 'payer'],
  AUTH_CODE_EXPIRE: ['The payment code has expired', 'payer'],
  AUTH_CODE_ERROR: ['The payment code can not be read', 'payer'],
  BUYER_MISMATCH: ['Another payer began this order', 'payer'],
  NOTSUPORTCARD: ['This kind of card is not taken', 'payer'],
  ACCOUNT_ERROR: ['The payer’s account is not in order', 'payer'],
  USER_ACCOUNT_ABNORMAL: ['The payer’s account is gone or blocked: no refund to where it came from', 'payer'],
  OPENID_MISMATCH: ['The open id belongs to another app id', 'merchant'],

  TRADE_ERROR: ['Refused for business reasons', 'payer'],
  RULE_LIMIT: ['Refused by a rule on the shop or its amounts', 'risk', 'failover'],

  PARAM_ERROR: ['A parameter is wrong', 'merchant', 'failover'],
  NO_AUTH: ['The shop has no right to this', 'merchant', 'failover'],
  APPID_MCHID_NOT_MATCH: ['App id and shop do not belong together', 'merchant', 'failover'],
  APPID_NOT_EXIST: ['There is no such app id', 'merchant', 'failover'],
  MCH_NOT_EXISTS: ['There is no such shop', 'merchant', 'failover'],
  MCHID_NOT_EXIST: ['There is no such shop', 'merchant', 'failover'],
  SIGN_ERROR: ['Our signature does not verify', 'merchant', 'failover'],
  INVALID_REQUEST: ['The request is not valid, or its number came before with other parameters', 'merchant'],

  FREQUENCY_LIMITED: ['Too often, or beside another request about the order', 'channel', 'retry', 'failover'],
  RATELIMIT_EXCEEDED: ['Too often', 'channel', 'retry', 'failover'],

  RESOURCE_NOT_EXISTS: ['What was asked for does not exist'],
  REFUND_NOT_EXISTS: ['There is no such refund'],
  NOT_FOUND: ['No such resource; perhaps a wrong address', 'merchant'],
};

export const codeTable = buildCodeTable(
  '2026-11-23',
  [
    ...tradeStates.map(({ outcome, ...row }) => ({ ...row, outcomes: { orderState: outcome } })),
    ...refundStates.map(({ outcome, ...row }) => ({ ...row, outcomes: { refundState: outcome } })),
    ...refusals.map(({ order, refund, ...row }) => ({ ...row, outcomes: { ...order, ...refund } })),
  ],
  notes,
  keyOf,
);

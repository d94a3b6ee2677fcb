import { buildCodeTable, type CodeNote } from '../code-table.ts';
import { gatewayCodes, refusals, tradeStates } from './status-map.ts';

/** What people read of each code, whose fault it is, and what may be done: `status-map.ts` says what it means. */
const notes: Record<string, CodeNote> = {
  '10000': ['The call succeeded'],
  '10003': ['In progress; the payer is to confirm'],
  '20000': ['The service is not available; the result is not known', 'channel', 'retry'],
  '20001': ['The authorisation does not suffice', 'merchant'],
  '40001': ['A parameter is missing', 'merchant'],
  '40002': ['A parameter is wrong', 'merchant'],
  '40004': ['The business was refused'],
  '40005': ['Called too often', 'channel', 'retry'],
  '40006': ['No right to call this', 'merchant'],

  WAIT_BUYER_PAY: ['Waiting for the payer'],
  TRADE_SUCCESS: ['Paid'],
  TRADE_FINISHED: ['Paid; no refund is possible any more'],
  TRADE_CLOSED: ['Closed unpaid, or refunded in full'],

  'ACQ.SYSTEM_ERROR': ['System error; ask at once what became of it', 'channel', 'retry'],
  'aop.ACQ.SYSTEM_ERROR': ['System error; ask at once what became of it', 'channel', 'retry'],
  'isp.unknow-error': ['The system is busy', 'channel', 'retry'],
  'aop.unknow-error': ['The system is busy', 'channel', 'retry'],
  'ACQ.CONTEXT_INCONSISTENT': ['The order number came before with other parameters', 'merchant'],
  'ACQ.DISCORDANT_REPEAT_REQUEST': ['The refund number came before with another amount', 'merchant'],
  'ACQ.TRADE_HAS_SUCCESS': ['The trade is paid already'],
  'ACQ.TRADE_HAS_CLOSE': ['The trade is closed already'],
  'ACQ.TRADE_NOT_EXIST': ['There is no such trade (an unscanned precreate neither)'],
  'ACQ.TRADE_STATUS_ERROR': ['The state of the trade does not allow this'],
  'ACQ.REASON_TRADE_STATUS_INVALID': ['The state of the trade does not allow this'],
  'ACQ.REASON_ILLEGAL_STATUS': ['The state of the trade does not allow this'],
  'ACQ.TRADE_CANCEL_TIME_OUT': ['Too late to cancel', 'merchant'],
  'ACQ.CANCEL_NOT_ALLOWED': ['This trade can not be cancelled', 'merchant'],

  'ACQ.PAYMENT_AUTH_CODE_INVALID': ['The payment code is not valid', 'payer'],
  'ACQ.BUYER_BALANCE_NOT_ENOUGH': ['The payer’s balance is too low', 'payer'],
  'ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH': ['The payer’s card has too little on it', 'payer'],
  'ACQ.ERROR_BALANCE_PAYMENT_DISABLE': ['The payer switched payment by balance off', 'payer'],
  'ACQ.PAYMENT_FAIL': ['The payment failed', 'payer'],
  'ACQ.BUYER_SELLER_EQUAL': ['Payer and seller are the same', 'payer'],
  'ACQ.TRADE_BUYER_NOT_MATCH': ['Another payer began this trade', 'payer'],
  'ACQ.BUYER_ENABLE_STATUS_FORBID': ['The payer’s account is not in order', 'payer'],
  'ACQ.PULL_MOBILE_CASHIER_FAIL': ['The payer’s app could not be opened', 'payer'],
  'ACQ.MOBILE_PAYMENT_SWITCH_OFF': ['The payer switched mobile payment off', 'payer'],
  'ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR': ['Above the payer’s limit of the day', 'payer'],
  'ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR': ['Above the payer’s limit of the month', 'payer'],
  'ACQ.BEYOND_PAY_RESTRICTION': ['Above what the shop may take', 'merchant', 'failover'],
  'ACQ.BEYOND_PER_RECEIPT_RESTRICTION': ['Above what the shop may take at once', 'merchant', 'failover'],
  'ACQ.TOTAL_FEE_EXCEED': ['The amount is out of range', 'merchant', 'failover'],
  'ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE': ['The payer has nothing to pay with', 'payer'],
  'ACQ.ERROR_BUYER_CERTIFY_LEVEL_LIMIT': ['The payer has not proven who they are', 'payer'],
  'ACQ.USER_FACE_PAYMENT_SWITCH_OFF': ['The payer switched payment at the counter off', 'payer'],
  'ACQ.BUYER_NOT_EXIST': ['There is no such payer', 'payer'],
  'ACQ.PAYMENT_REQUEST_HAS_RISK': ['Refused by Alipay’s risk control', 'risk'],

  'ACQ.INVALID_PARAMETER': ['A parameter is wrong', 'merchant', 'failover'],
  'ACQ.ACCESS_FORBIDDEN': ['No right to call this', 'merchant', 'failover'],
  'ACQ.EXIST_FORBIDDEN_WORD': ['The order holds a forbidden word', 'merchant', 'failover'],
  'ACQ.PARTNER_ERROR': ['The app id is wrong', 'merchant', 'failover'],
  'ACQ.ERROR_SELLER_CERTIFY_LEVEL_LIMIT': ['The seller has not proven who they are', 'merchant', 'failover'],
  'ACQ.SELLER_BEEN_BLOCKED': ['The seller’s account is blocked', 'merchant', 'failover'],
  'ACQ.SUB_MERCHANT_CREATE_FAIL': ['The sub-merchant could not be made', 'merchant', 'failover'],
  'isv.invalid-app-id': ['The app id is not valid', 'merchant', 'failover'],
  'isv.invalid-signature': ['Our signature does not verify', 'merchant', 'failover'],
  'isv.missing-signature': ['The signature is missing', 'merchant', 'failover'],
  'isv.invalid-timestamp': ['The time is not valid', 'merchant', 'failover'],
  'isv.insufficient-isv-permissions': ['The app lacks a right', 'merchant', 'failover'],
  'isv.app-call-limited': ['The app called too often', 'channel', 'retry', 'failover'],

  'ACQ.SELLER_BALANCE_NOT_ENOUGH': ['The shop’s balance is too low for the refund', 'merchant', 'retry'],
  'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL': ['The refund is above what is left', 'merchant'],
  'ACQ.REASON_TRADE_REFUND_FEE_ERR': ['The amount of the refund is not valid', 'merchant'],
  'ACQ.TRADE_HAS_FINISHED': ['The trade is over: no refund any more', 'merchant'],
  'ACQ.TRADE_NOT_ALLOW_REFUND': ['This trade can not be refunded', 'merchant'],
  'ACQ.BUYER_ERROR': ['The payer’s account is not in order', 'payer'],
  NO_STATUS: ['The answer names no state of the trade', 'channel'],
};

// What readTrade makes of a trade's state.
const states: Readonly<Record<keyof typeof tradeStates, string>> = {
  WAIT_BUYER_PAY: 'pending',
  TRADE_SUCCESS: 'succeeded',
  TRADE_FINISHED: 'succeeded',
  TRADE_CLOSED: 'closed',
};

export const codeTable = buildCodeTable(
  '2026-11-24',
  [
    ...gatewayCodes.map(({ kind, ...row }) => ({ ...row, outcomes: { prepay: { kind }, query: { kind } } })),
    ...Object.entries(tradeStates).map(([code, row]) => ({
      code,
      ...row,
      outcomes: { orderState: { kind: states[code as keyof typeof tradeStates] } },
    })),
    {
      code: 'NO_STATUS',
      meaning: '应答未给出交易状态',
      source: tradeStates.TRADE_CLOSED.source,
      outcomes: { orderState: { kind: 'unknown' } },
    },
    ...refusals.map(({ order, refund, ...row }) => ({ ...row, outcomes: { ...order, ...refund } })),
  ],
  notes,
);

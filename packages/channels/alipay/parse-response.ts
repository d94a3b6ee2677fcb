import type { ChannelCall, PlaceCall, RefundingCall, WireResponse } from '../channel-adapter.ts';
import type { ChannelResult, RawCode, RefundResult } from '../channel-result.ts';
import { readDecimal } from '../wire/decimal-amount.ts';
import { parseJsonBytes } from '../wire/json.ts';
import type { OpenAccount } from './account.ts';
import { methodOf } from './build-request.ts';
import { readPaid, readTrade } from './read-trade.ts';
import { verifyAnswer } from './sign.ts';
import { type OrderStep, readOrderRefusal, readRefundRefusal } from './status-map.ts';
import {
  type AnswerVerdict,
  cancelledSchema,
  createdSchema,
  precreatedSchema,
  refundedSchema,
  refundQuerySchema,
  tradeSchema,
  verdictSchema,
} from './wire.ts';

const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;

/** Reads an answer. The signature comes first: what Alipay did not sign says nothing. Total. */
export function parseResponse(
  account: OpenAccount,
  call: Exclude<ChannelCall, { op: 'fetchTrust' }>,
  response: WireResponse,
): ChannelResult | RefundResult {
  const verified = verifyAnswer(account, response.body, methodOf(call));
  if (typeof verified === 'string') {
    return { kind: 'unknown', reason: response.status === 200 ? 'bad_signature' : 'http_status' };
  }
  const content = parseJsonBytes(verified.content);
  const verdict = verdictSchema.safeParse(content);
  if (!verdict.success) return unreadable;
  if (call.op === 'refund' || call.op === 'queryRefund') return readRefund(call, verdict.data, content);
  return readOrder(call, verdict.data, content);
}

function readOrder(
  call: Exclude<ChannelCall, RefundingCall | { op: 'fetchTrust' }>,
  verdict: AnswerVerdict,
  content: unknown,
): ChannelResult {
  const raw = rawOf(verdict);
  // The payer is typing a password, or Alipay itself does not know yet.
  if (verdict.code === '10003') return { kind: 'pending', raw };
  if (verdict.code !== '10000') {
    // `20000` and every code that is no definite refusal stay unknown.
    if (!/^4/.test(verdict.code)) return { kind: 'unknown', reason: 'channel_says_unknown', raw };
    const outcome = readOrderRefusal(stepOf(call), verdict.sub_code ?? '');
    return outcome.kind === 'succeeded' ? { ...unreadable, raw } : { ...outcome, raw };
  }
  switch (call.op) {
    case 'place':
      return readPlaced(call, content, raw);
    case 'query': {
      const trade = tradeSchema.safeParse(content);
      return trade.success && trade.data.out_trade_no === call.requestNo
        ? readTrade(trade.data)
        : { ...unreadable, raw };
    }
    case 'close':
    case 'reverse': {
      const { data: ended } = cancelledSchema.safeParse(content);
      // Alipay may leave the number out; another one's end says nothing of ours.
      if (ended?.out_trade_no !== undefined && ended.out_trade_no !== call.requestNo) return { ...unreadable, raw };
      const done = ended !== undefined && ended.retry_flag !== 'Y';
      return done ? { kind: 'closed', raw } : { kind: 'unknown', reason: 'channel_says_unknown', raw };
    }
  }
}

function readPlaced(call: PlaceCall, content: unknown, raw: RawCode): ChannelResult {
  if (call.product === 'native') {
    const { data } = precreatedSchema.safeParse(content);
    if (data?.out_trade_no !== call.requestNo) return { ...unreadable, raw };
    return { kind: 'pending', credential: { type: 'qr', url: data.qr_code }, raw };
  }
  if (call.product === 'jsapi') {
    const { data } = createdSchema.safeParse(content);
    if (data?.out_trade_no !== call.requestNo) return { ...unreadable, raw };
    return { kind: 'pending', credential: { type: 'jsapi', parameters: { tradeNO: data.trade_no } }, raw };
  }
  const { data: trade } = tradeSchema.safeParse(content);
  if (call.product !== 'codepay' || trade?.out_trade_no !== call.requestNo) return { ...unreadable, raw };
  return readPaid(trade, raw);
}

function readRefund(call: RefundingCall, verdict: AnswerVerdict, content: unknown): RefundResult {
  const raw = rawOf(verdict);
  if (verdict.code !== '10000') {
    if (!/^4/.test(verdict.code)) return { kind: 'unknown', reason: 'channel_says_unknown', raw };
    const outcome = readRefundRefusal(call.op, verdict.sub_code ?? '');
    return outcome.kind === 'declined' ? { ...outcome, code: 'refund_declined', raw } : { ...outcome, raw };
  }
  if (call.op === 'refund') {
    const { data } = refundedSchema.safeParse(content);
    if (data?.out_trade_no !== call.requestNo) return { ...unreadable, raw };
    // `refund_fee` sums all refunds of the trade: what this one moved is what we asked for, if it moved anything.
    return data.fund_change === 'Y'
      ? { kind: 'succeeded', channelRefundNo: call.refundNo, refunded: call.amount, raw }
      : { kind: 'pending', raw };
  }
  const { data } = refundQuerySchema.safeParse(content);
  if (data === undefined) return { ...unreadable, raw };
  if (data.refund_status === undefined) return { kind: 'not_found', raw };
  const refunded = readDecimal(data.refund_amount ?? '');
  const ours = data.out_request_no === call.refundNo && data.out_trade_no === call.requestNo;
  if (data.refund_status !== 'REFUND_SUCCESS' || !ours || refunded === undefined) {
    return { kind: 'unknown', reason: ours ? 'channel_says_unknown' : 'unreadable', raw };
  }
  // Alipay gives refunds no number of their own.
  return {
    kind: 'succeeded',
    channelRefundNo: call.refundNo,
    refunded: { amountMinor: refunded, currency: 'CNY' },
    raw,
  };
}

function stepOf(call: Exclude<ChannelCall, RefundingCall | { op: 'fetchTrust' }>): OrderStep {
  if (call.op !== 'place') return call.op;
  return call.product === 'codepay' ? 'codepay' : 'prepay';
}

const rawOf = ({ code, msg, sub_code: subCode, sub_msg: subMessage }: AnswerVerdict): RawCode => ({
  code: (subCode ?? code).slice(0, 64),
  message: (subMessage ?? msg).slice(0, 256),
});

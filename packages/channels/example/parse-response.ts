import type { Credential } from '@tributary/contracts/payment';
import type { ChannelCall, PaymentCall, RefundingCall, WireResponse } from '../channel-adapter.ts';
import type { ChannelResult, RawCode, RefundResult, UnknownReason } from '../channel-result.ts';
import { parseJsonBytes } from '../wire/json.ts';
import type { OpenAccount } from './account.ts';
import { rawOf, readOrder, readRefund } from './read-state.ts';
import { verifyReceived } from './sign.ts';
import { type OrderStep, readOrderRefusal, readRefundRefusal } from './status-map.ts';
import { errorSchema, orderSchema, refundSchema } from './wire.ts';

type Unknown = { kind: 'unknown'; reason: UnknownReason; raw?: RawCode };
const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

/** Reads the answer to a call: the signature first, then whose order it is. Total. */
export function parseResponse(
  account: OpenAccount,
  call: Exclude<ChannelCall, { op: 'fetchTrust' }>,
  response: WireResponse,
  at: Date,
): ChannelResult | RefundResult {
  const json = parseJsonBytes(response.body);
  const error = errorSchema.safeParse(json).data;
  const refusal = error && rawOf(error.code, error.message);
  const unknown = (reason: UnknownReason): Unknown => ({
    kind: 'unknown',
    reason,
    ...(refusal ? { raw: refusal } : {}),
  });
  if (verifyReceived(account, 'answer', String(response.status), response, at) !== 'verified') {
    return unknown(response.status === 429 || response.status >= 500 ? 'http_status' : 'bad_signature');
  }
  // A server error is never definite, whatever code it carries.
  if (response.status >= 500) return unknown('channel_says_unknown');
  if (call.op === 'refund' || call.op === 'queryRefund') {
    return refusal ? refusedRefund(call, refusal) : readRefundAnswer(account, call, json);
  }
  return refusal
    ? { ...readOrderRefusal(stepOf(call), refusal.code), raw: refusal }
    : readOrderAnswer(account, call, json);
}

function readOrderAnswer(account: OpenAccount, call: PaymentCall, json: unknown): ChannelResult {
  const { data: order } = orderSchema.safeParse(json);
  if (order === undefined || order.merchantNo !== account.merchantNo || order.orderNo !== call.requestNo) {
    return unreadable;
  }
  const result = readOrder(order);
  if (call.op === 'close' && result.kind === 'succeeded') {
    return { kind: 'unknown', reason: 'already_paid', raw: rawOf(order.state) };
  }
  if (call.op !== 'place' || call.product === 'codepay' || result.kind !== 'pending') return result;
  if (order.payUrl === undefined) return unreadable;
  const credential: Credential = { type: call.product === 'h5' ? 'redirect' : 'qr', url: order.payUrl };
  return { kind: 'pending', credential };
}

function readRefundAnswer(account: OpenAccount, call: RefundingCall, json: unknown): RefundResult {
  const { data: refund } = refundSchema.safeParse(json);
  const ours =
    refund?.merchantNo === account.merchantNo && refund.refundNo === call.refundNo && refund.orderNo === call.requestNo;
  return ours ? readRefund(refund) : unreadable;
}

function refusedRefund(call: RefundingCall, raw: RawCode): RefundResult {
  const outcome = readRefundRefusal(call.op, raw.code);
  return outcome.kind === 'declined' ? { ...outcome, code: 'refund_declined', raw } : { ...outcome, raw };
}

function stepOf(call: PaymentCall): OrderStep {
  if (call.op !== 'place') return call.op;
  return call.product === 'codepay' ? 'codepay' : 'prepay';
}

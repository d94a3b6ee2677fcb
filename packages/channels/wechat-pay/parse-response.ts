import type { ChannelCall, PaymentCall, RefundingCall, WireResponse } from '../channel-adapter.ts';
import type { ChannelResult, RawCode, RefundResult, TrustResult, UnknownReason } from '../channel-result.ts';
import { parseJsonBytes } from '../wire/json.ts';
import type { OpenAccount } from './account.ts';
import { readCredential } from './credential.ts';
import { parseTrust } from './parse-trust.ts';
import { rawOf, readRefund, readTransaction, withRaw, withRefundRaw } from './read-state.ts';
import { verifyReceived } from './sign.ts';
import { type OrderStep, readOrderRefusal, readRefundRefusal } from './status-map.ts';
import { errorSchema, refundSchema, reversedSchema, transactionSchema } from './wire.ts';

type Unknown = { kind: 'unknown'; reason: UnknownReason; raw?: RawCode };

const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

/** Reads the answer to a call. Total: any bytes give a result, and what is not proven to come from WeChat Pay is unknown. */
export function parseResponse(
  account: OpenAccount,
  call: ChannelCall,
  response: WireResponse,
  at: Date,
): ChannelResult | RefundResult | TrustResult {
  const json = parseJsonBytes(response.body);
  const refusal = readRefusal(json);
  if (call.op === 'fetchTrust') return parseTrust(account, response, json, at) ?? unproven(response.status, refusal);
  if (verifyReceived(response, account.platformKeys, at) !== 'verified') return unproven(response.status, refusal);
  // A server error is never definite, whatever code it carries.
  if (response.status >= 500) return withOptionalRaw({ kind: 'unknown', reason: 'channel_says_unknown' }, refusal);
  if (call.op === 'refund' || call.op === 'queryRefund') return readRefundAnswer(call, response.status, json, refusal);
  return readOrderAnswer(account, call, response.status, json, refusal, at);
}

/**
 * Refusals are believed only when signed. WeChat Pay leaves the signature out exactly when ours did not verify (401
 * SIGN_ERROR), and then nothing was executed; but anybody between could say the same, and believing it would let the
 * next channel charge a second time. So it stays unknown, and a look-up settles it. Its code is kept for support.
 */
function unproven(status: number, refusal: RawCode | undefined): Unknown {
  const reason = status >= 500 || status === 429 || (status >= 300 && status < 400) ? 'http_status' : 'bad_signature';
  return withOptionalRaw({ kind: 'unknown', reason }, refusal);
}

function readOrderAnswer(
  account: OpenAccount,
  call: PaymentCall,
  status: number,
  json: unknown,
  refusal: RawCode | undefined,
  at: Date,
): ChannelResult {
  if (refusal !== undefined) {
    const outcome = readOrderRefusal(stepOf(call), refusal.code);
    return outcome.kind === 'succeeded' ? unreadable : withRaw(outcome, refusal);
  }
  if (call.op === 'close') return status === 204 ? { kind: 'closed' } : unreadable;
  if (status < 200 || status >= 300) return unreadable;
  if (call.op === 'reverse') return readReversed(account, call.requestNo, json);
  if (call.op === 'query' || call.product === 'codepay') return readOrder(account, call.requestNo, json);
  const credential = readCredential(account, call, json, at);
  return credential === undefined ? unreadable : { kind: 'pending', credential };
}

function readOrder(account: OpenAccount, requestNo: string, json: unknown): ChannelResult {
  const order = transactionSchema.safeParse(json);
  return order.success ? readTransaction(order.data, { mchId: account.config.mchId, requestNo }) : unreadable;
}

function readReversed(account: OpenAccount, requestNo: string, json: unknown): ChannelResult {
  const { data } = reversedSchema.safeParse(json);
  return data?.mchid === account.config.mchId && data.out_trade_no === requestNo ? { kind: 'closed' } : unreadable;
}

function readRefundAnswer(
  call: RefundingCall,
  status: number,
  json: unknown,
  refusal: RawCode | undefined,
): RefundResult {
  if (refusal !== undefined) {
    const outcome = readRefundRefusal(call.op, refusal.code);
    return outcome.kind === 'succeeded' ? unreadable : withRefundRaw(outcome, refusal);
  }
  if (status < 200 || status >= 300) return unreadable;
  const refund = refundSchema.safeParse(json);
  return refund.success ? readRefund(refund.data, call) : unreadable;
}

function readRefusal(json: unknown): RawCode | undefined {
  const { data } = errorSchema.safeParse(json);
  return data && rawOf(data.code, data.message);
}

function stepOf(call: PaymentCall): OrderStep {
  if (call.op !== 'place') return call.op;
  return call.product === 'codepay' ? 'codepay' : 'prepay';
}

const withOptionalRaw = (result: Unknown, raw: RawCode | undefined): Unknown =>
  raw === undefined ? result : { ...result, raw };

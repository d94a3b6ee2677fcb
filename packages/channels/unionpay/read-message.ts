import type { ChannelCall, PlaceCall, RefundingCall } from '../channel-adapter.ts';
import type { ChannelResult, RawCode, RefundResult } from '../channel-result.ts';
import { readCode } from './status-map.ts';
import type { Answer } from './wire.ts';

const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;
const saysUnknown = { kind: 'unknown', reason: 'channel_says_unknown' } as const;

type OrderCall = Exclude<ChannelCall, RefundingCall | { op: 'fetchTrust' }>;

/** What an answer means for a payment. Total. */
export function readOrder(call: OrderCall, answer: Answer): ChannelResult {
  const raw = rawOf(answer.respCode, answer.respMsg);
  switch (call.op) {
    case 'place':
      return readPlaced(call, answer, raw);
    case 'query':
      // The look-up's own code first: 34 says that there is no such order.
      if (answer.respCode === '34') return { kind: 'not_found', raw };
      if (answer.respCode !== '00' || answer.origRespCode === undefined) return { ...saysUnknown, raw };
      return readCharge(answer, rawOf(answer.origRespCode, answer.origRespMsg), call.product === 'codepay');
    case 'reverse':
      // 35, "not there or not in the right state": a look-up tells which. Both together mean that it never came there.
      if (answer.respCode === '34' || answer.respCode === '35') return { kind: 'not_found', raw };
      // Taken back, or never to be taken any more.
      return answer.respCode === '00' ? { kind: 'closed', raw } : { ...saysUnknown, raw };
    case 'close':
      return { ...saysUnknown, raw };
  }
}

function readPlaced(call: PlaceCall, answer: Answer, raw: RawCode): ChannelResult {
  const outcome = readCode(answer.respCode);
  switch (outcome.kind) {
    case 'succeeded':
      // "Taken on" and no more: what became of a charge, the look-up and the callback tell.
      if (call.product !== 'native') return { kind: 'pending', raw };
      return answer.qrCode === undefined
        ? { ...unreadable, raw }
        : { kind: 'pending', credential: { type: 'qr', url: answer.qrCode }, raw };
    case 'pending':
      return { kind: 'pending', raw };
    case 'declined':
      return { ...outcome, raw };
    case 'unknown':
      return { ...saysUnknown, raw };
  }
}

/**
 * What became of a charge.
 * @param isFinal whether a refusal ends the order. In a browser the payer may try another card until the order's time
 *   runs out, so there a refusal says nothing yet.
 */
export function readCharge(answer: Answer, raw: RawCode, isFinal: boolean): ChannelResult {
  const outcome = readCode(raw.code);
  switch (outcome.kind) {
    case 'succeeded':
      return answer.queryId === undefined || answer.txnAmt === undefined || answer.currencyCode !== '156'
        ? { ...unreadable, raw }
        : { kind: 'succeeded', channelTxn: answer.queryId, paid: { amountMinor: answer.txnAmt, currency: 'CNY' }, raw };
    case 'pending':
      return { kind: 'pending', raw };
    case 'declined':
      return isFinal ? { ...outcome, raw } : { kind: 'pending', unpaidSoFar: true, raw };
    case 'unknown':
      return { ...saysUnknown, raw };
  }
}

/** What an answer means for a refund. Total. */
export function readRefund(call: RefundingCall, answer: Answer): RefundResult {
  const raw = rawOf(answer.respCode, answer.respMsg);
  if (call.op === 'queryRefund') {
    if (answer.respCode === '34') return { kind: 'not_found', raw };
    if (answer.respCode !== '00' || answer.origRespCode === undefined) return { ...saysUnknown, raw };
    return readPaidBack(answer, rawOf(answer.origRespCode, answer.origRespMsg));
  }
  const outcome = readCode(answer.respCode);
  // "Taken on": whether it was paid out, the look-up and the callback tell.
  if (outcome.kind === 'succeeded' || outcome.kind === 'pending') {
    return { kind: 'pending', ...(answer.queryId === undefined ? {} : { channelRefundNo: answer.queryId }), raw };
  }
  return outcome.kind === 'declined'
    ? { kind: 'declined', fault: outcome.fault, code: 'refund_declined', raw }
    : { ...saysUnknown, raw };
}

/** What became of a refund. */
export function readPaidBack(answer: Answer, raw: RawCode): RefundResult {
  const outcome = readCode(raw.code);
  if (outcome.kind === 'pending') return { kind: 'pending', raw };
  if (outcome.kind === 'declined') return { kind: 'declined', fault: outcome.fault, code: 'refund_declined', raw };
  if (outcome.kind === 'unknown') return { ...saysUnknown, raw };
  return answer.queryId === undefined || answer.txnAmt === undefined
    ? { ...unreadable, raw }
    : {
        kind: 'succeeded',
        channelRefundNo: answer.queryId,
        refunded: { amountMinor: answer.txnAmt, currency: 'CNY' },
        raw,
      };
}

export const rawOf = (code: string, message = ''): RawCode => ({ code, message: message.slice(0, 256) });

import type { ChannelResult, RefundResult } from '@tributary/channels/channel-result';
import { type FailureCode, failureCodes } from '@tributary/contracts/error-code';
import type { EffectiveCode } from './effective-codes.ts';

/**
 * Adds to an answer what the table knows of its code: whose fault it is, whether another channel may be tried or the same
 * words said again, and what merchant and payer may be told. What happened is never changed here, and an answer whose
 * code is not mapped stays as it is. Pure.
 */
export function applyCode<Result extends ChannelResult | RefundResult>(
  result: Result,
  code: EffectiveCode | undefined,
): Result {
  if (!code) return result;
  if (result.kind === 'declined') {
    // The adapter knows the step too: too little money is the payer's fault in a payment and the shop's in a refund.
    const fault = code.from === 'override' ? (code.owner ?? result.fault) : result.fault;
    const failOver = code.mayFailOver || (code.from === 'adapter' && fault === 'channel');
    return { ...result, fault, failOver, words: wordsOf(result.code, fault, code) };
  }
  if (result.kind === 'unknown' && result.reason === 'channel_says_unknown')
    return { ...result, ...(code.owner ? { fault: code.owner } : {}), retrySame: code.retrySame };
  return result;
}

function wordsOf(failure: FailureCode, fault: string, { meaning, payerMessage }: EffectiveCode) {
  const { title, zh } = failureCodes[failure];
  // Payers are told of their own side only: how an account is set up here is none of their business.
  const payer = payerMessage ?? (fault === 'payer' || fault === 'issuer' ? zh : undefined);
  return { merchant: `${title}: ${meaning.en}`, ...(payer === undefined ? {} : { payer }) };
}

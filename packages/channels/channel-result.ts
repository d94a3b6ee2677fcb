import type { Money } from '@tributary/contracts/money';
import type { Credential } from '@tributary/contracts/payment';

/**
 * Who is at fault when a channel refuses. Only `channel` counts against the channel's health. `merchant` is the account,
 * its rights or our request; `risk` is the channel's or the bank's own risk control.
 */
export type Fault = 'channel' | 'issuer' | 'payer' | 'merchant' | 'risk';

/** What may be told of a refusal: to the merchant (English, beside the code) and to the payer. */
export type RefusalWords = { merchant: string; payer?: string };

/** The channel's own words, kept for the response-code dictionary and for support. */
export type RawCode = { code: string; message: string };

/** Why there is no readable answer. */
export type UnknownReason =
  | 'timeout'
  | 'connection_lost'
  | 'bad_signature'
  | 'unreadable'
  | 'too_large'
  | 'http_status'
  | 'channel_says_unknown'
  | 'already_paid'
  | 'amount_mismatch';

/**
 * News about one attempt, in our words, from a reply, a callback or a look-up.
 * There is no "error" member on purpose: what cannot be read as a definite answer is `unknown`, never a failure.
 *
 * - `succeeded`: the payer's money was taken; `paid` is what the channel says was charged in full.
 * - `pending`: the channel holds the order and the payer has not finished.
 * - `declined`: definitively not paid, and this request number can never be paid any more.
 * - `closed`: the channel closed or reversed the order, unpaid (or paid back by a reversal).
 * - `not_found`: the channel does not know the order. Right after sending, that may only mean "still on its way".
 * - `not_sent`: certainly nothing left this machine; another channel may be tried at once.
 * - `unknown`: anything else. `already_paid` is a close or reversal that was clearly refused, because the payer was faster: ask again.
 * `unpaidSoFar`: the payer tried and was refused, and may try again until the order's time is over; then it was not paid. Without
 * it the channel may be about to take the money.
 * `givenBack`: the channel says that all of the money went back to the payer since.
 */
export type ChannelResult =
  | { kind: 'succeeded'; channelTxn: string; paid: Money; paidAt?: Date; givenBack?: boolean; raw?: RawCode }
  | { kind: 'pending'; credential?: Credential; unpaidSoFar?: boolean; raw?: RawCode }
  | ({ kind: 'declined'; fault: Fault; code: DeclineCode; raw: RawCode } & RefusalNotes)
  | { kind: 'closed'; raw?: RawCode }
  | { kind: 'not_found'; raw?: RawCode }
  | { kind: 'not_sent'; reason: NotSentReason; raw?: RawCode }
  | ({ kind: 'unknown'; reason: UnknownReason; raw?: RawCode } & UnclearNotes);

/** What the response-code table adds to a refusal. `failOver`: another channel may be tried; by default when the fault is the channel's. */
type RefusalNotes = { failOver?: boolean; words?: RefusalWords };

/** What the response-code table adds to an unclear answer: whose fault it is, and whether asking in the same words may help. */
type UnclearNotes = { fault?: Fault; retrySame?: boolean };

export type NotSentReason =
  | 'bulkhead_full'
  | 'breaker_open'
  | 'connection_refused'
  | 'account_unusable'
  | 'unsupported'
  | 'switched_off';

/** Our words for a refusal: what merchants read in `failure.code`. A subset of `failureCodes`. */
export type DeclineCode =
  | 'channel_declined'
  | 'channel_unavailable'
  | 'issuer_declined'
  | 'payer_declined'
  | 'auth_code_invalid'
  | 'insufficient_funds';

/** News about one refund. `declined` is definitive: the channel will never pay this refund number out. */
export type RefundResult =
  | { kind: 'succeeded'; channelRefundNo: string; refunded: Money; raw?: RawCode }
  | { kind: 'pending'; channelRefundNo?: string; raw?: RawCode }
  | ({ kind: 'declined'; fault: Fault; code: 'refund_declined'; raw: RawCode } & RefusalNotes)
  | { kind: 'not_found'; raw?: RawCode }
  | { kind: 'not_sent'; reason: NotSentReason; raw?: RawCode }
  | ({ kind: 'unknown'; reason: UnknownReason; raw?: RawCode } & UnclearNotes);

/** A key of the channel with which it signs: a platform certificate, or its bare public key. PEM, public data. */
export type TrustedKey = { serial: string; publicKeyPem: string; effectiveAt?: string; expiresAt?: string };

/** What a look-up of the channel's signing keys brought. */
export type TrustResult =
  | { kind: 'trusted'; keys: TrustedKey[] }
  | { kind: 'unknown'; reason: UnknownReason; raw?: RawCode }
  | { kind: 'not_sent'; reason: NotSentReason; raw?: RawCode };

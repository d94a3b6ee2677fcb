import type { ChannelResult, RefundResult, TrustResult } from '@tributary/channels/channel-result';

/**
 * What a call's result says of the channel's health: `undefined` when nothing left this process for a reason of our own.
 * A payer without money and an issuer that refuses are answers of a channel that works.
 */
export function isChannelFault(result: ChannelResult | RefundResult | TrustResult): boolean | undefined {
  switch (result.kind) {
    case 'not_sent':
      return result.reason === 'connection_refused' ? true : undefined;
    case 'unknown':
      // Both are clear words about the payment; only its state is not clear to us yet.
      return result.reason !== 'already_paid' && result.reason !== 'amount_mismatch';
    case 'declined':
      return result.fault === 'channel';
    case 'succeeded':
    case 'pending':
    case 'closed':
    case 'not_found':
    case 'trusted':
      return false;
    default:
      return result satisfies never;
  }
}

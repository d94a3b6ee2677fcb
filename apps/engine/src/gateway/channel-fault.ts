import type { ChannelResult, RefundResult, TrustResult } from '@tributary/channels/channel-result';

/**
 * What a call's result says of the channel's health: `undefined` when it says nothing, because nothing left this process
 * for a reason of our own, or because of one account's keys.
 * A payer without money and an issuer that refuses are answers of a channel that works.
 */
export function isChannelFault(result: ChannelResult | RefundResult | TrustResult): boolean | undefined {
  switch (result.kind) {
    case 'not_sent':
      return result.reason === 'connection_refused' ? true : undefined;
    case 'unknown':
      // Whose fault an unclear code is, the response-code table says; what nobody mapped counts against the channel.
      if (result.reason === 'channel_says_unknown' && 'fault' in result && result.fault !== undefined)
        return result.fault === 'channel';
      // Its key may be new to us, or ours may be wrong at one account: that says nothing of the channel for all others.
      if (result.reason === 'bad_signature') return undefined;
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

import type { OrderEnding } from '@tributary/channels/channel-adapter';
import type { ChannelResult } from '@tributary/channels/channel-result';

/** A request can't be on its way for longer than this after its order's expiry: the channel refuses it by then. */
export const strayGraceMs = 60_000;

export type EndOfAttempt = 'close' | 'reverse' | 'wait' | { kind: 'closed'; raw: { code: string; message: string } };

/**
 * What to do with an attempt that should come to an end (it has expired, or the merchant wants it closed), given what
 * the channel just said to a look-up. Pure.
 *
 * "Not found" proves nothing while our request may still be on its way. It does once the order's time has run out at the
 * channel too and the grace has passed: then nobody can pay it any more.
 */
export function decideAtEnd(
  lookUp: ChannelResult['kind'],
  now: Date,
  expiresAt: Date,
  ending: OrderEnding,
): EndOfAttempt {
  const isOver = now.getTime() >= expiresAt.getTime() + strayGraceMs;
  switch (lookUp) {
    case 'succeeded':
    case 'declined':
    case 'closed':
      return 'wait';
    case 'not_found':
      if (!isOver) return ending === 'expiry' ? 'wait' : ending;
      return {
        kind: 'closed',
        raw: { code: 'NEVER_ARRIVED', message: 'the channel never knew this order and can no longer take it' },
      };
    case 'pending':
      if (ending !== 'expiry') return ending;
      return isOver
        ? { kind: 'closed', raw: { code: 'EXPIRED_UNPAID', message: 'its time has run out and nobody has paid' } }
        : 'wait';
    case 'not_sent':
    case 'unknown':
      // Closing blindly would be safe for the money, but a channel that does not answer a question won't answer this.
      return 'wait';
    default:
      return lookUp satisfies never;
  }
}

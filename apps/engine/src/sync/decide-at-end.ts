import type { OrderEnding } from '@tributary/channels/channel-adapter';
import type { ChannelResult } from '@tributary/channels/channel-result';

/** After its expiry an order can't be paid any more once this has passed, where the channel was told of the expiry. */
export const strayGraceMs = 60_000;
/**
 * For so long the channel must have said nothing but "not found": where it was told of the order's expiry; and where it was
 * not, at the till, so that a request that was on its way for minutes would still be taken on.
 */
export const goneAfterMs = { told: 60_000, atTheTill: 240_000 };

export type Ended = { kind: 'closed'; raw: { code: string; message: string } };
export type EndOfAttempt = 'close' | 'reverse' | 'wait' | Ended;

/** What is known of an attempt that should come to an end. */
export type Ending = {
  now: Date;
  expiresAt: Date;
  by: OrderEnding;
  seen: boolean;
  reversing: boolean;
  /** Before this look-up. */
  notFoundSince: Date | undefined;
};

/**
 * What to do with an attempt that should come to an end (it has expired, or the merchant wants it closed), given what
 * the channel just said to a look-up. Pure.
 *
 * What can be closed or reversed at the channel ends by that alone. "Paid" while a reversal may be on its way is answered by
 * reversing once more. Where only the order's own expiry ends it, it is over when the channel says afterwards that it was
 * not paid; "in process" is never taken for that, however late it is.
 */
export function decideAtEnd(said: ChannelResult, ending: Ending): EndOfAttempt {
  const { by, reversing } = ending;
  switch (said.kind) {
    case 'succeeded':
      return reversing && by === 'reverse' ? 'reverse' : 'wait';
    case 'declined':
    case 'closed':
      return 'wait';
    case 'not_found':
      return by === 'expiry' ? (neverArrived(ending) ?? 'wait') : by;
    case 'pending':
      if (by !== 'expiry') return by;
      return said.unpaidSoFar && isOver(ending)
        ? { kind: 'closed', raw: { code: 'EXPIRED_UNPAID', message: 'its time has run out and nobody has paid' } }
        : 'wait';
    case 'not_sent':
    case 'unknown':
      // Closing blindly would be safe for the money, but a channel that does not answer a question won't answer this.
      return 'wait';
    default:
      return said satisfies never;
  }
}

/**
 * Whether an order that the channel does not know never came there and never will: its time is over, the channel has said
 * so for a while and nothing else, and never showed that it knew the order. Pure.
 */
export function neverArrived(ending: Ending): Ended | undefined {
  const { now, notFoundSince } = ending;
  if (!notFoundSince || now < (goneAt(ending, notFoundSince) ?? Number.POSITIVE_INFINITY)) return undefined;
  return {
    kind: 'closed',
    raw: { code: 'NEVER_ARRIVED', message: 'the channel never knew this order and can no longer take it' },
  };
}

/** When an order that the channel does not know since then is over for good, should it go on saying so; undefined: never by that. */
export function goneAt({ by, seen, expiresAt }: Ending, notFoundSince: Date): Date | undefined {
  // Where only its expiry ends an order, what was seen of it is over with that.
  if (by !== 'expiry' && seen) return undefined;
  const persisted = by === 'reverse' ? goneAfterMs.atTheTill : goneAfterMs.told;
  return new Date(Math.max(expiresAt.getTime() + strayGraceMs, notFoundSince.getTime() + persisted));
}

const isOver = ({ now, expiresAt }: Ending): boolean => now.getTime() >= expiresAt.getTime() + strayGraceMs;

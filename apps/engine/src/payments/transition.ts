import type { ChannelResult, RefundResult } from '@tributary/channels/channel-result';
import type { AttemptStatus, RefundStatus } from '@tributary/contracts/payment-status';
import type { RefundChannelState } from './aggregate.ts';

/**
 * The only status table. An attempt's status is how much we know of it, and knowledge only grows:
 *
 *   sending < unknown < pending < { failed, closed } < succeeded, succeeded_late
 *
 * so news may come in any order, twice or never. The one edge out of a final is late success: proof of payment for an
 * attempt that was believed dead (`failed | closed -> succeeded_late`).
 */
export type AttemptMove = AttemptStatus | 'stay';

/** What one piece of news makes of an attempt; `stay` when it adds nothing. */
export function moveAttempt(from: AttemptStatus, news: ChannelResult['kind']): AttemptMove {
  const open = from === 'sending' || from === 'unknown' || from === 'pending';
  switch (news) {
    case 'succeeded':
      if (open) return 'succeeded';
      return from === 'failed' || from === 'closed' ? 'succeeded_late' : 'stay';
    case 'declined':
      return open ? 'failed' : 'stay';
    case 'not_sent':
      // Only the sender itself can know this, and only while nothing else is known.
      return from === 'sending' ? 'failed' : 'stay';
    case 'closed':
      return open ? 'closed' : 'stay';
    case 'pending':
      return from === 'sending' || from === 'unknown' ? 'pending' : 'stay';
    case 'not_found':
    case 'unknown':
      // "Not found" right after sending may only mean that our request is still on its way.
      return from === 'sending' ? 'unknown' : 'stay';
    default:
      return news satisfies never;
  }
}

export type RefundMove = { status: RefundStatus; channelState: RefundChannelState } | 'stay';

/**
 * What one piece of news makes of a refund. A declined compensation stays open: money of ours to give back is never
 * given up. `failed -> succeeded` is the refund's late success.
 */
export function moveRefund(
  from: { status: RefundStatus; channelState: RefundChannelState; kind: 'merchant' | 'compensation' },
  news: RefundResult['kind'],
): RefundMove {
  const rank = { sending: 0, unknown: 1, declined: 1, pending: 2, succeeded: 3 } as const;
  if (news === 'succeeded') {
    return from.status === 'succeeded' ? 'stay' : { status: 'succeeded', channelState: 'succeeded' };
  }
  if (from.status !== 'processing') return 'stay';
  switch (news) {
    case 'declined':
      if (from.kind === 'merchant') return { status: 'failed', channelState: 'declined' };
      return from.channelState === 'declined' ? 'stay' : { status: 'processing', channelState: 'declined' };
    case 'pending':
      return rank[from.channelState] < rank.pending ? { status: 'processing', channelState: 'pending' } : 'stay';
    case 'not_found':
    case 'unknown':
      return rank[from.channelState] < rank.unknown ? { status: 'processing', channelState: 'unknown' } : 'stay';
    case 'not_sent':
      return 'stay';
    default:
      return news satisfies never;
  }
}

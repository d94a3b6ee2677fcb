import type { OrderEnding } from '@tributary/channels/channel-adapter';
import type { Product } from '@tributary/contracts/service-config';
import type { MarkReversing, RecordOutcome, RecordResult } from '../payments/operations.ts';
import type { CallChannel, Route } from '../payments/ports.ts';
import type { Failpoint } from '../platform/failpoints.ts';
import { orderedAt } from '../platform/ids.ts';
import { decideAtEnd, type Ending, goneAt, neverArrived } from './decide-at-end.ts';
import type { SyncTier } from './queue/sync-item.ts';
import type { ClaimedAttempt, SyncStore } from './sync.store.ts';

export type SyncAttemptDeps = {
  store: Pick<SyncStore, 'renew' | 'lookBy'>;
  callChannel: CallChannel;
  recordResult: RecordResult;
  /** Commits that a reversal is about to be sent. */
  markReversing: MarkReversing;
  /** How a product's unfinished order comes to its end on this channel. */
  endingOf: (channelId: string, product: Product) => OrderEnding;
  failpoint?: Failpoint;
};

const note = 'attempt.looked_up';
const outcomeOf = (recorded: RecordOutcome): LookUpOutcome => (recorded === 'refused' ? 'refused' : 'asked');

/**
 * How a look-up ended: `asked`; `not_sent`: the channel was not reached, so nothing was learned and nothing was used up;
 * `refused`: the claim is somebody else's by now, and what was learned was thrown away.
 */
export type LookUpOutcome = 'asked' | 'not_sent' | 'refused';

/**
 * Asks the channel about one claimed attempt. At its end (expired, or to be closed): a last question, then the close, then
 * the question again if the close was not clear. Whatever is learned goes through the single door, under the claim; before
 * each further call the claim is renewed, so that nobody closes an order that is another's by now.
 */
export function createSyncAttempt({
  store,
  callChannel,
  recordResult,
  markReversing,
  endingOf,
  failpoint,
}: SyncAttemptDeps) {
  /** An order that nobody knows is looked at again when that is long enough, however seldom its channel is asked by then. */
  async function lookWhenGone({ paymentId, claim, now }: ClaimedAttempt, ending: Ending): Promise<void> {
    const at = goneAt(ending, ending.notFoundSince ?? now);
    if (at) await store.lookBy(paymentId, claim, at);
  }

  return async function lookUp(attempt: ClaimedAttempt, tier: SyncTier): Promise<LookUpOutcome> {
    const product = attempt.product as Product;
    const order = { requestNo: attempt.requestNo, orderedAt: orderedAt(attempt.paymentId), product };
    const route: Route = { channelId: attempt.channelId, accountId: attempt.accountId };
    const { claim } = attempt;
    const asked = await callChannel(route, { op: 'query', ...order });
    failpoint?.('sync.after_query');
    if (asked.result.kind === 'not_sent') return 'not_sent';
    const news = { claim, tier };
    const recorded = await recordResult(attempt, asked.result, {
      ...news,
      actor: 'sync',
      exchange: asked.exchange,
      sinceClosing: attempt.closeReason !== undefined,
      note,
    });
    if (recorded === 'refused') return 'refused';
    if (attempt.now < attempt.expiresAt && attempt.closeReason === undefined) return 'asked';

    const ending = { ...attempt, by: endingOf(attempt.channelId, product) };
    const end = decideAtEnd(asked.result, ending);
    if (end === 'wait') {
      if (asked.result.kind === 'not_found') await lookWhenGone(attempt, ending);
      return 'asked';
    }
    if (typeof end === 'object') return outcomeOf(await recordResult(attempt, end, { ...news, actor: 'sync', note }));
    if (
      end === 'reverse' &&
      !attempt.reversing &&
      (await markReversing(attempt, { ...news, actor: 'sync' })) === 'refused'
    )
      return 'refused';
    if (!(await store.renew(attempt.paymentId, claim))) return 'refused';
    const closing = await callChannel(route, { op: end, ...order });
    const closed = await recordResult(attempt, closing.result, {
      ...news,
      actor: 'close',
      exchange: closing.exchange,
      wish: end,
      note: `attempt.${end}_asked`,
    });
    if (closed === 'refused') return 'refused';
    switch (closing.result.kind) {
      case 'closed':
      case 'not_sent':
        return 'asked';
      case 'not_found': {
        const gone = asked.result.kind === 'not_found' ? neverArrived(ending) : undefined;
        if (gone) return outcomeOf(await recordResult(attempt, gone, { ...news, actor: 'sync', note }));
        if (asked.result.kind === 'not_found') await lookWhenGone(attempt, ending);
        return 'asked';
      }
      case 'unknown':
        // It may take effect after its answer was lost: a look-up now would say nothing. The next turn reverses again.
        if (end === 'reverse' && closing.result.reason !== 'already_paid') return 'asked';
    }
    if (!(await store.renew(attempt.paymentId, claim))) return 'refused';
    const again = await callChannel(route, { op: 'query', ...order });
    return outcomeOf(
      await recordResult(attempt, again.result, { ...news, actor: 'close', exchange: again.exchange, note }),
    );
  };
}

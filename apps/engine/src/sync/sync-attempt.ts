import type { OrderEnding } from '@tributary/channels/channel-adapter';
import type { Product } from '@tributary/contracts/service-config';
import type { RecordResult } from '../payments/operations.ts';
import type { CallChannel, Route } from '../payments/ports.ts';
import type { Failpoint } from '../platform/failpoints.ts';
import { orderedAt } from '../platform/ids.ts';
import { decideAtEnd } from './decide-at-end.ts';
import type { ClaimedAttempt, SyncStore } from './sync.store.ts';

export type SyncAttemptDeps = {
  store: Pick<SyncStore, 'claimAttempt'>;
  callChannel: CallChannel;
  recordResult: RecordResult;
  /** How a product's unfinished order comes to its end on this channel. */
  endingOf: (channelId: string, product: Product) => OrderEnding;
  failpoint?: Failpoint;
};

export type SyncAttempt = ReturnType<typeof createSyncAttempt>;

/**
 * Asks the channel about one open attempt. At its end (expired, or to be closed): a last question, then the close, then
 * the question again if the close was not clear. Whatever is learned goes through the single door.
 */
export function createSyncAttempt({ store, callChannel, recordResult, endingOf, failpoint }: SyncAttemptDeps) {
  /** For a message from the queue: does nothing when the attempt is final, not due, or another worker has it. */
  async function syncAttempt({ paymentId, attemptNo }: { paymentId: string; attemptNo: number }): Promise<void> {
    const attempt = await store.claimAttempt(paymentId, attemptNo);
    if (attempt) await lookUp(attempt);
  }

  async function lookUp(attempt: ClaimedAttempt): Promise<void> {
    const product = attempt.product as Product;
    const order = { requestNo: attempt.requestNo, orderedAt: orderedAt(attempt.paymentId), product };
    const route: Route = { channelId: attempt.channelId, accountId: attempt.accountId };
    const asked = await callChannel(route, { op: 'query', ...order });
    failpoint?.('sync.after_query');
    const ending = attempt.now >= attempt.expiresAt || attempt.closeReason !== undefined;
    const by = endingOf(attempt.channelId, product);
    const end = ending ? decideAtEnd(asked.result.kind, attempt.now, attempt.expiresAt, by) : 'wait';
    // A look-up that was not sent is no news of the attempt, but its turn is over: note it, so that the schedule goes on.
    const news =
      asked.result.kind === 'not_sent' ? ({ kind: 'unknown', reason: 'connection_lost' } as const) : asked.result;
    await recordResult(attempt, news, { actor: 'sync', exchange: asked.exchange, note: 'attempt.looked_up' });
    if (end === 'wait') return;
    if (typeof end === 'object') {
      await recordResult(attempt, end, { actor: 'sync', note: 'attempt.looked_up' });
      return;
    }
    const closing = await callChannel(route, { op: end, ...order });
    await recordResult(attempt, closing.result, {
      actor: 'close',
      exchange: closing.exchange,
      note: `attempt.${end}_asked`,
    });
    if (closing.result.kind === 'closed' || closing.result.kind === 'not_sent' || closing.result.kind === 'not_found')
      return;
    const again = await callChannel(route, { op: 'query', ...order });
    await recordResult(attempt, again.result, { actor: 'close', exchange: again.exchange, note: 'attempt.looked_up' });
  }

  return { syncAttempt, lookUp };
}

import type { ChannelResult } from '@tributary/channels/channel-result';
import { type AttemptStatus, isOpenAttempt } from '@tributary/contracts/payment-status';
import type { Product } from '@tributary/contracts/service-config';
import type { NewsSource, RecordOutcome, RecordResult } from '../payments/operations.ts';
import type { CallChannel, Route } from '../payments/ports.ts';
import { orderedAt } from '../platform/ids.ts';

/** The attempt that a callback speaks of. */
export type ToldAttempt = Route & {
  status: AttemptStatus;
  requestNo: string;
  product: Product;
  /** A reversal may be on its way. */
  reversing: boolean;
};

type Target = { paymentId: string; attemptNo: number };

/**
 * News of money that comes after an order was given up. A reversal (撤销) gives money back, and so may somebody at the
 * channel: what was true when the callback was written may not be true any more. While a reversal is on its way nothing is
 * believed; once the order counts as closed or failed, the channel is asked, and only its answer counts.
 * @returns undefined when the news may be believed as it is, `unsettled` when the channel should send it again
 */
const settles = new Set<ChannelResult['kind']>(['succeeded', 'closed', 'declined']);

export function createLateNews({
  callChannel,
  recordResult,
}: {
  callChannel: CallChannel;
  recordResult: RecordResult;
}) {
  return async function weigh(
    target: Target,
    attempt: ToldAttempt,
    result: ChannelResult,
    source: NewsSource,
  ): Promise<RecordOutcome | 'unsettled' | undefined> {
    if (result.kind !== 'succeeded') return undefined;
    const { channelId, accountId, requestNo, product, status, reversing } = attempt;
    if (isOpenAttempt(status)) return reversing ? 'unsettled' : undefined;
    if (status === 'succeeded' || status === 'succeeded_late') return undefined;
    const asked = await callChannel(
      { channelId, accountId },
      { op: 'query', requestNo, orderedAt: orderedAt(target.paymentId), product },
    );
    // Only what settles it counts: a channel that does not know, or not yet know, an order that it told us of is asked again.
    if (!settles.has(asked.result.kind)) return 'unsettled';
    return recordResult(target, asked.result, { ...source, exchange: asked.exchange, note: 'attempt.looked_up' });
  };
}

export type LateNews = ReturnType<typeof createLateNews>;

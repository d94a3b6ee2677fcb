import type { RefundResult } from '@tributary/channels/channel-result';
import { failureCodes } from '@tributary/contracts/error-code';
import { outboxRow } from '../../outbox/append-outbox.ts';
import {
  type Aggregate,
  attemptOf,
  type Change,
  type NewEvent,
  type RefundState,
  refundOf,
  withRefund,
} from '../aggregate.ts';
import type { NewsSource } from '../operations.ts';
import { moveRefund } from '../transition.ts';
import { viewPayment, viewRefund } from '../view.ts';
import type { DecisionTools } from './decision.ts';

/** What one piece of news about a refund means. Pure; undefined when it adds nothing worth an event. */
export function decideRefund(
  before: Aggregate,
  refundId: string,
  result: RefundResult,
  source: NewsSource,
  tools: DecisionTools,
): Change | undefined {
  const refund = refundOf(before, refundId);
  if (!refund) return undefined;
  if (result.kind === 'succeeded' && result.refunded.amountMinor !== refund.amount) {
    return hold(before, refund, 'refund_amount_mismatch', result, source, tools);
  }
  const move = moveRefund(refund, result.kind);
  if (move === 'stay') {
    if (refund.status !== 'processing' || !source.note) return undefined;
    const asked = schedule(before, refund, source, tools);
    return seal(before, withRefund(before, asked), [told(source.note, refund, result, source)], asked, source, tools);
  }
  // A refund that had failed turns out paid: it counts again, unless other refunds have taken its place meanwhile.
  if (refund.status === 'failed' && before.payment.refundedAmount + refund.amount > before.payment.amount) {
    return hold(before, refund, 'refund_after_failure', result, source, tools);
  }
  const moved: RefundState = {
    ...refund,
    ...move,
    channelRefundNo:
      'channelRefundNo' in result ? (result.channelRefundNo ?? refund.channelRefundNo) : refund.channelRefundNo,
    failureCode: move.status === 'failed' ? 'refund_declined' : null,
    failureMessage: move.status === 'failed' ? failureMessageOf(result) : null,
    updatedAt: tools.now,
    succeededAt: move.status === 'succeeded' ? tools.now : null,
  };
  const settled =
    move.status === 'processing' ? schedule(before, moved, source, tools) : { ...moved, nextSyncAt: null };
  const after = withRefund(before, settled);
  after.payment = { ...before.payment, refundedAmount: before.payment.refundedAmount + refundedBy(refund, settled) };
  const event: NewEvent = {
    ...told(`refund.${move.status === 'processing' ? move.channelState : move.status}`, refund, result, source),
    from: refund.status,
    to: move.status,
  };
  const gaveBack = refund.kind === 'merchant' && refund.status !== 'succeeded' && move.status === 'succeeded';
  return {
    ...seal(before, after, [event], settled, source, tools),
    limits: gaveBack ? givenBack(after, refund) : undefined,
  };
}

/** What a refund that was paid out gives back to limits that say so. */
function givenBack({ payment, refunds }: Aggregate, refund: RefundState): Change['limits'] {
  const paidOut = refunds
    .filter(({ kind, status }) => kind === 'merchant' && status === 'succeeded')
    .reduce((sum, { amount }) => sum + amount, 0n);
  return { refunded: refund.amount, whole: paidOut === payment.amount };
}

/** How the payment's refunded amount changes. Compensations give back what the payment never counted. */
function refundedBy(from: RefundState, to: RefundState): bigint {
  if (from.kind === 'compensation') return 0n;
  if (from.status !== 'failed' && to.status === 'failed') return -from.amount;
  if (from.status === 'failed' && to.status === 'succeeded') return from.amount;
  return 0n;
}

function hold(
  before: Aggregate,
  refund: RefundState,
  reason: string,
  result: RefundResult,
  source: NewsSource,
  tools: DecisionTools,
): Change | undefined {
  if (before.payment.hold === reason) return undefined;
  const kept = refund.status === 'processing' ? schedule(before, refund, source, tools) : refund;
  const after = withRefund(before, kept);
  after.payment = { ...before.payment, hold: reason };
  return seal(before, after, [told(`refund.${reason}`, refund, result, source)], kept, source, tools);
}

function schedule({ payment }: Aggregate, refund: RefundState, source: NewsSource, tools: DecisionTools): RefundState {
  const step = refund.syncStep + (source.actor === 'sync' ? 1 : 0);
  return {
    ...refund,
    syncStep: step,
    nextSyncAt: tools.nextLookUp({
      serviceId: payment.serviceId,
      channelId: payment.channelId ?? '',
      kind: 'refund',
      step,
      from: tools.now,
      expiresAt: undefined,
    }),
  };
}

function told(kind: string, refund: RefundState, result: RefundResult, source: NewsSource): NewEvent {
  return {
    kind,
    refundId: refund.id,
    attemptNo: refund.attemptNo,
    actor: source.actor,
    ...(source.exchange ? { durationMs: source.exchange.durationMs } : {}),
    data: {
      result: JSON.parse(JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? value.toString() : value))),
      ...(source.exchange ? { exchange: source.exchange } : {}),
      ...(source.notifyId ? { notifyId: source.notifyId } : {}),
      ...(source.tier ? { tier: source.tier } : {}),
      ...(source.claim?.fence ? { shard: source.claim.fence.shard } : {}),
    },
  };
}

function seal(
  before: Aggregate,
  after: Aggregate,
  events: NewEvent[],
  refund: RefundState,
  source: NewsSource,
  tools: DecisionTools,
): Change {
  const { payment } = before;
  const version = payment.version + events.length;
  const outbox: Change['outbox'] = [];
  // A worker that asked under a claim goes on with the refund by itself.
  if (refund.status === 'processing' && !source.claim) {
    outbox.push(
      outboxRow(
        'sync-refund',
        {
          paymentId: payment.id,
          refundId: refund.id,
          step: refund.syncStep,
          channelId: attemptOf(before, refund.attemptNo)?.channelId ?? '',
        },
        refund.nextSyncAt ?? undefined,
      ),
    );
  }
  const final = events.findIndex((event) => event.kind === 'refund.succeeded' || event.kind === 'refund.failed');
  if (final >= 0 && refund.kind === 'merchant') {
    outbox.push(
      outboxRow('notify-merchant', {
        paymentId: payment.id,
        eventSeq: payment.version + final + 1,
        type: `refund.${refund.status}`,
        data: {
          refund: viewRefund(payment.id, refund),
          payment: viewPayment({ ...after.payment, version, updatedAt: tools.now }),
        },
      }),
    );
  }
  return {
    before,
    after: { ...after, payment: { ...after.payment, version, updatedAt: tools.now } },
    events,
    outbox,
    limits: undefined,
  };
}

/** The attempt whose money a refund gives back. */
export const refundedAttempt = (aggregate: Aggregate, refund: RefundState) => attemptOf(aggregate, refund.attemptNo);

const failureMessageOf = (result: RefundResult): string =>
  (result.kind === 'declined' ? result.words?.merchant : undefined) ?? failureCodes.refund_declined.title;

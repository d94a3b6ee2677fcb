import type {
  NotifyMerchantMessage,
  OutboxTopic,
  SyncAttemptMessage,
  SyncRefundMessage,
} from '../payments/operations.ts';

type Messages = {
  'sync-attempt': SyncAttemptMessage;
  'sync-refund': SyncRefundMessage;
  'notify-merchant': NotifyMerchantMessage;
};

/** A message that is committed with the state it tells of. `key` makes it unique among the waiting jobs of its queue. */
export type OutboxRow = { topic: OutboxTopic; key: string; payload: Messages[OutboxTopic] };

const keyOf = {
  'sync-attempt': (m: SyncAttemptMessage) => `${m.paymentId}-${m.attemptNo}-${m.step}`,
  'sync-refund': (m: SyncRefundMessage) => `${m.refundId}-${m.step}`,
  'notify-merchant': (m: NotifyMerchantMessage) => `${m.paymentId}-${m.eventSeq}`,
};

/**
 * The outbox row of a message. One that asks for a look-up goes out at once and says when that is due: whoever takes it does
 * the waiting, in memory or in the shard queue, where waiting costs less than in the queue of messages.
 */
export function outboxRow<Topic extends OutboxTopic>(topic: Topic, payload: Messages[Topic], dueAt?: Date): OutboxRow {
  const key = (keyOf[topic] as (message: Messages[Topic]) => string)(payload);
  return { topic, key: `${topic}-${key}`, payload: dueAt ? { ...payload, dueAt: dueAt.toISOString() } : payload };
}

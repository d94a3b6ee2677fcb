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
export type OutboxRow = { topic: OutboxTopic; key: string; payload: Messages[OutboxTopic]; runAt: Date | undefined };

const keyOf = {
  'sync-attempt': (m: SyncAttemptMessage) => `${m.paymentId}-${m.attemptNo}-${m.step}`,
  'sync-refund': (m: SyncRefundMessage) => `${m.refundId}-${m.step}`,
  'notify-merchant': (m: NotifyMerchantMessage) => `${m.paymentId}-${m.eventSeq}`,
};

/** The outbox row of a message; `runAt` undefined means at once. */
export function outboxRow<Topic extends OutboxTopic>(topic: Topic, payload: Messages[Topic], runAt?: Date): OutboxRow {
  const key = (keyOf[topic] as (message: Messages[Topic]) => string)(payload);
  return { topic, key: `${topic}-${key}`, payload, runAt };
}

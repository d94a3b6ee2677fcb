import { isFinalPayment } from '@tributary/contracts/payment-status';
import { outboxRow } from '../../outbox/append-outbox.ts';
import type { Aggregate, AttemptState, Change, NewEvent } from '../aggregate.ts';
import type { NextLookUp } from '../ports.ts';
import { viewPayment } from '../view.ts';

/** Time and schedules, passed in so that a decision is a pure function of its arguments. */
export type DecisionTools = {
  now: Date;
  nextLookUp: NextLookUp;
  newRefundId: () => string;
  /** Routes that were found to have no room under a limit, by `keyOf`, with the limit. */
  full?: ReadonlyMap<string, string>;
};

/** A change, plus the attempt that is to be sent next when the failed one may be followed by another channel. */
export type AttemptDecision = { change: Change; next: AttemptState | undefined };

/** Seals a change: numbers the version and adds the merchant's notification when the payment came to its end. */
export function seal(
  before: Aggregate,
  after: Aggregate,
  events: NewEvent[],
  limits: Change['limits'],
  tools: DecisionTools,
): AttemptDecision {
  const version = before.payment.version + events.length;
  const sealed: Aggregate = { ...after, payment: { ...after.payment, version, updatedAt: tools.now } };
  const outbox: Change['outbox'] = [];
  const end = events.findIndex((event) => event.kind === `payment.${sealed.payment.status}`);
  if (end >= 0 && isFinalPayment(sealed.payment.status)) {
    outbox.push(
      outboxRow('notify-merchant', {
        paymentId: sealed.payment.id,
        eventSeq: before.payment.version + end + 1,
        type: `payment.${sealed.payment.status}`,
        data: { payment: viewPayment(sealed.payment) },
      }),
    );
  }
  return { change: { before, after: sealed, events, outbox, limits }, next: undefined };
}

import type { PlaceCall } from '@tributary/channels/channel-adapter';
import type { CreatePayment } from '@tributary/contracts/payment';
import type { Failpoint } from '../platform/failpoints.ts';
import { orderedAt } from '../platform/ids.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { Aggregate, AttemptState, PaymentState } from './aggregate.ts';
import { decideAttempt } from './decide/decide-attempt.ts';
import type { CallChannel, Route } from './ports.ts';
import type { Recorder } from './record-result.ts';
import type { KeptAnswer } from './store/payments.store.ts';

export type SendDeps = {
  recorder: Recorder;
  callChannel: CallChannel;
  clock: Clock;
  /** Absolute URL for a channel's callbacks about a payment on this route. */
  callbackUrl: (route: Route) => string;
  onStage?: (stage: 'gateway' | 'second_commit', ms: number) => void;
  failpoint?: Failpoint;
};

export type SendPayment = (request: {
  /** As just committed, with its first attempt `sending`. */
  placed: Aggregate;
  first: AttemptState;
  payer: CreatePayment['payer'];
  timeoutMs: number;
  /** To be kept with the commit that ends the sending. */
  answer?: (after: Aggregate) => KeptAnswer;
}) => Promise<{ aggregate: Aggregate; answerKept: boolean }>;

/** Calls the channel, records what came of it, and goes on to the next route while that is safe. */
export function createSendPayment({ recorder, callChannel, clock, callbackUrl, ...deps }: SendDeps): SendPayment {
  return async function sendPayment({ placed, first, payer, timeoutMs, answer }) {
    const placedAt = clock.monotonicMs();
    // Postgres' time, carried on by our monotonic clock: the answer is built before the commit that fixes its time.
    const databaseNow = () =>
      new Date(placed.payment.updatedAt.getTime() + Math.max(0, clock.monotonicMs() - placedAt));
    let aggregate = placed;
    let attempt: AttemptState | undefined = first;
    let answerKept = true;
    while (attempt) {
      const { no } = attempt;
      const route: Route = { channelId: attempt.channelId, accountId: attempt.accountId };
      const called = clock.monotonicMs();
      const { result, exchange } = await callChannel(
        route,
        placeCall(aggregate.payment, attempt, payer, callbackUrl(route)),
        { timeoutMs },
      );
      const answered = clock.monotonicMs();
      deps.failpoint?.('place.after_channel_call');
      deps.onStage?.('gateway', answered - called);
      const recorded = await recorder.decideAndSave(
        aggregate.payment.id,
        aggregate,
        (before, tools) =>
          decideAttempt(before, no, result, { actor: 'reply', exchange, note: 'attempt.answered' }, tools),
        { at: databaseNow, ...(answer ? { answer } : {}) },
      );
      deps.failpoint?.('place.after_second_commit');
      deps.onStage?.('second_commit', clock.monotonicMs() - answered);
      if (!recorded.aggregate) throw new Error(`payment ${aggregate.payment.id} vanished`);
      aggregate = recorded.aggregate;
      attempt = recorded.next;
      // A callback was faster and said all there is to say.
      answerKept = recorded.outcome !== 'unchanged';
    }
    return { aggregate, answerKept };
  };
}

function placeCall(
  payment: PaymentState,
  attempt: AttemptState,
  payer: NonNullable<CreatePayment['payer']> = {},
  notifyUrl: string,
): PlaceCall {
  return {
    op: 'place',
    orderedAt: orderedAt(payment.id),
    product: payment.product,
    requestNo: attempt.requestNo,
    amount: { amountMinor: attempt.amount, currency: attempt.currency },
    subject: payment.subject,
    expiresAt: payment.expiresAt,
    notifyUrl,
    ...(payment.returnUrl ? { returnUrl: payment.returnUrl } : {}),
    payer: {
      ...(payer.ip ? { ip: payer.ip } : {}),
      ...(payer.openId ? { openId: payer.openId } : {}),
      ...(payer.authCode ? { authCode: payer.authCode } : {}),
      ...(payer.deviceId ? { deviceId: payer.deviceId } : {}),
    },
  };
}

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
  /** Whether an order of the product may be placed again, word for word, when the answer was lost. */
  repeatable: (channelId: string, product: PaymentState['product']) => boolean;
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

/**
 * Calls the channel, records what came of it, and goes on to the next route while that is safe. A lost answer to an
 * order that is safe to repeat is asked for once more while there is time: without it the payer gets no code to pay by.
 */
export function createSendPayment({
  recorder,
  callChannel,
  clock,
  callbackUrl,
  repeatable,
  ...deps
}: SendDeps): SendPayment {
  return async function sendPayment({ placed, first, payer, timeoutMs, answer }) {
    const placedAt = clock.monotonicMs();
    // Postgres' time, carried on by our monotonic clock: the answer is built before the commit that fixes its time.
    const databaseNow = () =>
      new Date(placed.payment.updatedAt.getTime() + Math.max(0, clock.monotonicMs() - placedAt));
    let aggregate = placed;
    let attempt: AttemptState | undefined = first;
    let answerKept = true;
    let repeatedNo = 0;
    let firstCalled = placedAt;
    while (attempt) {
      const { no } = attempt;
      const route: Route = { channelId: attempt.channelId, accountId: attempt.accountId };
      const called = clock.monotonicMs();
      if (no !== repeatedNo) firstCalled = called;
      const { result, exchange } = await callChannel(
        route,
        placeCall(aggregate.payment, attempt, payer, callbackUrl(route)),
        { timeoutMs: no === repeatedNo ? timeoutMs - (called - firstCalled) : timeoutMs },
      );
      const answered = clock.monotonicMs();
      const lost =
        result.kind === 'unknown' &&
        result.retrySame !== false &&
        no !== repeatedNo &&
        // It asked for patience: the schedule of look-ups has more of it than the payer.
        exchange.response?.headers['retry-after'] === undefined &&
        (answered - called) * 2 <= timeoutMs &&
        repeatable(route.channelId, aggregate.payment.product);
      deps.failpoint?.('place.after_channel_call');
      deps.onStage?.('gateway', answered - called);
      const recorded = await recorder.decideAndSave(
        aggregate.payment.id,
        aggregate,
        (before, tools) =>
          decideAttempt(before, no, result, { actor: 'reply', exchange, note: 'attempt.answered' }, tools),
        { at: databaseNow, ...(answer && !lost ? { answer } : {}) },
      );
      deps.failpoint?.('place.after_second_commit');
      deps.onStage?.('second_commit', clock.monotonicMs() - answered);
      if (!recorded.aggregate) throw new Error(`payment ${aggregate.payment.id} vanished`);
      aggregate = recorded.aggregate;
      attempt = recorded.next;
      if (lost) {
        repeatedNo = no;
        attempt = unanswered(aggregate, no);
      }
      // Unchanged: a callback was faster and said all there is to say.
      answerKept = recorded.outcome !== 'unchanged' && !lost;
    }
    return { aggregate, answerKept };
  };
}

/** The attempt, if nothing was heard of it and nobody wants it closed meanwhile. */
const unanswered = ({ payment, attempts }: Aggregate, no: number): AttemptState | undefined =>
  payment.status === 'processing' && payment.closeReason === null
    ? attempts.find((attempt) => attempt.no === no && attempt.status === 'unknown')
    : undefined;

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

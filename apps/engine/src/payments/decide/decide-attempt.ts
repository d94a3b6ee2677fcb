import type { ChannelResult } from '@tributary/channels/channel-result';
import type { FailureCode } from '@tributary/contracts/error-code';
import { failureCodes } from '@tributary/contracts/error-code';
import { sameMoney } from '@tributary/contracts/money';
import { isFinalPayment, isOpenAttempt, type PaymentStatus } from '@tributary/contracts/payment-status';
import { outboxRow } from '../../outbox/append-outbox.ts';
import { newRefundId, refundNoOf, requestNoOf } from '../../platform/ids.ts';
import {
  type Aggregate,
  type AttemptState,
  attemptOf,
  type NewEvent,
  type RefundState,
  withAttempt,
  withRefund,
} from '../aggregate.ts';
import type { NewsSource } from '../operations.ts';
import { moveAttempt } from '../transition.ts';
import { type AttemptDecision, type DecisionTools, seal } from './decision.ts';
import { nextRoute } from './next-route.ts';
import { isDoubtful, learned } from './reversal.ts';

export const defaultRefundId = (): string => newRefundId();

/**
 * What one piece of news about an attempt means for its payment. Pure.
 * @returns undefined when the news adds nothing and is not worth an event.
 */
export function decideAttempt(
  before: Aggregate,
  attemptNo: number,
  answer: ChannelResult,
  source: NewsSource,
  tools: DecisionTools,
): AttemptDecision | undefined {
  const attempt = attemptOf(before, attemptNo);
  if (!attempt) return undefined;
  const result = asItIsNow(attempt, answer);
  // A look-up that did not leave the house tells nothing about the attempt it was to ask about.
  if (result.kind === 'not_sent' && source.actor !== 'reply') return undefined;
  if (
    result.kind === 'succeeded' &&
    !sameMoney(result.paid, { amountMinor: attempt.amount, currency: attempt.currency })
  ) {
    return holdForAmount(before, attempt, result, source, tools);
  }
  if (isDoubtful(before, attempt, result, source))
    return keepNote(before, attempt, result, { note: 'attempt.doubted', ...source }, tools);
  // Refused because it is paid: then the channel knows the order, whatever it says later.
  const isKnown = result.kind === 'unknown' && result.reason === 'already_paid';
  const move = moveAttempt(attempt.status, isKnown ? 'pending' : result.kind);
  if (move === 'stay') return keepNote(before, attempt, result, source, tools);

  const moved: AttemptState = {
    ...attempt,
    status: move,
    channelTxn: result.kind === 'succeeded' ? result.channelTxn : attempt.channelTxn,
    resultCode: rawOf(result)?.code ?? attempt.resultCode,
    resultMessage: rawOf(result)?.message ?? attempt.resultMessage,
    nextSyncAt: isOpenAttempt(move) ? lookUpAgain(before, attempt, source, tools) : null,
    syncStep: attempt.syncStep + (source.actor === 'sync' ? 1 : 0),
    ...learned(attempt, result, source, tools),
  };
  const news: NewEvent = {
    kind: `attempt.${move}`,
    attemptNo,
    from: attempt.status,
    to: move,
    ...told(result, source),
  };

  if (move === 'succeeded' || move === 'succeeded_late') return succeed(before, moved, result, news, tools);
  if (isOpenAttempt(move)) return stayOpen(before, moved, result, source, news, tools);
  return fail(before, moved, result, source, news, tools);
}

/**
 * Money that was taken and went back before we knew of it (we reversed the order and the answer was lost, or somebody gave it
 * back at the channel) is nobody's any more: the order is closed. Of a payment that succeeded it is old news.
 */
function asItIsNow({ status }: AttemptState, answer: ChannelResult): ChannelResult {
  if (answer.kind !== 'succeeded' || !answer.givenBack) return answer;
  if (status === 'succeeded' || status === 'succeeded_late') return answer;
  return { kind: 'closed', ...(answer.raw ? { raw: answer.raw } : {}) };
}

/** Money came in: the first proof wins the payment; any other is given back. */
function succeed(
  before: Aggregate,
  attempt: AttemptState,
  result: ChannelResult,
  news: NewEvent,
  tools: DecisionTools,
): AttemptDecision {
  const { payment } = before;
  if (!isFinalPayment(payment.status)) {
    const won = withAttempt(before, { ...attempt, winner: true });
    const after: Aggregate = {
      ...won,
      payment: {
        ...payment,
        status: 'succeeded',
        channelId: attempt.channelId,
        accountId: attempt.accountId,
        channelTxn: attempt.channelTxn,
        credential: null,
        failureCode: null,
        failureMessage: null,
        hold: null,
        succeededAt: tools.now,
      },
    };
    return seal(before, after, [news, paymentEvent(payment.status, 'succeeded', news)], 'settle', tools);
  }
  const paid = result.kind === 'succeeded' ? result.paid.amountMinor : attempt.amount;
  const compensation: RefundState = {
    ...emptyRefund(tools),
    attemptNo: attempt.no,
    merchantRefundNo: `compensation-${attempt.requestNo}`,
    kind: 'compensation',
    amount: paid,
    currency: attempt.currency,
    reason: 'paid twice or too late',
  };
  const after = withRefund(withAttempt(before, attempt), compensation);
  const started: NewEvent = {
    kind: 'refund.processing',
    refundId: compensation.id,
    attemptNo: attempt.no,
    to: 'processing',
    actor: 'system',
    data: { kind: 'compensation', amount: paid.toString(), paymentStatus: payment.status },
  };
  const change = seal(before, after, [news, started], undefined, tools);
  change.change.outbox.push(
    outboxRow(
      'sync-refund',
      { paymentId: payment.id, refundId: compensation.id, step: 0, channelId: attempt.channelId },
      tools.now,
    ),
  );
  return change;
}

/** A new refund that has not been sent yet. */
export function emptyRefund(
  tools: Pick<DecisionTools, 'now' | 'newRefundId'>,
): Omit<RefundState, 'attemptNo' | 'merchantRefundNo' | 'kind' | 'amount' | 'currency' | 'reason'> {
  const id = tools.newRefundId();
  return {
    id,
    refundNo: refundNoOf(id),
    status: 'processing',
    channelState: 'sending',
    channelRefundNo: null,
    failureCode: null,
    failureMessage: null,
    nextSyncAt: tools.now,
    syncStep: 0,
    createdAt: tools.now,
    updatedAt: tools.now,
    succeededAt: null,
  };
}

function stayOpen(
  before: Aggregate,
  attempt: AttemptState,
  result: ChannelResult,
  source: NewsSource,
  news: NewEvent,
  tools: DecisionTools,
): AttemptDecision {
  const after = withAttempt(before, attempt);
  const credential = result.kind === 'pending' ? result.credential : undefined;
  if (credential && !isFinalPayment(before.payment.status)) after.payment = { ...before.payment, credential };
  const decision = seal(before, after, [news], undefined, tools);
  if (!source.claim) decision.change.outbox.push(askLater(before, attempt));
  return decision;
}

/** The attempt is certainly unpaid: go on with the next route if that is safe, else the payment ends with it. */
function fail(
  before: Aggregate,
  attempt: AttemptState,
  result: ChannelResult,
  source: NewsSource,
  news: NewEvent,
  tools: DecisionTools,
): AttemptDecision {
  const failed = withAttempt(before, attempt);
  const { payment } = before;
  const othersOpen = failed.attempts.some(({ status }) => isOpenAttempt(status));
  if (isFinalPayment(payment.status) || othersOpen) return seal(before, failed, [news], undefined, tools);

  const onward = mayFailOver(before, result, source, tools) ? nextRoute(failed, tools) : undefined;
  if (onward) {
    const { route, passed, limits } = onward;
    const { channelId, accountId } = route;
    const next: AttemptState = {
      ...attempt,
      channelId,
      accountId,
      no: failed.attempts.length + 1,
      requestNo: requestNoOf(payment.id, failed.attempts.length + 1),
      status: 'sending',
      channelTxn: null,
      resultCode: null,
      resultMessage: null,
      nextSyncAt: lookUpAgain(before, { ...attempt, syncStep: 0 }, source, tools),
      syncStep: 0,
      sentAt: tools.now,
      reversing: false,
      seen: false,
      notFoundSince: null,
    };
    const after = withAttempt(failed, next);
    after.payment = { ...payment, channelId, accountId };
    const sending: NewEvent = {
      kind: 'attempt.sending',
      attemptNo: next.no,
      to: 'sending',
      actor: 'system',
      data: {
        channelId,
        accountId,
        requestNo: next.requestNo,
        failoverFrom: attempt.no,
        ...(passed.length > 0 ? { passed } : {}),
      },
    };
    return { ...seal(before, after, [news, sending], limits, tools), next };
  }

  const status: PaymentStatus = attempt.status === 'closed' ? 'closed' : 'failed';
  const code = failureOf(before, result);
  const words = result.kind === 'declined' ? result.words : undefined;
  const after: Aggregate = {
    ...failed,
    payment: {
      ...payment,
      status,
      credential: null,
      failureCode: code,
      failureMessage: words?.merchant ?? failureCodes[code].title,
      payerMessage: words?.payer ?? payment.payerMessage,
    },
  };
  return seal(before, after, [news, paymentEvent(payment.status, status, news, { code })], 'release', tools);
}

/** Only what is certainly unpaid through no fault of the payer, and only while the payer is still waiting. */
function mayFailOver(before: Aggregate, result: ChannelResult, source: NewsSource, tools: DecisionTools): boolean {
  if (source.actor !== 'reply' || before.payment.closeReason || before.payment.hold) return false;
  if (tools.now >= before.payment.expiresAt) return false;
  if (result.kind === 'not_sent') return true;
  return result.kind === 'declined' && (result.failOver ?? result.fault === 'channel');
}

function failureOf({ payment }: Aggregate, result: ChannelResult): FailureCode {
  if (result.kind === 'declined') return result.code;
  if (result.kind === 'not_sent') return 'channel_unavailable';
  return payment.closeReason ?? 'expired';
}

/** The channel says it took another amount than we asked for: nobody but a person may decide. */
function holdForAmount(
  before: Aggregate,
  attempt: AttemptState,
  result: Extract<ChannelResult, { kind: 'succeeded' }>,
  source: NewsSource,
  tools: DecisionTools,
): AttemptDecision | undefined {
  if (before.payment.hold === 'amount_mismatch' || attempt.winner) return undefined;
  const status = attempt.status === 'sending' ? 'unknown' : attempt.status;
  const after = withAttempt(before, {
    ...attempt,
    status,
    nextSyncAt: isOpenAttempt(status) ? lookUpAgain(before, attempt, source, tools) : null,
  });
  after.payment = { ...before.payment, hold: 'amount_mismatch' };
  const event: NewEvent = {
    kind: 'attempt.amount_mismatch',
    attemptNo: attempt.no,
    from: attempt.status,
    to: status,
    ...told(result, source),
  };
  event.data = {
    ...event.data,
    expected: { amount: attempt.amount.toString(), currency: attempt.currency },
    told: { amount: result.paid.amountMinor.toString(), currency: result.paid.currency },
  };
  return seal(before, after, [event], undefined, tools);
}

/** Nothing changed. A look-up still moves the schedule on and leaves its trace. */
function keepNote(
  before: Aggregate,
  attempt: AttemptState,
  result: ChannelResult,
  source: NewsSource,
  tools: DecisionTools,
): AttemptDecision | undefined {
  if (!source.note) return undefined;
  const event: NewEvent = { kind: source.note, attemptNo: attempt.no, ...told(result, source) };
  if (!isOpenAttempt(attempt.status)) return seal(before, before, [event], undefined, tools);
  const asked: AttemptState = {
    ...attempt,
    nextSyncAt: lookUpAgain(before, attempt, source, tools),
    syncStep: attempt.syncStep + (source.actor === 'sync' ? 1 : 0),
    ...learned(attempt, result, source, tools),
  };
  const decision = seal(before, withAttempt(before, asked), [event], undefined, tools);
  if (!source.claim) decision.change.outbox.push(askLater(before, asked));
  return decision;
}

function lookUpAgain({ payment }: Aggregate, attempt: AttemptState, source: NewsSource, tools: DecisionTools): Date {
  return tools.nextLookUp({
    serviceId: payment.serviceId,
    channelId: attempt.channelId,
    kind: 'payment',
    step: attempt.syncStep + (source.actor === 'sync' ? 1 : 0),
    from: tools.now,
    expiresAt: payment.expiresAt,
  });
}

/** For some worker. One that asked under a claim goes on with the order by itself. */
const askLater = ({ payment }: Aggregate, attempt: AttemptState) =>
  outboxRow(
    'sync-attempt',
    { paymentId: payment.id, attemptNo: attempt.no, step: attempt.syncStep, channelId: attempt.channelId },
    attempt.nextSyncAt ?? undefined,
  );

function paymentEvent(
  from: PaymentStatus,
  to: PaymentStatus,
  cause: NewEvent,
  data: Record<string, unknown> = {},
): NewEvent {
  return {
    kind: `payment.${to}`,
    from,
    to,
    actor: cause.actor,
    data: { ...data, ...(cause.attemptNo === undefined ? {} : { attemptNo: cause.attemptNo }) },
  };
}

const rawOf = (result: ChannelResult) => result.raw;

/** What the trace keeps of a piece of news. */
function told(result: ChannelResult, source: NewsSource): Pick<NewEvent, 'actor' | 'durationMs' | 'data'> {
  const { raw, ...plain } = result;
  const shown = JSON.parse(JSON.stringify(plain, (_, value) => (typeof value === 'bigint' ? value.toString() : value)));
  if (shown.credential) shown.credential = { type: shown.credential.type };
  return {
    actor: source.actor,
    ...(source.exchange ? { durationMs: source.exchange.durationMs } : {}),
    data: {
      result: { ...shown, ...(raw ? { raw } : {}) },
      ...(source.exchange ? { exchange: source.exchange } : {}),
      ...(source.notifyId ? { notifyId: source.notifyId } : {}),
      ...(source.tier ? { tier: source.tier } : {}),
      ...(source.claim?.fence ? { shard: source.claim.fence.shard } : {}),
    },
  };
}

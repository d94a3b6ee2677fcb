import type { Aggregate, AttemptState, Change, NewEvent, PaymentState, RefundState } from '../aggregate.ts';
import type { LookUpClaim } from '../operations.ts';
import type { LimitHold, PlannedRoute } from '../ports.ts';

/** Rows of the store's JSON parameters and results: the one place that knows column names. Amounts travel as text. */

type Row = Record<string, unknown>;

const dateOf = (value: unknown): Date => new Date(String(value));
const dateOrNull = (value: unknown): Date | null => (value === null || value === undefined ? null : dateOf(value));

/** Milliseconds from now until then; null stays null. Sent instead of the moment so that only Postgres' clock counts. */
const inMs = (then: Date | null, now: Date): number | null =>
  then === null ? null : Math.max(0, then.getTime() - now.getTime());

export function parseAggregate(row: { payment: Row; attempts: Row[]; refunds: Row[] }): Aggregate {
  return {
    payment: parsePayment(row.payment),
    attempts: row.attempts.map(parseAttempt),
    refunds: row.refunds.map(parseRefund),
  };
}

export const parsePayment = (p: Row): PaymentState =>
  ({
    id: p.id,
    merchantId: p.merchant_id,
    merchantOrderNo: p.merchant_order_no,
    serviceId: p.service_id,
    product: p.product,
    status: p.status,
    amount: BigInt(String(p.amount)),
    currency: p.currency,
    subject: p.subject,
    payer: p.payer,
    notifyUrl: p.notify_url,
    returnUrl: p.return_url,
    metadata: p.metadata,
    channelId: p.channel_id,
    accountId: p.account_id,
    channelTxn: p.channel_txn,
    credential: p.credential,
    failureCode: p.failure_code,
    failureMessage: p.failure_message,
    payerMessage: p.payer_message,
    refundedAmount: BigInt(String(p.refunded_amount)),
    hold: p.hold,
    closeReason: p.close_reason,
    plan: parsePlan(p.plan as Row[]),
    version: p.version,
    traceId: p.trace_id,
    createdAt: dateOf(p.created_at),
    updatedAt: dateOf(p.updated_at),
    expiresAt: dateOf(p.expires_at),
    succeededAt: dateOrNull(p.succeeded_at),
  }) as PaymentState;

const parsePlan = (plan: Row[]): PlannedRoute[] =>
  plan.map(({ holds, ...route }) => ({
    ...(route as PlannedRoute),
    ...(holds
      ? {
          holds: (holds as Row[]).map(
            (hold) =>
              ({
                ...hold,
                maxAmount: hold.maxAmount === undefined ? undefined : BigInt(String(hold.maxAmount)),
              }) as LimitHold,
          ),
        }
      : {}),
  }));

/** A plan as JSON: amounts as text, and nothing where there is nothing to hold. */
export const planRow = (plan: readonly PlannedRoute[]): Row[] =>
  plan.map(({ holds, ...route }) => ({
    ...route,
    ...(holds && holds.length > 0
      ? { holds: holds.map((hold) => ({ ...hold, maxAmount: hold.maxAmount?.toString() })) }
      : {}),
  }));

const parseAttempt = (a: Row): AttemptState =>
  ({
    no: a.no,
    channelId: a.channel_id,
    accountId: a.account_id,
    requestNo: a.request_no,
    status: a.status,
    winner: a.winner,
    amount: BigInt(String(a.amount)),
    currency: a.currency,
    channelTxn: a.channel_txn,
    resultCode: a.result_code,
    resultMessage: a.result_message,
    nextSyncAt: dateOrNull(a.next_sync_at),
    syncStep: a.sync_step,
    sentAt: dateOf(a.sent_at),
    reversing: a.reversing,
    seen: a.seen,
    notFoundSince: dateOrNull(a.not_found_since),
  }) as AttemptState;

export const parseRefund = (r: Row): RefundState =>
  ({
    id: r.id,
    attemptNo: r.attempt_no,
    merchantRefundNo: r.merchant_refund_no,
    kind: r.kind,
    refundNo: r.refund_no,
    amount: BigInt(String(r.amount)),
    currency: r.currency,
    reason: r.reason,
    status: r.status,
    channelState: r.channel_state,
    channelRefundNo: r.channel_refund_no,
    failureCode: r.failure_code,
    failureMessage: r.failure_message,
    nextSyncAt: dateOrNull(r.next_sync_at),
    syncStep: r.sync_step,
    createdAt: dateOf(r.created_at),
    updatedAt: dateOf(r.updated_at),
    succeededAt: dateOrNull(r.succeeded_at),
  }) as RefundState;

export const eventRow = (paymentId: string, seq: number, node: string, event: NewEvent): Row => ({
  payment_id: paymentId,
  seq,
  age_ms: event.ageMs ?? 0,
  kind: event.kind,
  attempt_no: event.attemptNo ?? null,
  refund_id: event.refundId ?? null,
  from_status: event.from ?? null,
  to_status: event.to ?? null,
  node,
  actor: event.actor,
  duration_ms: event.durationMs ?? null,
  data: event.data ?? {},
});

/** The JSON parameters of `saveSql` for one change. */
export function changeRows(change: Change, node: string, now: Date, at: Date | undefined, claim?: LookUpClaim) {
  const { before, after } = change;
  const { payment } = after;
  const changed = after.attempts.filter((attempt) => !before.attempts.includes(attempt));
  const refunds = after.refunds.filter((refund) => !before.refunds.includes(refund));
  return {
    payment: {
      payment_id: payment.id,
      expect_version: before.payment.version,
      version: payment.version,
      status: payment.status,
      channel_id: payment.channelId,
      account_id: payment.accountId,
      channel_txn: payment.channelTxn,
      credential: payment.credential,
      failure_code: payment.failureCode,
      failure_message: payment.failureMessage,
      payer_message: payment.payerMessage,
      refunded_amount: payment.refundedAmount.toString(),
      hold: payment.hold,
      close_reason: payment.closeReason,
      plan: payment.plan === before.payment.plan ? null : planRow(payment.plan),
      at: at ?? null,
      ...(claim ? claimColumns(claim) : {}),
    },
    attempts: changed.map((attempt) => attemptRow(payment.id, attempt, now)),
    refunds: refunds.map((refund) => refundRow(payment, refund, now, at)),
    events: change.events.map((event, index) => eventRow(payment.id, before.payment.version + index + 1, node, event)),
    outbox: change.outbox.map(({ topic, key, payload }) => ({ payment_id: payment.id, topic, key, payload })),
    limits: limitRows(payment.id, change.limits),
  };
}

const claimColumns = ({ attemptNo, refundId, token, fence }: LookUpClaim): Row => ({
  claim_attempt: attemptNo ?? null,
  claim_refund: refundId ?? null,
  claim: token.toString(),
  claim_shard: fence?.shard ?? null,
  shard_token: fence?.token.toString() ?? null,
});

function limitRows(paymentId: string, limits: Change['limits']): Row[] {
  if (limits === undefined) return [];
  const row = { payment_id: paymentId };
  if (limits === 'settle') return [{ ...row, state: 'settled' }];
  if (limits === 'release') return [{ ...row, state: 'released' }];
  if ('refunded' in limits)
    return [{ ...row, state: 'refunded', refunded: limits.refunded.toString(), whole: limits.whole }];
  return limits.leave.map((hold) => ({ ...row, state: 'moved', limit_id: hold.limitId, scope_key: hold.scopeKey }));
}

/** A counter to raise for a payment. */
export const holdRow = (payment: PaymentState, hold: LimitHold): Row => ({
  payment_id: payment.id,
  limit_id: hold.limitId,
  scope_key: hold.scopeKey,
  window_start: hold.windowStart,
  amount: payment.amount.toString(),
  max_amount: hold.maxAmount?.toString() ?? null,
  max_count: hold.maxCount ?? null,
  release_on_refund: hold.releaseOnRefund ?? false,
});

export const attemptRow = (paymentId: string, attempt: AttemptState, now: Date): Row => ({
  payment_id: paymentId,
  no: attempt.no,
  channel_id: attempt.channelId,
  account_id: attempt.accountId,
  request_no: attempt.requestNo,
  status: attempt.status,
  winner: attempt.winner,
  amount: attempt.amount.toString(),
  currency: attempt.currency,
  channel_txn: attempt.channelTxn,
  result_code: attempt.resultCode,
  result_message: attempt.resultMessage,
  next_sync_in_ms: inMs(attempt.nextSyncAt, now),
  sync_step: attempt.syncStep,
  reversing: attempt.reversing,
  seen: attempt.seen,
  not_found_since: attempt.notFoundSince,
});

const refundRow = (payment: PaymentState, refund: RefundState, now: Date, at: Date | undefined): Row => ({
  id: refund.id,
  payment_id: payment.id,
  attempt_no: refund.attemptNo,
  merchant_id: payment.merchantId,
  merchant_refund_no: refund.merchantRefundNo,
  kind: refund.kind,
  refund_no: refund.refundNo,
  amount: refund.amount.toString(),
  currency: refund.currency,
  reason: refund.reason,
  status: refund.status,
  channel_state: refund.channelState,
  channel_refund_no: refund.channelRefundNo,
  failure_code: refund.failureCode,
  failure_message: refund.failureMessage,
  next_sync_in_ms: inMs(refund.nextSyncAt, now),
  sync_step: refund.syncStep,
  at: at ?? null,
});

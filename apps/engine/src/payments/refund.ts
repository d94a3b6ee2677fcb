import { setTimeout as sleep } from 'node:timers/promises';
import type { RefundCall } from '@tributary/channels/channel-adapter';
import { AppError } from '../platform/app-error.ts';
import type { Failpoint } from '../platform/failpoints.ts';
import { orderedAt } from '../platform/ids.ts';
import { createOneAtATime } from '../platform/one-at-a-time.ts';
import type { Clock } from '../platform/ports/clock.ts';
import {
  type Aggregate,
  type AttemptState,
  type Change,
  type RefundState,
  refundOf,
  winnerOf,
  withRefund,
} from './aggregate.ts';
import { emptyRefund } from './decide/decide-attempt.ts';
import { decideRefund } from './decide/decide-refund.ts';
import { findAnswer } from './idempotency.ts';
import type { CreateRefundOf, IdempotencyClaim, MerchantCaller } from './operations.ts';
import type { CallChannel, Route } from './ports.ts';
import type { Recorder } from './record-result.ts';
import type { PaymentStore } from './store/payments.store.ts';
import { viewRefund } from './view.ts';

export type RefundDeps = {
  store: PaymentStore;
  recorder: Recorder;
  callChannel: CallChannel;
  clock: Clock;
  callbackUrl: (route: Route) => string;
  failpoint?: Failpoint;
};

const maxTries = 12;

/** Gives money back: claim and refund are committed first, then the channel is asked, then its answer is recorded. */
export function createRefundPayment(deps: RefundDeps): CreateRefundOf {
  const { store, recorder } = deps;
  const inTurn = createOneAtATime();

  return async function refundPayment(caller, claim, paymentId, request) {
    const merchantId = caller.merchant.id;
    const rebuild = async (refundId: string) => {
      const aggregate = await store.load(paymentId);
      const refund = aggregate && refundOf(aggregate, refundId);
      return refund && answerOf(paymentId, refund);
    };
    const kept = await findAnswer(store, caller, claim, rebuild);
    if (kept) return kept;

    for (let attempt = 0; attempt < maxTries; attempt++) {
      // One after the other, so that of many refunds at once those that fit succeed and the others hear that they don't.
      const { started, change, refund } = await inTurn(paymentId, async () => {
        const before = await store.load(paymentId);
        if (!before || before.payment.merchantId !== merchantId) throw new AppError('not_found');
        const wanted = start(before, request, caller);
        return { ...wanted, started: await startRefund(wanted.change, claim, wanted.refund.id) };
      });
      if (started === 'conflict') {
        await sleep(Math.random() * 5 * (attempt + 1));
        continue;
      }
      if (started === 'key_taken') {
        const answer = await findAnswer(store, caller, claim, rebuild);
        if (answer) return answer;
        continue;
      }
      deps.failpoint?.('refund.after_first_commit');
      // The refund stands from here on: should recording the channel's word fail, status sync brings it, and the
      // merchant hears what is true, that it is under way.
      const recorded = await ask(change.after, refund).catch(() => undefined);
      const known = (recorded && refundOf(recorded, refund.id)) ?? refund;
      const answer = answerOf(paymentId, known);
      await store.keepAnswer({ merchantId, key: claim.key, ...answer });
      return { ...answer, replayed: false };
    }
    throw new AppError('conflict', 'the payment is being changed by others; try again', { retryAfterSeconds: 1 });
  };

  function start(
    before: Aggregate,
    request: Parameters<CreateRefundOf>[3],
    caller: MerchantCaller,
  ): { change: Change; refund: RefundState } {
    const { payment } = before;
    const winner = winnerOf(before);
    if (payment.status !== 'succeeded' || !winner)
      throw new AppError('payment_not_refundable', `the payment is ${payment.status}`);
    const amount = BigInt(request.amount);
    const left = payment.amount - payment.refundedAmount;
    if (amount > left) {
      throw new AppError('refund_exceeds_payment', `${left} of ${payment.amount} minor units can still be refunded`, {
        errors: [{ path: 'amount', message: `must be at most ${left}` }],
      });
    }
    const tools = recorder.tools();
    const refund: RefundState = {
      ...emptyRefund(tools),
      attemptNo: winner.no,
      merchantRefundNo: request.merchantRefundNo,
      kind: 'merchant',
      amount,
      currency: payment.currency,
      reason: request.reason ?? null,
      // Only matters if this process dies before the channel's answer is recorded.
      nextSyncAt: new Date(tools.now.getTime() + 20_000),
    };
    const refunding = withRefund(before, refund);
    const after: Aggregate = {
      ...refunding,
      payment: { ...payment, version: payment.version + 1, refundedAmount: payment.refundedAmount + amount },
    };
    return {
      refund,
      change: {
        before,
        after,
        events: [
          {
            kind: 'refund.processing',
            refundId: refund.id,
            attemptNo: winner.no,
            to: 'processing',
            actor: `key:${caller.keyId}`,
            data: {
              amount: refund.amount.toString(),
              merchantRefundNo: refund.merchantRefundNo,
              requestId: caller.requestId,
            },
          },
        ],
        outbox: [],
        limits: undefined,
      },
    };
  }

  async function startRefund(change: Change, claim: IdempotencyClaim, refundId: string) {
    try {
      return await store.startRefund(change, claim, refundId);
    } catch (error) {
      if (isUniqueViolation(error, 'refunds_merchant_number')) {
        throw new AppError('merchant_refund_no_taken', undefined, {
          errors: [{ path: 'merchantRefundNo', message: 'was used by another refund' }],
        });
      }
      throw error;
    }
  }

  async function ask(aggregate: Aggregate, refund: RefundState): Promise<Aggregate | undefined> {
    const winner = winnerOf(aggregate);
    if (!winner) return undefined;
    const route: Route = { channelId: winner.channelId, accountId: winner.accountId };
    const { result, exchange } = await deps.callChannel(
      route,
      refundCallOf(aggregate, winner, refund, deps.callbackUrl(route)),
    );
    deps.failpoint?.('refund.after_channel_call');
    const recorded = await recorder.decideAndSave(aggregate.payment.id, undefined, (before, tools) => {
      const change = decideRefund(before, refund.id, result, { actor: 'reply', exchange, note: 'refund.asked' }, tools);
      return change && { change };
    });
    return recorded.aggregate;
  }
}

const answerOf = (paymentId: string, refund: RefundState) => ({
  status: 201,
  body: JSON.stringify(viewRefund(paymentId, refund)),
});

/** The channel call of a refund; sending it again with the same number is safe at every channel. */
export function refundCallOf(
  { payment }: Aggregate,
  attempt: AttemptState,
  refund: RefundState,
  notifyUrl: string,
): RefundCall {
  return {
    op: 'refund',
    requestNo: attempt.requestNo,
    orderedAt: orderedAt(payment.id),
    ...(attempt.channelTxn ? { channelTxn: attempt.channelTxn } : {}),
    refundNo: refund.refundNo,
    refundOrderedAt: orderedAt(refund.id),
    amount: { amountMinor: refund.amount, currency: refund.currency },
    total: { amountMinor: attempt.amount, currency: payment.currency },
    ...(refund.reason ? { reason: refund.reason } : {}),
    notifyUrl,
  };
}

const isUniqueViolation = (error: unknown, index: string): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  error.code === '23505' &&
  'constraint' in error &&
  error.constraint === index;

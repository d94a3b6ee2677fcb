import type { OrderEnding } from '@tributary/channels/channel-adapter';
import type { ChannelResult } from '@tributary/channels/channel-result';
import { isOpenAttempt } from '@tributary/contracts/payment-status';
import type { Product } from '@tributary/contracts/service-config';
import { AppError } from '../platform/app-error.ts';
import { orderedAt } from '../platform/ids.ts';
import type { Aggregate, AttemptState, Change } from './aggregate.ts';
import { closeHeld, isHeld } from './decide/decide-held.ts';
import type { ClosePayment } from './operations.ts';
import type { CallChannel, Route } from './ports.ts';
import type { Recorder } from './record-result.ts';
import type { PaymentStore } from './store/payments.store.ts';
import { viewPayment } from './view.ts';

export type CloseDeps = {
  store: PaymentStore;
  recorder: Recorder;
  callChannel: CallChannel;
  /** How a product's unfinished order comes to its end on this channel. */
  endingOf: (channelId: string, product: Product) => OrderEnding;
  outboxForClose: (aggregate: Aggregate) => Change['outbox'];
};

/** Longer than closing and asking take. Until then no worker asks about the order: its answer could be older than our reversal. */
const workersWaitMs = 45_000;

/**
 * Close at the channel first, then here: the wish is committed, so that a worker finishes it if we die; every open
 * attempt is closed or reversed at its channel; and if the payer was faster, the payment succeeds instead.
 */
export function createClosePayment(deps: CloseDeps): ClosePayment {
  const { store, recorder } = deps;

  return async function closePayment({ paymentId, merchantId, reason, actor }) {
    const found = await store.load(paymentId);
    if (!found || (merchantId !== undefined && found.payment.merchantId !== merchantId))
      throw new AppError('not_found');

    const wished = await recorder.decideAndSave(paymentId, found, (before, tools) =>
      // Nothing of it has left the house: there is nobody to ask.
      isHeld(before) ? closeHeld(before, reason, actor, tools) : wish(before, reason, actor, tools.now),
    );
    let aggregate = wished.aggregate ?? found;
    if (aggregate.payment.status === 'failed' || aggregate.payment.status === 'rejected') {
      throw new AppError('payment_already_final', `the payment is ${aggregate.payment.status}`);
    }
    for (const attempt of aggregate.attempts.filter(({ status }) => isOpenAttempt(status))) {
      await closeAttempt(aggregate, attempt);
      aggregate = (await store.load(paymentId)) ?? aggregate;
    }
    return viewPayment(aggregate.payment);
  };

  function wish(before: Aggregate, reason: 'closed_by_merchant' | 'expired', actor: string, now: Date) {
    const { payment } = before;
    if (payment.status !== 'processing' || payment.closeReason) return undefined;
    const nextSyncAt = new Date(now.getTime() + workersWaitMs);
    const after: Aggregate = {
      ...before,
      payment: { ...payment, closeReason: reason, version: payment.version + 1 },
      attempts: before.attempts.map((attempt) =>
        isOpenAttempt(attempt.status) && deps.endingOf(attempt.channelId, payment.product) !== 'expiry'
          ? { ...attempt, nextSyncAt, reversing: deps.endingOf(attempt.channelId, payment.product) === 'reverse' }
          : attempt,
      ),
    };
    const change: Change = {
      before,
      after,
      events: [{ kind: 'payment.close_requested', actor, data: { reason } }],
      outbox: deps.outboxForClose(after),
      limits: undefined,
    };
    return { change };
  }

  async function closeAttempt({ payment }: Aggregate, attempt: AttemptState): Promise<void> {
    const route: Route = { channelId: attempt.channelId, accountId: attempt.accountId };
    const { product } = payment;
    const order = { requestNo: attempt.requestNo, orderedAt: orderedAt(payment.id), product };
    const op = deps.endingOf(route.channelId, product);
    // Nobody can close it before its time: the wish is noted, and status sync ends the payment at its expiry.
    if (op === 'expiry') return;
    const target = { paymentId: payment.id, attemptNo: attempt.no };
    const ask = async () => {
      const answer = await deps.callChannel(route, { op, ...order });
      await recorder.recordResult(target, answer.result, {
        actor: 'close',
        exchange: answer.exchange,
        wish: op,
        note: `attempt.${op}_asked`,
      });
      return answer.result;
    };
    let result = await ask();
    // It may take effect after its answer was lost, so "paid" would say nothing: only another reversal settles it.
    if (op === 'reverse' && isUnclear(result)) result = await ask();
    if (result.kind === 'closed' || result.kind === 'not_sent' || (op === 'reverse' && isUnclear(result))) return;
    const asked = await deps.callChannel(route, { op: 'query', ...order });
    await recorder.recordResult(target, asked.result, {
      actor: 'close',
      exchange: asked.exchange,
      note: 'attempt.looked_up',
    });
  }
}

/** Neither done nor clearly refused. */
const isUnclear = (result: ChannelResult): boolean => result.kind === 'unknown' && result.reason !== 'already_paid';

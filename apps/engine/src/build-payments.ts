import type { ChannelSchedule, OrderEnding } from '@tributary/channels/channel-adapter';
import { isFinalPayment } from '@tributary/contracts/payment-status';
import type { Product } from '@tributary/contracts/service-config';
import type { ConfigSource } from './config/snapshot.ts';
import { outboxRow } from './outbox/append-outbox.ts';
import type { Aggregate } from './payments/aggregate.ts';
import { createClosePayment } from './payments/close.ts';
import { createHeldPayments } from './payments/held.ts';
import { createPlacePayment, type PlaceDeps } from './payments/place.ts';
import type { AssessRisk, CallChannel, PlanRoute, Route } from './payments/ports.ts';
import { createRecorder } from './payments/record-result.ts';
import { createRefundPayment } from './payments/refund.ts';
import { createSendPayment } from './payments/send.ts';
import { createPaymentStore } from './payments/store/payments.store.ts';
import type { Pool } from './platform/db.ts';
import type { Failpoint } from './platform/failpoints.ts';
import { newRefundId } from './platform/ids.ts';
import type { createMetrics } from './platform/metrics.ts';
import type { Clock } from './platform/ports/clock.ts';
import { applyLimits } from './risk/limits/apply-limits.ts';
import { createNextLookUp } from './sync/schedule.ts';

/** The core with everything it needs of the other stages: part of the composition root. */
export function buildPayments({
  pool,
  node,
  clock,
  config,
  assessRisk,
  planRoute,
  callChannel,
  callbackUrl,
  needsOf,
  endingOf,
  scheduleOf,
  repeatable,
  metrics,
  onCommitted,
  failpoint,
}: {
  pool: Pool;
  node: string;
  clock: Clock;
  config: ConfigSource;
  assessRisk: AssessRisk;
  planRoute: PlanRoute;
  callChannel: CallChannel;
  callbackUrl: (route: Route) => string;
  needsOf: PlaceDeps['needsOf'];
  endingOf: (channelId: string, product: Product) => OrderEnding;
  scheduleOf: (channelId: string, product: Product | undefined) => ChannelSchedule | undefined;
  repeatable: (channelId: string, product: Product) => boolean;
  metrics: Pick<ReturnType<typeof createMetrics>, 'payment' | 'stage' | 'final'>;
  onCommitted: (change: { before: Aggregate; after: Aggregate; by: string }) => void;
  failpoint: Failpoint;
}) {
  const store = createPaymentStore({ pool, node });
  const nextLookUp = createNextLookUp(config, scheduleOf);
  const recorder = createRecorder({
    store,
    clock,
    nextLookUp,
    newRefundId: () => newRefundId(),
    onCommitted: (change) => {
      const { before, after } = change;
      onCommitted(change);
      const { payment, attempts } = after;
      if (before.payment.status === payment.status) return;
      metrics.payment(payment.status, payment.channelId);
      if (payment.channelId === null || !isFinalPayment(payment.status)) return;
      metrics.final({
        channelId: payment.channelId,
        by: change.by,
        seconds: (payment.updatedAt.getTime() - payment.createdAt.getTime()) / 1000,
        lookUps: attempts.reduce((sum, { syncStep }) => sum + syncStep, 0),
      });
    },
  });
  const sendPayment = createSendPayment({
    recorder,
    callChannel,
    clock,
    callbackUrl,
    repeatable,
    failpoint,
    onStage: metrics.stage,
  });
  const held = createHeldPayments({
    pool,
    store,
    recorder,
    planRoute,
    limitsOfRoute: (context) => applyLimits(context).limitsOfRoute,
    sendPayment,
    snapshotFor: config.snapshotFor,
    clock,
  });
  const placePayment = createPlacePayment({
    store,
    assessRisk,
    planRoute,
    sendPayment,
    clock,
    needsOf,
    failpoint,
    onStage: metrics.stage,
  });
  const refundPayment = createRefundPayment({ store, recorder, callChannel, clock, callbackUrl, failpoint });
  const closePayment = createClosePayment({
    store,
    recorder,
    callChannel,
    endingOf,
    // Should we die before the close is done, a worker finds the wish and finishes it.
    outboxForClose: ({ payment, attempts }) =>
      attempts
        .filter(({ nextSyncAt }) => nextSyncAt !== null)
        .map(({ no, syncStep, nextSyncAt, channelId }) =>
          outboxRow(
            'sync-attempt',
            { paymentId: payment.id, attemptNo: no, step: syncStep, channelId },
            nextSyncAt ?? undefined,
          ),
        ),
  });

  return { store, recorder, held, placePayment, refundPayment, closePayment };
}

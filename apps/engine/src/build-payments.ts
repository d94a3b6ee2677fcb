import type { OrderEnding } from '@tributary/channels/channel-adapter';
import type { Product } from '@tributary/contracts/service-config';
import type { ConfigSource } from './config/snapshot.ts';
import { outboxRow } from './outbox/append-outbox.ts';
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
  repeatable: (channelId: string, product: Product) => boolean;
  metrics: Pick<ReturnType<typeof createMetrics>, 'payment' | 'stage'>;
  onCommitted: () => void;
  failpoint: Failpoint;
}) {
  const store = createPaymentStore({ pool, node });
  const nextLookUp = createNextLookUp(config);
  const hasWebhook = ({ merchantId, notifyUrl }: { merchantId: string; notifyUrl: string | null }) =>
    notifyUrl !== null || config.current().merchants.get(merchantId)?.webhookUrl !== undefined;
  const recorder = createRecorder({
    store,
    clock,
    nextLookUp,
    newRefundId: () => newRefundId(),
    hasWebhook,
    onCommitted: ({ before, after }) => {
      onCommitted();
      if (before.payment.status !== after.payment.status)
        metrics.payment(after.payment.status, after.payment.channelId);
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
        .map(({ no, syncStep, nextSyncAt }) =>
          outboxRow('sync-attempt', { paymentId: payment.id, attemptNo: no, step: syncStep }, nextSyncAt ?? undefined),
        ),
  });

  return { store, recorder, held, placePayment, refundPayment, closePayment };
}

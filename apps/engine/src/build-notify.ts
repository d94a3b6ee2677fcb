import type { ConfigSource } from './config/snapshot.ts';
import { createWebhooks } from './notify/deliver-webhooks.ts';
import { createEndpointStore } from './notify/endpoints.store.ts';
import { createEventRecorder } from './notify/record-events.ts';
import { createSigningKeyKeeper } from './notify/webhook-keys.ts';
import type { Aggregate } from './payments/aggregate.ts';
import { viewPayment, viewRefund } from './payments/view.ts';
import type { Pool } from './platform/db.ts';
import type { Log } from './platform/log.ts';
import type { createMetrics } from './platform/metrics.ts';
import type { Secrets } from './platform/secrets.ts';

/** What merchants are told, from the outbox to their endpoints: part of the composition root. */
export function buildNotify({
  pool,
  node,
  config,
  secrets,
  load,
  allowLoopback,
  metrics,
  log,
}: {
  pool: Pool;
  node: string;
  config: ConfigSource;
  secrets: Secrets;
  load: (paymentId: string) => Promise<Aggregate | undefined>;
  allowLoopback: boolean;
  metrics: Pick<ReturnType<typeof createMetrics>, 'webhook' | 'webhookBacklog'>;
  log: Log;
}) {
  const webhooks = createWebhooks({
    store: createEndpointStore(pool, node),
    config,
    decrypt: secrets.decrypt,
    allowLoopback,
    onTry: metrics.webhook,
    onBacklog: metrics.webhookBacklog,
    log,
  });
  const recorder = createEventRecorder({
    pool,
    async dataOf({ paymentId, eventSeq }) {
      const aggregate = await load(paymentId);
      if (!aggregate) return undefined;
      const { rows } = await pool.query('SELECT refund_id FROM events WHERE payment_id = $1 AND seq = $2', [
        paymentId,
        eventSeq,
      ]);
      const refund = aggregate.refunds.find(({ id }) => id === rows[0]?.refund_id);
      const payment = viewPayment(aggregate.payment);
      return refund ? { refund: viewRefund(paymentId, refund), payment } : { payment };
    },
    onRecorded: webhooks.nudge,
    log,
  });
  const signingKeys = createSigningKeyKeeper({ pool, config, encrypt: secrets.encrypt, log });
  return {
    /** A payment changed: perhaps there is something to tell. */
    nudge: recorder.nudge,
    start() {
      signingKeys.start();
      recorder.start();
      webhooks.start();
    },
    async stop() {
      await recorder.stop();
      await webhooks.stop();
      await signingKeys.stop();
    },
  };
}

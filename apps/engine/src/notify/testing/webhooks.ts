import type { Pool } from '../../platform/db.ts';
import { createWebhooks } from '../deliver-webhooks.ts';
import { createEndpointStore } from '../endpoints.store.ts';
import { createEventRecorder } from '../record-events.ts';

/** The secret by which the test merchants' webhooks are signed. */
export const testSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const log = { warn: () => undefined, error: () => undefined };
const merchants = new Map(['mch_1', 'mch_2'].map((id) => [id, { id, webhookSecret: 'sealed' }]));

export const createTestRecorder = (pool: Pool) =>
  createEventRecorder({ pool, dataOf: async () => undefined, onRecorded: () => undefined, log });

/** Webhooks of a node, for the merchants `mch_1` and `mch_2`, that may go to this machine. */
export const createTestWebhooks = (pool: Pool, node = 'n1') =>
  createWebhooks({
    store: createEndpointStore(pool, node),
    config: { current: () => ({ merchants }) as never },
    decrypt: () => testSecret,
    allowLoopback: true,
    random: () => 0.5,
    log,
  });

export const forgetWebhooks = (pool: Pool) =>
  pool.query(
    `TRUNCATE merchant_event_counters, merchant_events, webhook_endpoints, webhook_deliveries, webhook_tries, outbox,
       parked_events`,
  );

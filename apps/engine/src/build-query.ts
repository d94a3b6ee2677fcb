import type { Env } from './env.ts';
import type { Aggregate } from './payments/aggregate.ts';
import { readPaymentsById, readVersions } from './payments/store/payments.read.ts';
import { createPool } from './platform/db.ts';
import type { Log } from './platform/log.ts';
import type { Metrics } from './platform/metrics.ts';
import type { Clock } from './platform/ports/clock.ts';
import type { Snapshots } from './platform/ports/snapshots.ts';
import { createFreshReads } from './query/fresh-replica.ts';
import { createOtherReads, type MerchantReads } from './query/merchant-reads.ts';
import { createPaymentCache } from './query/payment-cache.ts';
import { createReadPayments } from './query/read-payments.ts';
import { createReadStats } from './query/read-stats.ts';

/** Connections of a node for what merchants read, and how many of them lists and refunds may take. */
const connections = { all: 6, lists: 4 };

/**
 * The query gateway: what merchants read, on connections, memory and a rate of their own. Part of the composition root.
 */
export function buildQuery({
  env,
  platform: { clock, snapshots },
  metrics,
  log,
}: {
  env: Pick<Env, 'DATABASE_URL' | 'QUERY_DATABASE_URL' | 'QUERY_CACHE_MB'>;
  platform: { clock: Clock; snapshots: Snapshots | undefined };
  metrics: Pick<Metrics, 'read' | 'readFrom' | 'readCache'>;
  log: Log;
}) {
  const common = { max: connections.all, statementTimeoutMs: 3_000, waitMs: 1_000 };
  const primary = createPool({ ...common, url: env.DATABASE_URL, name: 'query' });
  const replica = env.QUERY_DATABASE_URL
    ? createPool({
        ...common,
        url: env.QUERY_DATABASE_URL,
        name: 'query replica',
        onLost: (err) => log.warn({ err }, 'a connection to the replica was lost'),
      })
    : undefined;
  const stats = createReadStats(clock, metrics.read);
  const fresh = createFreshReads({ primary, replica, clock, onRead: metrics.readFrom });
  const cacheBytes = env.QUERY_CACHE_MB * 1_048_576;
  const cache = createPaymentCache(cacheBytes);
  const payments = createReadPayments({
    cache,
    truth: {
      versions: (ids) => readVersions(primary, ids),
      payments: (ids) => fresh((pool) => readPaymentsById(pool, ids)),
    },
    snapshots,
    clock,
    onBatch: (batch) => {
      for (const [outcome, count] of Object.entries(batch)) stats.count(outcome, count);
    },
  });
  const reads: MerchantReads = {
    findPayment: payments.readPayment,
    ...createOtherReads({ fresh, places: connections.lists }),
  };

  return {
    reads,
    onRead: (outcome: string) => stats.count(outcome, 1),
    /** No node may hold what was there before for the newest. */
    onCommitted: ({ after: { payment } }: { after: Aggregate }) => payments.committed(payment.id, payment.version),
    /** What this node says of its look-ups, for the console and the metrics. */
    report() {
      const size = cache.size();
      metrics.readCache(size);
      return { ...stats.lastMinute(), cache: { ...size, maxBytes: cacheBytes } };
    },
    async stop() {
      await Promise.all([primary.end(), replica?.end()]);
    },
  };
}

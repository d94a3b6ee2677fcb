import type { ChannelSchedule, OrderEnding } from '@tributary/channels/channel-adapter';
import { isOpenAttempt } from '@tributary/contracts/payment-status';
import type { Product } from '@tributary/contracts/service-config';
import { createAudit } from './config/audit.store.ts';
import type { ConfigSource } from './config/snapshot.ts';
import type { Gateway } from './gateway/call-channel.ts';
import type { JobHandlers } from './jobs/jobs.ts';
import type { Aggregate } from './payments/aggregate.ts';
import type { MarkReversing, RecordRefundResult, RecordResult } from './payments/operations.ts';
import type { Route } from './payments/ports.ts';
import type { Pool } from './platform/db.ts';
import type { Failpoint } from './platform/failpoints.ts';
import type { Log } from './platform/log.ts';
import type { Metrics } from './platform/metrics.ts';
import type { Bus } from './platform/ports/bus.ts';
import type { Clock } from './platform/ports/clock.ts';
import type { DueSet } from './platform/ports/due-set.ts';
import type { Lease } from './platform/ports/lease.ts';
import type { SharedBudget } from './platform/ports/shared-budget.ts';
import { createSharding } from './sharding/create-sharding.ts';
import { createDynamicCount } from './sharding/dynamic-count.ts';
import { createBatchStore } from './sync/batches/batches.store.ts';
import { createBatchRunner } from './sync/batches/run-batches.ts';
import { createStatusSync } from './sync/create-status-sync.ts';
import { createOpenOrders } from './sync/open-orders.store.ts';
import { createAdmit } from './sync/queue/admit.ts';
import type { SyncItem, SyncTier } from './sync/queue/sync-item.ts';
import { createNextLookUp } from './sync/schedule.ts';
import { type Claimed, createSyncStore } from './sync/sync.store.ts';
import { createSyncAttempt } from './sync/sync-attempt.ts';
import { createSyncRefund } from './sync/sync-refund.ts';

/** A person who asks for one order waits no longer than this for his turn; then it is looked up when its turn comes. */
const patienceMs = 5_000;

/** Status sync and the shards that it is divided by: part of the composition root. */
export function buildSync({
  platform,
  node,
  leaseMs,
  config,
  gateway,
  recordResult,
  markReversing,
  recordRefundResult,
  callbackUrl,
  endingOf,
  scheduleOf,
  closeExpiredHeld,
  metrics,
  failpoint,
  log,
}: {
  platform: { pool: Pool; bus: Bus; clock: Clock; lease: Lease; dueSet: DueSet; budget: SharedBudget };
  node: string;
  leaseMs: number;
  config: ConfigSource;
  gateway: Pick<Gateway, 'callChannel' | 'restMsOf' | 'longestCallMs'>;
  recordResult: RecordResult;
  markReversing: MarkReversing;
  recordRefundResult: RecordRefundResult;
  callbackUrl: (route: Route) => string;
  endingOf: (channelId: string, product: Product) => OrderEnding;
  scheduleOf: (channelId: string, product: Product | undefined) => ChannelSchedule | undefined;
  closeExpiredHeld: () => Promise<number>;
  metrics: Pick<Metrics, 'lookUp' | 'shardsTaken' | 'syncBacklog' | 'syncLines'>;
  failpoint: Failpoint;
  log: Log;
}) {
  const { pool, bus, clock, dueSet, budget } = platform;
  const { callChannel } = gateway;
  const store = createSyncStore(pool, gateway.longestCallMs);
  const lookUpAttempt = createSyncAttempt({ store, callChannel, recordResult, markReversing, endingOf, failpoint });
  const bringRefundOn = createSyncRefund({ store, callChannel, recordRefundResult, callbackUrl, log });
  const lookUp = (claimed: Claimed, tier: SyncTier) =>
    'attempt' in claimed ? lookUpAttempt(claimed.attempt, tier) : bringRefundOn(claimed.refund, tier);
  const nextLookUp = createNextLookUp(config, scheduleOf);

  const { admit, lines } = createAdmit({
    restMsOf: gateway.restMsOf,
    queriesPerSecondOf: (channelId) => config.current().channels.get(channelId)?.params.queriesPerSecond ?? 1,
    budget,
    log,
  });
  const sharding = createSharding({
    pool,
    bus,
    clock,
    node,
    leaseMs,
    stats: () => statusSync.stats(),
    onTaken: metrics.shardsTaken,
    log,
  });
  const statusSync = createStatusSync({
    store,
    sharding,
    dueSet,
    clock,
    orders: createOpenOrders(pool),
    closeExpiredHeld,
    admit,
    lines,
    lookUp,
    pauseOf(claimed) {
      const { channelId, syncStep } = 'attempt' in claimed ? claimed.attempt : claimed.refund;
      const from = clock.now();
      const next = nextLookUp({
        serviceId: 'attempt' in claimed ? claimed.attempt.serviceId : '',
        channelId,
        kind: 'attempt' in claimed ? 'payment' : 'refund',
        step: syncStep,
        from,
        expiresAt: undefined,
      });
      return next.getTime() - from.getTime();
    },
    onLookUp: metrics.lookUp,
    onBacklog: metrics.syncBacklog,
    onLines: metrics.syncLines,
    log,
  });

  const handlers: JobHandlers = {
    'sync-attempt': async ({ paymentId, attemptNo, channelId, dueAt }) =>
      statusSync.take({ kind: 'attempt', paymentId, attemptNo, channelId }, dueAt),
    'sync-refund': async ({ paymentId, refundId, channelId, dueAt }) =>
      statusSync.take({ kind: 'refund', paymentId, refundId, channelId }, dueAt),
  };

  const makeDue = async (paymentId: string): Promise<SyncItem[]> => {
    const due = await store.makeDue(paymentId);
    return [
      ...due.attempts.map(({ attemptNo, channelId }) => ({
        kind: 'attempt' as const,
        paymentId,
        attemptNo,
        channelId,
      })),
      ...due.refunds.map(({ refundId, channelId }) => ({ kind: 'refund' as const, paymentId, refundId, channelId })),
    ];
  };
  const askFor = async (paymentIds: string[], goesOn: () => Promise<boolean>): Promise<Set<string>> => {
    const items = (await Promise.all(paymentIds.map(makeDue))).flat();
    const asked = await statusSync.lookUps.ask(items, 'person', goesOn);
    return new Set(asked.map(({ paymentId }) => paymentId));
  };
  const batches = createBatchRunner({
    store: createBatchStore(pool),
    lease: platform.lease,
    node,
    ask: askFor,
    log,
  });

  const dynamicCount = createDynamicCount({ pool, audit: createAudit(pool), lease: platform.lease, node, log });

  return {
    handlers,
    askSoon: store.askSoon,
    async start() {
      await statusSync.start();
      batches.start();
      dynamicCount.start();
    },
    async stop() {
      await Promise.all([batches.stop(), dynamicCount.stop()]);
      await statusSync.stop();
    },

    /** What came to its end needs no look-up any more. */
    onCommitted({ before, after }: { before: Aggregate; after: Aggregate }): void {
      for (const { no, status, channelId } of after.attempts)
        if (!isOpenAttempt(status) && before.attempts.some((one) => one.no === no && isOpenAttempt(one.status)))
          statusSync.forget({ kind: 'attempt', paymentId: after.payment.id, attemptNo: no, channelId });
      for (const { id, status } of after.refunds)
        if (status !== 'processing' && before.refunds.some((one) => one.id === id && one.status === 'processing'))
          statusSync.forget({ kind: 'refund', paymentId: after.payment.id, refundId: id, channelId: undefined });
    },

    /**
     * Looks everything open of a payment up now, for a person, who waits a few seconds for a channel whose budget is used up.
     * @returns how many look-ups were done
     */
    async syncNow(paymentId: string): Promise<number> {
      const until = clock.monotonicMs() + patienceMs;
      const asked = await statusSync.lookUps.ask(
        await makeDue(paymentId),
        'person',
        async () => clock.monotonicMs() < until,
      );
      return asked.length;
    },
  };
}

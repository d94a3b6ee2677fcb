import { breakerParamsSchema } from '@tributary/contracts/channel-config';
import type { ConfigSource } from '../config/snapshot.ts';
import type { Clock } from '../platform/ports/clock.ts';
import { type Breaker, type BreakerState, type BreakerStats, createBreaker } from './breaker.ts';
import { type Bulkhead, type BulkheadStats, createBulkhead } from './bulkhead.ts';
import { createLastMinute, type LastMinute } from './last-minute.ts';

/**
 * Operations that share a compartment: a flood of look-ups, or of orders that expired together, must not keep a payment
 * waiting. `refund` is all that is done to an order after it was placed; `callback` is what the channel sends to us.
 */
export const operationGroups = ['place', 'query', 'refund', 'callback'] as const;
export type OperationGroup = (typeof operationGroups)[number];

export type BreakerMove = { channelId: string; group: OperationGroup; from: BreakerState; to: BreakerState };

export type Compartment = {
  readonly channelId: string;
  readonly group: OperationGroup;
  readonly bulkhead: Bulkhead;
  readonly breaker: Breaker;
  readonly minute: ReturnType<typeof createLastMinute>;
  /** Calls that take at least this long are slow, in milliseconds. */
  slowCallMs(): number;
};

/** What one node says of one compartment. */
export type CompartmentReport = {
  channelId: string;
  group: OperationGroup;
  limits: { maxConcurrent: number; maxQueue: number };
  stats: BulkheadStats;
  breaker: BreakerStats;
  minute: LastMinute;
};

export type Compartments = ReturnType<typeof createCompartments>;

/** Of a channel whose parameters are gone: no call gets as far as its compartment. */
const noPlaces = { maxConcurrent: 1, maxQueue: 0, queueTimeoutMs: 0, deadlineMs: 0 };
const defaultBreaker = breakerParamsSchema.parse({});

/** One bulkhead and one breaker for each channel and group of operations, by the parameters in force at each call. */
export function createCompartments({
  config,
  clock,
  onBreakerMove,
  log,
}: {
  config: ConfigSource;
  clock: Clock;
  onBreakerMove?: ((move: BreakerMove) => void) | undefined;
  log: { warn(fields: object, message: string): void };
}) {
  const made = new Map<string, Compartment>();
  const paramsOf = (channelId: string) => config.current().channels.get(channelId)?.params;
  const placesOf = (channelId: string, group: OperationGroup) => {
    const params = paramsOf(channelId);
    return (group === 'callback' ? params?.callbacks : params) ?? noPlaces;
  };

  function of(channelId: string, group: OperationGroup): Compartment {
    const key = `${channelId}|${group}`;
    const existing = made.get(key);
    if (existing) return existing;
    const breakerParams = () => paramsOf(channelId)?.breaker ?? defaultBreaker;
    const compartment: Compartment = {
      channelId,
      group,
      bulkhead: createBulkhead(() => placesOf(channelId, group)),
      breaker: createBreaker(breakerParams, (from, to) => {
        log.warn({ channelId, group, from, to }, 'a circuit breaker changed its state');
        onBreakerMove?.({ channelId, group, from, to });
      }),
      minute: createLastMinute(),
      slowCallMs: () => breakerParams().slowCallMs,
    };
    made.set(key, compartment);
    return compartment;
  }

  /** Whether a new order would be let go to the channel now; its breaker is asked, and nothing is claimed. */
  const takesOrders = (channelId: string): boolean => of(channelId, 'place').breaker.wouldTake(clock.monotonicMs());

  /** For how long a channel should not be asked about orders, because its breaker is open; 0 when it may be. */
  const restMsOf = (channelId: string): number =>
    of(channelId, 'query').breaker.wouldTake(clock.monotonicMs())
      ? 0
      : (config.current().channels.get(channelId)?.params.breaker.openMs ?? 0);

  /** Every compartment of every channel in force, those that were never used included. */
  function report(): CompartmentReport[] {
    const now = clock.monotonicMs();
    const { channels } = config.current();
    // A channel that is gone keeps nothing here.
    for (const [key, { channelId }] of made) if (!channels.has(channelId)) made.delete(key);
    return [...channels.keys()].flatMap((id) =>
      operationGroups.map((group) => {
        const { bulkhead, breaker, minute } = of(id, group);
        const { maxConcurrent, maxQueue } = placesOf(id, group);
        return {
          channelId: id,
          group,
          limits: { maxConcurrent, maxQueue },
          stats: bulkhead.stats(),
          breaker: breaker.stats(now),
          minute: minute.read(now),
        };
      }),
    );
  }

  return { of, takesOrders, restMsOf, report };
}

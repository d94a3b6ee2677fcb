import type { ChannelSchedule } from '@tributary/channels/channel-adapter';
import type { Product, SyncSchedule } from '@tributary/contracts/service-config';
import type { ConfigSource } from '../config/snapshot.ts';
import type { NextLookUp } from '../payments/ports.ts';

/** For services that say nothing else. Refunds take minutes to days at the channels; callbacks usually come first. */
export const refundSchedule: SyncSchedule = {
  firstSeconds: 5,
  steps: [
    { everySeconds: 10, times: 1 },
    { everySeconds: 30, times: 1 },
    { everySeconds: 60, times: 1 },
    { everySeconds: 120, times: 1 },
    { everySeconds: 300, times: 1 },
    { everySeconds: 600, times: 1 },
  ],
  backoff: { baseSeconds: 1800, maxSeconds: 3600 },
};

/** For a channel that is no longer there: its open payments are still looked after. */
export const defaultSchedule: SyncSchedule = {
  firstSeconds: 10,
  steps: [{ everySeconds: 5, times: 10 }],
  backoff: { baseSeconds: 30, maxSeconds: 600 },
};

/**
 * Seconds until look-up number `step` (from 0), counted from the one before: first, then each step as often as it says,
 * then doubling from the base up to the cap. Pure.
 */
export function delayOf({ firstSeconds, steps, backoff }: SyncSchedule, step: number): number {
  if (step <= 0) return firstSeconds;
  let left = step - 1;
  for (const { everySeconds, times } of steps) {
    if (left < times) return everySeconds;
    left -= times;
  }
  // 2^31 times any base is over any cap; more would overflow to Infinity and still be capped.
  return Math.min(backoff.baseSeconds * 2 ** Math.min(left, 31), backoff.maxSeconds);
}

/**
 * The moment of the next look-up: the schedule's delay with ±10 % jitter, but never past the expiry (there must be a
 * look-up right then, because that is when an unpaid order is closed).
 * @param chance 0 to 1, passed in
 */
export function nextLookUpAt(
  schedule: SyncSchedule,
  step: number,
  from: Date,
  expiresAt: Date | undefined,
  chance: number,
): Date {
  const delayMs = delayOf(schedule, step) * 1000 * (0.9 + 0.2 * chance);
  const at = from.getTime() + Math.max(500, Math.round(delayMs));
  if (expiresAt && from < expiresAt && at > expiresAt.getTime()) return expiresAt;
  return new Date(at);
}

/**
 * The schedule of a payment's service as it is configured now, or else the channel's own; where the channel allows so many
 * look-ups of an order and no more, its own is what a service can be more patient than, never less.
 * @param ofChannel by its adapter, for a product
 */
export const createNextLookUp =
  (
    config: ConfigSource,
    ofChannel: (channelId: string, product: Product | undefined) => ChannelSchedule | undefined = () => undefined,
    random: () => number = Math.random,
  ): NextLookUp =>
  ({ serviceId, channelId, kind, step, from, expiresAt }) => {
    const service = config.current().services.get(serviceId);
    if (kind === 'refund')
      return nextLookUpAt(service?.refundSchedule ?? refundSchedule, step, from, expiresAt, random());
    const ofAdapter = ofChannel(channelId, service?.product);
    const own = ofAdapter?.schedule ?? defaultSchedule;
    const chance = random();
    const at = nextLookUpAt(service?.syncSchedule ?? own, step, from, expiresAt, chance);
    if (!service?.syncSchedule || !ofAdapter?.isLeast) return at;
    const soonest = nextLookUpAt(own, step, from, expiresAt, chance);
    return new Date(Math.max(at.getTime(), soonest.getTime()));
  };

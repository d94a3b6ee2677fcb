import type { Clock } from '../platform/ports/clock.ts';
import type { Compartment } from './compartments.ts';

/** How work in a compartment ended. Without `failed` it tells nothing of the channel, and nobody's statistics change. */
export type Ended<Value> = { value: Value; failed?: boolean; timedOut?: boolean };

export type Refusal = 'breaker_open' | 'full' | 'waited_too_long';

/**
 * Does the work when the breaker and the bulkhead of its compartment let it in, and tells both how it ended. What is
 * refused was certainly not begun.
 * @param judged false for work that the breaker neither stops nor learns from
 * @throws what the work throws; the breaker then learns nothing
 */
export async function runInCompartment<Value>(
  { bulkhead, breaker, minute, slowCallMs }: Compartment,
  clock: Clock,
  work: (queuedMs: number) => Promise<Ended<Value>>,
  { judged = true }: { judged?: boolean } = {},
): Promise<{ value: Value } | { refused: Refusal; queuedMs: number }> {
  const waited = clock.monotonicMs();
  const permit = judged ? breaker.tryAcquire(waited) : undefined;
  if (judged && !permit) {
    minute.refused(waited, 'shortCircuited');
    return { refused: 'breaker_open', queuedMs: 0 };
  }
  let ended: { failed: boolean; durationMs: number } | undefined;
  try {
    const place = await bulkhead.enter();
    const entered = clock.monotonicMs();
    const queuedMs = entered - waited;
    if ('refused' in place) {
      minute.refused(entered, place.refused === 'full' ? 'rejected' : 'waitedTooLong');
      return { refused: place.refused, queuedMs };
    }
    try {
      if (permit && !breaker.holds(permit)) {
        minute.refused(entered, 'shortCircuited');
        return { refused: 'breaker_open', queuedMs };
      }
      const { value, failed, timedOut = false } = await work(queuedMs);
      if (failed !== undefined) {
        const now = clock.monotonicMs();
        const durationMs = now - entered;
        ended = { failed, durationMs };
        minute.ended(now, durationMs, { failed, slow: durationMs >= slowCallMs(), timedOut });
      }
      return { value };
    } finally {
      place.leave();
    }
  } finally {
    if (permit && ended) breaker.record(permit, clock.monotonicMs(), ended);
    else if (permit) breaker.release(permit);
  }
}

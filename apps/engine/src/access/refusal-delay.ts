import type { Clock } from '../platform/ports/clock.ts';

const leastMs = 250;
/** Doublings: four seconds at most. */
const mostDoublings = 4;
/** Who waits for four seconds is not heard meanwhile: that says nothing yet. */
const judgedAfterMs = (lateMs: number): number => Math.max(1_000, 2 * lateMs);

/**
 * How late a merchant is told that it asks too often. A quarter of a second at first; twice as late, up to four seconds, after
 * each while in which more had to be refused than it may ask at all, and half as late after each in which it was less. Whoever asks again at once whatever it is told then asks about as often as it may, however many connections it has, and costs
 * no more than that; whoever now and then asks once too often hardly notices.
 *
 * @returns ms to wait with this refusal
 */
export function createRefusalDelay(clock: Pick<Clock, 'monotonicMs'>) {
  const seen = new Map<string, { since: number; refused: number; doublings: number }>();

  return (merchantId: string, allowedPerSecond: number): number => {
    const now = clock.monotonicMs();
    let one = seen.get(merchantId);
    if (!one) {
      one = { since: now, refused: 0, doublings: 0 };
      seen.set(merchantId, one);
    }
    const passed = now - one.since;
    const window = judgedAfterMs(leastMs * 2 ** one.doublings);
    if (passed >= window) {
      const isTooMuch = one.refused * 1_000 > allowedPerSecond * passed;
      one.doublings = isTooMuch
        ? Math.min(one.doublings + 1, mostDoublings)
        : Math.max(0, one.doublings - Math.min(Math.floor(passed / window), mostDoublings));
      one.since = now;
      one.refused = 0;
    }
    one.refused++;
    return leastMs * 2 ** one.doublings;
  };
}

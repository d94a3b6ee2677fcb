import type { Clock } from '../platform/ports/clock.ts';

const slotMs = 5_000;
const slotCount = 12;

/** How many look-ups of the last minute came to which outcome: sums, so those of several nodes can be added. */
export type ReadCounts = Record<string, number>;

/** Counts look-ups by outcome: for ever in the metrics, and over the last minute for the console. */
export function createReadStats(clock: Pick<Clock, 'monotonicMs'>, onCount: (outcome: string, count: number) => void) {
  const slots = Array.from({ length: slotCount }, () => ({ number: -1, counts: new Map<string, number>() }));

  return {
    count(outcome: string, count: number): void {
      if (count === 0) return;
      onCount(outcome, count);
      const number = Math.floor(clock.monotonicMs() / slotMs);
      const slot = slots[number % slotCount] as (typeof slots)[number];
      if (slot.number !== number) {
        slot.number = number;
        slot.counts.clear();
      }
      slot.counts.set(outcome, (slot.counts.get(outcome) ?? 0) + count);
    },
    lastMinute(): { counts: ReadCounts } {
      const number = Math.floor(clock.monotonicMs() / slotMs);
      const counts: ReadCounts = {};
      for (const slot of slots)
        if (slot.number > number - slotCount)
          for (const [outcome, count] of slot.counts) counts[outcome] = (counts[outcome] ?? 0) + count;
      return { counts };
    },
  };
}

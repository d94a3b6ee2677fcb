/** What became of the calls of one compartment in the last minute; sums, so those of several nodes can be added. */
export type MinuteCounts = {
  /** Calls that were made and have ended. */
  calls: number;
  /** Of them: by the channel's fault. */
  failed: number;
  slow: number;
  /** Of them: not answered before the deadline. */
  timeouts: number;
  /** Refused, certainly not sent: the queue was full. */
  rejected: number;
  /** Refused, certainly not sent: no place became free in time. */
  waitedTooLong: number;
  /** Refused, certainly not sent: the breaker was open. */
  shortCircuited: number;
};

/** How many calls took about how long: pairs of bucket and count, without the empty ones. Add counts to merge sketches. */
export type LatencySketch = readonly (readonly [bucket: number, count: number])[];

export type LastMinute = {
  counts: MinuteCounts;
  latency: LatencySketch;
  /** Calls that ended in each five seconds, oldest first. */
  pace: number[];
};

const slotMs = 5_000;
const slotCount = 12;
const bucketCount = 128;
// Each bucket ends a tenth above the one before: from 1 ms to 3 minutes, and a percentile is off by 5 % at most.
const growth = Math.log(1.1);

const bucketOf = (ms: number): number => (ms <= 1 ? 0 : Math.min(bucketCount - 1, Math.ceil(Math.log(ms) / growth)));

const noCounts = (): MinuteCounts => ({
  calls: 0,
  failed: 0,
  slow: 0,
  timeouts: 0,
  rejected: 0,
  waitedTooLong: 0,
  shortCircuited: 0,
});

/** Counts and answer times of the last minute in twelve slots of five seconds: 6 KB, however many calls there are. */
export function createLastMinute() {
  const slots = Array.from({ length: slotCount }, () => ({
    number: -1,
    counts: noCounts(),
    latency: new Uint32Array(bucketCount),
  }));

  function slotAt(now: number) {
    const number = Math.floor(now / slotMs);
    const slot = slots[number % slotCount] as (typeof slots)[number];
    if (slot.number !== number) {
      slot.number = number;
      slot.counts = noCounts();
      slot.latency.fill(0);
    }
    return slot;
  }

  return {
    /** A call that was made and has ended. */
    ended(now: number, durationMs: number, how: { failed: boolean; slow: boolean; timedOut: boolean }): void {
      const { counts, latency } = slotAt(now);
      counts.calls++;
      if (how.failed) counts.failed++;
      if (how.slow) counts.slow++;
      if (how.timedOut) counts.timeouts++;
      const bucket = bucketOf(durationMs);
      latency[bucket] = (latency[bucket] ?? 0) + 1;
    },

    /** A call that was not let go. */
    refused(now: number, why: 'rejected' | 'waitedTooLong' | 'shortCircuited'): void {
      slotAt(now).counts[why]++;
    },

    read(now: number): LastMinute {
      const last = Math.floor(now / slotMs);
      const counts = noCounts();
      const sums = new Uint32Array(bucketCount);
      const pace: number[] = [];
      for (let number = last - slotCount + 1; number <= last; number++) {
        const slot = slots[((number % slotCount) + slotCount) % slotCount];
        const live = slot?.number === number ? slot : undefined;
        pace.push(live?.counts.calls ?? 0);
        if (!live) continue;
        for (const name of Object.keys(counts) as (keyof MinuteCounts)[]) counts[name] += live.counts[name];
        for (let bucket = 0; bucket < bucketCount; bucket++)
          sums[bucket] = (sums[bucket] ?? 0) + (live.latency[bucket] ?? 0);
      }
      const latency = Array.from(sums, (count, bucket) => [bucket, count] as const).filter(([, count]) => count > 0);
      return { counts, latency, pace };
    },
  };
}

/** Several nodes' sketches as one. */
export function mergeSketches(sketches: readonly LatencySketch[]): LatencySketch {
  const sums = new Map<number, number>();
  for (const sketch of sketches)
    for (const [bucket, count] of sketch) sums.set(bucket, (sums.get(bucket) ?? 0) + count);
  return [...sums].sort(([a], [b]) => a - b);
}

/**
 * The time within which a share of the calls were answered, in milliseconds, to within 5 %.
 * @param share 0 to 1
 * @returns undefined when there were none
 */
export function percentileOf(sketch: LatencySketch, share: number): number | undefined {
  const total = sketch.reduce((sum, [, count]) => sum + count, 0);
  let left = Math.max(1, Math.ceil(total * share));
  for (const [bucket, count] of sketch) {
    left -= count;
    // The middle of the bucket, by ratio.
    if (left <= 0) return bucket === 0 ? 1 : Math.round(Math.exp(growth * (bucket - 0.5)) * 10) / 10;
  }
  return undefined;
}

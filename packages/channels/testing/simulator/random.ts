/** A stream of numbers in [0, 1). The same seed gives the same stream. */
export type Random = () => number;

/** Mulberry32: tiny, fast, good enough to script faults reproducibly (never for secrets). */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The 99th percentile of the standard normal distribution. */
const z99 = 2.3263;

/** A log-normal delay with the given median and 99th percentile, capped at five times the latter. */
const sampleLogNormal = (random: Random, p50: number, p99: number): number => {
  const sigma = Math.log(Math.max(p99, p50) / p50) / z99;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(p50 * Math.exp(sigma * normal), p99 * 5);
};

/** How long to wait, in milliseconds: always the same, uniform, or log-normal. */
export type Latency = number | { p50: number; p99: number } | { min: number; max: number };

/** Draws a delay. A fixed one draws nothing. */
export const drawLatency = (random: Random, latency: Latency): number => {
  if (typeof latency === 'number') return latency;
  if ('p50' in latency) return sampleLogNormal(random, latency.p50, latency.p99);
  return latency.min + random() * Math.max(0, latency.max - latency.min);
};

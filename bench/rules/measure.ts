// Clocks and counters of the rules' benchmark.
import type { FiredRule } from '../../packages/rules/src/rule-set.ts';
import type { Contestant, OurSet } from './engines.ts';
import type { Payment } from './workload.ts';

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Batches take about so long: less than what the system's scheduler gives to one process at a time. */
const batchMs = 2;

/**
 * Evaluations per second of every batch that fits into about `ms`. Each batch is one number, so that those in which the
 * machine did something else can be left to the median.
 */
export async function ratesOf(contestant: Contestant, payments: readonly Payment[], ms: number): Promise<number[]> {
  const until = performance.now() + ms;
  const rates: number[] = [];
  let size = contestant.smallestBatch;
  for (let done = 0; performance.now() < until || rates.length === 0; done += size) {
    const batch = Array.from({ length: size }, (_, i) => payments[(done + i) % payments.length] as Payment);
    const from = performance.now();
    await contestant.run(batch);
    const took = performance.now() - from;
    if (took < batchMs / 2 && size < 20_000) size *= 2;
    else rates.push((batch.length / took) * 1_000);
  }
  return rates;
}

/** What the clock itself takes, in microseconds; not subtracted, only told. */
export function clockCostUs(): number {
  const samples = new Float64Array(10_000);
  for (let i = 0; i < samples.length; i++) {
    const from = performance.now();
    samples[i] = (performance.now() - from) * 1_000;
  }
  return quantile(samples.sort(), 0.5);
}

/** Microseconds of single evaluations, sorted. */
export function latenciesOf(set: OurSet, payments: readonly Payment[], rounds: number): Float64Array {
  const out: FiredRule[] = [];
  const samples = new Float64Array(payments.length * rounds);
  for (let round = 0, at = 0; round < rounds; round++) {
    for (const payment of payments) {
      const from = performance.now();
      set.evaluate(payment, out);
      samples[at++] = (performance.now() - from) * 1_000;
    }
  }
  return samples.sort();
}

/** Heap bytes that one evaluation leaves behind: the median of five measurements without a collection in between. */
export function bytesPerEvaluation(set: OurSet, payments: readonly Payment[]): number {
  if (!globalThis.gc) throw new Error('run with --expose-gc');
  const out: FiredRule[] = [];
  const evaluations = 20_000;
  const measured: number[] = [];
  for (let round = 0; round < 5; round++) {
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < evaluations; i++) set.evaluate(payments[i % payments.length] as Payment, out);
    measured.push((process.memoryUsage().heapUsed - before) / evaluations);
  }
  return Math.max(0, Math.round(median(measured)));
}

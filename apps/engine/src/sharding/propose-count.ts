/** What a proposal is made of. `sinceChangeMs`: how long the present number has stood. */
export type ShardLoads = {
  count: number;
  minCount: number;
  maxCount: number;
  workers: number;
  open: number;
  overdue: number;
  /** How long the oldest has been due. */
  oldestMs: number;
  sinceChangeMs: number;
};

export type Proposal = { count: number; why: 'backlog' | 'lag' | 'workers' | 'idle' | 'bounds' };

/** More open orders than this make a set slow to fill and to count. */
const mostOfShard = 5_000;
/** So late, and the shards are too few to be worked by all workers at once. */
const lateMs = 30_000;
/** A new number is given time to show what it does; a smaller one more. */
const restMs = { grow: 60_000, shrink: 600_000 };

/**
 * The number of shards that backlog and lag call for: a power of two within the bounds, at least two for each worker, so
 * that the load of one that leaves is shared. It grows soon, and shrinks late and only when a quarter would do, so that it does
 * not swing. Pure.
 * @returns undefined when it is good as it is
 */
export function proposeCount(loads: ShardLoads): Proposal | undefined {
  const { count, minCount, maxCount, workers, open, overdue, oldestMs, sinceChangeMs } = loads;
  if (count < minCount || count > maxCount)
    return { count: Math.min(Math.max(count, minCount), maxCount), why: 'bounds' };
  const within = (wanted: number) => Math.min(Math.max(powerOfTwo(wanted), minCount), maxCount);
  const forBacklog = within(Math.ceil(open / mostOfShard));
  const forWorkers = within(workers * 2);
  const isLate = oldestMs > lateMs && overdue > count * 100;
  if (sinceChangeMs >= restMs.grow) {
    if (forBacklog > count) return { count: forBacklog, why: 'backlog' };
    if (forWorkers > count) return { count: forWorkers, why: 'workers' };
    if (isLate && within(count * 2) > count) return { count: within(count * 2), why: 'lag' };
  }
  const enough = Math.max(forBacklog, forWorkers);
  if (!isLate && sinceChangeMs >= restMs.shrink && enough * 4 <= count) return { count: enough * 2, why: 'idle' };
  return undefined;
}

const powerOfTwo = (atLeast: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, atLeast)));

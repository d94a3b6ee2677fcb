import { createHash } from 'node:crypto';
import { logicalShards } from '../platform/ids.ts';

/** The active shard of a logical one: runs of neighbours, so that doubling the count cuts each shard in two. */
export const activeShardOf = (logical: number, count: number): number => Math.floor((logical * count) / logicalShards);

/** The logical shards of an active one, first and last. */
export const logicalRangeOf = (shard: number, count: number): { first: number; last: number } => ({
  first: Math.ceil((shard * logicalShards) / count),
  last: Math.ceil(((shard + 1) * logicalShards) / count) - 1,
});

/** A worker's claim to a shard in rendezvous hashing: the highest wins. Every node computes the same. */
const weightOf = (worker: string, shard: number): number =>
  createHash('sha256').update(`${shard}\n${worker}`).digest().readUIntBE(0, 6);

/**
 * Which worker should work which shard: every worker as many as any other, or one more; as many as possible stay where they
 * are; and what has to move goes where rendezvous hashing says. So a worker that joins is given its share and nothing else
 * moves, and one that leaves gives up its own and nothing else moves.
 *
 * Pure, and the same on every node that sees the same leases. Nodes that see different ones for a moment may want the same
 * shard: the lease then decides.
 *
 * @param held who works each shard now, as far as somebody does
 * @param pinned workers that a person chose for a shard; they count as long as they are there
 */
export function assignShards({
  count,
  workers,
  held,
  pinned = new Map(),
}: {
  count: number;
  workers: readonly string[];
  held: ReadonlyMap<number, string>;
  pinned?: ReadonlyMap<number, string>;
}): Map<number, string> {
  const assigned = new Map<number, string>();
  if (workers.length === 0) return assigned;
  const loads = new Map(workers.map((worker) => [worker, 0]));
  const give = (shard: number, worker: string) => {
    assigned.set(shard, worker);
    loads.set(worker, (loads.get(worker) ?? 0) + 1);
  };
  const kept = new Map<string, number[]>(workers.map((worker) => [worker, []]));
  for (let shard = 0; shard < count; shard++) {
    const pin = pinned.get(shard);
    if (pin !== undefined && loads.has(pin)) give(shard, pin);
    else kept.get(held.get(shard) ?? '')?.push(shard);
  }

  const fair = Math.floor(count / workers.length);
  // Those who have the most keep one more than the others, if it does not come out even.
  const byLoad = [...workers].sort((a, b) => haveOf(b) - haveOf(a) || (a < b ? -1 : 1));
  const quota = new Map(byLoad.map((worker, place) => [worker, fair + (place < count % workers.length ? 1 : 0)]));
  for (const [worker, shards] of kept) {
    const room = (quota.get(worker) ?? 0) - (loads.get(worker) ?? 0);
    shards.sort((a, b) => weightOf(worker, b) - weightOf(worker, a));
    for (const shard of shards.slice(0, Math.max(0, room))) give(shard, worker);
  }

  for (let shard = 0; shard < count; shard++) {
    if (assigned.has(shard)) continue;
    const free = workers.filter((worker) => (loads.get(worker) ?? 0) < (quota.get(worker) ?? 0));
    // Pins may have filled some over their share: then anybody with the least.
    const least = Math.min(...loads.values());
    const open = free.length > 0 ? free : workers.filter((worker) => loads.get(worker) === least);
    give(
      shard,
      open.reduce((best, worker) => (weightOf(worker, shard) > weightOf(best, shard) ? worker : best)),
    );
  }
  return assigned;

  function haveOf(worker: string): number {
    return (kept.get(worker)?.length ?? 0) + (loads.get(worker) ?? 0);
  }
}

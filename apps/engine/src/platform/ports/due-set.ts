/** One thing that waits for its time, of one shard. `inMs`: how long from now, so that only the server's clock counts. */
export type DueEntry = { shard: number; id: string; inMs: number; detail: string };

export type ClaimedEntry = { shard: number; id: string; detail: string };

export type ShardDepth = {
  shard: number;
  entries: number;
  /** Of those, how many are due; what is claimed is not. */
  due: number;
  /** For how long the oldest has been due, in ms; undefined when nothing is. */
  oldestMs: number | undefined;
  /** Entries whose detail was gone when they came due, so far. */
  zombies: number;
};

/**
 * What is due when, by shard: a sorted set per shard, and beside it each entry's detail, which is kept for a while only. It
 * is a copy: what it says must be checked where the truth is, and losing all of it costs time only. Sets of different
 * generations (see `Sharding`) know nothing of each other.
 *
 * All of it fails within seconds while the server is away.
 */
export type DueSet = {
  /**
   * Adds entries. `move`: one that is there gets the new time; `keep`: it stays where it is.
   * @returns how many of them found no room, because their shard holds as many as it may
   */
  put(generation: bigint, entries: readonly DueEntry[], how: 'move' | 'keep'): Promise<{ refused: number }>;
  /**
   * Takes what is due, the oldest of each shard first, and at most `limit` of each. What was taken is due again after
   * `leaseMs`, unless it is put or removed by then.
   */
  claim(generation: bigint, shards: readonly number[], limit: number, leaseMs: number): Promise<ClaimedEntry[]>;
  remove(generation: bigint, entries: readonly { shard: number; id: string }[]): Promise<void>;
  depths(generation: bigint, shards: readonly number[]): Promise<ShardDepth[]>;
  /** Which of the shards have been filled since their set was last empty for reasons of its own (a flushed server). */
  filled(generation: bigint, shards: readonly number[]): Promise<Set<number>>;
  setFilled(generation: bigint, shard: number): Promise<void>;
  /** Drops what is left of earlier generations, a bounded part of it at a time. */
  forgetBefore(generation: bigint): Promise<void>;
};

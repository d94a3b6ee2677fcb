/** The right to work one active shard. What is written under it is refused once the token is not the shard's lease any more. */
export type Fence = { shard: number; token: bigint };

/** Into how many active shards the logical ones are gathered; `generation` grows with every change of that. */
export type ShardCount = { generation: bigint; count: number };

export type Sharding = {
  current(): ShardCount;
  /**
   * The shards that this node may work now. None when it can't be sure of its leases, by its monotonic clock: it was
   * stopped for too long, or Postgres is away. Shards that are paused or on their way to another node are left out.
   */
  owned(): readonly Fence[];
  /** The active shard of a payment. */
  shardFor(paymentId: string): number;
  isPaused(shard: number): boolean;
  /** Work on a shard has begun: it is not given away before the returned function is called, as far as that is up to us. */
  hold(shard: number): () => void;
  /** Called after `owned` or `current` changed. */
  onChange(listener: () => void): void;
};

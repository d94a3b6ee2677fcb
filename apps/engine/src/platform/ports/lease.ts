/** Mutual exclusion over time with a fencing token that grows with every change of hands. Kept in Postgres in both profiles. */
export type Lease = {
  /** Takes or renews the lease; undefined when somebody else holds it. `token` must be checked by what is written under it. */
  acquire(name: string, holder: string, ttlMs: number): Promise<{ token: bigint } | undefined>;
  release(name: string, holder: string): Promise<void>;
};

/** The node's wall clock and a monotonic one. Only for measuring, signing and scheduling; what is true in time is Postgres' say. */
export type Clock = {
  now(): Date;
  /** Milliseconds that never go back. */
  monotonicMs(): number;
};

/** Buckets of tokens that all nodes draw from. */
export type SharedBudget = {
  /**
   * Takes up to `wanted` tokens of a bucket that is filled by `perSecond` and holds a second's worth, one at least.
   * @returns how many it got, 0 to `wanted`
   */
  take(name: string, wanted: number, perSecond: number): Promise<number>;
};

/** Who wants to pass: for the first time (`fresh`), or at the time that the line gave them (`waited`). */
export type Comers = { fresh: number; waited: number };

/** How many passed, and in how many ms the first of the others comes again; each further one 1/perSecond later. */
export type Passed = Comers & { freshMs: number; waitedMs: number };

/**
 * Buckets of tokens that all nodes draw from, each with a line of those who found it empty: a time for each, in the order
 * in which they came, so that however many wait, all together come no faster than they can pass.
 */
export type SharedBudget = {
  /**
   * Takes tokens of a bucket that is filled by `perSecond` and holds a second's worth, one at least. Who waited goes first;
   * who comes for the first time passes only while nobody is in the line. The rest gets times at the line's end.
   * @param restMs while above zero nobody passes: all get times in the line, none before that
   */
  take(name: string, comers: Comers, perSecond: number, restMs?: number): Promise<Passed>;
};

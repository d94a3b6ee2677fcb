/** What is known of a payment's newest version, and what it said then if that was kept. */
export type Snapshot = { version: number; text?: string };

/**
 * The newest version of payments that anybody was told of, shared by all nodes and kept for a short time. Losing it costs a
 * read of the truth; it is no truth itself.
 */
export type Snapshots = {
  /** @param asked `held` is the version that the caller has: the text is only sent when it is another */
  look(asked: readonly { id: string; held: number }[]): Promise<(Snapshot | undefined)[]>;
  /**
   * Notes what was read or written, unless something newer is known.
   * @param asOfMs when that was the newest version, or earlier: of the clock that never goes back
   * @returns false when that was too long ago, and nothing was noted: a newer note could have been and gone meanwhile
   */
  raise(noted: readonly ({ id: string } & Snapshot)[], asOfMs: number): Promise<boolean>;
};

/** For how long a note is kept; it is taken when what it says was so not longer than half of that ago. */
export const snapshotKeepMs = 2_000;

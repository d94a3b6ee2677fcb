/** How one item of a group came out. */
export type GroupOutcome<Result> = { ok: true; value: Result } | { ok: false; error: unknown };

/** Items of a failed group that are tried again at once. */
const lanes = 4;

/**
 * Group commit: calls made while earlier ones are being written are written together, in one transaction. Nobody waits
 * for company: when a slot is free, what is queued goes at once, so an idle system keeps its latency and a busy one
 * shares round trips and WAL flushes.
 *
 * @param write writes a group whole; results in the order of the items. When it throws, the group is written again one
 *   by one, so that one bad item fails alone, and a few at a time, so that one that waits for a lock holds up no other.
 * @param failsWhole whether an error says nothing of any item (the database is away): then all fail with it at once.
 *   Asking again for each would keep callers waiting for minutes, and might write what was already written.
 * @param maxGroup most items in one group
 * @param maxInFlight most groups being written at once
 */
export function createGroupCommit<Item, Result>({
  write,
  failsWhole = () => false,
  maxGroup,
  maxInFlight,
}: {
  write: (items: Item[]) => Promise<Result[]>;
  failsWhole?: (error: unknown) => boolean;
  maxGroup: number;
  maxInFlight: number;
}): (item: Item) => Promise<Result> {
  type Waiting = { item: Item; resolve: (value: Result) => void; reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let inFlight = 0;

  async function writeGroup(group: Waiting[]): Promise<void> {
    try {
      const results = await write(group.map(({ item }) => item));
      group.forEach(({ resolve, reject }, index) => {
        if (index < results.length) resolve(results[index] as Result);
        else reject(new Error('a group write returned too few results'));
      });
    } catch (error) {
      if (group.length === 1 || failsWhole(error)) for (const { reject } of group) reject(error);
      else await writeSingly(group);
    }
  }

  async function writeSingly(group: Waiting[]): Promise<void> {
    const left = group.values();
    const lane = async () => {
      for (const one of left) await writeGroup([one]);
    };
    await Promise.all(Array.from({ length: Math.min(lanes, group.length) }, lane));
  }

  function pump(): void {
    while (inFlight < maxInFlight && waiting.length > 0) {
      inFlight++;
      void writeGroup(waiting.splice(0, maxGroup)).finally(() => {
        inFlight--;
        pump();
      });
    }
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // After this turn of the event loop, so that requests parsed in the same turn travel together.
      setImmediate(pump);
    });
}

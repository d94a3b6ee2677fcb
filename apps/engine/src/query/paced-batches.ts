/**
 * Calls that come together are answered together, like a group commit that reads: a batch holds what came before it began. At
 * most `maxInFlight` at once and one in `everyMs`, so that however many ask, what is asked for them does not become more often
 * but larger. Whoever comes when nothing is going on goes at once.
 *
 * @param read answers in the order of the keys; when it throws, all of the batch fail
 */
export function createPacedBatches<Key, Answer>({
  read,
  maxBatch,
  maxInFlight,
  everyMs,
  monotonicMs,
}: {
  read: (keys: Key[]) => Promise<Answer[]>;
  maxBatch: number;
  maxInFlight: number;
  everyMs: number;
  monotonicMs: () => number;
}): (key: Key) => Promise<Answer> {
  type Waiting = { key: Key; resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let inFlight = 0;
  let nextAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  async function run(batch: Waiting[]): Promise<void> {
    inFlight++;
    try {
      const answers = await read(batch.map(({ key }) => key));
      for (let i = 0; i < batch.length; i++) batch[i]?.resolve(answers[i] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight--;
      pump();
    }
  }

  function pump(): void {
    while (waiting.length > 0 && inFlight < maxInFlight && timer === undefined) {
      const now = monotonicMs();
      if (now < nextAtMs) {
        timer = setTimeout(() => {
          timer = undefined;
          // Timers come early by less than their unit.
          nextAtMs = Number.NEGATIVE_INFINITY;
          pump();
        }, nextAtMs - now);
        return;
      }
      nextAtMs = now + everyMs;
      const batch = waiting.splice(0, maxBatch);
      void run(batch);
    }
  }

  return (key) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      // After this turn of the event loop, so that requests parsed in the same turn travel together.
      if (waiting.length === 1) setImmediate(pump);
    });
}

/**
 * Work that can be interrupted: it yields wherever others may run. Nothing it hands out is used; what counts is what it
 * returns.
 */
export type Work<T> = Generator<void, T, void>;

/** Does all of it now. */
export function runAtOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** The process's own clock, in milliseconds, and event loop. */
const loop = {
  now: () => performance.now(),
  turn: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
};

/** Turns of the event loop after each slice: what is done in slices can wait, what it waits for can't. */
const turnsBetween = 5;

/**
 * On a busy loop a turn takes long and everybody waits for several. Were slices as short there as on an idle one, a few
 * milliseconds of work would take a second: after this many milliseconds it is our turn again, …
 */
const patienceMs = 1;
/** … and the slice may take this share of the time that the others had, … */
const shareOfWait = 0.1;
/** … but never more milliseconds than this. */
const longestSliceMs = 1.5;

/**
 * Does it in slices, with turns of the event loop between them.
 * @param budgetMs how long a slice may take, give or take one step of the work; longer, up to 1.5 ms, on a busy loop
 */
export async function runInSlices<T>(
  work: Work<T>,
  budgetMs: number,
  { now, turn }: { now: () => number; turn: () => Promise<void> } = loop,
): Promise<T> {
  let sliceEnd = now() + budgetMs;
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    const ended = now();
    if (ended < sliceEnd) continue;
    let waitedMs = 0;
    for (let i = 0; i < turnsBetween && waitedMs < patienceMs; i++) {
      await turn();
      waitedMs = now() - ended;
    }
    const allowedMs = Math.max(budgetMs, Math.min(waitedMs * shareOfWait, longestSliceMs));
    sliceEnd = now() + allowedMs;
  }
}

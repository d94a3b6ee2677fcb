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

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns of the event loop after each slice: what is done in slices can wait, what it waits for can't. */
const turnsBetween = 5;

/**
 * Does it in slices, with turns of the event loop between them.
 * @param budgetMs how long a slice may take, give or take one step of the work
 */
export async function runInSlices<T>(work: Work<T>, budgetMs: number): Promise<T> {
  let sliceEnd = performance.now() + budgetMs;
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() < sliceEnd) continue;
    for (let i = 0; i < turnsBetween; i++) await turn();
    sliceEnd = performance.now() + budgetMs;
  }
}

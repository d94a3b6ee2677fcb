/**
 * So many at a time; whoever comes later waits for a turn, first come first served. For what takes a thread each: more of
 * them than the machine has cores only make all of them late.
 */
export function createTurns(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async function takeTurn(work) {
    // A turn that ends is handed on, so that nobody who comes meanwhile slips in between.
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

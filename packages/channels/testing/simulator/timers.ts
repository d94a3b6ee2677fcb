/** Timers that can all be stopped at once, so that a closed sandbox does nothing any more. */
export type Timers = {
  after(delayMs: number, work: () => void): void;
  stopAll(): void;
};

/** The longest delay that setTimeout takes. */
const maxDelayMs = 2 ** 31 - 1;

/** Creates a group of timers. */
export const createTimers = (): Timers => {
  const running = new Set<NodeJS.Timeout>();
  let stopped = false;
  return {
    after: (delayMs, work) => {
      if (stopped) return;
      const timer = setTimeout(
        () => {
          running.delete(timer);
          work();
        },
        Math.min(Math.max(delayMs, 0), maxDelayMs),
      );
      running.add(timer);
    },
    stopAll: () => {
      stopped = true;
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
};

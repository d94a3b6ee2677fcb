/** Live parameters of one compartment; read at every call, so a reload takes effect at once. */
export type BulkheadLimits = { maxConcurrent: number; maxQueue: number; queueTimeoutMs: number };

export type BulkheadStats = { active: number; queued: number; rejected: number; timeouts: number };

/**
 * Isolation: at most `maxConcurrent` calls at once, at most `maxQueue` waiting (first come, first served), none longer
 * than `queueTimeoutMs`. A refused call has certainly not been sent.
 */
export function createBulkhead(limits: () => BulkheadLimits) {
  type Waiting = { enter: () => void };
  const waiting = new Set<Waiting>();
  let active = 0;
  let rejected = 0;
  let timeouts = 0;

  function admit(): void {
    for (const next of waiting) {
      if (active >= limits().maxConcurrent) return;
      waiting.delete(next);
      active++;
      next.enter();
    }
  }

  function leave(): void {
    active--;
    admit();
  }

  /** @returns how to leave again, or why the call may not go */
  async function enter(): Promise<{ leave: () => void } | { refused: 'full' | 'waited_too_long' }> {
    const { maxConcurrent, maxQueue, queueTimeoutMs } = limits();
    if (active < maxConcurrent && waiting.size === 0) {
      active++;
      return { leave: once(leave) };
    }
    if (waiting.size >= maxQueue) {
      rejected++;
      return { refused: 'full' };
    }
    return new Promise((resolve) => {
      const me: Waiting = {
        enter: () => {
          clearTimeout(timer);
          resolve({ leave: once(leave) });
        },
      };
      const timer = setTimeout(() => {
        waiting.delete(me);
        timeouts++;
        resolve({ refused: 'waited_too_long' });
      }, queueTimeoutMs);
      waiting.add(me);
      // Room may have been made by a raised limit, with nobody leaving to notice.
      admit();
    });
  }

  return { enter, stats: (): BulkheadStats => ({ active, queued: waiting.size, rejected, timeouts }) };
}

export type Bulkhead = ReturnType<typeof createBulkhead>;

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}

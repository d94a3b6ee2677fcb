import type { BreakerParams } from '@tributary/contracts/channel-config';

type Sums = { calls: number; failures: number; slow: number };

/** The last calls, or those of the last seconds, as sums. A ring: each call costs the same however long the window is. */
export function createOutcomeWindow({ windowKind, windowSize }: Pick<BreakerParams, 'windowKind' | 'windowSize'>) {
  const ring = windowKind === 'count' ? countRing(windowSize) : timeRing(windowSize);
  return { windowKind, windowSize, ...ring };
}

/** One call per slot: the newest takes the place of the oldest. */
function countRing(size: number) {
  const isFailure = 1;
  const isSlow = 2;
  const slots = new Uint8Array(size);
  const sums: Sums = { calls: 0, failures: 0, slow: 0 };
  let next = 0;
  return {
    add(_now: number, failed: boolean, slow: boolean): void {
      const gone = slots[next] ?? 0;
      if (sums.calls < size) sums.calls++;
      sums.failures += Number(failed) - (gone & isFailure);
      sums.slow += Number(slow) - (gone & isSlow) / isSlow;
      slots[next] = (failed ? isFailure : 0) | (slow ? isSlow : 0);
      next = (next + 1) % size;
    },
    sums: (_now: number): Sums => ({ ...sums }),
  };
}

/** One second per slot, the present one included. */
function timeRing(size: number) {
  const slots: Sums[] = Array.from({ length: size }, () => ({ calls: 0, failures: 0, slow: 0 }));
  const sums: Sums = { calls: 0, failures: 0, slow: 0 };
  let second: number | undefined;

  /** Empties the seconds that have gone by; after a long silence every slot once, not every second. */
  function slotAt(now: number): Sums {
    const present = Math.floor(now / 1000);
    second ??= present;
    for (let at = Math.max(second + 1, present - size + 1); at <= present; at++) {
      const slot = slots[at % size] as Sums;
      sums.calls -= slot.calls;
      sums.failures -= slot.failures;
      sums.slow -= slot.slow;
      Object.assign(slot, { calls: 0, failures: 0, slow: 0 });
    }
    second = Math.max(second, present);
    return slots[second % size] as Sums;
  }

  return {
    add(now: number, failed: boolean, slow: boolean): void {
      for (const one of [slotAt(now), sums]) {
        one.calls++;
        one.failures += Number(failed);
        one.slow += Number(slow);
      }
    },
    sums(now: number): Sums {
      slotAt(now);
      return { ...sums };
    },
  };
}

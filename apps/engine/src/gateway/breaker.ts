import type { BreakerParams } from '@tributary/contracts/channel-config';
import { createOutcomeWindow } from './outcome-window.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

/** A call that may go. Handed back by `record` or `release`; one that never is loses its claim after `probeLeaseMs`. */
export type Permit = { readonly era: number };

export type BreakerStats = {
  state: BreakerState;
  calls: number;
  failures: number;
  slow: number;
  refused: number;
  /** Until probes are let through; 0 unless open. */
  retryInMs: number;
};

type State =
  | { value: 'closed' }
  | { value: 'open'; since: number }
  | { value: 'half_open'; succeeded: number; probing: Map<Permit, number> };

/** The longest wait for a place plus the longest deadline that a channel's parameters allow: no call is out for longer. */
export const probeLeaseMs = 120_000;

/**
 * A circuit breaker with resilience4j's semantics. Pure over the caller's clock (`now`, monotonic milliseconds): no
 * timer runs, an open breaker turns half-open when it is next asked. Parameters are read at every call; another kind or
 * size of window starts empty.
 *
 * Every change of state begins an era, and a result counts only in the era its call was let go in: late failures of a
 * dead period neither fail a probe nor speak against a channel that has come back.
 */
export function createBreaker(
  params: () => BreakerParams,
  onMove: (from: BreakerState, to: BreakerState) => void = () => undefined,
) {
  let era = 0;
  let state: State = { value: 'closed' };
  let window = createOutcomeWindow(params());
  let refused = 0;

  function move(to: State): void {
    const from = state.value;
    era++;
    state = to;
    window = createOutcomeWindow(params());
    onMove(from, to.value);
  }

  function windowNow(): typeof window {
    const { windowKind, windowSize } = params();
    if (windowKind !== window.windowKind || windowSize !== window.windowSize) window = createOutcomeWindow(params());
    return window;
  }

  /** @returns undefined when the call must not go */
  function tryAcquire(now: number): Permit | undefined {
    const { openMs, halfOpenProbes } = params();
    if (state.value === 'open' && now >= state.since + openMs)
      move({ value: 'half_open', succeeded: 0, probing: new Map() });
    // Fewer probes may be asked for than have already come back.
    if (state.value === 'half_open' && state.succeeded >= halfOpenProbes) move({ value: 'closed' });
    if (state.value === 'closed') return { era };
    if (state.value === 'half_open') {
      for (const [probe, until] of state.probing) if (now >= until) state.probing.delete(probe);
      if (state.succeeded + state.probing.size < halfOpenProbes) {
        const probe = { era };
        state.probing.set(probe, now + probeLeaseMs);
        return probe;
      }
    }
    refused++;
    return undefined;
  }

  /** Whether a call would be let go now. Asking changes nothing and claims no probe. */
  function wouldTake(now: number): boolean {
    const { openMs, halfOpenProbes } = params();
    if (state.value === 'open') return now >= state.since + openMs;
    if (state.value === 'closed') return true;
    let out = 0;
    for (const until of state.probing.values()) if (now < until) out++;
    return state.succeeded >= halfOpenProbes || state.succeeded + out < halfOpenProbes;
  }

  /** How a permitted call ended. `failed` means by the channel's fault: a payer without money is no failure. */
  function record(permit: Permit, now: number, { failed, durationMs }: { failed: boolean; durationMs: number }): void {
    if (permit.era !== era) return;
    const limits = params();
    const slow = durationMs >= limits.slowCallMs;
    if (state.value === 'half_open') {
      if (!state.probing.delete(permit)) return;
      if (failed || slow) move({ value: 'open', since: now });
      else if (++state.succeeded >= limits.halfOpenProbes) move({ value: 'closed' });
      return;
    }
    const seen = windowNow();
    seen.add(now, failed, slow);
    const { calls, failures, slow: slowCalls } = seen.sums(now);
    // A window of fewer calls than the minimum would otherwise never speak.
    const enough =
      limits.windowKind === 'count' ? Math.min(limits.minimumCalls, limits.windowSize) : limits.minimumCalls;
    if (calls < enough) return;
    if (failures * 100 >= limits.failureRateThreshold * calls || slowCalls * 100 >= limits.slowRateThreshold * calls)
      move({ value: 'open', since: now });
  }

  /** The call was not made after all: nothing is known of the channel, and a probe may be made by another. */
  function release(permit: Permit): void {
    if (state.value === 'half_open') state.probing.delete(permit);
  }

  /** Whether a permit that had to wait still lets its call go. */
  const holds = (permit: Permit): boolean => permit.era === era;

  const stats = (now: number): BreakerStats => ({
    state: state.value,
    ...windowNow().sums(now),
    refused,
    retryInMs: state.value === 'open' ? Math.max(0, state.since + params().openMs - now) : 0,
  });

  return { tryAcquire, wouldTake, record, release, holds, stats };
}

export type Breaker = ReturnType<typeof createBreaker>;

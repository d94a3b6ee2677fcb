import type { BreakerParams } from '@tributary/contracts/channel-config';

/** A call as the channel saw it; times in milliseconds of the wall clock. */
export type SeenCall = { operation: string; startedAt: number; endedAt: number; outcome: string };

type CountWindow = Pick<BreakerParams, 'windowSize' | 'minimumCalls' | 'failureRateThreshold'>;

/** When the last calls were bad enough for a breaker to open: by the calls alone, as they ended. */
export function thresholdCrossedAt(
  calls: readonly SeenCall[],
  { windowSize, minimumCalls, failureRateThreshold }: CountWindow,
): number | undefined {
  const ended = calls.toSorted((a, b) => a.endedAt - b.endedAt);
  for (let i = minimumCalls; i <= ended.length; i++) {
    const window = ended.slice(Math.max(0, i - windowSize), i);
    const failed = window.filter(({ outcome }) => outcome === 'timeout').length;
    if (failed * 100 >= failureRateThreshold * window.length) return ended[i - 1]?.endedAt;
  }
  return undefined;
}

/**
 * Calls that reached the channel although its breaker was open: any while it first rests, and more than the permitted
 * probes within one rest. `graceMs` is how long a call that was let go just before may be under way.
 */
export function probesBeyondPermitted(
  calls: readonly SeenCall[],
  {
    openedAt,
    until,
    openMs,
    permitted,
    graceMs,
  }: { openedAt: number; until: number; openMs: number; permitted: number; graceMs: number },
): number {
  const starts = calls
    .map(({ startedAt }) => startedAt)
    .filter((at) => at > openedAt + graceMs && at < until)
    .sort((a, b) => a - b);
  let beyond = 0;
  let allowed = 0;
  let restEnds = openedAt + openMs - graceMs;
  for (const at of starts) {
    if (at >= restEnds) {
      allowed = permitted;
      restEnds = at + openMs;
    }
    if (allowed > 0) allowed--;
    else beyond++;
  }
  return beyond;
}

/**
 * When a channel carries its share again: the end of the first `runOf` payments in a row of which it carried enough.
 * @param carried payments in order of time, with whether the channel took them
 */
export function carriesItsShareAt(
  carried: readonly { at: number; byChannel: boolean }[],
  { share, runOf }: { share: number; runOf: number },
): number | undefined {
  for (let end = runOf; end <= carried.length; end++) {
    const run = carried.slice(end - runOf, end);
    if (run.filter(({ byChannel }) => byChannel).length >= share * runOf) return run.at(-1)?.at;
  }
  return undefined;
}

/** The smallest of the values that at least this share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

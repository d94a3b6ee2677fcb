import { describe, expect, it } from 'vitest';
import { carriesItsShareAt, probesBeyondPermitted, quantile, type SeenCall, thresholdCrossedAt } from './judge.ts';

const call = (endedAt: number, outcome = 'timeout', startedAt = endedAt - 10): SeenCall => ({
  operation: 'place',
  startedAt,
  endedAt,
  outcome,
});

describe('the judge of the isolation benchmark', () => {
  it('finds the call whose end crossed the threshold, by the window alone', () => {
    const params = { windowSize: 4, minimumCalls: 3, failureRateThreshold: 50 };
    const calls = [call(1, 'ok'), call(2, 'ok'), call(3, 'ok'), call(4), call(6), call(5, 'ok')];
    // 3, 4, 5, 6: two of four.
    expect(thresholdCrossedAt(calls, params)).toBe(6);
    expect(thresholdCrossedAt([call(1), call(2)], params)).toBeUndefined();
    expect(thresholdCrossedAt([call(1), call(2), call(3)], params)).toBe(3);
  });

  it('counts what comes during a rest, and more than the probes at its end', () => {
    const at = (startedAt: number) => call(startedAt + 10, 'timeout', startedAt);
    const rules = { openedAt: 1_000, until: 9_000, openMs: 1_000, permitted: 2, graceMs: 20 };
    expect(probesBeyondPermitted([at(900), at(1_010), at(2_000), at(2_100), at(4_100), at(9_500)], rules)).toBe(0);
    // One during the first rest, the third and fourth of a round.
    expect(probesBeyondPermitted([at(1_500), at(2_000), at(2_100), at(2_200), at(2_900)], rules)).toBe(3);
  });

  it('says when a share is carried again, at the end of the payments that show it', () => {
    const carried = [0, 0, 0, 0, 1, 0, 1, 1].map((one, at) => ({ at, byChannel: one === 1 }));
    expect(carriesItsShareAt(carried, { share: 0.5, runOf: 4 })).toBe(6);
    expect(carriesItsShareAt(carried, { share: 1, runOf: 4 })).toBeUndefined();
  });

  it('takes quantiles without inventing values', () => {
    expect(quantile([3, 1, 2, 4], 0.5)).toBe(2);
    expect(quantile([3, 1, 2, 4], 0.99)).toBe(4);
    expect(quantile([7], 0.01)).toBe(7);
  });
});

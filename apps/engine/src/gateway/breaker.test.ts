import { type BreakerParams, breakerParamsSchema } from '@tributary/contracts/channel-config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BreakerState, createBreaker, type Permit, probeLeaseMs } from './breaker.ts';

const paramsOf = (own: Partial<BreakerParams>): BreakerParams => breakerParamsSchema.parse(own);
const good = { failed: false, durationMs: 1 };
const bad = { failed: true, durationMs: 1 };

/** A breaker and its moves; `call` asks and reports at once. */
function breakerWith(own: Partial<BreakerParams>) {
  const params = paramsOf(own);
  const moves: string[] = [];
  const breaker = createBreaker(
    () => params,
    (from, to) => moves.push(`${from} > ${to}`),
  );
  const call = (now: number, end: typeof good): boolean => {
    const permit = breaker.tryAcquire(now);
    if (permit) breaker.record(permit, now, end);
    return permit !== undefined;
  };
  const state = (now: number) => breaker.stats(now).state;
  return { ...breaker, params, moves, call, state };
}

describe('a circuit breaker', () => {
  it('opens at the failure rate, not before the minimum of calls', () => {
    const { call, state } = breakerWith({ minimumCalls: 4, failureRateThreshold: 50 });
    for (const end of [bad, good, bad]) call(0, end);
    expect(state(0)).toBe('closed');
    call(0, good);
    expect(state(0)).toBe('open');
    expect(call(9_999, good)).toBe(false);
  });

  it('opens on slow calls that succeed', () => {
    const { call, state } = breakerWith({ minimumCalls: 2, slowCallMs: 100, slowRateThreshold: 100 });
    for (let n = 0; n < 2; n++) call(0, { failed: false, durationMs: 100 });
    expect(state(0)).toBe('open');
  });

  it('forgets what is older than the seconds of its window', () => {
    const { call, stats, state } = breakerWith({ windowKind: 'time', windowSize: 10, minimumCalls: 3 });
    for (const now of [0, 5_000]) call(now, bad);
    expect(stats(9_999)).toMatchObject({ calls: 2 });
    call(10_000, bad);
    expect(stats(10_000)).toMatchObject({ state: 'closed', calls: 2, failures: 2 });
    call(14_999, bad);
    expect(state(14_999)).toBe('open');
  });

  it('lets so many probes through when its time is over, and closes when all of them succeeded', () => {
    const { call, tryAcquire, record, state, moves } = breakerWith({ minimumCalls: 1, halfOpenProbes: 2 });
    call(0, bad);
    const probes = [tryAcquire(10_000), tryAcquire(10_000)] as Permit[];
    expect(tryAcquire(10_000)).toBeUndefined();
    for (const probe of probes) record(probe, 10_001, good);
    expect(state(10_001)).toBe('closed');
    expect(moves).toEqual(['closed > open', 'open > half_open', 'half_open > closed']);
  });

  it.each([
    ['failed', bad],
    ['slow', { failed: false, durationMs: 10_000 }],
  ])('opens again at the first %s probe', (_, end) => {
    const { call, tryAcquire, record, state } = breakerWith({ minimumCalls: 1, halfOpenProbes: 2 });
    call(0, bad);
    const [first, second] = [tryAcquire(10_000), tryAcquire(10_000)] as [Permit, Permit];
    record(first, 10_500, end);
    record(second, 10_600, good);
    expect(state(10_600)).toBe('open');
    expect(tryAcquire(20_499)).toBeUndefined();
    expect(tryAcquire(20_500)).toBeDefined();
  });

  it('gives a probe that was not made, or never came back, to another call', () => {
    const { call, tryAcquire, record, release, stats } = breakerWith({ minimumCalls: 1, halfOpenProbes: 1 });
    call(0, bad);
    release(tryAcquire(10_000) as Permit);
    const lost = tryAcquire(10_000) as Permit;
    expect(tryAcquire(10_000 + probeLeaseMs - 1)).toBeUndefined();
    const other = tryAcquire(10_000 + probeLeaseMs) as Permit;
    record(lost, 10_000 + probeLeaseMs, bad);
    expect(stats(0).state).toBe('half_open');
    record(other, 10_000 + probeLeaseMs, good);
    expect(stats(0).state).toBe('closed');
  });

  it('does not blame a channel that came back for calls of its dead period', () => {
    const { call, tryAcquire, record, holds, stats } = breakerWith({ minimumCalls: 1, halfOpenProbes: 1 });
    const early = tryAcquire(0) as Permit;
    call(0, bad);
    expect(holds(early)).toBe(false);
    call(10_000, good);
    record(early, 10_001, bad);
    expect(stats(10_001)).toMatchObject({ state: 'closed', calls: 0 });
  });

  it('takes new parameters at the next call', () => {
    const { call, params, state, stats, tryAcquire, record } = breakerWith({ minimumCalls: 100 });
    for (let n = 0; n < 20; n++) call(0, bad);
    params.minimumCalls = 5;
    call(0, bad);
    expect(state(0)).toBe('open');
    params.openMs = 50;
    params.halfOpenProbes = 3;
    record(tryAcquire(50) as Permit, 50, good);
    params.halfOpenProbes = 1;
    expect(tryAcquire(51)).toBeDefined();
    expect(state(51)).toBe('closed');
    call(51, good);
    params.windowKind = 'time';
    expect(stats(51).calls).toBe(0);
  });
});

/** What the breaker should do, said as plainly as possible: every call is kept, nothing is added up in advance. */
class Model {
  state: BreakerState = 'closed';
  since = 0;
  era = 0;
  seen: { at: number; failed: boolean; slow: boolean }[] = [];
  probing: { id: number; until: number }[] = [];
  succeeded = 0;
  constructor(readonly params: BreakerParams) {}

  move(to: BreakerState, now: number) {
    Object.assign(this, { state: to, since: now, era: this.era + 1, seen: [], probing: [], succeeded: 0 });
  }

  window(now: number) {
    const { windowKind, windowSize } = this.params;
    if (windowKind === 'count') return this.seen.slice(-windowSize);
    return this.seen.filter(({ at }) => Math.floor(at / 1000) > Math.floor(now / 1000) - windowSize);
  }

  acquire(id: number, now: number): boolean {
    if (this.state === 'open' && now - this.since >= this.params.openMs) this.move('half_open', now);
    if (this.state !== 'half_open') return this.state === 'closed';
    this.probing = this.probing.filter(({ until }) => now < until);
    if (this.succeeded + this.probing.length >= this.params.halfOpenProbes) return false;
    this.probing.push({ id, until: now + probeLeaseMs });
    return true;
  }

  record(id: number, era: number, now: number, failed: boolean, durationMs: number) {
    if (era !== this.era) return;
    const { slowCallMs, halfOpenProbes, windowKind, windowSize, minimumCalls } = this.params;
    const slow = durationMs >= slowCallMs;
    if (this.state === 'half_open') {
      const before = this.probing.length;
      this.release(id);
      if (this.probing.length === before) return;
      if (failed || slow) this.move('open', now);
      else {
        this.succeeded += 1;
        if (this.succeeded >= halfOpenProbes) this.move('closed', now);
      }
      return;
    }
    this.seen.push({ at: now, failed, slow });
    const window = this.window(now);
    if (window.length < (windowKind === 'count' ? Math.min(windowSize, minimumCalls) : minimumCalls)) return;
    const rate = (of: 'failed' | 'slow') => (window.filter((one) => one[of]).length / window.length) * 100;
    if (rate('failed') >= this.params.failureRateThreshold || rate('slow') >= this.params.slowRateThreshold)
      this.move('open', now);
  }

  release(id: number) {
    this.probing = this.probing.filter((one) => one.id !== id);
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(),
      failed: fc.boolean(),
      durationMs: fc.integer({ min: 0, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.constant(probeLeaseMs)),
    }),
  },
);

const someParams = fc.record({
  windowKind: fc.constantFrom('count' as const, 'time' as const),
  windowSize: fc.integer({ min: 1, max: 8 }),
  minimumCalls: fc.integer({ min: 1, max: 8 }),
  // Rates of up to eight calls that are whole in floating point, or far from these.
  failureRateThreshold: fc.constantFrom(1, 30, 50, 75, 100),
  slowCallMs: fc.integer({ min: 1, max: 60 }),
  slowRateThreshold: fc.constantFrom(1, 30, 50, 75, 100),
  openMs: fc.integer({ min: 1, max: 5_000 }),
  halfOpenProbes: fc.integer({ min: 1, max: 4 }),
});

it('does what the model does, whatever calls come and however they end', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(someParams, fc.array(step, { minLength: 20, maxLength: 120 }), (params, steps) => {
      const model = new Model(params);
      const breaker = createBreaker(
        () => params,
        (from, to) => reached.add(`${from} > ${to}`),
      );
      const out: { id: number; era: number; permit: Permit }[] = [];
      const pick = (which: number) => out.splice(which % out.length, 1)[0];
      let now = 0;
      let refused = 0;
      for (const [id, one] of steps.entries()) {
        if (one.do === 'wait') now += one.ms;
        else if (one.do === 'ask') {
          const wouldTake = breaker.wouldTake(now);
          const permit = breaker.tryAcquire(now);
          expect(permit !== undefined).toBe(wouldTake);
          expect(permit !== undefined).toBe(model.acquire(id, now));
          if (permit) out.push({ id, era: model.era, permit });
          else refused++;
        } else {
          const ended = out.length > 0 ? pick(one.which) : undefined;
          if (!ended) continue;
          expect(breaker.holds(ended.permit)).toBe(ended.era === model.era);
          if (one.do === 'release') {
            breaker.release(ended.permit);
            model.release(ended.id);
          } else {
            breaker.record(ended.permit, now, one);
            model.record(ended.id, ended.era, now, one.failed, one.durationMs);
          }
        }
        const window = model.window(now);
        expect(breaker.stats(now)).toEqual({
          state: model.state,
          calls: window.length,
          failures: window.filter(({ failed }) => failed).length,
          slow: window.filter(({ slow }) => slow).length,
          refused,
          retryInMs: model.state === 'open' ? Math.max(0, model.since + params.openMs - now) : 0,
        });
      }
    }),
    { numRuns: 400 },
  );
  expect([...reached].sort()).toEqual(['closed > open', 'half_open > closed', 'half_open > open', 'open > half_open']);
});

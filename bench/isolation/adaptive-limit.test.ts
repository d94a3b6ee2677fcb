import { breakerParamsSchema } from '@tributary/contracts/channel-config';
import { expect, it } from 'vitest';
import { createBreaker, type Permit } from '../../apps/engine/src/gateway/breaker.ts';

// Whether a limit that learns from answer times would serve a payment channel better than a fixed number of places. Virtual
// time, even arrivals: the same numbers every time. They are quoted in docs/adr/0013-own-circuit-breaker.md.

type Limit = { now(): number; ended(durationMs: number, timedOut: boolean, inFlight: number): void };

const places = 64;
const deadlineMs = 5_000;

const fixed = (): Limit => ({ now: () => places, ended: () => undefined });

/** Additive increase, multiplicative decrease: a tenth less at each timeout. */
function aimd(): Limit {
  let limit = places;
  return {
    now: () => Math.floor(limit),
    ended(_, timedOut, inFlight) {
      if (timedOut) limit = Math.max(1, limit * 0.9);
      else if (inFlight * 2 >= limit) limit = Math.min(places, limit + 1 / limit);
    },
  };
}

/** As Netflix' Gradient2: compares each answer time with a long average, tolerates half as much again, keeps a queue of its root. */
function gradient(): Limit {
  let limit = places;
  let longMs: number | undefined;
  return {
    now: () => Math.floor(limit),
    ended(durationMs, _, inFlight) {
      longMs = longMs === undefined ? durationMs : longMs + (durationMs - longMs) / 600;
      if (inFlight * 2 < limit) return;
      const slope = Math.max(0.5, Math.min(1, (1.5 * longMs) / durationMs));
      limit = Math.max(4, Math.min(places, limit * 0.8 + (limit * slope + Math.sqrt(limit)) * 0.2));
    },
  };
}

/** @returns calls by how they ended, in two minutes with `perSecond` calls; `answersIn` tells the time of a call, Infinity for never */
function run(limit: Limit, perSecond: number, breakerParams: object | undefined, answersIn: (nowMs: number) => number) {
  const params = breakerParamsSchema.parse(breakerParams ?? {});
  const breaker = createBreaker(() => params);
  const out: { ends: number; took: number; timedOut: boolean; permit: Permit }[] = [];
  const told = { answered: 0, timedOut: 0, refused: 0 };
  for (let now = 0; now < 120_000; now += 1000 / perSecond) {
    out.sort((a, b) => a.ends - b.ends);
    while (out[0] && out[0].ends <= now) {
      const { ends, took, timedOut, permit } = out[0];
      if (breakerParams) breaker.record(permit, ends, { failed: timedOut, durationMs: took });
      limit.ended(took, timedOut, out.length);
      out.shift();
      told[timedOut ? 'timedOut' : 'answered']++;
    }
    const permit = out.length < limit.now() ? breaker.tryAcquire(now) : undefined;
    if (!permit) {
      told.refused++;
      continue;
    }
    const wanted = answersIn(now);
    const took = Math.min(wanted, deadlineMs);
    out.push({ ends: now + took, took, timedOut: wanted > deadlineMs, permit });
  }
  return told;
}

const during = (now: number) => now >= 60_000 && now < 90_000;
const slow = (now: number) => (during(now) ? 2_500 : 300);
const hung = (now: number) => (during(now) ? Number.POSITIVE_INFINITY : 300);

const short = { windowSize: 20, minimumCalls: 10 };

it('a limit by answer times turns payers away from a channel that is only slow; places do not', () => {
  expect(run(fixed(), 20, {}, slow)).toEqual({ answered: 2_394, timedOut: 0, refused: 0 });
  expect(run(aimd(), 20, {}, slow)).toEqual({ answered: 2_394, timedOut: 0, refused: 0 });
  expect(run(gradient(), 20, {}, slow)).toEqual({ answered: 1_882, timedOut: 0, refused: 512 });
});

it('one by timeouts sends fewer calls into a channel that hangs, and comes back later; a shorter window does neither', () => {
  expect(run(fixed(), 20, undefined, hung)).toEqual({ answered: 1_794, timedOut: 384, refused: 216 });
  expect(run(fixed(), 20, {}, hung)).toEqual({ answered: 1_740, timedOut: 116, refused: 538 });
  expect(run(aimd(), 20, {}, hung)).toEqual({ answered: 1_723, timedOut: 65, refused: 606 });
  expect(run(fixed(), 20, short, hung)).toEqual({ answered: 1_780, timedOut: 76, refused: 538 });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRefusalDelay } from './refusal-delay.ts';

const allowed = 100;

/** Callers that ask again as soon as they were told, for a while. @returns refusals in each second */
function askAgainAtOnce(connections: number, seconds: number): number[] {
  let now = 0;
  const delayOf = createRefusalDelay({ monotonicMs: () => now });
  const due = Array.from({ length: connections }, (_, n) => (n * 250) / connections);
  const perSecond = Array.from({ length: seconds }, () => 0);
  for (;;) {
    const next = due.reduce((first, at, n) => (at < (due[first] ?? 0) ? n : first), 0);
    now = due[next] ?? 0;
    const second = Math.floor(now / 1_000);
    if (second >= seconds) return perSecond;
    perSecond[second] = (perSecond[second] ?? 0) + 1;
    due[next] = now + delayOf('m', allowed);
  }
}

describe('how late a refusal is', () => {
  it('is a quarter of a second for who asks once too often, also after a quiet time', () => {
    let now = 0;
    const delayOf = createRefusalDelay({ monotonicMs: () => now });
    for (let n = 0; n < 50; n++) {
      expect(delayOf('m', allowed)).toBe(250);
      now += 700;
    }
  });

  it('grows for who does not listen until ten times too much is hardly more than is allowed', () => {
    const refused = askAgainAtOnce(250, 60);
    expect(refused[0]).toBeGreaterThan(900);
    // Of a minute the last fifty seconds.
    const settled = refused.slice(10);
    expect(settled.reduce((sum, one) => sum + one, 0) / settled.length).toBeLessThanOrEqual(1.3 * allowed);
  });

  it('is between a quarter of a second and four, and small again after it was quiet for as long', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 300 }), (gaps) => {
        let now = 0;
        const delayOf = createRefusalDelay({ monotonicMs: () => now });
        for (const gap of gaps) {
          now += gap;
          const late = delayOf('m', 1);
          expect(late).toBeGreaterThanOrEqual(250);
          expect(late).toBeLessThanOrEqual(4_000);
        }
        now += 10_000_000;
        expect(delayOf('m', 1)).toBe(250);
      }),
    );
  });

  it('is each merchant’s own', () => {
    let now = 0;
    const delayOf = createRefusalDelay({ monotonicMs: () => now });
    for (let second = 0; second < 30; second++) {
      for (let n = 0; n < 2 * allowed; n++) delayOf('loud', allowed);
      now += 1_000;
    }
    expect([delayOf('loud', allowed), delayOf('quiet', allowed)]).toEqual([4_000, 250]);
  });
});

import { expect, it } from 'vitest';
import { diff } from './diff.ts';
import { diffInSlices } from './diff-in-slices.ts';
import { lint, lintInSlices } from './lint.ts';
import { parse, parseInSlices } from './parse.ts';
import type { RuleSet } from './rule-set.ts';
import { runAtOnce, runInSlices, type Work } from './slices.ts';
import { documentOf, sampleFacts } from './testing/sample-facts.ts';

function* count(steps: number): Work<number> {
  for (let i = 0; i < steps; i++) yield;
  return steps;
}

/** A clock on which a step of the work takes 0.2 ms and a turn of the loop as long as it is told. */
async function slicesOf(steps: number, budgetMs: number, turnMs: number) {
  let now = 0;
  let turns = 0;
  const slices: number[] = [];
  let began = 0;
  function* work(): Work<number> {
    for (let i = 0; i < steps; i++) {
      now += 0.2;
      yield;
    }
    return steps;
  }
  const turn = async () => {
    if (now > began) slices.push(Math.round((now - began) * 10) / 10);
    now += turnMs;
    began = now;
    turns++;
  };
  expect(await runInSlices(work(), budgetMs, { now: () => now, turn })).toBe(steps);
  return { turns, slices: slices.filter((ms) => ms > 0), ms: now };
}

it('gives an idle loop several turns after each short slice', async () => {
  const { turns, slices } = await slicesOf(100, 0.25, 0);
  expect(new Set(slices)).toEqual(new Set([0.4]));
  expect(turns).toBe(slices.length * 5);
});

it('takes a share of a busy loop, never long at once, so that little work does not take a second', async () => {
  const { turns, slices, ms } = await slicesOf(100, 0.25, 20);
  expect(Math.max(...slices)).toBe(1.6);
  expect(turns).toBe(slices.length);
  expect(ms).toBeLessThan(300);
  // Busy, but not so much: a tenth of the time that the others had.
  expect(Math.max(...(await slicesOf(100, 0.25, 5)).slices)).toBe(0.6);
});

it('does the same in slices as at once', async () => {
  expect(await runInSlices(count(100), 0)).toBe(runAtOnce(count(100)));
});

it('hands on what the work throws', async () => {
  function* failing(): Work<never> {
    yield;
    throw new Error('no');
  }
  await expect(runInSlices(failing(), 0)).rejects.toThrow('no');
  expect(() => runAtOnce(failing())).toThrow('no');
});

it('checks a document in slices as it does at once', async () => {
  const good = documentOf({ all: [{ fact: 'amount', operator: 'equal', value: 1 }] });
  const bad = documentOf({ all: [{ fact: 'amont', operator: 'equal', value: 1 }] });
  for (const document of [good, bad, null, 'x', { rules: 1 }]) {
    expect(await parseInSlices(document, { facts: sampleFacts, budgetMs: 0 })).toEqual(
      parse(document, { facts: sampleFacts }),
    );
  }
});

it('compares and lints in slices as at once', async () => {
  const setOf = (rules: object[], conditions: object = {}): RuleSet => {
    const parsed = parse({ rules, conditions }, { facts: sampleFacts });
    if (!parsed.ok) throw new Error(parsed.issues[0]?.message);
    return parsed.value;
  };
  const leaf = (value: number) => ({ fact: 'amount', operator: 'greaterThan', value });
  const rule = (i: number, value = i) => ({
    id: `r${i}`,
    priority: 1 + (i % 3),
    conditions: { all: [leaf(value)] },
    event: { type: 'review' },
  });
  const ids = Array.from({ length: 90 }, (_, i) => i);
  const before = setOf(
    ids.map((i) => rule(i)),
    { big: { all: [leaf(9)] }, gone: { all: [leaf(1)] } },
  );
  const after = setOf(
    [...ids.slice(45), ...ids.slice(0, 40)].map((i) => rule(i, i % 7 === 0 ? i + 1 : i)).concat(rule(200)),
    { big: { all: [leaf(8)] }, fresh: { all: [leaf(2)] } },
  );
  const changes = diff(before, after);
  expect(new Set(changes.map(({ kind }) => kind)).size).toBe(7);
  expect(await diffInSlices(before, after, {}, 0)).toEqual(changes);
  expect(lint(before, sampleFacts).length).toBeGreaterThan(50);
  expect(await lintInSlices(before, sampleFacts, 0)).toEqual(lint(before, sampleFacts));
});

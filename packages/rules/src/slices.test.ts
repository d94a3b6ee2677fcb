import { expect, it } from 'vitest';
import { parse, parseInSlices } from './parse.ts';
import { runAtOnce, runInSlices, type Work } from './slices.ts';
import { documentOf, sampleFacts } from './testing/sample-facts.ts';

function* count(steps: number): Work<number> {
  for (let i = 0; i < steps; i++) yield;
  return steps;
}

it('gives the loop several turns after each slice, and the same result as at once', async () => {
  let turns = 0;
  let working = true;
  const turn = (): void => {
    turns++;
    if (working) setImmediate(turn);
  };
  setImmediate(turn);
  // A budget of nothing: every step is a slice of its own.
  expect(await runInSlices(count(100), 0)).toBe(runAtOnce(count(100)));
  working = false;
  expect(turns).toBeGreaterThan(300);
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

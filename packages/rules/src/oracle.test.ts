import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { inferFacts } from './infer-facts.ts';
import { boundaryFacts, verifyAgainstOracle, verifyByOracle } from './oracle.ts';
import { parse } from './parse.ts';
import { sampleFacts } from './testing/sample-facts.ts';

const document = {
  conditions: { large: { all: [{ fact: 'amount', operator: 'greaterThan', value: 100_000 }] } },
  rules: [
    {
      id: 'large-abroad',
      priority: 9,
      conditions: { all: [{ condition: 'large' }, { fact: 'country', operator: 'notIn', value: ['CN', 'HK'] }] },
      event: { type: 'review' },
    },
    {
      id: 'vip',
      priority: 5,
      conditions: {
        any: [
          { fact: 'tags', operator: 'contains', value: 'vip' },
          { fact: 'amount', operator: 'equal', value: 1 },
        ],
      },
      event: { type: 'review' },
    },
    {
      id: 'odd-device',
      priority: 5,
      conditions: { all: [{ fact: 'device', operator: 'startsWith', value: 'emu' }] },
      event: { type: 'review' },
    },
    {
      id: 'off',
      enabled: false,
      conditions: { all: [{ fact: 'night', operator: 'equal', value: true }] },
      event: { type: 'review' },
    },
  ],
};

async function setOf(source: unknown) {
  const parsed = parse(source, { facts: sampleFacts });
  if (!parsed.ok) throw new Error(parsed.issues[0]?.message);
  return { ruleSet: parsed.value, set: await compile(parsed.value, { facts: sampleFacts }) };
}
const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
};

describe('the oracle', () => {
  it('agrees with what was compiled', async () => {
    const { ruleSet, set } = await setOf(document);
    const ids = (facts: object) => set.matches(facts as never).map(({ id }) => id);
    const report = await verifyByOracle(ruleSet, ids, boundaryFacts(ruleSet, sampleFacts, 300, seeded(1)));
    expect(report).toEqual({ samples: 300, rejected: 0, differences: [] });
  });

  it('tells of an engine that is wrong at a limit, and only there', async () => {
    const { ruleSet } = await setOf(document);
    const wrong = structuredClone(document) as typeof document;
    (wrong.conditions.large.all[0] as { operator: string }).operator = 'greaterThanInclusive';
    const { set } = await setOf(wrong);
    const ids = (facts: object) => set.matches(facts as never).map(({ id }) => id);
    const report = await verifyByOracle(ruleSet, ids, boundaryFacts(ruleSet, sampleFacts, 400, seeded(2)));
    expect(report.differences.length).toBeGreaterThan(0);
    for (const { facts } of report.differences) expect(facts.amount).toBe(100_000);
  });

  it('stops when its time is over', async () => {
    const { ruleSet, set } = await setOf(document);
    const ids = (facts: object) => set.matches(facts as never).map(({ id }) => id);
    const endless = (function* () {
      while (true) yield* boundaryFacts(ruleSet, sampleFacts, 100, seeded(3));
    })();
    const report = await verifyByOracle(ruleSet, ids, endless, { budgetMs: 50 });
    expect(report.samples).toBeGreaterThan(0);
  });
});

describe('verifyAgainstOracle', () => {
  it('compiles and compares, on facts of its own or on those given', async () => {
    const { ruleSet } = await setOf(document);
    const own = await verifyAgainstOracle(ruleSet, sampleFacts, undefined, { budgetMs: 20_000 });
    expect(own).toEqual({ samples: 1_000, rejected: 0, differences: [] });
    const given = await verifyAgainstOracle(ruleSet, sampleFacts, [{ amount: 1, country: 'CN', tags: [] }]);
    expect(given.samples).toBe(1);
  });

  it('needs no facts: it can infer them', async () => {
    const parsed = parse(document);
    if (!parsed.ok) throw new Error(parsed.issues[0]?.message);
    const inferred = inferFacts(parsed.value);
    expect(Object.fromEntries(inferred.map(({ name, type }) => [name, type]))).toEqual({
      amount: 'integer',
      country: 'string',
      tags: 'list',
      device: 'string',
      night: 'boolean',
    });
    expect((await verifyAgainstOracle(parsed.value, inferred)).differences).toEqual([]);
  });
});

describe('facts at the limits', () => {
  it('fit their definitions, whatever the dice say', async () => {
    const { ruleSet } = await setOf(document);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
        for (const facts of boundaryFacts(ruleSet, sampleFacts, 20, seeded(seed))) {
          expect(Number.isSafeInteger(facts.amount)).toBe(true);
          expect(typeof facts.country).toBe('string');
          expect(Array.isArray(facts.tags)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

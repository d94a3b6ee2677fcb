import { describe, expect, it } from 'vitest';
import { riskLanguage } from '../../../risk/check-risk.ts';
import { compileDocument } from '../../compiled-rules.ts';
import { boundaryFacts } from './boundary-facts.ts';
import { type ComparedRules, exampleFacts, verifyDocument } from './verify-document.ts';

const condition = (fact: string, operator: string, value: unknown) => ({ fact, operator, value });
const document = {
  conditions: { late: { any: [condition('hour', 'greaterThanInclusive', 22), condition('hour', 'lessThan', 6)] } },
  rules: [
    {
      id: 'big',
      priority: 5,
      conditions: {
        all: [condition('amount', 'greaterThan', 100_000), { not: condition('currency', 'equal', 'USD') }],
      },
      event: { type: 'reject', params: {} },
    },
    {
      id: 'often',
      priority: 5,
      conditions: { all: [condition('payerCount10m', 'greaterThanInclusive', 3), { condition: 'late' }] },
      event: { type: 'review', params: {} },
    },
    {
      id: 'known-card',
      priority: 1,
      conditions: {
        any: [condition('cardBin', 'startsWithAny', ['6222', '43']), condition('merchantId', 'in', ['a', 'b'])],
      },
      event: { type: 'flag', params: { tag: 'x' } },
    },
    {
      id: 'off',
      enabled: false,
      conditions: { all: [condition('amount', 'greaterThan', 0)] },
      event: { type: 'reject', params: {} },
    },
  ],
};

async function verify(change: (rules: ComparedRules) => ComparedRules, most = 500) {
  const set = (await compileDocument(document, riskLanguage)) as unknown as ComparedRules;
  const base = exampleFacts(riskLanguage.facts) as Record<string, unknown>;
  return verifyDocument(change(set), boundaryFacts(set.ruleSet, riskLanguage.facts, [base]), {
    most,
    deadline: () => false,
  });
}

describe('the oracle', () => {
  it('agrees with our engine on the edges of every rule', async () => {
    const verdict = await verify((rules) => rules);
    expect(verdict).toMatchObject({ differences: 0, examples: [], refused: 0, cutShort: false });
    expect(verdict.samples).toBeGreaterThan(10);
  });

  it.each([
    ['a rule that never fires', (id: string) => id !== 'big'],
    ['a rule of the lowest priority that never fires', (id: string) => id !== 'known-card'],
    ['a rule of two conditions that never fires', (id: string) => id !== 'often'],
  ])('sees %s, and shows on which facts', async (_, keeps) => {
    const verdict = await verify(({ ruleSet, matches }) => ({
      ruleSet,
      matches: (facts) => matches(facts).filter(({ id }) => keeps(id)),
    }));
    expect(verdict.differences).toBeGreaterThan(0);
    expect(verdict.examples[0]?.ours).not.toBe(verdict.examples[0]?.oracle);
  });

  it('sees a limit that is off by one', async () => {
    const verdict = await verify(({ ruleSet, matches }) => ({
      ruleSet,
      matches: (facts) => matches({ ...facts, amount: Number(facts.amount) + 1 }),
    }));
    expect(verdict.examples.some(({ facts }) => facts.amount === 100_000)).toBe(true);
  });

  it('stops when its time is up, and says so', async () => {
    const set = (await compileDocument(document, riskLanguage)) as unknown as ComparedRules;
    let asked = 0;
    const verdict = await verifyDocument(set, boundaryFacts(set.ruleSet, riskLanguage.facts, []), {
      most: 100,
      deadline: () => ++asked > 3,
    });
    expect(verdict).toMatchObject({ samples: 3, cutShort: true });
  });
});

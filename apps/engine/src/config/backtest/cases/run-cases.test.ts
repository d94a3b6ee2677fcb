import type { TestCase } from '@tributary/contracts/test-case';
import { describe, expect, it } from 'vitest';
import { misfitsOfFacts, runCases } from './run-cases.ts';

const risk = {
  rules: [
    {
      id: 'too-much',
      priority: 10,
      conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value: 1_000 }] },
      event: { type: 'reject', params: { code: 'risk_single_limit' } },
    },
    {
      id: 'often',
      priority: 5,
      conditions: { all: [{ fact: 'payerCount10m', operator: 'greaterThan', value: 3 }] },
      event: { type: 'review', params: {} },
    },
    {
      id: 'night',
      priority: 1,
      conditions: { all: [{ fact: 'hour', operator: 'lessThan', value: 6 }] },
      event: { type: 'flag', params: { tag: 'night' } },
    },
  ],
};
const routing = {
  rules: [
    {
      id: 'small-to-b',
      conditions: { all: [{ fact: 'amount', operator: 'lessThan', value: 100 }] },
      event: { type: 'prefer', params: { channelId: 'b' } },
    },
    {
      id: 'never-a',
      conditions: { all: [{ fact: 'amount', operator: 'equal', value: 66 }] },
      event: { type: 'exclude', params: { channelId: 'a' } },
    },
  ],
};
const candidates = [
  { channelId: 'a', accountId: 'a1', priority: 1, feeBps: 60 },
  { channelId: 'b', accountId: 'b1', priority: 2, feeBps: 60 },
];

const one = async (kind: 'risk' | 'routing', test: Omit<TestCase, 'name' | 'kind'>) => {
  const [result] = await runCases(kind, kind === 'risk' ? risk : routing, [{ name: 'case', kind, ...test }]);
  if (!result) throw new Error('no result');
  return result;
};

describe('test cases', () => {
  it('pass when everything expected comes out', async () => {
    const result = await one('risk', {
      facts: { amount: 1_001, hour: 3, payerCount10m: 4 },
      expect: { outcome: 'reject', code: 'risk_single_limit', fires: ['too-much', 'often', 'night'] },
    });
    expect(result).toMatchObject({ ok: true, problems: [], fired: ['too-much', 'often', 'night'] });
  });

  it('say of every expectation what came out instead', async () => {
    const { ok, problems } = await one('risk', {
      facts: { amount: 1_000, hour: 6, payerCount10m: 4 },
      expect: { outcome: 'reject', code: 'risk_rejected', fires: ['too-much', 'often'], notFires: ['often'] },
    });
    expect(ok).toBe(false);
    expect(problems).toEqual([
      { path: 'expect.outcome', expected: 'reject', actual: 'review' },
      { path: 'expect.code', expected: 'risk_rejected', actual: 'none' },
      { path: 'expect.fires.0', expected: 'too-much fires', actual: 'it does not' },
      { path: 'expect.notFires.0', expected: 'often does not fire', actual: 'it does' },
    ]);
  });

  it('fail, and are not judged, when their facts do not exist, do not fit or do not suffice', async () => {
    const { ok, problems, outcome } = await one('risk', {
      facts: { amount: '5', colour: 'red' },
      expect: { outcome: 'approve' },
    });
    expect({ ok, outcome }).toEqual({ ok: false, outcome: undefined });
    expect(problems.map(({ path }) => path)).toEqual(['facts.amount', 'facts.colour', 'facts.hour']);
  });

  it('take null for what a recorded payment did not have, and know what no case may say', async () => {
    const given = { facts: { amount: 1, hour: 12, payerCount10m: null }, expect: { outcome: 'approve' as const } };
    expect(await one('risk', given)).toMatchObject({ ok: true, fired: [] });
    expect(misfitsOfFacts('risk', given.facts)).toEqual([]);
    expect(misfitsOfFacts('risk', { amount: '1', colour: 'red' }).map(({ path }) => path)).toEqual([
      'facts.amount',
      'facts.colour',
    ]);
  });

  it('leave out facts that a payment may lack', async () => {
    const { ok } = await one('risk', {
      facts: { amount: 1, hour: 12 },
      expect: { outcome: 'approve', notFires: ['often'] },
    });
    expect(ok).toBe(true);
  });

  it('look at the account that comes first', async () => {
    const facts = { amount: 99 };
    expect(await one('routing', { facts, candidates, expect: { route: { channelId: 'b' } } })).toMatchObject({
      ok: true,
      route: { accountId: 'b1' },
    });
    expect(
      (await one('routing', { facts: { amount: 100 }, candidates, expect: { route: { accountId: 'b1' } } })).problems,
    ).toEqual([{ path: 'expect.route.accountId', expected: 'b1', actual: 'a / a1' }]);
    expect(
      (await one('routing', { facts: { amount: 66 }, candidates: [candidates[0] as never], expect: { route: 'none' } }))
        .ok,
    ).toBe(true);
    expect((await one('routing', { facts, expect: { route: { channelId: 'b' } } })).problems[0]?.path).toBe(
      'candidates',
    );
  });

  it('refuse a document that is not one', async () => {
    await expect(runCases('risk', { rules: 3 }, [])).rejects.toThrow(/not valid/);
  });
});

import { describe, expect, it } from 'vitest';
import { riskLanguage } from '../risk/check-risk.ts';
import { createCompiledRules } from './compiled-rules.ts';
import type { ConfigSnapshot, RuleSetConfig } from './snapshot.ts';

const good = (id: string) => ({
  rules: [
    {
      id,
      conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value: 1 }] },
      event: { type: 'reject', params: { code: 'risk_rejected' } },
    },
  ],
});
const bad = { rules: [{ id: 'x', conditions: { all: [{ fact: 'nosuch', operator: 'equal', value: 1 }] } }] };
const snapshot = (version: number, document: unknown, arm: 'all' | 'canary' = 'all') =>
  ({ arm, rules: { risk: { kind: 'risk', version, document } } }) as unknown as ConfigSnapshot;

function rulesWith(older: RuleSetConfig[] = []) {
  let listen: (snapshot: ConfigSnapshot) => void | Promise<void> = () => undefined;
  const logged: string[] = [];
  const rules = createCompiledRules({
    kind: 'risk',
    language: riskLanguage,
    config: {
      onChange: (listener) => {
        listen = listener;
        return () => true;
      },
    },
    older: async (_kind, before) => older.filter(({ version }) => version < before),
    log: { info: () => undefined, error: (_fields, message) => logged.push(message) },
  });
  return { rules, logged, take: async (one: ConfigSnapshot) => listen(one) };
}

describe('the rules that a node runs', () => {
  it('stay the last good ones when those that were published do not compile, and say so', async () => {
    const { rules, logged, take } = rulesWith();
    const [first, second, third] = [snapshot(1, good('a')), snapshot(2, bad), snapshot(3, good('c'))];
    await take(first);
    await take(second);
    expect([rules.of(second).version, rules.runningVersion()]).toEqual([1, 1]);
    expect(rules.problem()).toMatchObject({ ref: 'risk/main', version: 2, running: 1 });
    expect(logged).toHaveLength(1);
    await take(third);
    expect(rules.of(third).version).toBe(3);
    expect(rules.problem()).toBeUndefined();
    // A payment that began before keeps what it began with.
    expect(rules.of(first).version).toBe(1);
  });

  it('are, at a start with bad ones, the newest good ones that were in force before', async () => {
    const older: RuleSetConfig[] = [
      { kind: 'risk', version: 4, document: bad },
      { kind: 'risk', version: 3, document: good('c') },
      { kind: 'risk', version: 2, document: good('b') },
    ];
    const { rules, take } = rulesWith(older);
    await take(snapshot(5, bad));
    expect(rules.runningVersion()).toBe(3);
    expect(rules.problem()).toMatchObject({ version: 5, running: 3 });
  });

  it('are never an empty set: without any good ones the node does not start, and unpublished ones decide nothing', async () => {
    const { rules, take } = rulesWith();
    await expect(take(snapshot(1, bad))).rejects.toThrow(/not valid/);
    expect(() => rules.of(snapshot(1, bad))).toThrow(/no risk rules/);
    await take(snapshot(0, undefined));
    expect(() => rules.of(snapshot(0, undefined))).toThrow(/no risk rules/);
    expect(rules.runningVersion()).toBe(0);
  });

  it('of a canary are its own, and never become those of all', async () => {
    const { rules, take } = rulesWith();
    const [all, canary] = [snapshot(1, good('a')), snapshot(2, good('b'), 'canary')];
    await take(all);
    await take(canary);
    expect([rules.of(all).version, rules.of(canary).version, rules.runningVersion()]).toEqual([1, 2, 1]);
  });
});

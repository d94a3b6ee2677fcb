import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import { describeRules, diffRules, validateRules } from './rule-languages.ts';

const rule = (i: number, priority = 1 + (i % 100)) => ({
  id: `r${i}`,
  name: `rule ${i} ${'x'.repeat(100)}`,
  priority,
  conditions: {
    all: [
      { fact: 'amount', operator: 'greaterThan', value: 1000 + i },
      { fact: 'payerId', operator: 'in', value: Array.from({ length: 10 }, (_, k) => `p${i}-${k}`) },
    ],
  },
  event: { type: 'reject', params: { code: 'risk_rejected' } },
});
const documentOf = (priority?: number) => ({ rules: Array.from({ length: 4_300 }, (_, i) => rule(i, priority)) });

/** How long the event loop stood still at most meanwhile, in ms: the best of three, since a busy machine is slow too. */
async function blockedBy(work: () => Promise<unknown>): Promise<number> {
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    await new Promise((done) => setTimeout(done, 20));
    delay.enable();
    await work();
    delay.disable();
    seen.push(delay.max / 1e6);
  }
  return Math.min(...seen);
}

describe('a document of 1.8 MB', () => {
  const live = documentOf();

  it('is checked, described and compared without holding up payments', async () => {
    expect(JSON.stringify(live).length).toBeGreaterThan(1_800_000);
    let told: Awaited<ReturnType<typeof validateRules>> | undefined;
    const blocked = await blockedBy(async () => {
      told = await validateRules('risk', documentOf(7), live);
    });
    expect(told).toMatchObject({ ok: true, rules: { length: 4_300 } });
    expect(told?.changes.length).toBeGreaterThan(4_000);
    expect(blocked).toBeLessThan(100);
  }, 60_000);

  it('is described and compared as a small one is', async () => {
    const small = { rules: [rule(1), rule(2)] };
    expect((await describeRules('risk', small)).map(({ id }) => id)).toEqual(['r2', 'r1']);
    expect(await describeRules('risk', { rules: 3 })).toEqual([]);
    expect(await diffRules('risk', small, { rules: [rule(1)] })).toMatchObject([{ kind: 'removed' }]);
    expect(await diffRules('risk', small, { rules: 3 })).toBeUndefined();
  });
});

describe('a draft', () => {
  it('of no rule that is switched on has an error; one that names what there is not has a finding', async () => {
    const none = { ok: false, issues: [{ code: 'no_rules', path: '/rules', severity: 'error' }] };
    expect(await validateRules('risk', { rules: [] }, { rules: [] })).toMatchObject(none);
    expect(await validateRules('risk', { rules: [{ ...rule(1), enabled: false }] }, { rules: [] })).toMatchObject({
      ok: false,
    });
    expect(await validateRules('routing', { rules: [] }, { rules: [] })).toMatchObject({ ok: true, issues: [] });
    const nobody = { all: [{ fact: 'merchantId', operator: 'equal', value: 'mch_nope' }] };
    const around = { merchants: new Map([['mch_cafe', {}]]) } as unknown as ConfigSnapshot;
    expect(
      await validateRules('risk', { rules: [{ ...rule(1), conditions: nobody }] }, { rules: [] }, around),
    ).toMatchObject({ ok: true, issues: [{ code: 'unknown_reference', message: 'there is no merchant mch_nope' }] });
  });
});

import { expect, it } from 'vitest';
import { runDifferential } from './testing/differential.ts';
import { generic, numeric } from './testing/random-rules.ts';

/** The longer run: node packages/rules/differential.mjs --pairs 1000000 */
it.each([generic, numeric])(
  'agrees with json-rules-engine on $name rules',
  async (source) => {
    const report = await runDifferential(source, 15_000, 4);
    expect(report.differences).toEqual([]);
    expect(report.pairs).toBeGreaterThanOrEqual(15_000);
    expect(report.fired).toBeGreaterThan(report.pairs / 10);
  },
  60_000,
);

import { expect, it } from 'vitest';
import { runDifferential } from './testing/differential.ts';
import { indexSteered } from './testing/index-steered.ts';
import { generic, numeric } from './testing/random-rules.ts';

/** Together more than 100,000 pairs of a rule and facts. The longer run: npm run rules:differential */
it.each([generic, numeric, indexSteered])(
  'agrees with json-rules-engine on $name rules',
  async (source) => {
    const report = await runDifferential(source, 34_000, 4);
    expect(report.differences).toEqual([]);
    expect(report.pairs).toBeGreaterThanOrEqual(34_000);
    expect(report.fired).toBeGreaterThan(report.pairs / 10);
  },
  180_000,
);

// Compares the rule engine with json-rules-engine on random rules.
// usage: node packages/rules/differential.mjs [--pairs 1000000] [--seed 1]
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';

register();
const { runDifferential } = await import('./src/testing/differential.ts');
const { indexSteered } = await import('./src/testing/index-steered.ts');
const { generic, numeric } = await import('./src/testing/random-rules.ts');

const { values } = parseArgs({ options: { pairs: { type: 'string' }, seed: { type: 'string' } } });
const pairs = Number(values.pairs ?? 1_000_000);
const seed = Number(values.seed ?? 1);

let different = false;
const sources = [generic, numeric, indexSteered];
for (const source of sources) {
  const startedAt = performance.now();
  const { differences, ...counts } = await runDifferential(source, Math.ceil(pairs / sources.length), seed);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(JSON.stringify({ ...counts, differences: differences.length, seed, seconds }));
  for (const difference of differences.slice(0, 3)) console.log(JSON.stringify(difference));
  different ||= differences.length > 0;
}
process.exitCode = different ? 1 : 0;

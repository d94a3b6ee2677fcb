// Replays facts through json-rules-engine and through our evaluator, and says whether they agree on a rule document.
// usage: npm run rules:verify -- rules.json [--facts facts.json] [--samples samples.json] [--count 2000] [--seed 1]
//   --facts    the definitions of the facts, as a list; without them they are inferred from the document
//   --samples  a list of facts to replay; without it, facts on the edges of the rules are drawn
// Exit 1 if the document is not valid, if the two engines differ, or if nothing could be compared.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';

register();
const { inferFacts } = await import('./src/infer-facts.ts');
const { boundaryFacts, verifyAgainstOracle } = await import('./src/oracle.ts');
const { parseText } = await import('./src/parse-text.ts');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    facts: { type: 'string' },
    samples: { type: 'string' },
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
});
const [file] = positionals;
if (file === undefined) {
  console.error('usage: npm run rules:verify -- rules.json [--facts facts.json] [--samples samples.json]');
  process.exit(2);
}

/** @param {string} name */
const readJson = (name) => JSON.parse(readFileSync(name, 'utf8'));
const given = values.facts === undefined ? {} : { facts: readJson(values.facts) };
const parsed = parseText(readFileSync(file, 'utf8'), given);
if (!parsed.ok) {
  for (const { path, message } of parsed.issues) console.error(`${path || '/'}: ${message}`);
  process.exit(1);
}

let state = Number(values.seed);
const random = () => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return state / 0x80000000;
};
const facts = given.facts ?? inferFacts(parsed.value);
const count = Number(values.count);
const samples =
  values.samples === undefined ? boundaryFacts(parsed.value, facts, count, random) : readJson(values.samples);
const report = await verifyAgainstOracle(parsed.value, facts, samples, { budgetMs: 600_000 });
for (const { facts: one, expected, actual } of report.differences) {
  console.error(`json-rules-engine fires [${expected}], we fire [${actual}] on ${JSON.stringify(one)}`);
}
console.log(JSON.stringify({ ...report, differences: report.differences.length, seed: Number(values.seed) }));
process.exitCode = report.differences.length > 0 || report.samples === 0 ? 1 : 0;

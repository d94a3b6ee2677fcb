import { createPool, type Pool } from '../../../platform/db.ts';
import { riskLanguage } from '../../../risk/check-risk.ts';
import { routingLanguage } from '../../../routing/plan-route.ts';
import { compileDocument } from '../../compiled-rules.ts';
import { boundaryFacts } from '../oracle/boundary-facts.ts';
import { type ComparedRules, exampleFacts, type OracleVerdict, verifyDocument } from '../oracle/verify-document.ts';
import { readByIds } from '../read-recorded.ts';
import { contextOf, createRiskFacts, createRoutingFacts, type Facts } from '../rebuild-facts.ts';
import type { OracleJob } from './lab-job.ts';

const recordedSamples = 200;
const mostSamples = 1_000;
const houseTimeZone = 'Asia/Shanghai';

/** Replays recorded facts and facts on the rules' edges through json-rules-engine. */
export async function runOracle(job: OracleJob): Promise<OracleVerdict> {
  const ends = performance.now() + job.budgetMs;
  const pool = createPool({ url: job.databaseUrl, max: 1, name: 'oracle' });
  try {
    const { facts: definitions } = job.kind === 'risk' ? riskLanguage : routingLanguage;
    const set = (job.kind === 'risk'
      ? await compileDocument(job.document, riskLanguage)
      : await compileDocument(job.document, routingLanguage)) as unknown as ComparedRules & {
      requiredFacts: ReadonlySet<string>;
    };
    const recorded = await recordedFacts(job, pool, set.requiredFacts);
    function* samples(): Generator<Facts> {
      yield exampleFacts(definitions) as Facts;
      // In turn: a slow set of rules must be asked about both when time is short.
      const edges = boundaryFacts(set.ruleSet, definitions, recorded);
      for (let i = 0; ; i++) {
        const edge = edges.next();
        const past = recorded[i];
        if (!edge.done) yield edge.value;
        if (past) yield past;
        if (edge.done && !past) return;
      }
    }
    return await verifyDocument(set, samples(), { most: mostSamples, deadline: () => performance.now() > ends });
  } finally {
    await pool.end();
  }
}

/** Of the latest payments; facts that were not recorded are missing, which both engines see alike. */
async function recordedFacts(job: OracleJob, pool: Pool, required: ReadonlySet<string>): Promise<Facts[]> {
  const { rows } = await pool.query(`SELECT id FROM payments ORDER BY id DESC LIMIT ${recordedSamples}`);
  const payments = await readByIds(
    pool,
    rows.map(({ id }) => id),
  );
  const rebuild = job.kind === 'risk' ? createRiskFacts(required) : createRoutingFacts(required);
  return payments.map((payment) => {
    const { facts } = rebuild(payment, contextOf(payment, houseTimeZone));
    return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  });
}

import type { FactDefinition } from '@tributary/rules/define-fact';
import { boundaryFacts, type OracleReport, verifyByOracle } from '@tributary/rules/oracle';
import type { RuleSet } from '@tributary/rules/rule-set';
import { createPool, type Pool } from '../../../platform/db.ts';
import { riskLanguage } from '../../../risk/check-risk.ts';
import { routingLanguage } from '../../../routing/plan-route.ts';
import { compileDocument } from '../../compiled-rules.ts';
import { readByIds } from '../read-recorded.ts';
import { contextOf, createRiskFacts, createRoutingFacts, type Facts } from '../rebuild-facts.ts';
import type { OracleJob } from './lab-job.ts';

const samples = { recorded: 100, boundary: 300 };
/** The zone is of no matter here: the same hours for both engines. */
const anyTimeZone = 'Asia/Shanghai';

type Compiled = {
  ruleSet: RuleSet;
  requiredFacts: ReadonlySet<string>;
  matches(facts: Facts): readonly { id: string }[];
};

/** Replays recorded facts, and facts on the rules' edges, through json-rules-engine. */
export async function runOracle(job: OracleJob): Promise<OracleReport> {
  const pool = createPool({ url: job.databaseUrl, max: 1, name: 'oracle' });
  try {
    const isRisk = job.kind === 'risk';
    const definitions: readonly FactDefinition[] = isRisk ? riskLanguage.facts : routingLanguage.facts;
    const set = (isRisk
      ? await compileDocument(job.document, riskLanguage)
      : await compileDocument(job.document, routingLanguage)) as unknown as Compiled;
    const recorded = await recordedFacts(job.kind, pool, set.requiredFacts);
    const edges = boundaryFacts(set.ruleSet, definitions, samples.boundary, Math.random);
    return await verifyByOracle(
      set.ruleSet,
      (facts) => set.matches(facts).map(({ id }) => id),
      inTurn(edges, recorded),
      {
        budgetMs: job.budgetMs,
      },
    );
  } finally {
    await pool.end();
  }
}

/** One of each as long as there are: a slow set of rules must be asked about both kinds when time is short. */
function* inTurn(edges: Iterator<Readonly<Facts>>, recorded: readonly Facts[]): Generator<Readonly<Facts>> {
  for (let i = 0; ; i++) {
    const edge = edges.next();
    const past = recorded[i];
    if (!edge.done) yield edge.value;
    if (past) yield past;
    if (edge.done && !past) return;
  }
}

/** Of the latest payments. Facts that were not recorded are missing, which both engines see alike. */
async function recordedFacts(kind: OracleJob['kind'], pool: Pool, required: ReadonlySet<string>): Promise<Facts[]> {
  const { rows } = await pool.query(`SELECT id FROM payments ORDER BY id DESC LIMIT ${samples.recorded}`);
  const payments = await readByIds(
    pool,
    rows.map(({ id }) => id),
  );
  const rebuild = kind === 'risk' ? createRiskFacts(required) : createRoutingFacts(required);
  return payments.map((payment) => rebuild(payment, contextOf(payment, anyTimeZone)).facts);
}

import type { Pool } from '../../platform/db.ts';
import { paymentIdFloor } from '../../platform/ids.ts';

/** How many payments are looked at, newest first: enough to see what a rule does, few enough to ask at any time. */
const sample = 20_000;

/** How often a rule fired lately and how those payments ended. */
export type RuleHits = { hits: number; succeeded: number; rejected: number; shadow: number };

/** Hits by rule over the decisions of the last 24 hours, of at most the newest `sample` payments. */
export async function readRuleHits(
  pool: Pool,
  kind: 'risk' | 'routing',
  now: Date,
): Promise<{ rules: Map<string, RuleHits>; payments: number; sampled: boolean }> {
  const { rows } = await pool.query(
    `WITH lately AS MATERIALIZED (
       SELECT id, status FROM payments WHERE id >= $1 ORDER BY id DESC LIMIT $3
     ), decided AS (
       SELECT l.status, e.data FROM lately l JOIN events e ON e.payment_id = l.id AND e.seq <= 4 AND e.kind = $2 AND e.payment_id >= $1
     ), hit AS (
       SELECT d.status, f.value ->> 'id' AS rule, false AS shadow FROM decided d, jsonb_array_elements(d.data -> 'fired') f
       UNION ALL
       SELECT d.status, f.value ->> 'id', true FROM decided d,
         jsonb_array_elements(CASE jsonb_typeof(d.data -> 'shadow') WHEN 'array' THEN d.data -> 'shadow' ELSE '[]' END) f
     )
     SELECT rule, count(*) FILTER (WHERE NOT shadow)::int AS hits, count(*) FILTER (WHERE shadow)::int AS shadow,
       count(*) FILTER (WHERE NOT shadow AND status = 'succeeded')::int AS succeeded,
       count(*) FILTER (WHERE NOT shadow AND status = 'rejected')::int AS rejected,
       (SELECT count(*)::int FROM lately) AS payments
     FROM hit WHERE rule IS NOT NULL GROUP BY rule`,
    [paymentIdFloor(now.getTime() - 86_400_000), kind === 'risk' ? 'risk.decided' : 'routing.planned', sample],
  );
  const payments: number = rows[0]?.payments ?? 0;
  return {
    rules: new Map(
      rows.map(({ rule, hits, succeeded, rejected, shadow }) => [rule, { hits, succeeded, rejected, shadow }]),
    ),
    payments,
    sampled: payments === sample,
  };
}

import type { Pool } from '../../platform/db.ts';
import { paymentIdFloor } from '../../platform/ids.ts';

/** How many payments are looked at, newest first: enough to see what a rule does, few enough to ask at any time. */
const sample = 20_000;

/** How often a rule fired lately and what became of those payments. */
export type RuleHits = {
  hits: number;
  succeeded: number;
  rejected: number;
  shadow: number;
  /** What it refused, by currency, in minor units. */
  refused: { currency: string; amount: number }[];
  /** Of the refused: those whose payer paid the same merchant the same amount afterwards. An estimate of false hits. */
  paidAfterwards: number;
  /** Cost of the channels that took its payments, in hundredths of a percent, on average; null when none did. */
  feeBps: number | null;
};

type Row = {
  rule: string;
  shadow: boolean;
  status: string;
  currency: string;
  channel_id: string | null;
  decided: boolean;
  count: number;
  amount: string;
  paid_afterwards: number;
};

/**
 * Hits by rule over the decisions of the last 24 hours, of at most the newest `sample` payments.
 * @param feeOf cost of a channel in hundredths of a percent
 */
export async function readRuleHits(
  pool: Pool,
  kind: 'risk' | 'routing',
  now: Date,
  feeOf: (channelId: string) => number | undefined,
): Promise<{ rules: Map<string, RuleHits>; payments: number; sampled: boolean }> {
  const since = paymentIdFloor(now.getTime() - 86_400_000);
  const counted = await pool.query<{ payments: number }>(
    'SELECT count(*)::int AS payments FROM (SELECT 1 FROM payments WHERE id >= $1 LIMIT $2) lately',
    [since, sample],
  );
  const { rows } = await pool.query<Row>(
    `WITH lately AS MATERIALIZED (
       SELECT id, status, merchant_id, payer_key, amount, currency, channel_id FROM payments
       WHERE id >= $1 ORDER BY id DESC LIMIT $3
     ), decided AS (
       SELECT l.*, e.data, l.status = 'rejected' AND EXISTS (
           SELECT 1 FROM payments p WHERE p.payer_key = l.payer_key AND p.merchant_id = l.merchant_id AND p.id > l.id
             AND p.amount = l.amount AND p.currency = l.currency AND p.status = 'succeeded') AS paid_afterwards
       FROM lately l JOIN events e ON e.payment_id = l.id AND e.seq <= 4 AND e.kind = $2 AND e.payment_id >= $1
     ), hit AS (
       -- A rule in shadow fires too, and stands under "shadow" as well: it is counted there.
       SELECT d.*, f.value ->> 'id' AS rule, false AS shadow FROM decided d, jsonb_array_elements(d.data -> 'fired') f
       WHERE f.value #> '{event,params,shadow}' IS DISTINCT FROM 'true'::jsonb
       UNION ALL
       SELECT d.*, f.value ->> 'id', true FROM decided d,
         jsonb_array_elements(CASE jsonb_typeof(d.data -> 'shadow') WHEN 'array' THEN d.data -> 'shadow' ELSE '[]' END) f
     )
     SELECT rule, shadow, status, currency, channel_id,
       -- What another rule, or a limit, refused is not this one's doing.
       coalesce(data #>> '{decidedBy,id}', rule) = rule AS decided, count(*)::int AS count, sum(amount) AS amount,
       count(*) FILTER (WHERE paid_afterwards)::int AS paid_afterwards
     FROM hit WHERE rule IS NOT NULL GROUP BY rule, shadow, status, currency, channel_id, decided`,
    [since, kind === 'risk' ? 'risk.decided' : 'routing.planned', sample],
  );
  const payments = counted.rows[0]?.payments ?? 0;
  const byRule = groupBy(rows, ({ rule }) => rule);
  return {
    rules: new Map([...byRule].map(([rule, own]) => [rule, addUp(own, feeOf)])),
    payments,
    sampled: payments === sample,
  };
}

function addUp(rows: readonly Row[], feeOf: (channelId: string) => number | undefined): RuleHits {
  const acting = rows.filter(({ shadow }) => !shadow);
  const countOf = (list: readonly Row[]) => list.reduce((sum, { count }) => sum + count, 0);
  const refused = acting.filter(({ status, decided }) => status === 'rejected' && decided);
  const amounts = groupBy(refused, ({ currency }) => currency);
  const priced = acting.flatMap(({ channel_id, count }) => {
    const bps = channel_id === null ? undefined : feeOf(channel_id);
    return bps === undefined ? [] : [{ bps, count }];
  });
  const pricedCount = priced.reduce((sum, { count }) => sum + count, 0);
  return {
    hits: countOf(acting),
    succeeded: countOf(acting.filter(({ status }) => status === 'succeeded')),
    rejected: countOf(refused),
    shadow: countOf(rows) - countOf(acting),
    refused: [...amounts].map(([currency, list]) => ({
      currency,
      amount: Number(list.reduce((sum, { amount }) => sum + BigInt(amount), 0n)),
    })),
    paidAfterwards: refused.reduce((sum, { paid_afterwards }) => sum + paid_afterwards, 0),
    feeBps:
      pricedCount === 0
        ? null
        : Math.round((priced.reduce((sum, { bps, count }) => sum + bps * count, 0) / pricedCount) * 10) / 10,
  };
}

function groupBy(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

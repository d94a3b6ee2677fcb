import { explainInWords } from '@tributary/rules/explain';
import type { RuleExplanation } from '@tributary/rules/explain-rule';
import { glossaryOf } from '@tributary/rules/glossary';
import { createRiskFacts, payerOf } from '../../config/backtest/rebuild-facts.ts';
import { decidedAt, type RecordedPayment } from '../../config/backtest/recorded-payment.ts';
import { candidatesThen } from '../../config/backtest/replay-routing.ts';
import type { PaymentContext, RiskDecision } from '../../payments/ports.ts';
import type { Pool } from '../../platform/db.ts';
import { judge, type RiskRules, riskLanguage } from '../../risk/check-risk.ts';
import { requestFacts } from '../../risk/facts/request-facts.ts';
import type { GatheredFacts, GatherFacts } from '../../risk/facts.ts';
import { routingFactsOf } from '../../routing/facts.ts';
import { plan, type RoutingRules, routingLanguage } from '../../routing/plan-route.ts';
import { rank } from '../../routing/rank.ts';
import type { AdminDeps } from '../admin-deps.ts';

/** Where a fact's value is from: the request, the record of the decision, or worked out now as of that moment. */
type FactSource = 'request' | 'recorded' | 'computed';

/** The payment that is decided about: an invented one, or one of the past with its record. */
export type Subject = { context: PaymentContext; recorded: RecordedPayment | undefined };

/** A recorded payment as if it came in now, at its own time. */
export function contextOfRecorded(
  payment: RecordedPayment,
  base: Pick<PaymentContext, 'snapshot' | 'merchant' | 'service'>,
): PaymentContext {
  return {
    ...base,
    at: decidedAt(payment),
    amount: { amountMinor: BigInt(payment.amount), currency: payment.currency as 'CNY' },
    request: {
      merchantOrderNo: payment.merchantOrderNo,
      serviceId: payment.serviceId,
      amount: payment.amount,
      currency: payment.currency as 'CNY',
      subject: 'dry run',
      payer: payerOf(payment),
    },
  };
}

const ofRequest: ReadonlySet<string> = new Set(requestFacts.map(({ name }) => name));

/** Facts for all sets of rules that are compared: recorded ones first; what nobody recorded is worked out for that moment. */
export async function factsFor(
  { context, recorded }: Subject,
  required: ReadonlySet<string>,
  gatherFacts: GatherFacts,
): Promise<{ gathered: GatheredFacts; sources: Record<string, FactSource> }> {
  const kept = recorded ? createRiskFacts(required)(recorded, context) : undefined;
  const needed = kept ? new Set(kept.missing) : required;
  const gathered = await gatherFacts(context, needed);
  const values = { ...gathered.values, ...kept?.facts } as GatheredFacts['values'];
  const sources: Record<string, FactSource> = {};
  for (const name of Object.keys(values))
    sources[name] = ofRequest.has(name) ? 'request' : needed.has(name) ? 'computed' : 'recorded';
  return { gathered: { ...gathered, values }, sources };
}

/** What one pair of rule sets decides, rule by rule. */
export async function decideBy(
  { context, recorded }: Subject,
  rules: { risk: RiskRules; routing: RoutingRules },
  gathered: GatheredFacts,
  { pool, adapters }: Pick<AdminDeps, 'pool' | 'adapters'>,
) {
  const risk = judge(context, rules.risk, gathered);
  const limits = await readLimits(pool, risk, context.request.amount);
  return {
    risk: {
      // Of a payment of the past the counters of its window have it in them already.
      outcome: !recorded && limits.some(({ fits }) => !fits) ? ('reject' as const) : risk.outcome,
      failure: risk.failure ?? null,
      version: risk.ruleSetVersion,
      fired: risk.fired.map(({ id }) => id),
      facts: risk.facts,
      limits,
      rules: rules.risk.set.explain(gathered.values).map(shown),
    },
    routing: routingBy({ context, recorded }, rules.routing, adapters),
  };
}

/** Among the accounts of then, where there is a record; else among those of now. */
function routingBy({ context, recorded }: Subject, rules: RoutingRules, adapters: AdminDeps['adapters']) {
  const facts = routingFactsOf(context);
  const explained = rules.set.explain(facts).map(shown);
  if (!recorded?.routing) {
    const { ruleSetVersion, fired, routes, candidates } = plan(context, rules, adapters);
    return {
      version: ruleSetVersion,
      fired: fired.map(({ id }) => id),
      routes,
      candidates,
      rules: explained,
      asThen: false,
    };
  }
  const fired = rules.set.matches(facts);
  const { order, judged } = rank(
    candidatesThen(recorded.routing, context.snapshot.channels, []),
    fired,
    `${recorded.merchantId}|${recorded.merchantOrderNo}`,
  );
  return {
    version: rules.version,
    fired: fired.map(({ id }) => id),
    routes: order.map(({ channelId, accountId }) => ({ channelId, accountId })),
    candidates: judged,
    rules: explained,
    asThen: true,
  };
}

async function readLimits(pool: Pool, { holds }: RiskDecision, amount: number) {
  return Promise.all(
    holds.map(async (hold) => {
      const { rows } = await pool.query(
        'SELECT amount, count FROM limit_usage WHERE limit_id = $1 AND scope_key = $2 AND window_start = $3',
        [hold.limitId, hold.scopeKey, hold.windowStart],
      );
      const used = { amount: Number(rows[0]?.amount ?? 0), count: Number(rows[0]?.count ?? 0) };
      const fits =
        (hold.maxAmount === undefined || BigInt(used.amount + amount) <= hold.maxAmount) &&
        (hold.maxCount === undefined || used.count + 1 <= hold.maxCount);
      return {
        limitId: hold.limitId,
        name: hold.name,
        scopeKey: hold.scopeKey,
        usedAmount: used.amount,
        usedCount: used.count,
        maxAmount: hold.maxAmount === undefined ? null : Number(hold.maxAmount),
        maxCount: hold.maxCount ?? null,
        fits,
      };
    }),
  );
}

/** Facts of both kinds of rules: what they share is called the same. */
const glossary = glossaryOf([...riskLanguage.facts, ...routingLanguage.facts]);

const shown = (rule: RuleExplanation) => ({
  id: rule.id,
  name: rule.name,
  result: rule.result,
  event: { type: rule.event.type, params: rule.event.params as Record<string, unknown> },
  /** Per condition: the operator, the value it was compared with, what the fact really was, and the result. */
  conditions: rule.conditions as unknown as Record<string, unknown>,
  words: { en: explainInWords(rule, 'en', glossary), zh: explainInWords(rule, 'zh', glossary) },
});

import { currencySchema } from '@tributary/contracts/money';
import { payerSchema } from '@tributary/contracts/payment';
import { explainInWords } from '@tributary/rules/explain';
import type { RuleExplanation } from '@tributary/rules/explain-rule';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { compileDocument, InvalidRules } from '../../config/compiled-rules.ts';
import type { PaymentContext } from '../../payments/ports.ts';
import { AppError } from '../../platform/app-error.ts';
import { judge, type RiskRules, riskLanguage } from '../../risk/check-risk.ts';
import { routingFactsOf } from '../../routing/facts.ts';
import { plan, type RoutingRules, routingLanguage } from '../../routing/plan-route.ts';
import type { AdminDeps } from '../admin-deps.ts';

/** A dry run: what risk and routing would decide about a payment, and why, with published rules or a draft. Writes nothing. */
export function createDecideRouter({ config, clock, rules, gatherFacts, adapters, pool }: AdminDeps) {
  return router({
    run: procedure('lab.run')
      .input(
        z.strictObject({
          merchantId: z.string().max(64),
          serviceId: z.string().max(64),
          amount: z.int().min(1),
          currency: currencySchema.default('CNY'),
          payer: payerSchema.optional(),
          at: z.int().optional(),
          draft: z.strictObject({ kind: z.enum(['risk', 'routing']), document: z.unknown() }).optional(),
        }),
      )
      .query(async ({ input }) => {
        const snapshot = config.current();
        const merchant = snapshot.merchants.get(input.merchantId);
        const service = snapshot.services.get(input.serviceId);
        if (!merchant) throw new AppError('not_found', `there is no merchant ${input.merchantId}`);
        if (!service) throw new AppError('not_found', `there is no service ${input.serviceId}`);
        const context: PaymentContext = {
          snapshot,
          merchant,
          service,
          amount: { amountMinor: BigInt(input.amount), currency: input.currency },
          at: input.at === undefined ? clock.now() : new Date(input.at),
          request: {
            merchantOrderNo: 'dry-run',
            serviceId: service.id,
            amount: input.amount,
            currency: input.currency,
            subject: 'dry run',
            ...(input.payer ? { payer: input.payer } : {}),
          },
        };
        const { draft } = input;
        const riskRules: RiskRules =
          draft?.kind === 'risk'
            ? { version: 0, set: await compiled(draft.document, riskLanguage) }
            : rules.risk.of(snapshot);
        const routingRules: RoutingRules =
          draft?.kind === 'routing'
            ? { version: 0, set: await compiled(draft.document, routingLanguage) }
            : rules.routing.of(snapshot);
        const facts = await gatherFacts(context, riskRules.set.requiredFacts);
        const risk = judge(context, riskRules, facts);
        const routing = plan(context, routingRules, adapters);
        const limits = await Promise.all(
          risk.holds.map(async (hold) => {
            const { rows } = await pool.query(
              'SELECT amount, count FROM limit_usage WHERE limit_id = $1 AND scope_key = $2 AND window_start = $3',
              [hold.limitId, hold.scopeKey, hold.windowStart],
            );
            const used = { amount: Number(rows[0]?.amount ?? 0), count: Number(rows[0]?.count ?? 0) };
            const fits =
              (hold.maxAmount === undefined || BigInt(used.amount + input.amount) <= hold.maxAmount) &&
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
        return {
          risk: {
            outcome: limits.some(({ fits }) => !fits) ? ('reject' as const) : risk.outcome,
            failure: risk.failure ?? null,
            version: risk.ruleSetVersion,
            fired: risk.fired.map(({ id }) => id),
            facts: risk.facts,
            limits,
            rules: riskRules.set.explain(facts.values).map(shown),
          },
          routing: {
            version: routing.ruleSetVersion,
            fired: routing.fired.map(({ id }) => id),
            routes: routing.routes,
            candidates: routing.candidates,
            rules: routingRules.set.explain(routingFactsOf(context)).map(shown),
          },
        };
      }),
  });
}

const shown = (rule: RuleExplanation) => ({
  id: rule.id,
  name: rule.name,
  result: rule.result,
  event: { type: rule.event.type, params: rule.event.params as Record<string, unknown> },
  words: { en: explainInWords(rule, 'en'), zh: explainInWords(rule, 'zh') },
});

async function compiled<
  F extends Parameters<typeof compileDocument>[1]['facts'],
  T extends Parameters<typeof compileDocument>[1]['eventTypes'],
>(document: unknown, language: { facts: F; eventTypes: T }) {
  try {
    return await compileDocument(document, language);
  } catch (error) {
    if (error instanceof InvalidRules)
      throw new AppError('invalid_rule_set', error.message, {
        errors: error.issues.slice(0, 50).map(({ path, message }) => ({ path, message })),
      });
    throw error;
  }
}

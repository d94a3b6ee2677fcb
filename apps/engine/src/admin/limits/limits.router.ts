import { limitIdSchema } from '@tributary/contracts/limit';
import { currencySchema } from '@tributary/contracts/money';
import { paymentIdSchema } from '@tributary/contracts/payment';
import { cleanText, isCleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createLimitUsageReads } from './limit-usage.read.ts';

const most = 200;

/** Limits, what is used of them now and when they will be full. */
export function createLimitsRouter({ pool, audit, config, clock }: AdminDeps) {
  const usage = createLimitUsageReads(pool);

  function mustFind(limitId: string) {
    const limit = config.current().limits.find(({ id }) => id === limitId);
    if (!limit) throw new AppError('not_found', `there is no limit ${limitId}`);
    return limit;
  }

  return router({
    /** Every limit with its fullest counters: how full, warned or not, and when it will be full. */
    list: procedure('risk.read').query(async () => {
      const snapshot = config.current();
      const at = clock.now();
      const limits = [];
      for (const limit of snapshot.limits) {
        const counters = limit.enabled ? await usage.countersOf(limit, snapshot, at, { limit: 10 }) : [];
        limits.push({
          ...limit,
          minAmount: limit.minAmount ?? null,
          maxAmount: limit.maxAmount ?? null,
          maxCount: limit.maxCount ?? null,
          state: limit.enabled ? (counters[0]?.state ?? ('ok' as const)) : ('off' as const),
          usage: counters,
        });
      }
      return limits;
    }),
    /** The counters of one limit, fullest first; `value` finds those of one merchant, payer, address, … */
    counters: procedure('risk.read')
      .input(
        z.strictObject({
          limitId: limitIdSchema,
          value: z
            .string()
            .trim()
            .min(1)
            .max(128)
            .refine(isCleanText, { error: 'contains invisible characters' })
            .optional(),
          limit: z.int().min(1).max(most).default(50),
        }),
      )
      .query(({ input }) =>
        usage.countersOf(mustFind(input.limitId), config.current(), clock.now(), {
          value: input.value,
          limit: input.limit,
        }),
      ),
    /** One counter's windows, oldest first, for a chart. */
    history: procedure('risk.read')
      .input(
        z.strictObject({
          limitId: limitIdSchema,
          scopeKey: z.string().max(1_000),
          windows: z.int().min(1).max(most).default(30),
        }),
      )
      .query(({ input }) => usage.historyOf(mustFind(input.limitId), input.scopeKey, input.windows)),
    /** What a payment has reserved of which limit, and what became of it. */
    ofPayment: procedure('risk.read')
      .input(z.strictObject({ paymentId: paymentIdSchema }))
      .query(async ({ input }) => {
        const names = new Map(config.current().limits.map(({ id, name }) => [id, name]));
        const reservations = await usage.reservationsOf(input.paymentId);
        return reservations.map((one) => ({ ...one, name: names.get(one.limitId) ?? one.limitId }));
      }),
    save: procedure('risk.write')
      .input(
        z
          .strictObject({
            id: z.string().regex(/^[a-z][a-z0-9_-]{1,47}$/),
            name: cleanText(80),
            enabled: z.boolean(),
            scope: z.array(z.enum(['merchant', 'service', 'payer', 'ip', 'device'])).max(5),
            match: z.strictObject({
              merchantId: z.string().max(64).optional(),
              serviceId: z.string().max(64).optional(),
            }),
            period: z.enum(['hour', 'day', 'month']),
            currency: currencySchema,
            maxAmount: z.int().min(0).nullable(),
            maxCount: z.int().min(0).nullable(),
          })
          .refine((limit) => limit.maxAmount !== null || limit.maxCount !== null, {
            error: 'a limit needs maxAmount or maxCount',
            path: ['maxAmount'],
          }),
      )
      .mutation(async ({ ctx, input }) => {
        await audit.audited(
          { actor: ctx.actor, action: 'limits.save', objectType: 'limit', objectId: input.id, after: input },
          (client) =>
            client.query(
              `INSERT INTO limits (id, name, enabled, scope, match, period, currency, max_amount, max_count, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (id) DO UPDATE SET name = $2, enabled = $3, scope = $4, match = $5, period = $6, currency = $7, max_amount = $8, max_count = $9, updated_by = $10, updated_at = now()`,
              [
                input.id,
                input.name,
                input.enabled,
                input.scope,
                JSON.stringify(input.match),
                input.period,
                input.currency,
                input.maxAmount,
                input.maxCount,
                ctx.actor.id,
              ],
            ),
        );
        return { ok: true };
      }),
  });
}

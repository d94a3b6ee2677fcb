import { limitIdSchema } from '@tributary/contracts/limit';
import { paymentIdSchema } from '@tributary/contracts/payment';
import { isCleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createLimitUsageReads } from './limit-usage.read.ts';

const most = 200;

/** Limits, what is used of them now and when they will be full. They are changed like all configuration, by a change. */
export function createLimitsRouter({ pool, config, clock }: AdminDeps) {
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
  });
}

import { currencySchema } from '@tributary/contracts/money';
import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';

const listName = z.enum(['merchant', 'payer', 'ip', 'device']);

/** Cumulative limits with what is used of them now, and the block lists. */
export function createLimitsRouter({ prisma, pool, audit }: AdminDeps) {
  return router({
    list: procedure('risk.read').query(async () => {
      const limits = await prisma.limit.findMany({ orderBy: { id: 'asc' } });
      const { rows } = await pool.query(`SELECT limit_id, scope_key, window_start, amount, count FROM limit_usage u
        WHERE window_start = (SELECT max(window_start) FROM limit_usage WHERE limit_id = u.limit_id AND scope_key = u.scope_key) ORDER BY amount DESC LIMIT 500`);
      return limits.map((limit) => ({
        id: limit.id,
        name: limit.name,
        enabled: limit.enabled,
        scope: limit.scope,
        match: limit.match as Record<string, string>,
        period: limit.period,
        currency: limit.currency,
        maxAmount: limit.maxAmount === null ? null : Number(limit.maxAmount),
        maxCount: limit.maxCount,
        usage: rows
          .filter((row) => row.limit_id === limit.id)
          .slice(0, 20)
          .map((row) => ({
            scopeKey: row.scope_key as string,
            windowStart: (row.window_start as Date).getTime(),
            amount: Number(row.amount),
            count: row.count as number,
          })),
      }));
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
    entries: procedure('risk.read')
      .input(z.strictObject({ list: listName }))
      .query(async ({ input }) => {
        const rows = await prisma.listEntry.findMany({
          where: { list: input.list },
          orderBy: { createdAt: 'desc' },
          take: 500,
        });
        return rows.map((row) => ({
          value: row.value,
          reason: row.reason,
          createdBy: row.createdBy,
          createdAt: row.createdAt.getTime(),
          expiresAt: row.expiresAt?.getTime() ?? null,
        }));
      }),
    block: procedure('risk.write')
      .input(
        z.strictObject({
          list: listName,
          value: cleanText(128),
          reason: cleanText(200),
          days: z.int().min(1).max(3650).nullable().default(null),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'lists.block',
            objectType: 'list_entry',
            objectId: `${input.list}:${input.value}`,
            reason: input.reason,
            after: { days: input.days },
          },
          (client) =>
            client.query(
              `INSERT INTO list_entries (list, value, reason, created_by, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(days => $5))
             ON CONFLICT (list, value) DO UPDATE SET reason = $3, created_by = $4, created_at = now(), expires_at = now() + make_interval(days => $5)`,
              [input.list, input.value, input.reason, ctx.actor.id, input.days],
            ),
        );
        return { ok: true };
      }),
    unblock: procedure('risk.write')
      .input(z.strictObject({ list: listName, value: z.string().max(128), reason: cleanText(200) }))
      .mutation(async ({ ctx, input }) => {
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'lists.unblock',
            objectType: 'list_entry',
            objectId: `${input.list}:${input.value}`,
            reason: input.reason,
          },
          async (client) => {
            const { rowCount } = await client.query('DELETE FROM list_entries WHERE list = $1 AND value = $2', [
              input.list,
              input.value,
            ]);
            if (rowCount === 0) throw new AppError('not_found', 'there is no such entry');
          },
        );
        return { ok: true };
      }),
  });
}

import { serviceConfigSchema } from '@tributary/contracts/service-config';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';

/** Services are data: a new one on channels that exist needs no code and no restart. */
export function createServicesRouter({ prisma, audit, config }: AdminDeps) {
  return router({
    list: procedure('services.read').query(async () => {
      const rows = await prisma.service.findMany({ orderBy: { id: 'asc' } });
      return rows.map(({ id, config: stored, version, updatedBy, updatedAt }) => {
        const parsed = serviceConfigSchema.safeParse(stored);
        return {
          id,
          version,
          updatedBy,
          updatedAt: updatedAt.getTime(),
          config: parsed.success ? parsed.data : null,
          invalid: !parsed.success,
        };
      });
    }),
    save: procedure('services.write')
      .input(z.strictObject({ config: serviceConfigSchema, version: z.int().min(0) }))
      .mutation(async ({ ctx, input }) => {
        const unknown = input.config.channelIds.find((id) => !config.current().channels.has(id));
        if (unknown)
          throw new AppError('invalid_request', `there is no channel ${unknown}`, {
            errors: [{ path: 'config.channelIds', message: `${unknown} is not a channel` }],
          });
        if (input.config.minAmount > input.config.maxAmount) {
          throw new AppError('invalid_request', 'the amounts leave no room', {
            errors: [{ path: 'config.maxAmount', message: 'must not be below minAmount' }],
          });
        }
        const before = await prisma.service.findUnique({ where: { id: input.config.id } });
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'services.save',
            objectType: 'service',
            objectId: input.config.id,
            before: before?.config,
            after: input.config,
          },
          async (client) => {
            const { rowCount } = await client.query(
              `INSERT INTO services (id, config, version, updated_by) VALUES ($1, $2, 1, $3)
             ON CONFLICT (id) DO UPDATE SET config = $2, version = services.version + 1, updated_by = $3, updated_at = now() WHERE services.version = $4`,
              [input.config.id, JSON.stringify(input.config), ctx.actor.id, input.version],
            );
            if (rowCount === 0) throw new AppError('conflict', 'the service was changed meanwhile');
          },
        );
        return { ok: true };
      }),
  });
}

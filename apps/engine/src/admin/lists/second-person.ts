import { listIdSchema } from '@tributary/contracts/list';
import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure } from '../../access/trpc.ts';
import type { ImportsStore } from '../../risk/lists/imports.store.ts';
import type { AdminDeps } from '../admin-deps.ts';

export const importIdSchema = z.string().regex(/^imp_[0-9A-HJKMNP-TV-Z]{26}$/, { error: 'is not an import' });

/**
 * Entries of lists that let payments through wait for a second person, as changes of configuration do: what lifts rules
 * is nobody's to do alone. Entries that block or watch are on their list at once.
 */
export const createSecondPerson = ({
  audit,
  imports,
  follow,
}: Pick<AdminDeps, 'audit'> & { imports: ImportsStore; follow: () => Promise<void> }) => ({
  /** What waits, oldest first, with the first 50 values of each. */
  waiting: procedure('risk.read')
    .input(z.strictObject({ list: listIdSchema.optional() }).prefault({}))
    .query(async ({ ctx, input }) =>
      (await imports.waiting(input.list)).map((one) => ({
        ...one,
        isMine: [one.createdBy, one.askedBy].includes(ctx.actor.id),
      })),
    ),

  /** Puts it on the list, by somebody who neither made nor asked for it. */
  approve: procedure('changes.approve')
    .input(z.strictObject({ importId: importIdSchema, comment: cleanText(200).optional() }))
    .mutation(async ({ ctx, input }) => {
      const done = await audit.audited(
        {
          actor: ctx.actor,
          action: 'lists.approve',
          objectType: 'list_import',
          objectId: input.importId,
          ...(input.comment === undefined ? {} : { reason: input.comment }),
        },
        (client) => imports.approve(client, input.importId, ctx.actor.id),
      );
      void follow();
      return { list: done.import.list, added: done.added, changed: done.changed };
    }),

  refuse: procedure('changes.approve')
    .input(z.strictObject({ importId: importIdSchema, reason: cleanText(200) }))
    .mutation(async ({ ctx, input }) => {
      const { list } = await audit.audited(
        {
          actor: ctx.actor,
          action: 'lists.refuse',
          objectType: 'list_import',
          objectId: input.importId,
          reason: input.reason,
        },
        (client) => imports.discard(client, input.importId, ctx.actor.id, 'waiting'),
      );
      return { list };
    }),
});

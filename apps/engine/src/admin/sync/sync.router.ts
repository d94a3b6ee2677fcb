import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import { type BatchFilter, createBatchStore, mostOfBatch, newBatchId } from '../../sync/batches/batches.store.ts';
import type { AdminDeps } from '../admin-deps.ts';

const paymentId = z.string().regex(/^pay_[0-9A-HJKMNP-TV-Z]{26}$/, { error: 'is not a payment id' });
const id = z.string().min(1).max(64);
const time = z.int().min(0).max(281_474_976_710_655);
const batchId = z.string().regex(/^syb_[0-9A-Z]{26}$/, { error: 'is not a batch id' });

const filter = z
  .strictObject({
    paymentIds: z.array(paymentId).min(1).max(1_000).optional(),
    merchantId: id.optional(),
    channelId: id.optional(),
    accountId: id.optional(),
    from: time.optional(),
    to: time.optional(),
  })
  .refine((given) => Object.values(given).some((one) => one !== undefined), { error: 'say which payments' })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    error: 'ends before it begins',
    path: ['to'],
  });

/** Look-ups of many open payments at once: counted first, at a rate, with what became of them, to be called off. */
export function createSyncRouter({ pool, audit }: AdminDeps) {
  const store = createBatchStore(pool);
  const shown = <Times extends { createdAt: Date; startedAt: Date | null; endedAt: Date | null; cursor: string }>({
    cursor: _,
    ...batch
  }: Times) => ({
    ...batch,
    createdAt: batch.createdAt.getTime(),
    startedAt: batch.startedAt?.getTime() ?? null,
    endedAt: batch.endedAt?.getTime() ?? null,
  });

  return router({
    /** How many open payments a filter means; nothing is asked. `tooMany`: more than a batch may have. */
    count: procedure('shards.read')
      .input(z.strictObject({ filter }))
      .query(async ({ input }) => {
        const count = await store.count(input.filter as BatchFilter);
        return { count: Math.min(count, mostOfBatch), tooMany: count > mostOfBatch, most: mostOfBatch };
      }),

    start: procedure('shards.act')
      .input(z.strictObject({ filter, perSecond: z.int().min(1).max(1_000), reason: cleanText(200) }))
      .mutation(async ({ ctx, input }) => {
        const total = await store.count(input.filter as BatchFilter);
        const wrong = (message: string) =>
          new AppError('invalid_request', message, { errors: [{ path: 'filter', message }] });
        if (total === 0) throw wrong('no open payment fits');
        if (total > mostOfBatch) throw wrong(`more than ${mostOfBatch} open payments fit: narrow it down`);
        const made = newBatchId();
        const { perSecond, reason } = input;
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'sync.start',
            objectType: 'sync_batch',
            objectId: made,
            after: { filter: input.filter, perSecond, total },
            reason,
          },
          (client) =>
            store.add(client, {
              id: made,
              filter: input.filter as BatchFilter,
              perSecond,
              reason,
              total,
              createdBy: ctx.actor.id,
            }),
        );
        return { id: made, total };
      }),

    cancel: procedure('shards.act')
      .input(z.strictObject({ id: batchId }))
      .mutation(async ({ ctx, input }) => {
        if (!(await store.find(input.id))) throw new AppError('not_found', 'there is no such batch');
        await audit.audited(
          { actor: ctx.actor, action: 'sync.cancel', objectType: 'sync_batch', objectId: input.id },
          async (client) => {
            if (!(await store.cancel(client, input.id))) throw new AppError('conflict', 'the batch is over');
          },
        );
        return {};
      }),

    list: procedure('shards.read').query(async () => (await store.list(50)).map(shown)),

    get: procedure('shards.read')
      .input(z.strictObject({ id: batchId }))
      .query(async ({ input }) => {
        const [batch, { moves, changed }] = await Promise.all([store.find(input.id), store.results(input.id, 200)]);
        if (!batch) throw new AppError('not_found', 'there is no such batch');
        return {
          ...shown(batch),
          moves,
          changes: changed.map((one) => ({ ...one, askedAt: one.askedAt.getTime() })),
        };
      }),
  });
}

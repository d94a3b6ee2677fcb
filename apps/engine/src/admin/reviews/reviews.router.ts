import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import type { Actor } from '../../config/audit.store.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createReviewReads } from './reviews.read.ts';

const paymentId = z.string().regex(/^pay_[0-9A-HJKMNP-TV-Z]{26}$/);
const reason = cleanText(300);

/** Payments that a risk rule keeps here until a person has looked at them. */
export function createReviewsRouter({ pool, audit, held }: AdminDeps) {
  const reads = createReviewReads(pool);

  /** Writes down who decided what, also when it came too late. The channel is called meanwhile: no transaction is open. */
  async function written<Result>(
    actor: Actor,
    action: string,
    objectId: string,
    why: string,
    act: () => Promise<Result>,
  ): Promise<Result> {
    const entry = { actor, action, objectType: 'payment', objectId, reason: why };
    try {
      const result = await act();
      await audit.append({ ...entry, result: 'ok', after: result });
      return result;
    } catch (error) {
      await audit.append({ ...entry, result: 'failed' });
      throw error;
    }
  }

  return router({
    count: procedure('risk.read').query(async () => ({ waiting: await reads.count() })),
    queue: procedure('risk.read')
      .input(
        z.strictObject({
          merchantId: z.string().max(64).optional(),
          cursor: z
            .string()
            .regex(/^\d{1,15}\.pay_[0-9A-HJKMNP-TV-Z]{26}$/, { error: 'is not a cursor of this list' })
            .optional(),
          limit: z.int().min(1).max(100).default(50),
          direction: z.enum(['forward', 'backward']).optional(),
        }),
      )
      .query(({ input }) => reads.queue(input)),
    approve: procedure('risk.write')
      .input(z.strictObject({ paymentId, reason }))
      .mutation(({ ctx, input }) =>
        written(ctx.actor, 'reviews.approve', input.paymentId, input.reason, () =>
          held.approve(input.paymentId, { actor: ctx.actor.id, reason: input.reason }),
        ),
      ),
    reject: procedure('risk.write')
      .input(
        z.strictObject({
          paymentId,
          reason,
          messageForMerchant: cleanText(200).optional(),
          messageForPayer: cleanText(200).optional(),
        }),
      )
      .mutation(({ ctx, input }) =>
        written(ctx.actor, 'reviews.reject', input.paymentId, input.reason, () =>
          held.reject(input.paymentId, {
            actor: ctx.actor.id,
            reason: input.reason,
            ...(input.messageForMerchant === undefined ? {} : { messageForMerchant: input.messageForMerchant }),
            ...(input.messageForPayer === undefined ? {} : { messageForPayer: input.messageForPayer }),
          }),
        ),
      ),
  });
}

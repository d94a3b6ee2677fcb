import { paymentStatuses } from '@tributary/contracts/payment-status';
import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createOrderReads } from './orders.read.ts';

const ids = z.array(z.string().max(64)).max(50).optional();
const time = z.int().min(0).max(8_640_000_000_000_000);
const paymentId = z.string().regex(/^pay_[0-9A-Z]{26}$/);

export function createOrdersRouter(deps: AdminDeps) {
  const reads = createOrderReads(deps);

  async function mustFind(id: string, onlyMerchant: string | undefined) {
    const order = await reads.get(id, { onlyMerchant });
    if (!order) throw new AppError('not_found', 'there is no such payment');
    return order;
  }

  return router({
    list: procedure('orders.read')
      .input(
        z.strictObject({
          status: z.array(z.enum(paymentStatuses)).max(10).optional(),
          channelId: ids,
          serviceId: ids,
          merchantId: z.string().max(64).optional(),
          from: time.optional(),
          to: time.optional(),
          minAmount: z.int().min(0).optional(),
          maxAmount: z.int().min(0).optional(),
          failureCode: z.string().max(64).optional(),
          cursor: z.string().max(40).optional(),
          limit: z.int().min(1).max(100).default(50),
          direction: z
            .enum(['forward', 'backward'])
            .optional()
            .meta({ description: 'Sent by paging clients; pages only go forward.' }),
        }),
      )
      .query(({ ctx, input }) => {
        const {
          merchantId,
          direction: _,
          ...filter
        } = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as typeof input;
        const wanted = ctx.onlyMerchant ?? merchantId;
        return reads.list({ ...filter, ...(wanted === undefined ? {} : { merchantId: wanted }) } as Parameters<
          typeof reads.list
        >[0]);
      }),
    find: procedure('orders.read')
      .input(z.strictObject({ text: z.string().trim().min(4).max(128) }))
      .query(({ ctx, input }) => reads.find(input.text, ctx.onlyMerchant)),
    get: procedure('orders.read')
      .input(z.strictObject({ id: paymentId }))
      .query(({ ctx, input }) => mustFind(input.id, ctx.onlyMerchant)),
    sync: procedure('orders.sync')
      .input(z.strictObject({ id: paymentId }))
      .mutation(async ({ ctx, input }) => {
        await mustFind(input.id, ctx.onlyMerchant);
        const lookUps = await deps.audit.audited(
          { actor: ctx.actor, action: 'orders.sync', objectType: 'payment', objectId: input.id },
          () => deps.syncNow(input.id),
        );
        return { lookUps };
      }),
    note: procedure('orders.note')
      .input(z.strictObject({ id: paymentId, text: cleanText(500) }))
      .mutation(async ({ ctx, input }) => {
        await mustFind(input.id, ctx.onlyMerchant);
        await deps.audit.audited(
          { actor: ctx.actor, action: 'orders.note', objectType: 'payment', objectId: input.id },
          () => deps.addNote(input.id, ctx.actor.id, input.text),
        );
        return { ok: true };
      }),
  });
}

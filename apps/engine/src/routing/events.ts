import * as z from 'zod';

/** A channel, or one account of it. At least one must be named. */
const target = z
  .strictObject({ channelId: z.string().max(64).optional(), accountId: z.string().max(64).optional() })
  .refine((one) => one.channelId !== undefined || one.accountId !== undefined, {
    error: 'name a channelId or an accountId',
  });

/** What a routing rule may do when it fires. */
export const routingEvents = {
  /** Takes a channel or account out for this payment. */
  exclude: target,
  /** Puts it before all that are not preferred. */
  prefer: target,
  /** Gives it another priority for this payment; lower comes first. */
  setPriority: z
    .strictObject({
      channelId: z.string().max(64).optional(),
      accountId: z.string().max(64).optional(),
      priority: z.int().min(0).max(100_000),
    })
    .refine((one) => one.channelId !== undefined || one.accountId !== undefined, {
      error: 'name a channelId or an accountId',
    }),
} as const;

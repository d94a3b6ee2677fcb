import * as z from 'zod';
import { objectIdSchema } from './config-kind.ts';
import { cleanText } from './text.ts';

/** How a channel is treated: hot-reloaded, per channel. All times in milliseconds. */
export const channelParamsSchema = z.strictObject({
  /** Calls in flight at once per node, per operation group (place, query, refund). */
  maxConcurrent: z.int().min(1).max(10_000).default(64),
  /** Calls that may wait for a place. */
  maxQueue: z.int().min(0).max(10_000).default(64),
  /** How long a call may wait. */
  queueTimeoutMs: z.int().min(0).max(60_000).default(500),
  /** Deadline per operation; the adapter's default otherwise. */
  deadlinesMs: z
    .partialRecord(
      z.enum(['place', 'query', 'close', 'reverse', 'refund', 'queryRefund', 'fetchTrust']),
      z.int().min(50).max(60_000),
    )
    .default({}),
});
export type ChannelParams = z.infer<typeof channelParamsSchema>;

/** A channel as data; its switch and its accounts are kept apart, because they change without a change request. */
export const channelDocumentSchema = z.strictObject({
  id: objectIdSchema,
  name: cleanText(80),
  /** Which code speaks for it; several channels may share one. */
  adapter: z.string().min(1).max(64),
  /** Lower comes first. */
  priority: z.int().min(0).max(100_000).default(100),
  /** Cost in hundredths of a percent of the amount. */
  feeBps: z.int().min(0).max(10_000).default(60),
  params: channelParamsSchema.prefault({}),
});
export type ChannelDocument = z.infer<typeof channelDocumentSchema>;

import * as z from 'zod';

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

import * as z from 'zod';
import { objectIdSchema } from './config-kind.ts';
import { cleanText } from './text.ts';

/** When calls to a channel are held back: hot-reloaded, one breaker per node and operation group, all with these parameters. */
export const breakerParamsSchema = z.strictObject({
  /** Judge the last calls, or the calls of the last seconds. */
  windowKind: z.enum(['count', 'time']).default('count'),
  /** Calls, or seconds. */
  windowSize: z.int().min(1).max(3600).default(100),
  /** Fewer calls in the window say nothing. */
  minimumCalls: z.int().min(1).max(100_000).default(20),
  /** Opens at this percentage of calls that failed by the channel's fault. */
  failureRateThreshold: z.int().min(1).max(100).default(50),
  /** A call that took at least this long is slow, whatever it brought. */
  slowCallMs: z.int().min(1).max(60_000).default(10_000),
  /** Opens at this percentage of slow calls. */
  slowRateThreshold: z.int().min(1).max(100).default(100),
  /** How long an open breaker refuses before it lets probes through. */
  openMs: z.int().min(1).max(3_600_000).default(10_000),
  /** Probes let through, all of which must succeed. */
  halfOpenProbes: z.int().min(1).max(1000).default(3),
});
export type BreakerParams = z.infer<typeof breakerParamsSchema>;

/** How many of a channel's callbacks a node handles at once: apart from its own calls, so that neither stands in the other's way. */
export const callbackParamsSchema = z.strictObject({
  /** Callbacks in hand at once per node. */
  maxConcurrent: z.int().min(1).max(10_000).default(32),
  /** Callbacks that may wait; beyond that the channel is asked to send again. */
  maxQueue: z.int().min(0).max(10_000).default(512),
  /** How long a callback may wait. */
  queueTimeoutMs: z.int().min(0).max(60_000).default(2_000),
  /** How long one may take before the channel is asked to send again; channels give up after about five seconds. */
  deadlineMs: z.int().min(50).max(60_000).default(4_500),
});

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
  /** Look-ups of orders per second that all nodes together may send; what is over waits, and uses up nothing. */
  queriesPerSecond: z.int().min(1).max(100_000).default(500),
  callbacks: callbackParamsSchema.prefault({}),
  breaker: breakerParamsSchema.prefault({}),
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

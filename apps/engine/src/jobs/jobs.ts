import * as z from 'zod';

/**
 * The queues, their payloads and how many a node works at once. Payloads carry ids only: state is read from Postgres.
 * A new field must be optional for one release, because old jobs are still in the queue.
 */
const order = {
  paymentId: z.string(),
  step: z.int(),
  channelId: z.string().optional(),
  dueAt: z.iso.datetime().optional(),
};

export const jobKinds = {
  'sync-attempt': { payload: z.object({ ...order, attemptNo: z.int() }), concurrency: 32 },
  'sync-refund': { payload: z.object({ ...order, refundId: z.string() }), concurrency: 16 },
} as const;

export type JobKind = keyof typeof jobKinds;
export type JobPayload<Kind extends JobKind> = z.infer<(typeof jobKinds)[Kind]['payload']>;
export type JobHandlers = { [Kind in JobKind]: (payload: JobPayload<Kind>) => Promise<void> };

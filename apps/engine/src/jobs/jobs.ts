import * as z from 'zod';

/**
 * The queues, their payloads and how many a node works at once. Payloads carry ids only: state is read from Postgres.
 * A new field must be optional for one release, because old jobs are still in the queue.
 */
export const jobKinds = {
  'sync-attempt': { payload: z.object({ paymentId: z.string(), attemptNo: z.int(), step: z.int() }), concurrency: 32 },
  'sync-refund': { payload: z.object({ paymentId: z.string(), refundId: z.string(), step: z.int() }), concurrency: 16 },
  'notify-merchant': {
    payload: z.object({ paymentId: z.string(), eventSeq: z.int(), type: z.string() }),
    concurrency: 32,
  },
} as const;

export type JobKind = keyof typeof jobKinds;
export type JobPayload<Kind extends JobKind> = z.infer<(typeof jobKinds)[Kind]['payload']>;
export type JobHandlers = { [Kind in JobKind]: (payload: JobPayload<Kind>) => Promise<void> };

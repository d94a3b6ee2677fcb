import * as z from 'zod';
import { currencySchema } from './money.ts';
import { serviceIdSchema } from './payment.ts';

/**
 * A status-sync schedule: when to look an open attempt up, in seconds after the answer to the merchant.
 * `steps` are delays one after the other; then every `repeatSeconds` doubling up to `maxSeconds` (2^N) until expiry.
 */
export const syncScheduleSchema = z.strictObject({
  firstSeconds: z.int().min(1).max(3600),
  steps: z.array(z.strictObject({ everySeconds: z.int().min(1).max(3600), times: z.int().min(1).max(100) })).max(10),
  backoff: z.strictObject({ baseSeconds: z.int().min(1).max(7200), maxSeconds: z.int().min(1).max(86_400) }),
});
export type SyncSchedule = z.infer<typeof syncScheduleSchema>;

/**
 * How the payer pays: `native` (a QR code to show), `codepay` (the payer's code is scanned), `jsapi` (inside the
 * channel's app), `h5` (phone browser), `page` (desktop browser), `app`, … An open word: a service names one, each
 * channel's adapter says which it speaks and what of the payer it needs.
 */
export const productSchema = z.string().regex(/^[a-z][a-z0-9]{0,31}$/, { error: 'is not a product' });
export type Product = z.infer<typeof productSchema>;

/** The pipeline steps a service can take, in the order in which they run. */
export const pipelineSteps = ['risk', 'routing', 'gateway', 'sync'] as const;

/** A service: a product of ours, defined by data alone. Adding one on existing channels needs no code. */
export const serviceConfigSchema = z.strictObject({
  id: serviceIdSchema,
  name: z.string().min(1).max(80),
  enabled: z.boolean(),
  product: productSchema,
  channelIds: z.array(z.string()).min(1).max(20),
  steps: z.array(z.enum(pipelineSteps)).min(1),
  currencies: z.array(currencySchema).min(1),
  minAmount: z.int().min(1),
  maxAmount: z.int().min(1),
  expiresInSeconds: z.int().min(60).max(86_400),
  placeTimeoutMs: z.int().min(100).max(60_000),
  /** When an open attempt is looked up; when absent, as the channel that has it likes to be asked. */
  syncSchedule: syncScheduleSchema.optional(),
  /** When an open refund is brought on; after 5 s, then ever more seldom up to an hour when absent. */
  refundSchedule: syncScheduleSchema.optional(),
  /**
   * What risk does with a payment when the facts that its rules need can't be computed in time (the database is slow or
   * away): `reject` (when absent) with the code `risk_unavailable`, `review` (let through, marked) or `approve`.
   */
  onFactFailure: z.enum(['reject', 'review', 'approve']).optional(),
  /** How long risk waits for facts that need the database, in milliseconds; 500 when absent. */
  factTimeoutMs: z.int().min(20).max(2_000).optional(),
});
export type ServiceConfig = z.infer<typeof serviceConfigSchema>;

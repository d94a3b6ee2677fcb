import * as z from 'zod';

/** How the sandbox behaves when nothing is wrong. Kept in memory: a restart brings the defaults back. */
export const settingsSchema = z.strictObject({
  /** From accepting a refund to paying it out. */
  refundDelayMs: z.int().min(0).max(3_600_000).default(200),
  /** How long a payer types the password after an auth code that ends in 02. */
  userPayingMs: z.int().min(0).max(3_600_000).default(3000),
  /** From an event to the first callback about it. */
  callbackDelayMs: z.int().min(0).max(3_600_000).default(0),
  /** Multiplies the waits between callback attempts: 1 is the real schedule (24 hours), 0.001 takes 86 seconds. */
  callbackTimeScale: z.number().min(0).max(10).default(1),
});
export type Settings = z.infer<typeof settingsSchema>;

/** The settings of a freshly started sandbox. */
export const defaultSettings = (): Settings => settingsSchema.parse({});

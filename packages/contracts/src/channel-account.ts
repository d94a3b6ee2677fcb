import * as z from 'zod';

/** Inputs of the console's procedures about channel accounts. `config` may be shown again; `secrets` never comes back. */

const newAccountId = z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}$/, {
  error: 'must be 2 to 63 lower-case letters, digits or hyphens',
});
const accountId = z.string().min(1).max(64);
const version = z.int().min(1).max(1_000_000);
const label = z.string().trim().min(1).max(80);
const note = z.string().trim().max(200).default('');
const reason = z.string().trim().min(2).max(200);
/** Minor units. */
const amount = z.int().min(1);

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .max(200)
  .refine((text) => !/[?#@]/.test(text), { error: 'must have no query, no fragment and no credentials' })
  .transform((text) => text.replace(/\/+$/, ''));

const maxConfigBytes = 64 * 1024;
const config = z
  .record(z.string().max(64), z.json())
  .refine((value) => JSON.stringify(value).length <= maxConfigBytes, { error: 'is larger than 64 KiB' });
const secrets = z
  .record(z.string().max(64), z.string().max(16 * 1024))
  .refine((value) => Object.keys(value).length <= 32, { error: 'has more than 32 fields' });
/** The day after which a key that carries no date is over. */
const expiresOn = z.iso.date().nullable().default(null);

export const accountNamed = z.strictObject({ accountId });
export const accountVersionNamed = z.strictObject({ accountId, version });

export const createAccount = z.strictObject({
  channelId: z.string().min(1).max(64),
  accountId: newAccountId,
  label,
  baseUrl,
  config,
  secrets,
  expiresOn,
  note,
});

/** A new version of an account. Secrets that are left out are taken from the version in force. */
export const stageAccount = z.strictObject({
  accountId,
  /** The version in force that it was written on: another one meanwhile is a conflict. */
  baseVersion: z.int().min(0),
  baseUrl,
  config,
  secrets: secrets.default({}),
  expiresOn,
  note,
});

export const describeAccount = z
  .strictObject({ accountId, label, minAmount: amount, maxAmount: amount })
  .refine(({ minAmount, maxAmount }) => minAmount <= maxAmount, {
    error: 'must not be less than the smallest amount',
    path: ['maxAmount'],
  });

export const switchToVersion = z.strictObject({
  accountId,
  version,
  /** For how long the version before still checks answers and callbacks; 0: not at all. */
  overlapHours: z.int().min(0).max(168).default(24),
  /** Why it is switched to although no probe succeeded. */
  withoutProbe: reason.optional(),
});

export const switchAccountOff = z.strictObject({
  accountId,
  /** Null: until somebody switches it on again. */
  minutes: z.int().min(1).max(1440).nullable(),
  reason,
});

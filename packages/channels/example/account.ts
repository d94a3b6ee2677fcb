import * as z from 'zod';

const keyId = z.string().regex(/^rk_[0-9a-z]{8,32}$/, { error: 'is not a key id (rk_…)' });
const key = z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hex digits' });

/** The part of an account that may be shown. */
export const configSchema = z.strictObject({
  merchantNo: z
    .string()
    .regex(/^R\d{8}$/, { error: 'is not a merchant number (R and 8 digits)' })
    .meta({ description: 'Merchant number at Riverbank.', identity: true }),
  keyId: keyId.meta({ description: 'Id of the key that we sign with; answers and callbacks name it, too.' }),
  previousKeyId: keyId.optional().meta({ description: 'Id of the key before: believed, but no longer signed with.' }),
});

/** The part of an account that is never shown. */
export const secretsSchema = z.strictObject({
  key: key.meta({ description: 'The key, 64 hex digits.' }),
  previousKey: key.optional().meta({ description: 'The key before, while Riverbank may still use it.' }),
});

/** An account with its keys read once. */
export type OpenAccount = {
  merchantNo: string;
  keyId: string;
  /** By id. Old and new side by side while a key is changed. */
  keys: ReadonlyMap<string, Buffer>;
};

/**
 * Reads a stored account.
 * @throws ZodError when it does not fit
 */
export function openAccount(stored: { config: unknown; secrets: unknown }): OpenAccount {
  const { merchantNo, keyId, previousKeyId } = configSchema.parse(stored.config);
  const secrets = secretsSchema.parse(stored.secrets);
  const keys = new Map([[keyId, Buffer.from(secrets.key, 'hex')]]);
  if (previousKeyId !== undefined && secrets.previousKey !== undefined) {
    keys.set(previousKeyId, Buffer.from(secrets.previousKey, 'hex'));
  }
  return { merchantNo, keyId, keys };
}

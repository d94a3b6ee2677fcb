import { createHmac } from 'node:crypto';

/** What may be shown of a secret. `last4` is left out where four characters would be a good part of it. */
export type SecretMark = { fingerprint: string; last4: string | undefined };

// Of a shorter text four characters are too much to tell.
const longEnough = 16;

/**
 * Tells two secrets apart without telling either: the same for the same secret, however it was sealed, and of no use to
 * guess it by without the pepper.
 */
export function marksOf(secrets: Readonly<Record<string, unknown>>, pepper: Buffer): Record<string, SecretMark> {
  return Object.fromEntries(
    Object.entries(secrets).map(([field, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const fingerprint = createHmac('sha256', pepper).update(text).digest('hex').slice(0, 12);
      // Of a PEM block the last of its body: all end in the same words.
      const body = text.replace(/-----END [^-]*-----\s*$/, '').replace(/[\s=]+$/, '');
      return [field, { fingerprint, last4: body.length >= longEnough ? body.slice(-4) : undefined }];
    }),
  );
}

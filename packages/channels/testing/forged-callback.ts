import { constants, createHash, createHmac, type KeyObject, sign } from 'node:crypto';
import type { Notification } from '../channel-adapter.ts';

/**
 * A callback that must have no effect, and in which way it is bad. A header that is a list comes as several lines.
 * `byDoor`: the reader alone can't know that it is bad; the HTTP door, or the core behind it, refuses it.
 */
export type ForgedCallback = {
  kind: string;
  headers: Record<string, string | string[]>;
  body: Buffer;
  byDoor?: true;
};

/** What the door hands to an adapter: lines of the same header joined, as Node and Fastify do. */
export const asNotification = ({ headers, body }: Pick<ForgedCallback, 'headers' | 'body'>): Notification => ({
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  ),
  body,
});

/** The same bytes with one bit changed. */
export function flipBit(bytes: Buffer, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

/** The same text with the character at `at` replaced by another one of base64. */
export const spoilCharacter = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;

/** A signature by a wrong algorithm, in base64: what a lax reader might take for a good one. */
export const weakSignatures: Readonly<Record<string, (message: Buffer, key: KeyObject, publicText: string) => string>> =
  {
    'RSA with SHA-1': (message, key) => sign('RSA-SHA1', message, key).toString('base64'),
    'RSA with MD5': (message, key) => sign('RSA-MD5', message, key).toString('base64'),
    'RSA with SHA-512': (message, key) => sign('RSA-SHA512', message, key).toString('base64'),
    'RSA-PSS': (message, key) =>
      sign('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING }).toString('base64'),
    'HMAC with the public key as the secret': (message, _key, publicText) =>
      createHmac('sha256', publicText).update(message).digest('base64'),
    'a bare SHA-256': (message) => createHash('sha256').update(message).digest('base64'),
    'a bare MD5': (message) => createHash('md5').update(message).digest('hex'),
  };

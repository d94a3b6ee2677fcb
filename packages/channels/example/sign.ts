import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { OpenAccount } from './account.ts';

/**
 * What a signature covers. The first word says which way the message goes, so that nobody can hand our own signature
 * back to us as an answer. `about` is the method and path of a request, the status of an answer, nothing of a callback.
 */
export type Signed = {
  kind: 'request' | 'answer' | 'callback';
  about: string;
  timestamp: string;
  nonce: string;
  body: Buffer | string;
};

export const signedText = ({ kind, about, timestamp, nonce, body }: Signed): string =>
  [kind, about, timestamp, nonce, createHash('sha256').update(body).digest('hex')].join('\n');

/** HMAC-SHA256 in lower-case hex. */
export const signText = (key: Buffer, text: string): string => createHmac('sha256', key).update(text).digest('hex');

/** How far a signature's time may be from ours, in seconds. */
const windowSeconds = 300;

export type Verdict = 'verified' | 'bad_signature' | 'unknown_key' | 'stale';

/** Checks that Riverbank signed these bytes, just now. Header names are lower case. */
export function verifyReceived(
  account: OpenAccount,
  kind: 'answer' | 'callback',
  about: string,
  received: { headers: Record<string, string>; body: Buffer },
  at: Date,
): Verdict {
  const read = (name: string) =>
    Object.hasOwn(received.headers, `riverbank-${name}`) ? (received.headers[`riverbank-${name}`] ?? '') : '';
  const [keyId, timestamp, nonce, signature] = [read('key'), read('timestamp'), read('nonce'), read('signature')];
  // No line break may move text from one signed line to the next.
  if (!/^\d{1,12}$/.test(timestamp) || !/^[\x21-\x7e]{8,64}$/.test(nonce)) return 'bad_signature';
  if (!/^[0-9a-f]{64}$/.test(signature)) return 'bad_signature';
  const key = account.keys.get(keyId);
  if (key === undefined) return 'unknown_key';
  if (Math.abs(Math.floor(at.getTime() / 1000) - Number(timestamp)) >= windowSeconds) return 'stale';
  const expected = signText(key, signedText({ kind, about, timestamp, nonce, body: received.body }));
  return timingSafeEqual(Buffer.from(expected), Buffer.from(signature)) ? 'verified' : 'bad_signature';
}

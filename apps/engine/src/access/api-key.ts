import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefix = 'tk_live_';
const keyIdLength = 12;
const secretLength = 43;
const checksumLength = 6;
const form = /^tk_live_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** `keyId` is public and finds the row; `secret` has 256 bits and is only kept as a keyed hash. */
export type ApiKey = { keyId: string; secret: string; text: string };

/** Makes a key `tk_live_<keyId>_<secret><checksum>`. The text is shown once. */
export function generateApiKey(random: (size: number) => Buffer = randomBytes): ApiKey {
  const keyId = base62(keyIdLength, random);
  const secret = base62(secretLength, random);
  const text = `${prefix}${keyId}_${secret}`;
  return { keyId, secret, text: text + checksum(text) };
}

/** The parts of a key; undefined for anything that is not one. The checksum refuses every slip of one character. */
export function parseApiKey(text: string): { keyId: string; secret: string } | undefined {
  const match = form.exec(text);
  if (!match?.[1] || !match[2] || checksum(`${prefix}${match[1]}_${match[2]}`) !== match[3]) return undefined;
  return { keyId: match[1], secret: match[2] };
}

/** HMAC-SHA256 under a pepper that is not in the database: a copy of the table alone lets nobody in. */
export const hashApiKey = (secret: string, pepper: Buffer): Buffer =>
  createHmac('sha256', pepper).update(secret).digest();

/** CRC-32 in base 62, six digits (62^6 > 2^32): catches every error of one character, and of two neighbours. */
function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < checksumLength; i++) {
    digits = alphabet[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Uniform over the alphabet: bytes past the last multiple of 62 are thrown away. */
function base62(length: number, random: (size: number) => Buffer): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < 248 && text.length < length) text += alphabet[byte % 62];
    }
  }
  return text;
}

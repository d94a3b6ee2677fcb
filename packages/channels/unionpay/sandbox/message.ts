import { createHash, type KeyObject, sign, verify } from 'node:crypto';

/** A message of the protocol: names to values. Written here a second time on purpose, apart from the adapter's own. */
export type Message = Record<string, string>;

/** What a signature covers: all other fields by name, joined as `name=value`, hashed, the hash as lower-case hex. */
const digestOf = (message: Message): Buffer => {
  const text = Object.keys(message)
    .filter((name) => name !== 'signature')
    .sort()
    .map((name) => `${name}=${message[name] ?? ''}`)
    .join('&');
  return Buffer.from(createHash('sha256').update(text, 'utf8').digest('hex'), 'ascii');
};

/** The message with its signature as the last field. */
export const signed = (message: Message, privateKey: KeyObject): Message => ({
  ...message,
  signature: sign('sha256', digestOf(message), privateKey).toString('base64'),
});

/** True when the holder of the key signed the message, whole. */
export const isSignedBy = (message: Message, publicKey: KeyObject): boolean =>
  verify('sha256', digestOf(message), publicKey, Buffer.from(message.signature ?? '', 'base64'));

/** Flips the first character of the signature: still well formed, no longer true. */
export const withBadSignature = (message: Message): Message => {
  const { signature = '' } = message;
  return { ...message, signature: `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}` };
};

/** Answers are not percent-encoded. */
export const writeAnswer = (message: Message): string =>
  Object.entries(message)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

/** Callbacks are ordinary forms. */
export const writeForm = (message: Message): string => new URLSearchParams(message).toString();

/** Reads a call. @returns undefined when it is no form in UTF-8, or says something twice */
export const readForm = (body: Buffer): Message | undefined => {
  const message: Message = {};
  for (const part of body.toString('latin1').split('&')) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(0, at));
    if (!/^[A-Za-z0-9]{1,40}$/.test(name) || Object.hasOwn(message, name)) return undefined;
    try {
      // Throws on bytes that are no UTF-8, too.
      message[name] = decodeURIComponent(part.slice(at + 1).replaceAll('+', ' '));
    } catch {
      return undefined;
    }
  }
  return message;
};

/** `yyyyMMddHHmmss` in China's time. */
export const compactTime = (at: string | number): string =>
  new Date(new Date(at).getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');

/** Reads it back. @returns NaN when there is no such time */
export const readCompactTime = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6+08:00'));

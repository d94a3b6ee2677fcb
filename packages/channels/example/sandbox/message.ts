import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Answer, ReceivedRequest } from '../../testing/simulator/channel-simulator.ts';
import type { RiverbankCredentials, SharedKey } from './credentials.ts';

/** A refusal in Riverbank's words. */
export class RiverbankRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Signed = { way: 'request' | 'answer' | 'callback'; about: string; timestamp: string; nonce: string; body: string };

const signatureOf = ({ secret }: SharedKey, { way, about, timestamp, nonce, body }: Signed): string => {
  const digest = createHash('sha256').update(body, 'utf8').digest('hex');
  return createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(`${way}\n${about}\n${timestamp}\n${nonce}\n${digest}`)
    .digest('hex');
};

/** The headers that prove where some bytes come from. */
export const signatureHeaders = (
  key: SharedKey,
  way: 'answer' | 'callback',
  about: string,
  body: string,
  nowMs: number,
): Record<string, string> => {
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = randomBytes(12).toString('hex');
  return {
    'Riverbank-Signature': signatureOf(key, { way, about, timestamp, nonce, body }),
    'Riverbank-Key': key.id,
    'Riverbank-Timestamp': timestamp,
    'Riverbank-Nonce': nonce,
  };
};

/** Signs an answer. */
export const writeAnswer = (
  credentials: RiverbankCredentials,
  nowMs: number,
  status: number,
  content: unknown,
  outcome = 'ok',
): Answer => {
  const body = JSON.stringify(content);
  const signature = signatureHeaders(credentials.signingKey(), 'answer', String(status), body, nowMs);
  const headers = { 'Content-Type': 'application/json; charset=utf-8', ...signature };
  return { status, headers, signatureHeaders: Object.keys(signature), body, outcome };
};

const windowSeconds = 300;

/** Creates the check of who calls: merchant, key, time, nonce, signature. It remembers nonces while they could come again. */
export const createAuthenticator = (credentials: RiverbankCredentials, now: () => number) => {
  const seen = new Map<string, number>();
  const refuse = (what: string) => new RiverbankRefusal(401, 'SIGNATURE_INVALID', what);

  return (request: ReceivedRequest): void => {
    const read = (name: string) => {
      const value = request.headers[`riverbank-${name}`];
      return typeof value === 'string' ? value : '';
    };
    if (read('merchant') !== credentials.merchantNo) throw new RiverbankRefusal(401, 'MERCHANT_UNKNOWN');
    const key = credentials.findKey(read('key'));
    if (key === undefined) throw refuse('key');
    const [timestamp, nonce, body] = [read('timestamp'), read('nonce'), request.body.toString('utf8')];
    const nowSeconds = Math.floor(now() / 1000);
    if (!/^\d+$/.test(timestamp) || Math.abs(nowSeconds - Number(timestamp)) >= windowSeconds)
      throw refuse('timestamp');
    if (!/^[\x21-\x7e]{8,64}$/.test(nonce)) throw refuse('nonce');
    const signed = { way: 'request', about: `${request.method} ${request.target}`, timestamp, nonce, body } as const;
    if (signatureOf(key, signed) !== read('signature')) throw refuse('signature');
    for (const [old, until] of seen) if (until < nowSeconds) seen.delete(old);
    if (seen.has(nonce)) throw refuse('nonce used');
    seen.set(nonce, nowSeconds + 2 * windowSeconds);
  };
};

import { normalizeSerial } from '../wire/pem.ts';
import { signRsaSha256, verifyRsaSha256 } from '../wire/rsa-sha256.ts';
import type { OpenAccount, PlatformKey } from './account.ts';

/** The only signature scheme we speak. wechatpay-go `core/auth/credentials`, wechatpay-java `WechatPay2Credential` */
export const authorizationScheme = 'WECHATPAY2-SHA256-RSA2048';

/**
 * How far a signature's time may be from ours. The official SDKs refuse at 300 s exactly
 * (wechatpay-go `core/consts/const.go` FiveMinute, wechatpay-java `WechatPay2Validator`), so do we.
 */
export const windowSeconds = 300;

// WeChat Pay sends such signatures on purpose to see whether merchants check them.
// https://pay.weixin.qq.com/doc/v3/merchant/4016241880
export const probePrefix = 'WECHATPAY/SIGNTEST/';

/** What a request's signature covers: method, path with query, timestamp, nonce, body; each line ends with `\n`. */
export const requestMessage = (method: string, path: string, timestamp: string, nonce: string, body: string): string =>
  `${method}\n${path}\n${timestamp}\n${nonce}\n${body}\n`;

/**
 * What the signature of a response or callback covers: timestamp, nonce and the raw body.
 * https://pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-verification.html
 */
export const responseMessage = (timestamp: string, nonce: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);

export const unixSeconds = (at: Date): string => Math.floor(at.getTime() / 1000).toString();

/** The `Authorization` header of a request. */
export function authorize(
  account: OpenAccount,
  request: { method: string; path: string; body: string },
  at: Date,
  nonce: string,
): string {
  const timestamp = unixSeconds(at);
  const signature = signRsaSha256(
    requestMessage(request.method, request.path, timestamp, nonce, request.body),
    account.privateKey,
  );
  const { mchId, certificateSerial } = account.config;
  return `${authorizationScheme} mchid="${mchId}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${certificateSerial}"`;
}

export type Verdict = 'verified' | 'bad_signature' | 'unknown_key' | 'stale';

/** Received bytes whose origin is to be checked. */
export type Received = { headers: Record<string, string>; body: Buffer };

/**
 * Checks that WeChat Pay signed these bytes, just now.
 * @param keys the keys to trust, by normalised serial
 */
export function verifyReceived(received: Received, keys: ReadonlyMap<string, PlatformKey>, at: Date): Verdict {
  const timestamp = header(received.headers, 'wechatpay-timestamp');
  const nonce = header(received.headers, 'wechatpay-nonce');
  const signature = header(received.headers, 'wechatpay-signature');
  const serial = header(received.headers, 'wechatpay-serial');
  if (!signature || !serial || signature.startsWith(probePrefix)) return 'bad_signature';
  // Digits and visible characters only: a line break could move text between nonce and body.
  if (!/^\d{1,12}$/.test(timestamp ?? '') || !/^[\x21-\x7e]{1,128}$/.test(nonce ?? '')) return 'bad_signature';
  const platformKey = keys.get(normalizeSerial(serial));
  if (platformKey === undefined || !isAlive(platformKey, at)) return 'unknown_key';
  if (Math.abs(Math.floor(at.getTime() / 1000) - Number(timestamp)) >= windowSeconds) return 'stale';
  const message = responseMessage(timestamp ?? '', nonce ?? '', received.body);
  return verifyRsaSha256(message, signature, platformKey.key) ? 'verified' : 'bad_signature';
}

/** A header by its lower-case name, however the sender wrote it. */
export function header(headers: Record<string, string>, name: string): string | undefined {
  if (Object.hasOwn(headers, name)) return headers[name];
  const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : headers[key];
}

// An unreadable date does not make a key dead: comparisons with NaN are false.
function isAlive({ effectiveAt, expiresAt }: PlatformKey, at: Date): boolean {
  return !(effectiveAt !== undefined && at < effectiveAt) && !(expiresAt !== undefined && at >= expiresAt);
}

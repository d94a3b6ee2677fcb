import { rawMembers } from '../wire/raw-members.ts';
import { signRsaSha256, verifyRsaSha256 } from '../wire/rsa-sha256.ts';
import type { OpenAccount } from './account.ts';

/**
 * What a request's signature covers: every parameter that has a value, by name in byte order, joined as `name=value`
 * with `&`, neither encoded. https://opendocs.alipay.com/common/02mse1 (自行实现签名)
 */
export const requestMessage = (parameters: Iterable<readonly [string, string]>): string =>
  [...parameters]
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

/** RSA2: SHA-256 with RSA. RSA with SHA-1 (`RSA`) is not spoken. */
export const signRequest = (account: OpenAccount, parameters: Iterable<readonly [string, string]>): string =>
  signRsaSha256(requestMessage(parameters), account.privateKey);

export type Verdict = 'verified' | 'bad_signature' | 'unknown_key';

/** An answer whose signature fits: the member that holds it, as it was signed. */
export type VerifiedAnswer = { name: string; content: Buffer };

/**
 * Checks an answer: the signature covers the bytes of the answering member exactly as they came.
 * https://opendocs.alipay.com/common/02mse7 (自行实现验签)
 */
export function verifyAnswer(account: OpenAccount, body: Buffer, method: string): VerifiedAnswer | Verdict {
  const members = rawMembers(body);
  const signature = textOf(members?.get('sign'));
  if (members === undefined || signature === undefined) return 'bad_signature';
  const wanted = `${method.replaceAll('.', '_')}_response`;
  const name = members.has(wanted) ? wanted : 'error_response';
  const content = members.get(name);
  if (content === undefined) return 'bad_signature';
  const key = account.alipayKeys.get(account.certificateNumbers ? (textOf(members.get('alipay_cert_sn')) ?? '') : '');
  if (key === undefined) return 'unknown_key';
  return verifyRsaSha256(content, signature, key) ? { name, content } : 'bad_signature';
}

/**
 * Checks a callback: every field but `sign` and `sign_type`, decoded, by name, in the bytes of its own character set.
 * https://opendocs.alipay.com/open/270/105902 (异步通知验签)
 */
export function verifyNotify(account: OpenAccount, fields: ReadonlyMap<string, Buffer>): Verdict {
  const signature = fields.get('sign')?.toString('latin1');
  if (signature === undefined || fields.get('sign_type')?.toString('latin1') !== 'RSA2') return 'bad_signature';
  // A callback need not name the certificate it was signed with.
  const named = fields.get('alipay_cert_sn')?.toString('latin1');
  const keys = [...account.alipayKeys].filter(([name]) => named === undefined || name === '' || name === named);
  if (keys.length === 0) return 'unknown_key';
  const parts = [...fields]
    .filter(([name, value]) => name !== 'sign' && name !== 'sign_type' && value.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value], index) => [Buffer.from(`${index === 0 ? '' : '&'}${name}=`), value]);
  const message = Buffer.concat(parts);
  return keys.some(([, key]) => verifyRsaSha256(message, signature, key)) ? 'verified' : 'bad_signature';
}

function textOf(raw: Buffer | undefined): string | undefined {
  const value: unknown = raw === undefined ? undefined : JSON.parse(raw.toString('utf8'));
  return typeof value === 'string' ? value : undefined;
}

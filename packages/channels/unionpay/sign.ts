import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { signRsaSha256, verifyRsaSha256 } from '../wire/rsa-sha256.ts';
import type { OpenAccount } from './account.ts';

/** A message of UnionPay's: names to values, as texts. */
export type Message = ReadonlyMap<string, string>;

/**
 * What a signature covers: every field but `signature`, empty ones too, by name in byte order, joined as `name=value`
 * with `&`; then SHA-256 of that in lower-case hex. (Version 5.1.0, `signMethod` 01.)
 * https://open.unionpay.com/tjweb/acproduct/dictionary (签名机制)
 */
export function signedDigest(message: Iterable<readonly [string, string]>): string {
  const text = [...message]
    .filter(([name]) => name !== 'signature')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return createHash('sha256').update(text).digest('hex');
}

export const signMessage = (account: OpenAccount, message: Iterable<readonly [string, string]>): string =>
  signRsaSha256(signedDigest(message), account.privateKey);

export type Verdict = 'verified' | 'bad_signature' | 'unknown_key';

/**
 * Checks that UnionPay signed a message. The message brings the certificate itself, so everything hangs on whose it is:
 * issued by the account's middle certificate, that by its root, alive at `at`, and owned by UnionPay.
 */
export function verifyMessage(account: OpenAccount, message: Message, at: Date): Verdict {
  const signature = message.get('signature');
  const pem = message.get('signPubKeyCert');
  if (!signature || !pem || message.get('signMethod') !== '01') return 'bad_signature';
  const key = keyOfUnionPay(account, pem, at);
  if (key === undefined) return 'unknown_key';
  return verifyRsaSha256(signedDigest(message), signature, key) ? 'verified' : 'bad_signature';
}

function keyOfUnionPay(account: OpenAccount, pem: string, at: Date): KeyObject | undefined {
  try {
    const certificate = new X509Certificate(pem);
    return distrustOf(account, certificate, at) === undefined ? certificate.publicKey : undefined;
  } catch {
    return undefined;
  }
}

/** Why a certificate is not UnionPay's. @returns undefined when it is */
export function distrustOf(
  { config, chain }: OpenAccount,
  certificate: X509Certificate,
  at: Date,
): 'certificate_not_trusted' | 'certificate_expired' | 'certificate_of_stranger' | undefined {
  const isChained =
    certificate.checkIssued(chain.middle) &&
    certificate.verify(chain.middle.publicKey) &&
    chain.middle.checkIssued(chain.root) &&
    chain.middle.verify(chain.root.publicKey);
  if (!isChained) return 'certificate_not_trusted';
  if (at < new Date(certificate.validFrom) || at >= new Date(certificate.validTo)) return 'certificate_expired';
  const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
  return commonName.split('@')[2] === config.signerName ? undefined : 'certificate_of_stranger';
}

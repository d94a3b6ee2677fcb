import { type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase64 } from './base64.ts';

/** Signs with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017 §8.2), base64. The same input always gives the same signature. */
export function signRsaSha256(message: string | Buffer, privateKey: KeyObject): string {
  return sign('RSA-SHA256', toBytes(message), privateKey).toString('base64');
}

/** Verifies RSASSA-PKCS1-v1_5 with SHA-256. Never throws: what can't be read does not verify. */
export function verifyRsaSha256(message: string | Buffer, signature: string, publicKey: KeyObject): boolean {
  const bytes = decodeBase64(signature);
  if (bytes === undefined || publicKey.asymmetricKeyType !== 'rsa') return false;
  try {
    return verify('RSA-SHA256', toBytes(message), publicKey, bytes);
  } catch {
    return false;
  }
}

const toBytes = (message: string | Buffer): Buffer => (typeof message === 'string' ? Buffer.from(message) : message);

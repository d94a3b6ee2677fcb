import type * as z from 'zod';
import type { WireResponse } from '../channel-adapter.ts';
import type { TrustResult } from '../channel-result.ts';
import { openAes256Gcm } from '../wire/aes-256-gcm.ts';
import { normalizeSerial, readCertificate, toPublicKeyPem } from '../wire/pem.ts';
import type { OpenAccount, PlatformKey } from './account.ts';
import { verifyReceived } from './sign.ts';
import { certificatesSchema } from './wire.ts';

type Entry = z.infer<typeof certificatesSchema>['data'][number];

/**
 * Reads the platform certificates. Each is sealed with the APIv3 key, which only WeChat Pay and the merchant hold: that
 * is what the very first fetch rests on, as in the official SDKs. The answer must also be signed, just now, with one of
 * them or with a key known before, so that an old list can't be played again. During a rotation two certificates are alive and both are returned.
 * @returns undefined when it can't be proven to come from WeChat Pay
 */
export function parseTrust(
  account: OpenAccount,
  response: WireResponse,
  json: unknown,
  at: Date,
): TrustResult | undefined {
  const list = certificatesSchema.safeParse(json);
  if (response.status !== 200 || !list.success) {
    const proven = verifyReceived(response, account.platformKeys, at) === 'verified';
    return proven ? { kind: 'unknown', reason: 'unreadable' } : undefined;
  }
  const opened = list.data.data.map((entry) => openEntry(entry, account.apiV3Key));
  if (opened.some((key) => key === undefined)) return { kind: 'unknown', reason: 'unreadable' };
  const fresh = opened.filter((key) => key !== undefined);
  const keys = new Map([...account.platformKeys, ...fresh]);
  if (verifyReceived(response, keys, at) !== 'verified') return undefined;
  return { kind: 'trusted', keys: fresh.map(([serial, key]) => toTrustedKey(serial, key)) };
}

function openEntry(entry: Entry, apiV3Key: Buffer): [string, Required<PlatformKey>] | undefined {
  const { ciphertext, nonce, associated_data: associatedData } = entry.encrypt_certificate;
  const pem = openAes256Gcm({ ciphertext, nonce, associatedData }, apiV3Key);
  const certificate = pem && readCertificate(pem.toString('utf8'));
  const serial = normalizeSerial(entry.serial_no);
  if (certificate === undefined || certificate.serial !== serial) return undefined;
  return [
    serial,
    { key: certificate.publicKey, effectiveAt: certificate.effectiveAt, expiresAt: certificate.expiresAt },
  ];
}

const toTrustedKey = (serial: string, { key, effectiveAt, expiresAt }: Required<PlatformKey>) => ({
  serial,
  publicKeyPem: toPublicKeyPem(key),
  effectiveAt: effectiveAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
});

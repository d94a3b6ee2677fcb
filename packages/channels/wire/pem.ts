import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

/** What we need of an X.509 certificate. `serial` is upper-case hex without leading zeros. */
export type Certificate = { serial: string; publicKey: KeyObject; effectiveAt: Date; expiresAt: Date };

/** Reads an RSA private key (PKCS#8 or PKCS#1 PEM). Returns undefined when the text is none. */
export const readRsaPrivateKey = (pem: string): KeyObject | undefined => onlyRsa(() => createPrivateKey(pem));

/** Reads an RSA public key: SPKI PEM, or the key inside a certificate PEM. Returns undefined when the text is none. */
export const readRsaPublicKey = (pem: string): KeyObject | undefined => onlyRsa(() => createPublicKey(pem));

/** Reads a certificate from PEM. Returns undefined when the text is no certificate with an RSA key. */
export function readCertificate(pem: string): Certificate | undefined {
  try {
    const certificate = new X509Certificate(pem);
    if (certificate.publicKey.asymmetricKeyType !== 'rsa') return undefined;
    return {
      serial: normalizeSerial(certificate.serialNumber),
      publicKey: certificate.publicKey,
      effectiveAt: new Date(certificate.validFrom),
      expiresAt: new Date(certificate.validTo),
    };
  } catch {
    return undefined;
  }
}

/** SPKI PEM of a public key. */
export const toPublicKeyPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** Channels and libraries write the same serial with or without leading zeros, in either case. */
export const normalizeSerial = (serial: string): string => serial.toUpperCase().replace(/^0+(?=.)/, '');

function onlyRsa(read: () => KeyObject): KeyObject | undefined {
  try {
    const key = read();
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch {
    return undefined;
  }
}

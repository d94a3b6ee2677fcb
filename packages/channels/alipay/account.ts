import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { readCertificate, readRsaPrivateKey, readRsaPublicKey } from '../wire/pem.ts';

const certificatePem = z.string().refine((pem) => readCertificate(pem) !== undefined, {
  error: 'is not an RSA certificate (PEM)',
});

/**
 * How Alipay's signatures are checked: by its bare public key, or by certificates, where every request names the app's
 * certificate and the roots, and every answer names the certificate it was signed with.
 * https://opendocs.alipay.com/common/02mriz
 */
const verificationSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('public_key'),
    publicKeyPem: z.string().refine((pem) => readRsaPublicKey(pem) !== undefined, { error: 'is not an RSA key (PEM)' }),
  }),
  z.strictObject({
    mode: z.literal('certificate'),
    appCertificatePem: certificatePem,
    /** Old and new side by side while Alipay changes its certificate. */
    alipayCertificatePems: z.array(certificatePem).min(1).max(5),
    alipayRootCertificatePem: z.string().refine((pem) => rootSerialOf(pem) !== '', {
      error: 'holds no RSA root certificate (PEM)',
    }),
  }),
]);

/** The part of an account that may be shown. */
export const configSchema = z.strictObject({
  appId: z
    .string()
    .regex(/^\d{8,32}$/, { error: 'is not an app id' })
    .meta({ description: '应用 APPID (app_id).', identity: true }),
  sellerId: z
    .string()
    .regex(/^2088\d{12}$/, { error: 'is not a seller id' })
    .optional()
    .meta({ description: 'Seller id (PID, 2088…): callbacks about another seller are refused.' }),
  storeId: z.string().max(32).optional().meta({ description: 'Shop number of barcode payments (store_id).' }),
  /** Alipay tells payers by `buyer_id` (2088…) or by the newer `buyer_open_id`. */
  buyerIdKind: z.enum(['buyer_id', 'buyer_open_id']).default('buyer_open_id'),
  verification: verificationSchema,
});

/** The part of an account that is never shown. */
export const secretsSchema = z.strictObject({
  privateKeyPem: z
    .string()
    .refine((pem) => readRsaPrivateKey(pem) !== undefined, { error: 'is not an RSA private key (PEM)' })
    .meta({ description: '应用私钥 (PKCS#8 or PKCS#1 PEM).' }),
});

export type AlipayConfig = z.infer<typeof configSchema>;

/** An account with its keys read once. */
export type OpenAccount = {
  config: AlipayConfig;
  privateKey: KeyObject;
  /** Alipay's keys: by certificate number in certificate mode, else the only one under the empty name. */
  alipayKeys: ReadonlyMap<string, KeyObject>;
  /** What every request says in certificate mode. */
  certificateNumbers: Readonly<Record<'app_cert_sn' | 'alipay_root_cert_sn', string>> | undefined;
};

/**
 * Reads a stored account.
 * @throws ZodError when it does not fit
 */
export function openAccount(stored: { config: unknown; secrets: unknown }): OpenAccount {
  const config = configSchema.parse(stored.config);
  const privateKey = readRsaPrivateKey(secretsSchema.parse(stored.secrets).privateKeyPem);
  if (privateKey === undefined) throw new Error('unreachable: the schema accepted the key');
  const { verification } = config;
  if (verification.mode === 'public_key') {
    const key = readRsaPublicKey(verification.publicKeyPem);
    if (key === undefined) throw new Error('unreachable: the schema accepted the key');
    return { config, privateKey, alipayKeys: new Map([['', key]]), certificateNumbers: undefined };
  }
  const alipayKeys = new Map(
    verification.alipayCertificatePems.map((pem) => {
      const certificate = new X509Certificate(pem);
      return [serialOf(certificate), certificate.publicKey] as const;
    }),
  );
  return {
    config,
    privateKey,
    alipayKeys,
    certificateNumbers: {
      app_cert_sn: serialOf(new X509Certificate(verification.appCertificatePem)),
      alipay_root_cert_sn: rootSerialOf(verification.alipayRootCertificatePem),
    },
  };
}

/**
 * Alipay's number of a certificate: MD5 of the issuer's name, from the last part to the first, and the serial in decimal.
 * https://opendocs.alipay.com/common/056zub (证书序列号), alipay-sdk `antcertutil.ts`
 */
export function serialOf(certificate: X509Certificate): string {
  const issuer = certificate.issuer.split('\n').toReversed().join(',');
  const serial = BigInt(`0x${certificate.serialNumber}`).toString();
  return createHash('md5').update(`${issuer}${serial}`).digest('hex');
}

/** The numbers of a file's RSA roots, joined; roots of other kinds (SM2, ECC) do not count. */
export function rootSerialOf(pem: string): string {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return texts.flatMap((text) => (readCertificate(text) ? [serialOf(new X509Certificate(text))] : [])).join('_');
}

import { type KeyObject, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { readCertificate, readRsaPrivateKey } from '../wire/pem.ts';

const certificatePem = z.string().refine((pem) => readCertificate(pem) !== undefined, {
  error: 'is not an RSA certificate (PEM)',
});

/** The part of an account that may be shown. */
export const configSchema = z.strictObject({
  merId: z
    .string()
    .regex(/^[0-9A-Za-z]{15}$/, { error: 'is not a merchant number' })
    .meta({ description: '商户代码 (merId), 15 characters.', identity: true }),
  certificatePem: certificatePem.meta({ description: "The merchant's signing certificate (签名证书)." }),
  rootCertificatePem: certificatePem.meta({ description: 'UnionPay root certificate (acp_*_root.cer).' }),
  middleCertificatePem: certificatePem.meta({ description: 'UnionPay middle certificate (acp_*_middle.cer).' }),
  /** Messages bring their certificate along: besides the chain, its owner must be UnionPay and nobody else. */
  signerName: z.string().min(1).max(64).default('中国银联股份有限公司').meta({
    description:
      "The third part of the signing certificate's common name; in UnionPay's test environment 00040000:SIGN.",
  }),
  frontUrl: z
    .url({ protocol: /^https?$/ })
    .max(256)
    .optional()
    .meta({
      description: 'Where payers return to when a payment brings no returnUrl.',
    }),
});

/** The part of an account that is never shown. */
export const secretsSchema = z.strictObject({
  privateKeyPem: z
    .string()
    .refine((pem) => readRsaPrivateKey(pem) !== undefined, { error: 'is not an RSA private key (PEM)' })
    .meta({ description: 'Private key of the signing certificate (from acp_*_sign.pfx).' }),
});

export type UnionPayConfig = z.infer<typeof configSchema>;

/** An account with its keys read once. */
export type OpenAccount = {
  config: UnionPayConfig;
  privateKey: KeyObject;
  /** Serial of our certificate in decimal, as UnionPay names it. */
  certId: string;
  chain: { root: X509Certificate; middle: X509Certificate };
};

/**
 * Reads a stored account.
 * @throws ZodError when it does not fit
 */
export function openAccount(stored: { config: unknown; secrets: unknown }): OpenAccount {
  const config = configSchema.parse(stored.config);
  const privateKey = readRsaPrivateKey(secretsSchema.parse(stored.secrets).privateKeyPem);
  if (privateKey === undefined) throw new Error('unreachable: the schema accepted the key');
  return {
    config,
    privateKey,
    certId: BigInt(`0x${new X509Certificate(config.certificatePem).serialNumber}`).toString(),
    chain: {
      root: new X509Certificate(config.rootCertificatePem),
      middle: new X509Certificate(config.middleCertificatePem),
    },
  };
}

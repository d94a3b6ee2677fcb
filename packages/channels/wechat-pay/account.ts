import type { KeyObject } from 'node:crypto';
import type { Product } from '@tributary/contracts/service-config';
import * as z from 'zod';
import type { TrustedKey } from '../channel-result.ts';
import { normalizeSerial, readRsaPrivateKey, readRsaPublicKey } from '../wire/pem.ts';

export const wechatPayProducts = ['native', 'jsapi', 'h5', 'app', 'codepay'] as const;

const appId = z.string().regex(/^[0-9A-Za-z_-]{1,32}$/, { error: 'is not an app id' });

/**
 * How WeChat Pay's signatures are checked. New merchants get a public key with an id; older ones fetch platform
 * certificates. While a merchant migrates, callbacks come signed with either, so in `public_key` mode certificates
 * that were fetched before stay trusted too. https://pay.weixin.qq.com/doc/v3/merchant/4012154180
 */
const verificationSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('public_key'),
    keyId: z.string().regex(/^PUB_KEY_ID_[0-9A-Z]{1,64}$/, { error: 'is not a WeChat Pay public key id' }),
    publicKeyPem: z.string().refine((pem) => readRsaPublicKey(pem) !== undefined, { error: 'is not an RSA key (PEM)' }),
  }),
  z.strictObject({ mode: z.literal('certificate') }),
]);

/** The part of an account that may be shown. */
export const configSchema = z.strictObject({
  mchId: z
    .string()
    .regex(/^\d{6,32}$/, { error: 'is not a merchant id' })
    .meta({ description: '商户号 (mchid).', identity: true }),
  appId: appId.meta({ description: 'The app id bound to the merchant, used for every product without its own.' }),
  appIds: z
    .partialRecord(z.enum(wechatPayProducts), appId)
    .optional()
    .meta({ description: 'App ids by product, where they differ (e.g. official account and mobile app).' }),
  certificateSerial: z
    .string()
    .regex(/^[0-9A-Fa-f]{8,64}$/, { error: 'is not a certificate serial' })
    .meta({ description: "Serial number of the merchant's API certificate." }),
  verification: verificationSchema,
  h5: z
    .strictObject({
      type: z.enum(['Wap', 'iOS', 'Android']),
      appName: z.string().max(64).optional(),
      appUrl: z.string().max(128).optional(),
    })
    .optional()
    .meta({ description: 'What h5 orders say about the site (h5_info).' }),
  store: z
    .strictObject({ id: z.string().max(32).optional(), outId: z.string().max(32).optional() })
    .optional()
    .meta({ description: 'The shop of barcode orders: its number at WeChat Pay, or your own.' }),
  deviceIp: z
    .union([z.ipv4(), z.ipv6()])
    .optional()
    .meta({ description: 'IP address of the till, when a barcode payment does not bring one.' }),
});

/** The part of an account that is never shown. */
export const secretsSchema = z.strictObject({
  privateKeyPem: z
    .string()
    .refine((pem) => readRsaPrivateKey(pem) !== undefined, { error: 'is not an RSA private key (PEM)' })
    .meta({ description: "Private key of the merchant's API certificate (apiclient_key.pem)." }),
  apiV3Key: z
    .string()
    .refine((key) => Buffer.byteLength(key) === 32, { error: 'must be 32 bytes' })
    .meta({ description: 'APIv3 key: opens callbacks and certificates.' }),
});

export type WechatPayConfig = z.infer<typeof configSchema>;

/** A key with which WeChat Pay signs, and when it may. */
export type PlatformKey = { key: KeyObject; effectiveAt?: Date; expiresAt?: Date };

/** An account with its keys read once. */
export type OpenAccount = {
  config: WechatPayConfig;
  privateKey: KeyObject;
  apiV3Key: Buffer;
  /** By normalised serial or public key id. */
  platformKeys: ReadonlyMap<string, PlatformKey>;
  appIds: ReadonlySet<string>;
};

/**
 * Reads a stored account.
 * @throws ZodError when it does not fit
 */
export function openAccount(stored: { config: unknown; secrets: unknown }, trust: readonly TrustedKey[]): OpenAccount {
  const config = configSchema.parse(stored.config);
  const { privateKeyPem, apiV3Key } = secretsSchema.parse(stored.secrets);
  const privateKey = readRsaPrivateKey(privateKeyPem);
  if (privateKey === undefined) throw new Error('unreachable: the schema accepted the key');
  return {
    config,
    privateKey,
    apiV3Key: Buffer.from(apiV3Key),
    platformKeys: platformKeysOf(config, trust),
    appIds: new Set([config.appId, ...Object.values(config.appIds ?? {})]),
  };
}

export const appIdFor = (config: WechatPayConfig, product: Product): string =>
  (config.appIds as Partial<Record<Product, string>> | undefined)?.[product] ?? config.appId;

function platformKeysOf(config: WechatPayConfig, trust: readonly TrustedKey[]): Map<string, PlatformKey> {
  const keys = new Map<string, PlatformKey>();
  // A stored key that can't be read is as good as absent: its signatures are then refused as unknown.
  for (const trusted of trust) {
    const key = readRsaPublicKey(trusted.publicKeyPem);
    if (key === undefined) continue;
    keys.set(normalizeSerial(trusted.serial), {
      key,
      ...(trusted.effectiveAt === undefined ? {} : { effectiveAt: new Date(trusted.effectiveAt) }),
      ...(trusted.expiresAt === undefined ? {} : { expiresAt: new Date(trusted.expiresAt) }),
    });
  }
  if (config.verification.mode === 'public_key') {
    const key = readRsaPublicKey(config.verification.publicKeyPem);
    if (key !== undefined) keys.set(normalizeSerial(config.verification.keyId), { key });
  }
  return keys;
}

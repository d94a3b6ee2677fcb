import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  randomInt,
} from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { createCertificate } from '../../testing/simulator/certificate.ts';
import { readStateFile, writeStateFile } from '../../testing/simulator/state-file.ts';
import { createNonce, type SigningKey } from './answers.ts';

const generate = promisify(generateKeyPair);
const dayMs = 86_400_000;
const lifetimeMs = 5 * 365 * dayMs;

const platformSchema = z.object({
  serial: z.string(),
  certificatePem: z.string(),
  privateKeyPem: z.string(),
  /** Signs from this time on; listed as soon as it exists. */
  signsFrom: z.number(),
  effectiveAt: z.string(),
  expiresAt: z.string(),
});
const stateSchema = z.object({
  mchid: z.string(),
  appid: z.string(),
  apiV3Key: z.string().length(32),
  merchantSerial: z.string(),
  merchantCertificatePem: z.string(),
  merchantPrivateKeyPem: z.string(),
  publicKeyId: z.string(),
  publicKeyPrivatePem: z.string(),
  platform: z.array(platformSchema).min(1),
});
type State = z.infer<typeof stateSchema>;
/** A platform certificate with the private key behind it. */
export type PlatformCertificate = z.infer<typeof platformSchema>;

const toPem = (key: KeyObject) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
const publicPemOf = (privatePem: string) => toPem(createPublicKey(privatePem));
const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('');

const createCertifiedKey = async (commonName: string, nowMs: number) => {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 });
  const notBefore = new Date(nowMs - dayMs);
  const notAfter = new Date(nowMs + lifetimeMs);
  const { pem, serial } = createCertificate({
    commonName,
    organization: 'Tributary Sandbox',
    publicKey,
    privateKey,
    notBefore,
    notAfter,
  });
  const effectiveAt = notBefore.toISOString();
  const expiresAt = notAfter.toISOString();
  return { serial, certificatePem: pem, privateKeyPem: toPem(privateKey), effectiveAt, expiresAt };
};

const createState = async (nowMs: number): Promise<State> => {
  const mchid = `16${digits(8)}`;
  const [platform, merchant, bare] = await Promise.all([
    createCertifiedKey('Sandbox Payment Platform', nowMs),
    createCertifiedKey(mchid, nowMs),
    generate('rsa', { modulusLength: 2048 }),
  ]);
  return {
    mchid,
    appid: `wx${randomBytes(8).toString('hex')}`,
    apiV3Key: createNonce(32),
    merchantSerial: merchant.serial,
    merchantCertificatePem: merchant.certificatePem,
    merchantPrivateKeyPem: merchant.privateKeyPem,
    publicKeyId: `PUB_KEY_ID_0${mchid}${digits(20)}`,
    publicKeyPrivatePem: toPem(bare.privateKey),
    platform: [{ ...platform, signsFrom: nowMs }],
  };
};

/** The keys of both sides: the platform's, and those of one test merchant. */
export type WechatPayCredentials = {
  readonly mchid: string;
  readonly appid: string;
  readonly apiV3Key: string;
  readonly merchantSerial: string;
  readonly merchantPublicKey: KeyObject;
  readonly publicKeyId: string;
  /** Every certificate that is published, oldest first. */
  certificates(): readonly PlatformCertificate[];
  /** The key to sign with now: the bare public key when asked for, else the current certificate. */
  signingKey(mode: 'publicKey' | 'certificate'): SigningKey;
  rotate(switchAfterMs: number): Promise<PlatformCertificate>;
  describe(): Record<string, unknown>;
  /** Ready to be entered into an account. */
  account(): { config: Record<string, unknown>; secrets: Record<string, unknown> };
};

/** Reads the credentials from the state folder; makes them on the first start. */
export const openCredentials = async (dir: string, now: () => number): Promise<WechatPayCredentials> => {
  const path = join(dir, 'wechat-pay.keys.json');
  const stored = await readStateFile(path, stateSchema);
  const state = stored ?? (await createState(now()));
  if (stored === undefined) await writeStateFile(path, state);

  const privateKeys = new Map<string, KeyObject>();
  const bareKey = createPrivateKey(state.publicKeyPrivatePem);
  const current = (): PlatformCertificate => {
    const signing = state.platform.filter(({ signsFrom }) => signsFrom <= now());
    const latest = signing.at(-1) ?? state.platform[0];
    if (latest === undefined) throw new Error('There is no platform certificate.');
    return latest;
  };
  const privateKeyOf = ({ serial, privateKeyPem }: PlatformCertificate): KeyObject => {
    const key = privateKeys.get(serial) ?? createPrivateKey(privateKeyPem);
    privateKeys.set(serial, key);
    return key;
  };

  return {
    mchid: state.mchid,
    appid: state.appid,
    apiV3Key: state.apiV3Key,
    merchantSerial: state.merchantSerial,
    merchantPublicKey: createPublicKey(state.merchantPrivateKeyPem),
    publicKeyId: state.publicKeyId,
    certificates: () => state.platform,
    signingKey: (mode) => {
      if (mode === 'publicKey') return { serial: state.publicKeyId, privateKey: bareKey };
      const certificate = current();
      return { serial: certificate.serial, privateKey: privateKeyOf(certificate) };
    },
    rotate: async (switchAfterMs) => {
      const made = await createCertifiedKey('Sandbox Payment Platform', now());
      const certificate = { ...made, signsFrom: now() + switchAfterMs };
      state.platform.push(certificate);
      await writeStateFile(path, state);
      return certificate;
    },
    account: () => ({
      config: {
        mchId: state.mchid,
        appId: state.appid,
        certificateSerial: state.merchantSerial,
        verification: { mode: 'certificate' },
      },
      secrets: { privateKeyPem: state.merchantPrivateKeyPem, apiV3Key: state.apiV3Key },
    }),
    describe: () => {
      const signing = current();
      return {
        mchid: state.mchid,
        appid: state.appid,
        apiV3Key: state.apiV3Key,
        merchantPrivateKeyPem: state.merchantPrivateKeyPem,
        merchantCertificatePem: state.merchantCertificatePem,
        merchantSerial: state.merchantSerial,
        platformCertificatePem: signing.certificatePem,
        platformSerial: signing.serial,
        platformPublicKeyPem: publicPemOf(state.publicKeyPrivatePem),
        publicKeyId: state.publicKeyId,
        platformCertificates: state.platform.map(({ serial, certificatePem, signsFrom }) => ({
          serial,
          certificatePem,
          signsFrom: new Date(signsFrom).toISOString(),
        })),
      };
    },
  };
};

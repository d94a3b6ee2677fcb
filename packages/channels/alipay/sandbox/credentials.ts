import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomInt,
  X509Certificate,
} from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { createCertificate } from '../../testing/simulator/certificate.ts';
import { readStateFile, writeStateFile } from '../../testing/simulator/state-file.ts';
import type { SigningKey } from './answers.ts';

const generate = promisify(generateKeyPair);
const dayMs = 86_400_000;
const lifetimeMs = 5 * 365 * dayMs;

const signingSchema = z.object({
  certificatePem: z.string(),
  privateKeyPem: z.string(),
  /** Signs from this time on. */
  signsFrom: z.number(),
});
const stateSchema = z.object({
  appId: z.string(),
  sellerId: z.string(),
  appPrivateKeyPem: z.string(),
  appCertificatePem: z.string(),
  /** Behind Alipay's bare public key. */
  publicKeyPrivatePem: z.string(),
  rootPrivateKeyPem: z.string(),
  rootCertificatePem: z.string(),
  alipay: z.array(signingSchema).min(1),
});
type State = z.infer<typeof stateSchema>;
/** Whether a caller knows Alipay by its bare public key or by certificates. */
export type SigningMode = 'publicKey' | 'certificate';

const authority = { commonName: 'Sandbox Certification Authority R1', organization: 'Tributary Sandbox' };
const toPem = (key: KeyObject) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
const publicPemOf = (privatePem: string) => toPem(createPublicKey(privatePem));
const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('');
const validity = (nowMs: number) => ({ notBefore: new Date(nowMs - dayMs), notAfter: new Date(nowMs + lifetimeMs) });

const issue = async (commonName: string, rootPrivateKeyPem: string, nowMs: number) => {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 });
  const { pem } = createCertificate({
    commonName,
    organization: 'Tributary Sandbox',
    publicKey,
    privateKey: createPrivateKey(rootPrivateKeyPem),
    issuer: authority,
    ...validity(nowMs),
  });
  return { certificatePem: pem, privateKeyPem: toPem(privateKey) };
};

const createState = async (nowMs: number): Promise<State> => {
  const [root, bare] = await Promise.all([
    generate('rsa', { modulusLength: 2048 }),
    generate('rsa', { modulusLength: 2048 }),
  ]);
  const rootPrivateKeyPem = toPem(root.privateKey);
  const appId = `2021${digits(12)}`;
  const [app, alipay] = await Promise.all([
    issue(appId, rootPrivateKeyPem, nowMs),
    issue('Sandbox Alipay', rootPrivateKeyPem, nowMs),
  ]);
  return {
    appId,
    sellerId: `2088${digits(12)}`,
    appPrivateKeyPem: app.privateKeyPem,
    appCertificatePem: app.certificatePem,
    publicKeyPrivatePem: toPem(bare.privateKey),
    rootPrivateKeyPem,
    rootCertificatePem: createCertificate({ ...authority, ...root, isAuthority: true, ...validity(nowMs) }).pem,
    alipay: [{ ...alipay, signsFrom: nowMs }],
  };
};

/** Alipay's number of a certificate (证书序列号): MD5 of the issuer's name, last part first, and the decimal serial. */
const numberOf = (pem: string): string => {
  const { issuer, serialNumber } = new X509Certificate(pem);
  const name = issuer.split('\n').reverse().join(',');
  return createHash('md5')
    .update(`${name}${BigInt(`0x${serialNumber}`)}`)
    .digest('hex');
};

/** The keys of both sides: Alipay's, and those of one test app. */
export type AlipayCredentials = {
  readonly appId: string;
  readonly sellerId: string;
  readonly appPublicKey: KeyObject;
  readonly appCertificateNumber: string;
  readonly rootCertificateNumber: string;
  signingKey(mode: SigningMode): SigningKey;
  /** Makes Alipay's next certificate under the same root. */
  rotate(switchAfterMs: number): Promise<{ serial: string; certificatePem: string; signsFrom: number }>;
  describe(): Record<string, unknown>;
  /** Ready to be entered into an account. */
  account(): { config: Record<string, unknown>; secrets: Record<string, unknown> };
};

/** Reads the credentials from the state folder; makes them on the first start. */
export const openCredentials = async (dir: string, now: () => number): Promise<AlipayCredentials> => {
  const path = join(dir, 'alipay.keys.json');
  const stored = await readStateFile(path, stateSchema);
  const state = stored ?? (await createState(now()));
  if (stored === undefined) await writeStateFile(path, state);

  const bareKey = createPrivateKey(state.publicKeyPrivatePem);
  const opened = new Map<string, SigningKey>();
  const current = (): SigningKey => {
    const latest = state.alipay.filter(({ signsFrom }) => signsFrom <= now()).at(-1) ?? state.alipay[0];
    if (latest === undefined) throw new Error('There is no certificate of Alipay.');
    const key = opened.get(latest.certificatePem) ?? {
      privateKey: createPrivateKey(latest.privateKeyPem),
      certificateNumber: numberOf(latest.certificatePem),
    };
    opened.set(latest.certificatePem, key);
    return key;
  };

  return {
    appId: state.appId,
    sellerId: state.sellerId,
    appPublicKey: createPublicKey(state.appPrivateKeyPem),
    appCertificateNumber: numberOf(state.appCertificatePem),
    rootCertificateNumber: numberOf(state.rootCertificatePem),
    signingKey: (mode) => (mode === 'publicKey' ? { privateKey: bareKey } : current()),
    rotate: async (switchAfterMs) => {
      const made = await issue('Sandbox Alipay', state.rootPrivateKeyPem, now());
      const signsFrom = now() + switchAfterMs;
      state.alipay.push({ ...made, signsFrom });
      await writeStateFile(path, state);
      return { serial: numberOf(made.certificatePem), certificatePem: made.certificatePem, signsFrom };
    },
    account: () => ({
      config: {
        appId: state.appId,
        sellerId: state.sellerId,
        verification: {
          mode: 'certificate',
          appCertificatePem: state.appCertificatePem,
          alipayCertificatePems: state.alipay.map(({ certificatePem }) => certificatePem).slice(-5),
          alipayRootCertificatePem: state.rootCertificatePem,
        },
      },
      secrets: { privateKeyPem: state.appPrivateKeyPem },
    }),
    describe: () => ({
      appId: state.appId,
      sellerId: state.sellerId,
      appPrivateKeyPem: state.appPrivateKeyPem,
      appCertificatePem: state.appCertificatePem,
      alipayPublicKeyPem: publicPemOf(state.publicKeyPrivatePem),
      /** Oldest first. */
      alipayCertificatePems: state.alipay.map(({ certificatePem }) => certificatePem),
      alipayRootCertificatePem: state.rootCertificatePem,
    }),
  };
};

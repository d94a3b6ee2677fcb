import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { type CertificateRequest, createCertificate } from '../../testing/simulator/certificate.ts';
import { readStateFile, writeStateFile } from '../../testing/simulator/state-file.ts';

const generate = promisify(generateKeyPair);
const dayMs = 86_400_000;
const lifetimeMs = 5 * 365 * dayMs;
const organization = 'Tributary Sandbox';
/** Whose certificate signs answers: the third part of its common name, as in UnionPay's own test environment. */
const signerName = '00040000:SIGN';
const rootName = { commonName: 'Sandbox Card Network Root CA', organization };
const middleName = { commonName: 'Sandbox Card Network Middle CA', organization };

const holderSchema = z.object({ serial: z.string(), certificatePem: z.string(), privateKeyPem: z.string() });
const signerSchema = holderSchema.extend({
  /** Signs from this time on. */
  signsFrom: z.number(),
});
const stateSchema = z.object({
  merId: z.string(),
  rootCertificatePem: z.string(),
  middle: holderSchema,
  merchant: holderSchema,
  signers: z.array(signerSchema).min(1),
});
type Holder = z.infer<typeof holderSchema>;
type Signer = z.infer<typeof signerSchema>;
type Pair = { publicKey: KeyObject; privateKey: KeyObject };

const createPair = (): Promise<Pair> => generate('rsa', { modulusLength: 2048 });
const toPem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('');

const certify = (
  pair: Pair,
  nowMs: number,
  own: Pick<CertificateRequest, 'commonName' | 'organization' | 'issuer' | 'isAuthority'>,
  issuerKey: KeyObject = pair.privateKey,
): Holder => {
  const notBefore = new Date(nowMs - dayMs);
  const notAfter = new Date(nowMs + lifetimeMs);
  const { publicKey } = pair;
  const { pem, serial } = createCertificate({ ...own, publicKey, privateKey: issuerKey, notBefore, notAfter });
  return { serial, certificatePem: pem, privateKeyPem: toPem(pair.privateKey) };
};

const createSigner = (pair: Pair, nowMs: number, middleKey: KeyObject): Holder => {
  const commonName = `041@Z2026-1-1@${signerName}@${digits(8)}`;
  return certify(pair, nowMs, { commonName, organization, issuer: middleName }, middleKey);
};

const createState = async (nowMs: number): Promise<z.infer<typeof stateSchema>> => {
  const [root, middle, signer, merchant] = await Promise.all([
    createPair(),
    createPair(),
    createPair(),
    createPair(),
  ] as const);
  const merId = `777290058${digits(6)}`;
  const commonName = `041@Z2026-1-1@${merId}:SIGN@${digits(8)}`;
  return {
    merId,
    rootCertificatePem: certify(root, nowMs, { ...rootName, isAuthority: true }).certificatePem,
    middle: certify(middle, nowMs, { ...middleName, issuer: rootName, isAuthority: true }, root.privateKey),
    merchant: certify(merchant, nowMs, { commonName, organization, issuer: middleName }, middle.privateKey),
    signers: [{ ...createSigner(signer, nowMs, middle.privateKey), signsFrom: nowMs }],
  };
};

/** A certificate with the key behind it. */
export type SigningKey = { certificatePem: string; privateKey: KeyObject };

/** The keys of both sides: the network's chain, and those of one test merchant. */
export type UnionPayCredentials = {
  readonly merId: string;
  /** Serial of the merchant's certificate in decimal, as messages name it. */
  readonly certId: string;
  readonly merchantPublicKey: KeyObject;
  readonly merchantCertificatePem: string;
  signingKey(): SigningKey;
  rotate(switchAfterMs: number): Promise<Signer>;
  /** Everything that a merchant enters into its own configuration. */
  describe(): Record<string, unknown>;
  /** Ready to be entered into an account. */
  account(): { config: Record<string, unknown>; secrets: Record<string, unknown> };
};

/** Opens `unionpay.keys.json` in the state folder, or makes it. */
export const openCredentials = async (dir: string, now: () => number): Promise<UnionPayCredentials> => {
  const path = join(dir, 'unionpay.keys.json');
  const state = (await readStateFile(path, stateSchema)) ?? (await createState(now()));
  await writeStateFile(path, state);
  const { merId, merchant, middle } = state;
  const certId = BigInt(`0x${merchant.serial}`).toString();
  const keys = new Map<string, KeyObject>();
  const current = (): Signer => {
    const signing = state.signers.findLast(({ signsFrom }) => signsFrom <= now()) ?? state.signers[0];
    if (signing === undefined) throw new Error('There is no certificate to sign with.');
    return signing;
  };
  return {
    merId,
    certId,
    merchantPublicKey: createPublicKey(merchant.privateKeyPem),
    merchantCertificatePem: merchant.certificatePem,
    signingKey: () => {
      const { serial, certificatePem, privateKeyPem } = current();
      const privateKey = keys.get(serial) ?? createPrivateKey(privateKeyPem);
      keys.set(serial, privateKey);
      return { certificatePem, privateKey };
    },
    rotate: async (switchAfterMs) => {
      const fresh = createSigner(await createPair(), now(), createPrivateKey(middle.privateKeyPem));
      const signer = { ...fresh, signsFrom: now() + switchAfterMs };
      state.signers.push(signer);
      await writeStateFile(path, state);
      return signer;
    },
    account: () => ({
      config: {
        merId,
        certificatePem: merchant.certificatePem,
        rootCertificatePem: state.rootCertificatePem,
        middleCertificatePem: middle.certificatePem,
        signerName,
      },
      secrets: { privateKeyPem: merchant.privateKeyPem },
    }),
    describe: () => ({
      merId,
      certId,
      certificatePem: merchant.certificatePem,
      privateKeyPem: merchant.privateKeyPem,
      rootCertificatePem: state.rootCertificatePem,
      middleCertificatePem: middle.certificatePem,
      signerName,
    }),
  };
};

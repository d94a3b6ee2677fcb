import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** DER of an Ed25519 key is a fixed head and 32 bytes (RFC 8410). */
const privateHead = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicHead = Buffer.from('302a300506032b6570032100', 'hex');

/** What a merchant's webhooks are signed with now: the newest first, and during a rotation the one before. */
export type WebhookKeys = { secrets: readonly string[]; signingKeys: readonly string[] };

/**
 * `webhook-signature` of Standard Webhooks 1.0 over `id.timestamp.body`: `v1` (HMAC-SHA256 under a `whsec_…` secret) and
 * `v1a` (Ed25519 under a `whsk_…` key) for every key that holds, separated by blanks.
 */
export function signWebhook(id: string, at: Date, body: string, { secrets, signingKeys }: WebhookKeys): string {
  const text = Buffer.from(`${id}.${Math.floor(at.getTime() / 1000)}.${body}`);
  return [
    ...secrets.map((secret) => new Webhook(secret).sign(id, at, body)),
    ...signingKeys.map((key) => `v1a,${sign(null, text, privateKeyOf(key)).toString('base64')}`),
  ].join(' ');
}

/** A new pair: `whsk_…` stays here, `whpk_…` is for everybody. */
export function newSigningKey(): { secret: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(privateHead.length);
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(publicHead.length);
  return { secret: `whsk_${seed.toString('base64')}`, publicKey: `whpk_${point.toString('base64')}` };
}

/** @throws Error on a text that is no key */
export function publicKeyOf(text: string): KeyObject {
  const key = Buffer.concat([publicHead, Buffer.from(text.replace(/^whpk_/, ''), 'base64')]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

function privateKeyOf(text: string): KeyObject {
  const key = Buffer.concat([privateHead, Buffer.from(text.replace(/^whsk_/, ''), 'base64')]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

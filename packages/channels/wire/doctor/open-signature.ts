import { constants, createHash, createHmac, type KeyObject, publicDecrypt, timingSafeEqual, verify } from 'node:crypto';

/** A signature opened with the key that made it: which hash it holds, and whether that is of a message. */
export type OpenedSignature = { hash: string; digest: Buffer | undefined; covers(message: Buffer): boolean };

// RFC 8017 §9.2, note 1.
const digestInfos: readonly (readonly [hash: string, prefix: string])[] = [
  ['sha256', '3031300d060960864801650304020105000420'],
  ['sha1', '3021300906052b0e03021a05000414'],
  ['md5', '3020300c06082a864886f70d020505000410'],
  ['sha384', '3041300d060960864801650304020205000430'],
  ['sha512', '3051300d060960864801650304020305000440'],
];

/**
 * Opens an RSA signature: only the key that made it gives a well-formed digest, so that a wrong key and a changed message
 * can be told apart, and any number of messages compared without verifying each.
 * @returns undefined when this key certainly did not make it
 */
function openRsa(signature: Buffer, publicKey: KeyObject): OpenedSignature | undefined {
  let info: string;
  try {
    info = publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature).toString('hex');
  } catch {
    return undefined;
  }
  const found = digestInfos.find(([, prefix]) => info.startsWith(prefix));
  if (!found) return undefined;
  const [hash, prefix] = found;
  const digest = Buffer.from(info.slice(prefix.length), 'hex');
  return {
    hash,
    digest,
    covers: (message) => {
      const own = createHash(hash).update(message).digest();
      return own.length === digest.length && timingSafeEqual(own, digest);
    },
  };
}

/** Ed25519 tells nothing of a message it does not cover: whose key it was stays open until a message is found. */
const openEd25519 = (signature: Buffer, publicKey: KeyObject): OpenedSignature => ({
  hash: 'sha256',
  digest: undefined,
  covers: (message) => verify(null, message, publicKey, signature),
});

/** HMAC-SHA256, which tells as little. */
const openHmac = (signature: Buffer, secret: KeyObject): OpenedSignature => ({
  hash: 'sha256',
  digest: undefined,
  covers: (message) => {
    const own = createHmac('sha256', secret).update(message).digest();
    return own.length === signature.length && timingSafeEqual(own, signature);
  },
});

/** Whether only trying a message tells if a signature was made with the key. */
export const isSilent = (key: KeyObject): boolean => key.type === 'secret' || key.asymmetricKeyType === 'ed25519';

export function openWith(signature: Buffer, key: KeyObject): OpenedSignature | undefined {
  if (key.type === 'secret') return openHmac(signature, key);
  return key.asymmetricKeyType === 'ed25519' ? openEd25519(signature, key) : openRsa(signature, key);
}

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { decodeBase64 } from './base64.ts';

// Node 20 accepts tags as short as 4 bytes unless told otherwise, which makes forging them feasible.
const tagBytes = 16;
const keyBytes = 32;

/** What AEAD_AES_256_GCM (RFC 5116 §5.2) works on: base64 of ciphertext and tag, and the nonce as text. */
export type Sealed = { ciphertext: string; nonce: string; associatedData: string };

/** Opens a sealed text. Returns undefined when key, nonce, associated data, tag or encoding do not fit; never throws. */
export function openAes256Gcm({ ciphertext, nonce, associatedData }: Sealed, key: Buffer): Buffer | undefined {
  const sealed = decodeBase64(ciphertext);
  if (sealed === undefined || sealed.length < tagBytes || key.length !== keyBytes || nonce === '') return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(associatedData));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Seals bytes; the other half of {@link openAes256Gcm}, for servers that play a channel. */
export function sealAes256Gcm(plain: Buffer, key: Buffer, nonce: string, associatedData: string): Sealed {
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(nonce), { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(associatedData));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { ciphertext: sealed.toString('base64'), nonce, associatedData };
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Key-encryption keys by id; the first is the one that new secrets are wrapped with. */
export type KeyRing = ReadonlyMap<string, Buffer>;

/**
 * Parses `<kekId>:<base64 of 32 bytes>[,<older>…]`.
 * @throws Error when an entry is malformed or a key has another length; the text itself is never repeated
 */
export function parseKeyRing(text: string): KeyRing {
  const ring = new Map<string, Buffer>();
  for (const entry of text.split(',')) {
    const match = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/=_-]+)$/.exec(entry.trim());
    const key = Buffer.from(match?.[2] ?? '', 'base64');
    if (!match?.[1] || key.length !== 32) throw new Error('TRIBUTARY_KEK must be <id>:<base64 of 32 bytes>[,…]');
    ring.set(match[1], key);
  }
  return ring;
}

export type Secrets = ReturnType<typeof createSecrets>;

const version = 'v1';
// Without this Node 20 takes tags of 4 bytes, which an attacker can guess.
const tagLength = 16;

/**
 * Envelope encryption: each secret has a data key of its own (AES-256-GCM), wrapped by a key-encryption key of the ring.
 * Stored as `v1.<kekId>.<wrapped data key>.<nonce>.<ciphertext>.<tag>`, parts base64url. `aad` names where the secret
 * belongs (table|column|row), so that a ciphertext moved elsewhere does not open.
 */
export function createSecrets(ring: KeyRing) {
  const first = [...ring.keys()][0] ?? '';
  if (!first) throw new Error('the key ring is empty');

  function encrypt(plain: string, aad: string): string {
    const dataKey = randomBytes(32);
    const { nonce, text, tag } = seal(dataKey, Buffer.from(plain), aad);
    return [version, first, wrap(first, dataKey), nonce, text, tag]
      .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
      .join('.');
  }

  /** @throws Error when the key is unknown, the text was changed, or it belongs elsewhere */
  function decrypt(stored: string, aad: string): string {
    const [v, kekId, wrapped, nonce, text, tag, ...rest] = stored.split('.');
    if (v !== version || !kekId || !wrapped || !nonce || text === undefined || !tag || rest.length > 0) {
      throw new Error('not an encrypted secret');
    }
    return open(unwrap(kekId, wrapped), { nonce: bytes(nonce), text: bytes(text), tag: bytes(tag) }, aad).toString();
  }

  /** Wraps the data key with the ring's first key; the ciphertext itself stays. */
  function rewrap(stored: string): string {
    const [v, kekId, wrapped, ...rest] = stored.split('.');
    if (v !== version || !kekId || !wrapped) throw new Error('not an encrypted secret');
    return [v, first, wrap(first, unwrap(kekId, wrapped)).toString('base64url'), ...rest].join('.');
  }

  function wrap(kekId: string, dataKey: Buffer): Buffer {
    const { nonce, text, tag } = seal(keyOf(kekId), dataKey, `kek|${kekId}`);
    return Buffer.concat([nonce, text, tag]);
  }

  function unwrap(kekId: string, wrapped: string): Buffer {
    const raw = bytes(wrapped);
    const parts = { nonce: raw.subarray(0, 12), text: raw.subarray(12, -tagLength), tag: raw.subarray(-tagLength) };
    return open(keyOf(kekId), parts, `kek|${kekId}`);
  }

  function keyOf(kekId: string): Buffer {
    const key = ring.get(kekId);
    if (!key) throw new Error(`key-encryption key ${kekId} is not in the ring`);
    return key;
  }

  return { encrypt, decrypt, rewrap };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');

type Sealed = { nonce: Buffer; text: Buffer; tag: Buffer };

function seal(key: Buffer, plain: Buffer, aad: string): Sealed {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(aad));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { nonce, text, tag: cipher.getAuthTag() };
}

function open(key: Buffer, { nonce, text, tag }: Sealed, aad: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(text), decipher.final()]);
}

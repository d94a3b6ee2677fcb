import { createHash, createPublicKey, hash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { ApiKeyConfig, ConfigSnapshot, MerchantConfig } from '../config/snapshot.ts';
import { AppError } from '../platform/app-error.ts';
import type { Clock } from '../platform/ports/clock.ts';
import { hashApiKey, parseApiKey } from './api-key.ts';
import { isInRanges } from './ip-ranges.ts';

export const scopes = ['payments:read', 'payments:write', 'refunds:read', 'refunds:write'] as const;
export type Scope = (typeof scopes)[number];

/** What of a request is authenticated. `body` is the raw bytes; `pathAndQuery` exactly as sent. */
export type RequestToAuthenticate = {
  method: string;
  pathAndQuery: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  ip: string;
};

export type Authenticated = { merchant: MerchantConfig; keyId: string; signed: boolean };

export const signatureWindowSeconds = 300;
const maxNonces = 200_000;
const minRsaBits = 2048;
const noHash = Buffer.alloc(32);
const maxKnown = 10_000;
const knownForMs = 10_000;

/**
 * Who is calling, from an API key or a signature over the raw bytes. Every failure gets the same answer, whatever was
 * wrong, so that nobody learns which keys exist.
 */
export function createAuthenticate({ pepper, clock }: { pepper: Buffer; clock: Clock }) {
  const nonces = new Map<string, number>();
  const publicKeys = new WeakMap<ApiKeyConfig, KeyObject>();
  // Headers that were right, by their digest, never as they are: what is remembered opens nothing elsewhere.
  const known = new Map<string, { key: ApiKeyConfig; until: number }>();

  return function authenticate(snapshot: ConfigSnapshot, request: RequestToAuthenticate, scope: Scope): Authenticated {
    const signed = request.headers['tributary-signature'] !== undefined;
    const key = signed ? verifySignature(snapshot, request) : verifyBearer(snapshot, request);
    const merchant = key && snapshot.merchants.get(key.merchantId);
    const now = clock.now();
    if (!key || !merchant || isOver(key.expiresAt, now) || isOver(key.revokedAt, now))
      throw new AppError('unauthenticated');
    if (key.ipAllowlist.length > 0 && !isInRanges(key.ipAllowlist, request.ip))
      throw new AppError('forbidden', 'this key may not be used from this address');
    if (!key.scopes.has(scope)) throw new AppError('forbidden', `this key has no scope ${scope}`);
    if (merchant.requireSignature && !signed && scope.endsWith(':write')) throw new AppError('signature_required');
    return { merchant, keyId: key.id, signed };
  };

  function verifyBearer(snapshot: ConfigSnapshot, { headers }: RequestToAuthenticate): ApiKeyConfig | undefined {
    const header = single(headers.authorization) ?? '';
    const digest = hash('sha256', header, 'base64');
    const before = known.get(digest);
    // Every load of the configuration makes new objects of the keys: whatever changed, this is not the same one any more.
    if (before && before.until > clock.monotonicMs() && snapshot.apiKeys.get(before.key.id) === before.key)
      return before.key;
    const match = /^Bearer +([\x21-\x7e]+)$/i.exec(header);
    const parsed = parseApiKey(match?.[1] ?? '');
    const key = parsed && snapshot.apiKeys.get(parsed.keyId);
    if (!parsed) return undefined;
    // The same work whether the key exists or not, so that the time taken tells nothing either.
    const stored = key?.kind === 'bearer' && key.secretHash?.length === noHash.length ? key.secretHash : undefined;
    const equal = timingSafeEqual(hashApiKey(parsed.secret, pepper), stored ?? noHash);
    if (!key || !stored || !equal) return undefined;
    remember(digest, key);
    return key;
  }

  function remember(digest: string, key: ApiKeyConfig): void {
    known.delete(digest);
    known.set(digest, { key, until: clock.monotonicMs() + knownForMs });
    if (known.size <= maxKnown) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }

  function verifySignature(
    snapshot: ConfigSnapshot,
    { method, pathAndQuery, headers, body }: RequestToAuthenticate,
  ): ApiKeyConfig | undefined {
    const keyId = single(headers['tributary-key']);
    const timestamp = single(headers['tributary-timestamp']) ?? '';
    const nonce = single(headers['tributary-nonce']) ?? '';
    const signature = single(headers['tributary-signature']) ?? '';
    const key = snapshot.apiKeys.get(keyId ?? '');
    if (key?.kind !== 'signing' || !key.publicKeyPem) return undefined;
    if (
      !/^\d{10}$/.test(timestamp) ||
      !/^[0-9A-Za-z_-]{16,64}$/.test(nonce) ||
      !/^[A-Za-z0-9+/]{80,1024}={0,2}$/.test(signature)
    )
      return undefined;
    const nowSeconds = clock.now().getTime() / 1000;
    if (Math.abs(nowSeconds - Number(timestamp)) >= signatureWindowSeconds) return undefined;
    const publicKey = publicKeyOf(key, key.publicKeyPem);
    const bytes = Buffer.from(signature, 'base64');
    // Base64 has many spellings of the same bytes; only one is ours, or a signature could be varied.
    if (!publicKey || bytes.toString('base64') !== signature) return undefined;
    const message = Buffer.from(signedMessage(method, pathAndQuery, timestamp, nonce, body));
    if (!verify(publicKey.asymmetricKeyType === 'rsa' ? 'sha256' : null, message, publicKey, bytes)) return undefined;
    return isFresh(`${key.id}|${nonce}`, nowSeconds) ? key : undefined;
  }

  /** Ed25519, or RSA of at least 2048 bits; a stored key that is neither opens nothing. */
  function publicKeyOf(key: ApiKeyConfig, pem: string): KeyObject | undefined {
    const known = publicKeys.get(key);
    if (known) return known;
    try {
      const made = createPublicKey(pem);
      const { asymmetricKeyType: type, asymmetricKeyDetails } = made;
      if (type !== 'ed25519' && !(type === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= minRsaBits))
        return undefined;
      publicKeys.set(key, made);
      return made;
    } catch {
      return undefined;
    }
  }

  /** Remembers nonces for longer than the timestamp window. Forgetting one early is harmless: idempotency still holds. */
  function isFresh(nonce: string, nowSeconds: number): boolean {
    if (nonces.has(nonce)) return false;
    nonces.set(nonce, nowSeconds);
    for (const [old, at] of nonces) {
      if (nonces.size <= maxNonces && nowSeconds - at < 2 * signatureWindowSeconds) break;
      nonces.delete(old);
    }
    return true;
  }
}

export type Authenticate = ReturnType<typeof createAuthenticate>;

/** What is signed: method, path with query, time, nonce and the SHA-256 of the raw body, each on a line of its own. */
export const signedMessage = (
  method: string,
  pathAndQuery: string,
  timestamp: string,
  nonce: string,
  body: Buffer | string,
): string => `${method}\n${pathAndQuery}\n${timestamp}\n${nonce}\n${createHash('sha256').update(body).digest('hex')}\n`;

const isOver = (end: Date | undefined, now: Date): boolean => end !== undefined && end <= now;

const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

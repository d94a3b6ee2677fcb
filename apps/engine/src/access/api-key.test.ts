import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiKeyConfig, ConfigSnapshot, MerchantConfig } from '../config/snapshot.ts';
import { generateApiKey, hashApiKey, parseApiKey } from './api-key.ts';
import { createAuthenticate, scopes, signedMessage } from './authenticate.ts';

describe('an API key', () => {
  it('is read back, and refused after any slip of one character', () => {
    const { text, keyId, secret } = generateApiKey();
    expect(parseApiKey(text)).toEqual({ keyId, secret });
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'0Aaz9_-'), (at, char) => {
        fc.pre(text[at] !== char);
        expect(parseApiKey(text.slice(0, at) + char + text.slice(at + 1))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.string(), (noise) => parseApiKey(noise) === undefined));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (noise) => parseApiKey(`tk_live_${noise}`) === undefined));
    for (let at = 0; at < text.length; at++) {
      expect(parseApiKey(text.slice(0, at) + text.slice(at + 1))).toBeUndefined();
      expect(parseApiKey(`${text.slice(0, at)}A${text.slice(at)}`)).toBeUndefined();
      const swapped = text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2);
      if (swapped !== text) expect(parseApiKey(swapped)).toBeUndefined();
    }
  });

  it('is hashed under the pepper', () => {
    const [a, b] = [randomBytes(32), randomBytes(32)];
    expect(hashApiKey('s', a).equals(hashApiKey('s', b))).toBe(false);
  });
});

describe('a key that was right a moment ago', () => {
  const pepper = randomBytes(32);
  const made = generateApiKey();
  const at = new Date('2026-11-23T08:00:00Z');
  const stored = (own: Partial<ApiKeyConfig> = {}) =>
    ({
      id: made.keyId,
      merchantId: 'mch_1',
      kind: 'bearer',
      secretHash: hashApiKey(made.secret, pepper),
      scopes: new Set(scopes),
      ipAllowlist: [],
      ...own,
    }) as unknown as ApiKeyConfig;
  const snapshotOf = (...keys: ApiKeyConfig[]) =>
    ({
      apiKeys: new Map(keys.map((one) => [one.id, one])),
      merchants: new Map([['mch_1', { id: 'mch_1' }]]),
    }) as unknown as ConfigSnapshot;
  const request = { method: 'GET', pathAndQuery: '/', body: Buffer.alloc(0), ip: '10.1.2.3' };
  const headers = { authorization: `Bearer ${made.text}` };
  const start = () => {
    const authenticate = createAuthenticate({ pepper, clock: { now: () => at, monotonicMs: () => 0 } });
    return (snapshot: ConfigSnapshot, own: object = headers) =>
      authenticate(snapshot, { ...request, headers: own as typeof headers }, 'payments:read');
  };

  it('opens nothing more as soon as the configuration says so, whatever it says', () => {
    const elsewhere = hashApiKey('another', pepper);
    for (const after of [
      snapshotOf(),
      snapshotOf(stored({ secretHash: elsewhere })),
      snapshotOf(stored({ revokedAt: at })),
      snapshotOf(stored({ expiresAt: at })),
      snapshotOf(stored({ scopes: new Set(['payments:write']) })),
      snapshotOf(stored({ ipAllowlist: ['192.0.2.1'] })),
      snapshotOf(stored({ kind: 'signing' })),
      snapshotOf(stored({ merchantId: 'gone' })),
    ]) {
      const authenticate = start();
      expect(authenticate(snapshotOf(stored()))).toMatchObject({ keyId: made.keyId });
      expect(() => authenticate(after)).toThrow();
    }
  });

  it('is as much needed whole as the first time', () => {
    const [authenticate, snapshot] = [start(), snapshotOf(stored())];
    authenticate(snapshot);
    for (const text of [
      made.text.slice(0, -1),
      `${made.text}x`,
      made.text.replace(made.secret, generateApiKey().secret),
    ])
      expect(() => authenticate(snapshot, { authorization: `Bearer ${text}` })).toThrow('Authentication');
    expect(authenticate(snapshot)).toBeTruthy();
  });
});

describe('a signed request', () => {
  const at = new Date('2026-11-23T08:00:00Z');
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = {
    id: 'signer',
    merchantId: 'mch_1',
    kind: 'signing',
    secretHash: undefined,
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    scopes: new Set(scopes),
    ipAllowlist: ['10.0.0.0/8', '2001:db8::1'],
    expiresAt: undefined,
    revokedAt: undefined,
  } as ApiKeyConfig;
  const snapshot = {
    apiKeys: new Map([[key.id, key]]),
    merchants: new Map([['mch_1', { id: 'mch_1', requireSignature: true } as MerchantConfig]]),
  } as unknown as ConfigSnapshot;
  const authenticate = createAuthenticate({ pepper: randomBytes(32), clock: { now: () => at, monotonicMs: () => 0 } });
  let nonces = 0;

  function request(
    own: { body?: string; path?: string; skewSeconds?: number; nonce?: string; ip?: string } = {},
    change: (signed: {
      body: string;
      path: string;
      signature: string;
      timestamp: string;
      nonce: string;
    }) => object = () => ({}),
  ) {
    const parts = {
      body: own.body ?? '{"a":1}',
      path: own.path ?? '/v1/payments?x=1',
      timestamp: String(at.getTime() / 1000 + (own.skewSeconds ?? 0)),
      nonce: own.nonce ?? `nonce-${String(++nonces).padStart(16, '0')}`,
    };
    const signature = sign(
      null,
      Buffer.from(signedMessage('POST', parts.path, parts.timestamp, parts.nonce, parts.body)),
      privateKey,
    ).toString('base64');
    const sent = { ...parts, signature, ...change({ ...parts, signature }) };
    return () =>
      authenticate(
        snapshot,
        {
          method: 'POST',
          pathAndQuery: sent.path,
          body: Buffer.from(sent.body),
          ip: own.ip ?? '10.1.2.3',
          headers: {
            'tributary-key': 'signer',
            'tributary-timestamp': sent.timestamp,
            'tributary-nonce': sent.nonce,
            'tributary-signature': sent.signature,
          },
        },
        'payments:write',
      );
  }

  it('is believed as it was signed', () => {
    expect(request()()).toMatchObject({ keyId: 'signer', signed: true });
  });

  it('is refused after any change of body, path, time, nonce or signature', () => {
    const flip = (text: string, at: number) => text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
    fc.assert(
      fc.property(fc.constantFrom('body', 'path', 'timestamp', 'nonce', 'signature'), fc.nat(20), (part, place) => {
        expect(
          request({}, (signed) => ({ [part]: flip(signed[part as 'body'], place % signed[part as 'body'].length) })),
        ).toThrow('Authentication');
      }),
    );
  });

  it('is refused when replayed, when its time is five minutes off, and from elsewhere', () => {
    const once = request({ nonce: 'used-once-0000000000' });
    once();
    expect(once).toThrow();
    for (const skewSeconds of [-300, 300]) expect(request({ skewSeconds })).toThrow();
    for (const skewSeconds of [-299, 299]) expect(request({ skewSeconds })()).toBeTruthy();
    expect(request({ ip: '192.0.2.1' })).toThrow('address');
    expect(request({ ip: '2001:db8::1' })()).toBeTruthy();
  });

  it('is refused after the flip of any bit of the signature, and in any other spelling of its base64', () => {
    fc.assert(
      fc.property(fc.nat(64 * 8 - 1), (bit) => {
        const changed = request({}, ({ signature }) => {
          const bytes = Buffer.from(signature, 'base64');
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          return { signature: bytes.toString('base64') };
        });
        expect(changed).toThrow('Authentication');
      }),
    );
    expect(request({}, ({ signature }) => ({ signature: signature.replace(/=+$/, '') }))).toThrow('Authentication');
    const sibling = (text: string) =>
      text.replace(
        /(.)==$/,
        (_, last: string) => `${last === 'A' ? 'B' : String.fromCharCode(last.charCodeAt(0) + 1)}==`,
      );
    expect(request({}, ({ signature }) => ({ signature: sibling(signature) }))).toThrow('Authentication');
  });

  it('may be RSA of 2048 bits or more; other keys open nothing and break nothing', () => {
    const tryKey = (own: Partial<ApiKeyConfig>, signer: KeyObject, algorithm: string | null) => {
      const one = { ...key, ...own };
      const timestamp = String(at.getTime() / 1000);
      const nonce = `n-${String(++nonces).padStart(20, '0')}`;
      const message = Buffer.from(signedMessage('GET', '/v1/payments', timestamp, nonce, ''));
      return () =>
        authenticate(
          { ...snapshot, apiKeys: new Map([[one.id, one]]) },
          {
            method: 'GET',
            pathAndQuery: '/v1/payments',
            body: Buffer.alloc(0),
            ip: '10.1.2.3',
            headers: {
              'tributary-key': one.id,
              'tributary-timestamp': timestamp,
              'tributary-nonce': nonce,
              'tributary-signature': sign(algorithm, message, signer).toString('base64'),
            },
          },
          'payments:read',
        );
    };
    const pem = (one: KeyObject) => one.export({ type: 'spki', format: 'pem' }).toString();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(tryKey({ publicKeyPem: pem(rsa.publicKey) }, rsa.privateKey, 'sha256')()).toBeTruthy();
    expect(tryKey({ publicKeyPem: pem(weak.publicKey) }, weak.privateKey, 'sha256')).toThrow('Authentication');
    expect(tryKey({ publicKeyPem: pem(curve.publicKey) }, curve.privateKey, 'sha256')).toThrow('Authentication');
    expect(tryKey({ publicKeyPem: 'not a key' }, privateKey, null)).toThrow('Authentication');
    expect(tryKey({ expiresAt: at }, privateKey, null)).toThrow('Authentication');
    expect(tryKey({ revokedAt: at }, privateKey, null)).toThrow('Authentication');
    expect(tryKey({ merchantId: 'gone' }, privateKey, null)).toThrow('Authentication');
    expect(tryKey({ kind: 'bearer' }, privateKey, null)).toThrow('Authentication');
  });
});

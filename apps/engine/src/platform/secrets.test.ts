import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecrets, parseKeyRing } from './secrets.ts';

const ring = (...ids: string[]) =>
  parseKeyRing(ids.map((id) => `${id}:${randomBytes(32).toString('base64')}`).join(','));

describe('envelope encryption', () => {
  const secrets = createSecrets(ring('k1'));

  it('opens what it sealed, for the place it was sealed for, and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (plain, aad, other) => {
        const stored = secrets.encrypt(plain, aad);
        expect(secrets.decrypt(stored, aad)).toBe(plain);
        if (other !== aad) expect(() => secrets.decrypt(stored, other)).toThrow();
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a text of which any character was changed', () => {
    const stored = secrets.encrypt('apiv3-key', 'channel_accounts|secrets|a');
    fc.assert(
      fc.property(fc.nat(stored.length - 1), fc.constantFrom(...'AQgw19_-'), (at, char) => {
        fc.pre(stored[at] !== char && stored[at] !== '.');
        const changed = stored.slice(0, at) + char + stored.slice(at + 1);
        // The last character of a base64url group may carry unused bits: same bytes, same secret.
        const same = changed
          .split('.')
          .every(
            (part, i) =>
              i < 2 || Buffer.from(part, 'base64url').equals(Buffer.from(stored.split('.')[i] ?? '', 'base64url')),
          );
        fc.pre(!same);
        expect(() => secrets.decrypt(changed, 'channel_accounts|secrets|a')).toThrow();
      }),
    );
  });

  it('refuses a shortened tag', () => {
    const parts = secrets.encrypt('x', 'a').split('.');
    parts[5] = Buffer.from(parts[5] ?? '', 'base64url')
      .subarray(0, 4)
      .toString('base64url');
    expect(() => secrets.decrypt(parts.join('.'), 'a')).toThrow();
  });

  it('is rewrapped for a new key without being opened, and the old key may then go', () => {
    const old = ring('old');
    const both = new Map([...ring('new'), ...old]);
    const rewrapped = createSecrets(both).rewrap(createSecrets(old).encrypt('secret', 'a'));
    const onlyNew = new Map([...both].filter(([id]) => id === 'new'));
    expect(createSecrets(onlyNew).decrypt(rewrapped, 'a')).toBe('secret');
    expect(() => createSecrets(old).decrypt(rewrapped, 'a')).toThrow('not in the ring');
  });

  it('refuses keys of another length without repeating them', () => {
    expect(() => parseKeyRing('k1:c2hvcnQ=')).toThrow('TRIBUTARY_KEK must be');
  });
});

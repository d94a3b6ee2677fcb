import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskBody, maskHeaders } from './mask.ts';

const sensitive = new Set(['openid', 'auth_code', 'ciphertext']);

describe('masking', () => {
  it('lets no sensitive value through, however deep it hides', () => {
    const secret = 'SECRET-canary-9f1';
    fc.assert(
      fc.property(
        fc.constantFrom('openid', 'OpenID', 'auth_code'),
        fc.array(fc.constantFrom('a', 'b', 'list'), { maxLength: 8 }),
        fc.constantFrom(secret, [secret], { x: secret }),
        (name, path, value) => {
          const body = path.reduce<unknown>(
            (inner, key) => (key === 'list' ? [inner, 1] : { [key]: inner, other: 1 }),
            { [name]: value },
          );
          expect(maskBody(JSON.stringify(body), sensitive)).not.toContain(secret);
        },
      ),
    );
  });

  it('hides credentials in headers whatever their case, and card-like numbers anywhere', () => {
    expect(maskHeaders({ Authorization: 'x', 'Wechatpay-Signature': 'y', Accept: 'z' }, sensitive)).toEqual({
      Authorization: '***',
      'Wechatpay-Signature': '***',
      Accept: 'z',
    });
    expect(maskBody('{"note":"card 6222021234567890128 ok"}', sensitive)).toBe('{"note":"card *** ok"}');
  });

  it('keeps nothing of what it can not read, and cuts what is too long', () => {
    expect(maskBody('<xml>openid</xml>', sensitive)).toBe('(17 bytes, not JSON)');
    expect(maskBody(JSON.stringify({ a: 'x'.repeat(100_000) }), sensitive).length).toBeLessThan(9000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskBody, maskHeaders, maskPath } from './mask.ts';

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

  it('lets none through in JSON inside a text, in forms and in queries either', () => {
    const secret = 'SECRET-canary-9f1';
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(3), (around, layers) => {
        let value: unknown = { around, auth_code: secret };
        for (let i = 0; i < layers; i++) value = { biz_content: JSON.stringify(value), list: [value] };
        const text = JSON.stringify(value);
        expect(maskBody(text, sensitive)).not.toContain(secret);
        const form = `app_id=1&auth_code=${secret}&biz_content=${encodeURIComponent(text)}`;
        expect(maskBody(form, sensitive)).not.toContain(secret);
        expect(maskPath(`/gateway.do?${form}`, sensitive)).not.toContain(secret);
      }),
    );
    expect(maskPath('/v3/x?openid=abc&mchid=1?2', sensitive)).toBe('/v3/x?openid=***&mchid=1%3F2');
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (noise) => {
        maskBody(noise, sensitive);
        maskPath(`/${noise}?${noise}`, sensitive);
        maskPath('/x?%=%&%E0%A4%A=1', sensitive);
        maskHeaders({ [noise]: noise }, sensitive);
      }),
    );
    expect(maskBody(`${'['.repeat(5000)}"openid"${']'.repeat(5000)}`, sensitive)).toContain('***');
  });

  it('hides credentials in headers whatever their case, and card-like numbers anywhere', () => {
    expect(maskHeaders({ Authorization: 'x', 'Wechatpay-Signature': 'y', Accept: 'z' }, sensitive)).toEqual({
      Authorization: '***',
      'Wechatpay-Signature': '***',
      Accept: 'z',
    });
    expect(maskBody('{"note":"card 6222021234567890128 ok"}', sensitive)).toBe('{"note":"card *** ok"}');
    expect(maskBody('{"card":6222021234567890,"amount":1299,"at":1763884800000}', sensitive)).toBe(
      '{"card":"***","amount":1299,"at":1763884800000}',
    );
  });

  it('keeps nothing of what it can not read, and cuts what is too long', () => {
    expect(maskBody('<xml>openid</xml>', sensitive)).toBe('(17 bytes, not JSON)');
    expect(maskHeaders({ via: 'x'.repeat(100_000) }, sensitive).via?.length).toBeLessThan(9000);
    expect(maskBody(JSON.stringify({ a: 'x'.repeat(100_000) }), sensitive).length).toBeLessThan(9000);
  });
});

import { verify } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSigningKey, publicKeyOf, signWebhook } from './sign-webhook.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const older = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const at = new Date();
const headersOf = (id: string, signature: string) => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': signature,
});

describe('the signature of a webhook', () => {
  it('is verified by the official library, under the secret of now and the one before', () => {
    fc.assert(
      fc.property(fc.json(), fc.uuid(), (body, id) => {
        const headers = headersOf(id, signWebhook(id, at, body, { secrets: [secret, older], signingKeys: [] }));
        for (const one of [secret, older]) expect(new Webhook(one).verify(body, headers)).toEqual(JSON.parse(body));
        expect(() => new Webhook('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA').verify(body, headers)).toThrow();
        expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
        expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': `${id}x` })).toThrow();
      }),
    );
  });

  it('can be checked with the public key alone, and breaks with any bit', () => {
    const { secret: key, publicKey } = newSigningKey();
    expect(key).toMatch(/^whsk_/);
    const body = '{"type":"payment.succeeded"}';
    const signature = signWebhook('msg_1', at, body, { secrets: [secret], signingKeys: [key] });
    // The library goes by the signature that it knows.
    expect(new Webhook(secret).verify(body, headersOf('msg_1', signature))).toEqual(JSON.parse(body));
    const [, v1a = ''] = signature.split(' ');
    expect(v1a).toMatch(/^v1a,/);
    const bytes = Buffer.from(v1a.slice(4), 'base64');
    const text = Buffer.from(`msg_1.${Math.floor(at.getTime() / 1000)}.${body}`);
    expect(verify(null, text, publicKeyOf(publicKey), bytes)).toBe(true);
    for (let bit = 0; bit < text.length * 8; bit++) {
      const other = Buffer.from(text);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify(null, other, publicKeyOf(publicKey), bytes)).toBe(false);
    }
    expect(verify(null, text, publicKeyOf(newSigningKey().publicKey), bytes)).toBe(false);
  });
});

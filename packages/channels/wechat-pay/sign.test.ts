import { createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import WxPay from 'wechatpay-node-v3';
import { openAes256Gcm, sealAes256Gcm } from '../wire/aes-256-gcm.ts';
import { readCertificate, readRsaPublicKey, toPublicKeyPem } from '../wire/pem.ts';
import { signRsaSha256, verifyRsaSha256 } from '../wire/rsa-sha256.ts';
import {
  apiV3Key,
  at,
  certificateConfig,
  merchantKeyPem,
  publicKeyPem,
  publicKeySigner,
  secrets,
  signedHeaders,
} from './fixtures/fake-wechat-pay.ts';
import go from './fixtures/wechatpay-go.json' with { type: 'json' };
import java from './fixtures/wechatpay-java.json' with { type: 'json' };
import { wechatPay } from './index.ts';
import { header, verifyReceived } from './sign.ts';

const certificateOf = (pem: string) => {
  const certificate = readCertificate(pem);
  if (certificate === undefined) throw new Error('fixture is no certificate');
  return certificate;
};

describe('vectors of the official SDKs', () => {
  const goKey = createPrivateKey(go.sha256rsa.testingKeyPem.replaceAll('TESTING KEY', 'PRIVATE KEY'));

  test('signs as wechatpay-go does (utils/sign_test.go)', () => {
    expect(signRsaSha256(go.sha256rsa.message, goKey)).toBe(go.sha256rsa.signature);
  });

  test.each([
    ['wechatpay-go, certificate', certificateOf(go.sha256rsa.certificatePem).publicKey, go.sha256rsa],
    ['wechatpay-go, public key', readRsaPublicKey(go.publicKey.publicKeyPem), go.sha256rsa],
    ['wechatpay-java, certificate', certificateOf(java.sha256rsa.certificatePem).publicKey, java.sha256rsa],
  ])('verifies the signature of %s', (_, key, { message, signature }) => {
    if (key === undefined) throw new Error('fixture is no key');
    expect(verifyRsaSha256(message, signature, key)).toBe(true);
    expect(verifyRsaSha256(`wrong ${message}`, signature, key)).toBe(false);
  });

  test('reads serials as the SDKs do', () => {
    expect(certificateOf(go.sha256rsa.certificatePem).serial).toBe(go.sha256rsa.serial);
    expect(certificateOf(java.sha256rsa.certificatePem).serial).toBe(java.sha256rsa.serial);
  });

  test('opens what wechatpay-java sealed (AeadAesCipherTest)', () => {
    const { plaintext, ...sealed } = java.aes256gcm;
    expect(openAes256Gcm(sealed, Buffer.from(java.apiV3Key))?.toString()).toBe(plaintext);
    expect(
      sealAes256Gcm(Buffer.from(plaintext), Buffer.from(java.apiV3Key), sealed.nonce, sealed.associatedData),
    ).toEqual({
      ciphertext: sealed.ciphertext,
      nonce: sealed.nonce,
      associatedData: sealed.associatedData,
    });
  });

  test('takes the signed callback of wechatpay-go (core/notify/notify_test.go) as genuine', () => {
    const certificate = certificateOf(go.callback.certificatePem);
    const trust = [{ serial: certificate.serial, publicKeyPem: toPublicKeyPem(certificate.publicKey) }];
    const session = wechatPay.open({ baseUrl: 'https://channel.test', config: certificateConfig, secrets }, trust);
    const sentAt = new Date(Number(go.callback.headers['wechatpay-timestamp']) * 1000);
    const { headers } = go.callback;
    // It is about a score order, which we don't take; but only a genuine one gets that far.
    expect(session.parseNotify({ headers, body: Buffer.from(go.callback.body) }, sentAt)).toEqual({
      kind: 'refused',
      reason: 'unsupported',
    });
    const forged = Buffer.from(go.callback.body.replace('签约成功', '签约失败'));
    expect(session.parseNotify({ headers, body: forged }, sentAt)).toEqual({
      kind: 'refused',
      reason: 'bad_signature',
    });
  });
});

describe('sealed resources', () => {
  const text = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });

  test('open to what was sealed, also for wechatpay-node-v3', () => {
    const oracle = new WxPay({
      appid: 'a',
      mchid: 'm',
      serial_no: '1',
      publicKey: Buffer.from(go.platform.certificatePem),
      privateKey: Buffer.from(merchantKeyPem),
    });
    fc.assert(
      fc.property(text, fc.string({ maxLength: 20 }), (plain, associatedData) => {
        const bytes = Buffer.from(JSON.stringify({ plain }));
        const sealed = sealAes256Gcm(bytes, Buffer.from(apiV3Key), '0b9f35f484df', associatedData);
        expect(openAes256Gcm(sealed, Buffer.from(apiV3Key))).toEqual(bytes);
        expect(oracle.decipher_gcm(sealed.ciphertext, associatedData, sealed.nonce, apiV3Key)).toEqual({ plain });
      }),
    );
  });

  test('do not open with one bit changed, another nonce, another associated data or a shorter tag', () => {
    const key = Buffer.from(apiV3Key);
    const sealed = sealAes256Gcm(Buffer.from('secret'), key, '0b9f35f484df', 'transaction');
    const bytes = Buffer.from(sealed.ciphertext, 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      expect(openAes256Gcm({ ...sealed, ciphertext: flip(bytes, bit).toString('base64') }, key)).toBeUndefined();
    }
    expect(openAes256Gcm({ ...sealed, nonce: '0b9f35f484dg' }, key)).toBeUndefined();
    expect(openAes256Gcm({ ...sealed, associatedData: '' }, key)).toBeUndefined();
    expect(openAes256Gcm({ ...sealed, ciphertext: bytes.subarray(0, -12).toString('base64') }, key)).toBeUndefined();
    expect(openAes256Gcm({ ...sealed, ciphertext: `${sealed.ciphertext} ` }, key)).toBeUndefined();
  });
});

describe('signatures of what we receive', () => {
  const key = readRsaPublicKey(publicKeyPem);
  if (key === undefined) throw new Error('no key');
  const keys = new Map([[publicKeySigner.serial, { key }]]);
  const body = Buffer.from('{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}');
  const headers = signedHeaders(body, publicKeySigner);
  const verdict = (change: Partial<Record<string, string>>, bytes: Buffer = body, time = at) =>
    verifyReceived({ headers: { ...headers, ...change } as Record<string, string>, body: bytes }, keys, time);

  test('hold for the bytes that were signed, whatever the case of header names', () => {
    expect(verdict({})).toBe('verified');
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
    expect(verifyReceived({ headers: upper, body }, keys, at)).toBe('verified');
    expect(header({ 'X-A': '1' }, 'x-a')).toBe('1');
  });

  test('break with any one bit changed in body, timestamp, nonce or signature', () => {
    for (let bit = 0; bit < body.length * 8; bit++) expect(verdict({}, flip(body, bit))).toBe('bad_signature');
    for (const name of ['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature'] as const) {
      const bytes = Buffer.from(headers[name] ?? '');
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        expect(verdict({ [name]: flip(bytes, bit).toString('latin1') })).not.toBe('verified');
      }
    }
  });

  test('break when a line moves from the body into the nonce, though the signed bytes are the same', () => {
    const twoLines = Buffer.from('{\n"code_url":"weixin://x"}');
    const signed = signedHeaders(twoLines, publicKeySigner);
    const moved = { ...signed, 'wechatpay-nonce': `${signed['wechatpay-nonce']}\n{` };
    expect(verifyReceived({ headers: signed, body: twoLines }, keys, at)).toBe('verified');
    expect(verifyReceived({ headers: moved, body: twoLines.subarray(2) }, keys, at)).toBe('bad_signature');
  });

  test.each([
    [-300, 'stale'],
    [-299, 'verified'],
    [299, 'verified'],
    [300, 'stale'],
  ])('at %i s from now are %s', (seconds, expected) => {
    expect(verdict({}, body, new Date(at.getTime() + seconds * 1000))).toBe(expected);
  });

  test('are refused with a serial that is not known, no longer or not yet valid', () => {
    expect(verdict({ 'wechatpay-serial': 'PUB_KEY_ID_9' })).toBe('unknown_key');
    const soon = new Map([[publicKeySigner.serial, { key, effectiveAt: new Date(at.getTime() + 1) }]]);
    const gone = new Map([[publicKeySigner.serial, { key, expiresAt: at }]]);
    expect(verifyReceived({ headers, body }, soon, at)).toBe('unknown_key');
    expect(verifyReceived({ headers, body }, gone, at)).toBe('unknown_key');
  });

  test('that are probes are refused', () => {
    expect(verdict({ 'wechatpay-signature': `WECHATPAY/SIGNTEST/${headers['wechatpay-signature']}` })).toBe(
      'bad_signature',
    );
  });

  test.each(['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature', 'wechatpay-serial'])(
    'need %s',
    (name) => {
      expect(verdict({ [name]: '' })).toBe('bad_signature');
      const { [name]: _, ...rest } = headers;
      expect(verifyReceived({ headers: rest, body }, keys, at)).toBe('bad_signature');
    },
  );
});

function flip(bytes: Buffer, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { type Pasted, parsePaste } from '@tributary/channels/wire/doctor/paste';
import type { SignatureCause } from '@tributary/contracts/signature-doctor';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { ApiKeyConfig } from '../config/snapshot.ts';
import { signedMessage } from './authenticate.ts';
import { diagnoseMerchant } from './diagnose-merchant.ts';

const at = new Date('2026-11-23T06:00:00Z');
const seconds = Math.floor(at.getTime() / 1000).toString();
const nonce = 'n0n0n0n0n0n0n0n0';
const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
const ed25519 = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('ed25519');
const keyOf = (id: string, publicKey: KeyObject): ApiKeyConfig => ({
  id,
  merchantId: 'mch_1',
  kind: 'signing',
  secretHash: undefined,
  publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  scopes: new Set(),
  ipAllowlist: [],
  expiresAt: undefined,
  revokedAt: undefined,
});
const merchant = { keys: [keyOf('key_ed', ed25519.publicKey), keyOf('key_rsa', rsa.publicKey)], webhookSecret };
const causesIn = (pasted: Pasted): SignatureCause[] =>
  diagnoseMerchant(merchant, pasted, { at }).findings.map(({ cause }) => cause);

const body = '{"merchantOrderNo":"A1","amount":100,"subject":"拿铁 a/b"}';
const path = '/v1/payments?x=a%20b';
function request(
  own: { over?: string; key?: KeyObject; id?: string; body?: string; headers?: Record<string, string> } = {},
): string {
  const over = own.over ?? signedMessage('POST', path, seconds, nonce, own.body ?? body);
  const key = own.key ?? ed25519.privateKey;
  const headers = {
    Host: 'pay.example.com',
    'Tributary-Key': own.id ?? 'key_ed',
    'Tributary-Timestamp': seconds,
    'Tributary-Nonce': nonce,
    'Tributary-Signature': sign(key.asymmetricKeyType === 'rsa' ? 'sha256' : null, Buffer.from(over), key).toString(
      'base64',
    ),
    ...own.headers,
  };
  return `POST ${path} HTTP/1.1\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n\n${own.body ?? body}`;
}
const signedOver = (changed: string) => request({ over: signedMessage('POST', path, seconds, nonce, changed) });

describe("merchants' signed requests", () => {
  it.each([
    ['Ed25519', request()],
    ['RSA', request({ key: rsa.privateKey, id: 'key_rsa' })],
  ])('valid ones are valid: %s', (_, text) => {
    const diagnosis = diagnoseMerchant(merchant, parsePaste(text), { at });
    expect(diagnosis).toMatchObject({ verdict: 'valid', findings: [], direction: 'request' });
    expect(diagnosis.canonical.toString()).toBe(signedMessage('POST', path, seconds, nonce, body));
  });

  it.each<[string, string, SignatureCause[]]>([
    [
      'the body itself instead of its hash',
      request({ over: `POST\n${path}\n${seconds}\n${nonce}\n${body}\n` }),
      ['body_not_hashed'],
    ],
    [
      'a hash in upper case',
      request({
        over: signedMessage('POST', path, seconds, nonce, body).replace(/[0-9a-f]{64}/, (hash) => hash.toUpperCase()),
      }),
      ['hash_in_upper_case'],
    ],
    ['a body written anew', signedOver(JSON.stringify(JSON.parse(body), null, 2)), ['body_reserialised']],
    [
      'a body in ASCII',
      signedOver(body.replaceAll(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`)),
      ['body_reserialised'],
    ],
    ['no body', signedOver(''), ['body_left_out']],
    [
      'no final newline',
      request({ over: signedMessage('POST', path, seconds, nonce, body).slice(0, -1) }),
      ['final_newline_missing'],
    ],
    [
      'line breaks of Windows',
      request({ over: signedMessage('POST', path, seconds, nonce, body).replaceAll('\n', '\r\n') }),
      ['line_endings'],
    ],
    [
      'a path without its query',
      request({ over: signedMessage('POST', '/v1/payments', seconds, nonce, body) }),
      ['path_without_query'],
    ],
    [
      'a whole link',
      request({ over: signedMessage('POST', `https://pay.example.com${path}`, seconds, nonce, body) }),
      ['path_with_host'],
    ],
    [
      'a decoded path',
      request({ over: signedMessage('POST', '/v1/payments?x=a b', seconds, nonce, body) }),
      ['path_decoded'],
    ],
    ['a method in lower case', request({ over: signedMessage('post', path, seconds, nonce, body) }), ['method_case']],
    [
      'milliseconds',
      request({ over: signedMessage('POST', path, `${seconds}000`, nonce, body) }),
      ['timestamp_in_milliseconds'],
    ],
    [
      'nonce before time',
      request({ over: signedMessage('POST', path, nonce, seconds, body) }),
      ['lines_in_another_order'],
    ],
    ['the other key', request({ key: rsa.privateKey }), ['wrong_serial']],
    ['a key that is not there', request({ id: 'key_gone' }), ['unknown_serial', 'wrong_serial']],
    ["a stranger's key", request({ key: stranger.privateKey }), ['wrong_key', 'content_differs']],
    ['the body changed', request({ key: rsa.privateKey, id: 'key_rsa' }).replace('100', '101'), ['content_differs']],
    [
      'an old time',
      request({
        over: signedMessage('POST', path, '1700000000', nonce, body),
        headers: { 'Tributary-Timestamp': '1700000000' },
      }),
      ['stale_timestamp'],
    ],
    [
      'a short nonce',
      request({ over: signedMessage('POST', path, seconds, 'short', body), headers: { 'Tributary-Nonce': 'short' } }),
      ['nonce_not_valid'],
    ],
    ['a newline that came by pasting', `${request()}\n`, ['extra_newline_in_body']],
  ])('%s', (_, text, causes) => {
    expect(causesIn(parsePaste(text))).toEqual(causes);
  });
});

describe('webhooks', () => {
  const event = '{"type":"payment.succeeded","data":{"a":1}}';
  const webhook = (own: { body?: string; signature?: string; secret?: string; at?: Date } = {}) => {
    const time = own.at ?? at;
    const signature = own.signature ?? new Webhook(own.secret ?? webhookSecret).sign('msg_1', time, event);
    return `POST /hook HTTP/1.1\nwebhook-id: msg_1\nwebhook-timestamp: ${Math.floor(time.getTime() / 1000)}\nwebhook-signature: ${signature}\n\n${own.body ?? event}`;
  };

  it('valid ones are valid, also beside a signature by another secret', () => {
    expect(diagnoseMerchant(merchant, parsePaste(webhook()), { at })).toMatchObject({
      verdict: 'valid',
      direction: 'callback',
    });
    const right = new Webhook(webhookSecret).sign('msg_1', at, event);
    const other = new Webhook(`whsec_${randomBytes(32).toString('base64')}`).sign('msg_1', at, event);
    expect(causesIn(parsePaste(webhook({ signature: `${other} ${right}` })))).toEqual([]);
  });

  it.each<[string, string, SignatureCause[]]>([
    [
      'written anew by a framework',
      webhook({ body: JSON.stringify(JSON.parse(event), null, 2) }),
      ['body_reserialised'],
    ],
    ['a changed body', webhook({ body: event.replace('1', '2') }), ['wrong_key', 'content_differs']],
    [
      'another secret',
      webhook({ secret: `whsec_${randomBytes(32).toString('base64')}` }),
      ['wrong_key', 'content_differs'],
    ],
    [
      'a secret that was not decoded',
      webhook({ secret: Buffer.from(webhookSecret).toString('base64') }),
      ['secret_not_decoded'],
    ],
    ['an old time', webhook({ at: new Date('2026-11-23T05:00:00Z') }), ['stale_timestamp']],
    [
      'another version',
      webhook({ signature: `v2,${randomBytes(32).toString('base64')}` }),
      ['scheme_not_spoken', 'signature_unreadable'],
    ],
    ['no signature', webhook({ signature: '' }), ['signature_missing']],
  ])('%s', (_, text, causes) => {
    expect(causesIn(parsePaste(text))).toEqual(causes);
  });

  it('tells no secret', () => {
    const told = JSON.stringify(diagnoseMerchant(merchant, parsePaste(webhook()), { at }));
    expect(told).not.toContain(webhookSecret.slice(6));
    expect(told).not.toContain(Buffer.from(webhookSecret.slice(6), 'base64').toString('hex'));
  });

  it('is asked about nothing it does not know', () => {
    expect(() => causesIn(parsePaste('A: b\n\n{}'))).toThrow('no_message');
  });
});

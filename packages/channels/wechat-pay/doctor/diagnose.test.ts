import { constants, createPublicKey, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto';
import type { SignatureCause } from '@tributary/contracts/signature-doctor';
import { describe, expect, test } from 'vitest';
import type { WireRequest } from '../../channel-adapter.ts';
import { callsOf } from '../../testing/channel-contract.ts';
import type { DoctorKey } from '../../wire/doctor/diagnosis.ts';
import { encodeGbk } from '../../wire/doctor/gbk.ts';
import { parsePaste } from '../../wire/doctor/paste.ts';
import { signRsaSha256 } from '../../wire/rsa-sha256.ts';
import {
  answer,
  at,
  certificateConfig,
  certificateSigner,
  certificateTrust,
  mchId,
  merchantKey,
  paidOrder,
  publicKeyConfig,
  publicKeySigner,
  sealed,
  secrets,
} from '../fixtures/fake-wechat-pay.ts';
import { wechatPay } from '../index.ts';

const baseUrl = 'https://channel.test';
const session = wechatPay.open({ baseUrl, config: publicKeyConfig, secrets }, [certificateTrust]);
const must = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('is missing');
  return value;
};
const doctor = must(session.doctor);
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const others: DoctorKey[] = [
  { name: 'sandbox', relation: 'other_account', key: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey },
];
const options = { at, others };
const timestamp = Math.floor(at.getTime() / 1000).toString();
const nonce = 'fdasflkja484w';
const body = JSON.stringify({
  id: 'EV-1',
  event_type: 'TRANSACTION.SUCCESS',
  summary: '支付成功 a/b',
  resource: sealed(paidOrder),
});

/** A callback as it is pasted, signed over whatever the mistake makes of it. */
function callback(
  own: {
    over?: string | Buffer;
    key?: typeof publicKeySigner.privateKey;
    headers?: Record<string, string | undefined>;
    body?: string;
    spoil?: (signature: string) => string;
  } = {},
): string {
  const signed = own.over ?? `${timestamp}\n${nonce}\n${own.body ?? body}\n`;
  const signature = signRsaSha256(signed, own.key ?? publicKeySigner.privateKey);
  const headers = {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': publicKeySigner.serial,
    'Wechatpay-Signature': own.spoil?.(signature) ?? signature,
    ...own.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `POST /callbacks HTTP/1.1\n${lines.join('\n')}\n\n${own.body ?? body}`;
}
const over = (made: string | Buffer) =>
  callback({ over: Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), Buffer.from(made), Buffer.from('\n')]) });
const causesOf = (text: string): SignatureCause[] =>
  doctor.diagnose(parsePaste(text), options).findings.map(({ cause }) => cause);

const pretty = JSON.stringify(JSON.parse(body), null, 2);
const broken: [name: string, text: string, causes: SignatureCause[]][] = [
  ['a re-serialised body', over(pretty), ['body_reserialised']],
  [
    'a body with sorted keys',
    over(JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).sort()))),
    ['body_reserialised'],
  ],
  ['a body with escaped slashes', over(body.replaceAll('/', '\\/')), ['body_reserialised']],
  [
    'a body in ASCII',
    over(body.replaceAll(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)),
    ['body_reserialised'],
  ],
  ['a body in GBK', over(must(encodeGbk(body))), ['charset']],
  ['no body', over(''), ['body_left_out']],
  ['a byte order mark', over(`\ufeff${body}`), ['byte_order_mark']],
  ['a newline that came by pasting', `${callback()}\n`, ['extra_newline_in_body']],
  ['a newline that was lost', over(`${body}\n`), ['newline_missing_in_body']],
  [
    'a body with blanks around',
    callback({ body: `  ${body}  `, over: `${timestamp}\n${nonce}\n${body}\n` }),
    ['body_reserialised'],
  ],
  ['no final newline', callback({ over: `${timestamp}\n${nonce}\n${body}` }), ['final_newline_missing']],
  ['line breaks of Windows', callback({ over: `${timestamp}\r\n${nonce}\r\n${body}\r\n` }), ['line_endings']],
  ['literal newlines', callback({ over: `${timestamp}\\n${nonce}\\n${body}\\n` }), ['literal_newlines']],
  ['time and nonce swapped', callback({ over: `${nonce}\n${timestamp}\n${body}\n` }), ['lines_in_another_order']],
  ['milliseconds signed', callback({ over: `${timestamp}000\n${nonce}\n${body}\n` }), ['timestamp_in_milliseconds']],
  [
    'two mistakes at once',
    callback({ over: `${timestamp}\n${nonce}\n${pretty}` }),
    ['body_reserialised', 'final_newline_missing'],
  ],
  ['another content', over(body.replace('EV-1', 'EV-2')), ['content_differs']],
  ["a stranger's key", callback({ key: stranger.privateKey }), ['wrong_key']],
  ['our own key', callback({ key: merchantKey.privateKey }), ['own_key']],
  ['the wrong serial', callback({ key: certificateSigner.privateKey }), ['wrong_serial']],
  [
    'a serial nobody knows',
    callback({ headers: { 'Wechatpay-Serial': 'PUB_KEY_ID_999' } }),
    ['unknown_serial', 'wrong_serial'],
  ],
  [
    'the other mode',
    callback({ key: stranger.privateKey, headers: { 'Wechatpay-Serial': '7F00AA' } }),
    ['mode_mismatch', 'wrong_key'],
  ],
  [
    'SHA-1',
    callback({
      spoil: () =>
        sign('RSA-SHA1', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), publicKeySigner.privateKey).toString(
          'base64',
        ),
    }),
    ['sha1_instead_of_sha256'],
  ],
  [
    'the URL alphabet',
    callback({ spoil: (text) => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') }),
    ['base64_url_alphabet'],
  ],
  ['hex', callback({ spoil: (text) => Buffer.from(text, 'base64').toString('hex') }), ['hex_instead_of_base64']],
  ['no padding', callback({ spoil: (text) => text.replace(/=+$/, '') }), ['base64_padding']],
  ['a probe', callback({ spoil: (text) => `WECHATPAY/SIGNTEST/${text}` }), ['probe']],
  ['rubbish', callback({ spoil: () => 'rubbish' }), ['signature_unreadable']],
  ['no signature', callback({ headers: { 'Wechatpay-Signature': undefined } }), ['signature_missing']],
  [
    'no nonce',
    callback({ headers: { 'Wechatpay-Nonce': undefined }, over: `${timestamp}\n\n${body}\n` }),
    ['field_missing'],
  ],
  [
    'an old time',
    callback({ headers: { 'Wechatpay-Timestamp': '1700000000' }, over: `1700000000\n${nonce}\n${body}\n` }),
    ['stale_timestamp'],
  ],
];

describe("WeChat Pay's callbacks and answers", () => {
  test('valid ones are valid', () => {
    const diagnosis = doctor.diagnose(parsePaste(callback()), options);
    expect(diagnosis).toMatchObject({
      verdict: 'valid',
      findings: [],
      direction: 'callback',
      keyName: publicKeySigner.serial,
    });
    expect(diagnosis.canonical.toString()).toBe(`${timestamp}\n${nonce}\n${body}\n`);
    const { headers, body: bytes, status } = answer(200, { code_url: 'weixin://x' });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const answered = doctor.diagnose(
      parsePaste(`HTTP/1.1 ${status} OK\r\n${lines.join('\r\n')}\r\n\r\n${bytes}`),
      options,
    );
    expect(answered).toMatchObject({ verdict: 'valid', direction: 'response' });
  });

  test.each(broken)('%s', (_, text, causes) => {
    const diagnosis = doctor.diagnose(parsePaste(text), options);
    expect(diagnosis.findings.map(({ cause }) => cause)).toEqual(causes);
    expect(diagnosis.verdict).toBe('invalid');
  });

  test('what was signed is shown with the first byte that differs', () => {
    const diagnosis = doctor.diagnose(parsePaste(over(pretty)), options);
    expect(diagnosis.signed?.toString()).toBe(`${timestamp}\n${nonce}\n${pretty}\n`);
    expect(diagnosis.difference).toEqual({
      offset: timestamp.length + nonce.length + 3,
      line: 3,
      column: 2,
      expected: 0x22,
      actual: 0x0a,
    });
  });

  test('a key of another environment is recognised', () => {
    const key = createPublicKey(stranger.privateKey);
    const diagnosis = doctor.diagnose(parsePaste(callback({ key: stranger.privateKey })), {
      at,
      others: [{ name: 'sandbox', relation: 'other_account', key }],
    });
    expect(diagnosis.findings).toEqual([{ cause: 'other_account_key', certain: true, detail: 'sandbox' }]);
  });

  test('an account that checks by certificates says so of a public key', () => {
    const byCertificates = must(
      wechatPay.open({ baseUrl, config: certificateConfig, secrets }, [certificateTrust]).doctor,
    );
    const { findings } = byCertificates.diagnose(parsePaste(callback()), options);
    expect(findings.map(({ cause }) => cause)).toEqual(['mode_mismatch', 'wrong_key']);
  });

  test('a content that the APIv3 key does not open', () => {
    const other = wechatPay.open(
      { baseUrl, config: publicKeyConfig, secrets: { ...secrets, apiV3Key: 'x'.repeat(32) } },
      [],
    );
    expect(must(other.doctor).diagnose(parsePaste(callback()), options).findings).toEqual([
      { cause: 'cannot_decrypt', certain: true },
    ]);
  });

  test('nothing secret is in any diagnosis, and nothing throws but for what is no message', () => {
    for (const [, text] of broken) {
      const told = JSON.stringify(doctor.diagnose(parsePaste(text), options));
      expect(told).not.toContain(secrets.apiV3Key);
      expect(told).not.toContain('PRIVATE');
    }
    expect(() => doctor.diagnose(parsePaste('{"a":1}'), options)).toThrow('no_message');
    // A signature made by hand whose inside is no digest.
    const odd = privateEncrypt(
      { key: publicKeySigner.privateKey, padding: constants.RSA_PKCS1_PADDING },
      Buffer.from('odd'),
    );
    expect(causesOf(callback({ spoil: () => odd.toString('base64') }))).toEqual(['wrong_key']);
  });
});

describe('our requests to WeChat Pay', () => {
  const place = must(callsOf(wechatPay).find((call) => call.op === 'place' && call.product === 'native'));
  const query = must(callsOf(wechatPay).find((call) => call.op === 'query'));
  const pasted = (request: WireRequest, more: Record<string, string> = {}) =>
    `${request.method} ${request.path} HTTP/1.1\nHost: api.mch.weixin.qq.com\n${Object.entries({
      ...request.headers,
      ...more,
    })
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}\n\n${request.body}`;
  const built = (call = place) => session.buildRequest(call, at, 'n0n0n0n0n0n0n0n0') as WireRequest;
  const resigned = (message: string, call = place, swap: (header: string) => string = (header) => header) => {
    const request = built(call);
    const signature = signRsaSha256(message, merchantKey.privateKey);
    const authorization = must(request.headers.Authorization).replace(/signature="[^"]*"/, `signature="${signature}"`);
    return pasted(request, { Authorization: swap(authorization) });
  };
  const { path, body: content } = built();
  const queried = built(query).path;

  test.each([
    ['to place an order', place],
    ['to look one up', query],
  ])('%s are valid', (_, call) => {
    expect(doctor.diagnose(parsePaste(pasted(built(call))), options)).toMatchObject({
      verdict: 'valid',
      direction: 'request',
    });
  });

  const n = 'n0n0n0n0n0n0n0n0';
  test.each<[string, string, SignatureCause[]]>([
    ['a method in lower case', resigned(`post\n${path}\n${timestamp}\n${n}\n${content}\n`), ['method_case']],
    [
      'a path without its query',
      resigned(`GET\n${queried.split('?')[0]}\n${timestamp}\n${n}\n\n`, query),
      ['path_without_query'],
    ],
    [
      'a whole link',
      resigned(`POST\nhttps://api.mch.weixin.qq.com${path}\n${timestamp}\n${n}\n${content}\n`),
      ['path_with_host'],
    ],
    [
      'no newline after an empty body',
      resigned(`GET\n${queried}\n${timestamp}\n${n}\n`, query),
      ['final_newline_missing'],
    ],
    ['nonce before time', resigned(`POST\n${path}\n${n}\n${timestamp}\n${content}\n`), ['lines_in_another_order']],
    [
      'the serial of another certificate',
      resigned(`POST\n${path}\n${timestamp}\n${n}\n${content}\n`, place, (h) =>
        h.replace(/serial_no="[^"]*"/, 'serial_no="ABCDEF0123"'),
      ),
      ['wrong_serial'],
    ],
    [
      'another merchant',
      resigned(`POST\n${path}\n${timestamp}\n${n}\n${content}\n`, place, (h) => h.replace(mchId, '1900000110')),
      ['wrong_merchant'],
    ],
    [
      'another scheme',
      resigned(`POST\n${path}\n${timestamp}\n${n}\n${content}\n`, place, (h) => h.replace('SHA256', 'SM2')),
      ['scheme_not_spoken'],
    ],
    [
      'no time',
      resigned(`POST\n${path}\n\n${n}\n${content}\n`, place, (h) => h.replace(/timestamp="\d+"/, 'timestamp=""')),
      ['field_missing'],
    ],
  ])('with %s', (_, text, causes) => {
    expect(causesOf(text)).toEqual(causes);
  });
});

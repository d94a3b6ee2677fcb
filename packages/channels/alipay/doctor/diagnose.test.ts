import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { SignatureCause } from '@tributary/contracts/signature-doctor';
import { describe, expect, test } from 'vitest';
import type { WireRequest } from '../../channel-adapter.ts';
import { callsOf } from '../../testing/channel-contract.ts';
import { createCertificate } from '../../testing/simulator/certificate.ts';
import { encodeGbk } from '../../wire/doctor/gbk.ts';
import { parsePaste } from '../../wire/doctor/paste.ts';
import { signRsaSha256 } from '../../wire/rsa-sha256.ts';
import {
  alipayKey,
  answer,
  appPrivateKeyPem,
  at,
  baseUrl,
  config,
  notification,
  paidFields,
  secrets,
  signedFields,
} from '../fixtures/fake-alipay.ts';
import { alipay } from '../index.ts';
import { requestMessage } from '../sign.ts';

const must = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('is missing');
  return value;
};
const session = alipay.open({ config, secrets, baseUrl }, []);
const doctor = must(session.doctor);
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const options = { at, others: [] };
const causesOf = (text: string): SignatureCause[] =>
  doctor.diagnose(parsePaste(text), options).findings.map(({ cause }) => cause);

const form = (fields: Record<string, string>) => notification(fields).body.toString();
const right = requestMessage(Object.entries(paidFields));
/** A callback signed over something else than it should be. */
const over = (message: string | Buffer, spoil: (signature: string) => string = (text) => text) =>
  form({ ...paidFields, sign_type: 'RSA2', sign: spoil(signRsaSha256(message, alipayKey)) });
const joined = (fields: [string, string][]) => fields.map(([name, value]) => `${name}=${value}`).join('&');
const sorted = Object.entries(paidFields).sort(([a], [b]) => (a < b ? -1 : 1));
const encoded = sorted.map(([name, value]): [string, string] => [name, encodeURIComponent(value)]);
const plusForm = sorted.map(([name, value]): [string, string] => [
  name,
  new URLSearchParams({ '': value }).toString().slice(1),
]);

describe("Alipay's callbacks", () => {
  test('valid ones are valid', () => {
    const diagnosis = doctor.diagnose(parsePaste(form(signedFields(paidFields))), options);
    expect(diagnosis).toMatchObject({ verdict: 'valid', direction: 'callback', findings: [] });
    expect(diagnosis.canonical.toString()).toBe(right);
  });

  test.each<[string, string, SignatureCause[]]>([
    [
      'sign_type included',
      over(requestMessage([...Object.entries(paidFields), ['sign_type', 'RSA2']])),
      ['sign_type_included'],
    ],
    ['fields as they came', over(joined(Object.entries(paidFields))), ['not_sorted']],
    ['fields encoded', over(joined(encoded)), ['values_encoded']],
    ['fields not decoded', over(joined(plusForm)), ['plus_vs_percent20']],
    ['blanks left as plus', over(right.replaceAll(' ', '+')), ['plus_vs_percent20']],
    ['GBK', over(must(encodeGbk(right))), ['charset']],
    ['a field left out', over(requestMessage(sorted.filter(([name]) => name !== 'subject'))), ['field_left_out']],
    ['an amount changed', form({ ...signedFields(paidFields), total_amount: '0.01' }), ['content_differs']],
    ["a stranger's key", form(signedFields(paidFields, stranger.privateKey)), ['wrong_key']],
    [
      'our own key',
      form({ ...signedFields(paidFields), sign: signRsaSha256(right, appPrivateKeyPem as never) }),
      ['own_key'],
    ],
    [
      'SHA-1 under the name RSA2',
      over(right, () => sign('RSA-SHA1', Buffer.from(right), alipayKey).toString('base64')),
      ['sha1_instead_of_sha256'],
    ],
    ['sign_type RSA', form({ ...signedFields(paidFields), sign_type: 'RSA' }), ['scheme_not_spoken']],
    [
      'a signature whose plus became a blank',
      over(right).replace(/sign=[^&]*/, (sign) => sign.replaceAll('%2B', '+')),
      plusCauses(),
    ],
    ['the URL alphabet', over(right, (text) => text.replaceAll('+', '-').replaceAll('/', '_')), urlCauses()],
    ['hex', over(right, (text) => Buffer.from(text, 'base64').toString('hex')), ['hex_instead_of_base64']],
    ['a signature encoded twice', over(right, encodeURIComponent), ['base64_percent_encoded']],
    ['no signature', form({ ...paidFields, sign_type: 'RSA2' }), ['signature_missing']],
    ['another app', form(signedFields({ ...paidFields, app_id: '2021000000000000' })), ['wrong_merchant']],
    [
      'no notify_id',
      form(signedFields(Object.fromEntries(Object.entries(paidFields).filter(([name]) => name !== 'notify_id')))),
      ['field_missing'],
    ],
    ['the certificate mode', form(signedFields({ ...paidFields, alipay_cert_sn: 'ab12' })), ['mode_mismatch']],
    ['a newline that came by pasting', `${form(signedFields(paidFields))}\n`, []],
    [
      'empty values signed',
      form({
        ...paidFields,
        body: '',
        sign_type: 'RSA2',
        sign: signRsaSha256(
          joined([...sorted, ['body', '']].sort(([a], [b]) => (must(a) < must(b) ? -1 : 1)) as [string, string][]),
          alipayKey,
        ),
      }),
      ['empty_values_included'],
    ],
  ])('%s', (_, text, causes) => {
    expect(causesOf(text)).toEqual(causes);
  });

  test('a paste that is no form says so by its line', () => {
    expect(() => doctor.diagnose(parsePaste('POST / HTTP/1.1\nA: b\n\nnothing here'), options)).toThrow(
      'line 4: no_fields',
    );
    expect(() => doctor.diagnose(parsePaste(`a=1&a=2&sign=x`), options)).toThrow('field_twice');
    expect(() => doctor.diagnose(parsePaste(`a=%zz&sign=x`), options)).toThrow('bad_percent_sign');
  });
});

// RSA signatures of these keys may, very rarely, have neither `+` nor `/` in them.
function plusCauses(): SignatureCause[] {
  return signRsaSha256(right, alipayKey).includes('+') ? ['base64_plus_became_space'] : [];
}
function urlCauses(): SignatureCause[] {
  return /[+/]/.test(signRsaSha256(right, alipayKey)) ? ['base64_url_alphabet'] : [];
}

describe('our requests to Alipay', () => {
  const place = must(callsOf(alipay).find((call) => call.op === 'place' && call.product === 'native'));
  const page = must(callsOf(alipay).find((call) => call.op === 'place' && call.product === 'page'));
  const request = session.buildRequest(place, at, '') as WireRequest;
  const parameters = [...new URLSearchParams(request.path.split('?')[1]), ...new URLSearchParams(request.body)].filter(
    ([name]) => name !== 'sign',
  );
  const sent = (message: string | Buffer, own: [string, string][] = parameters) =>
    `POST /gateway.do HTTP/1.1\n\n${new URLSearchParams([...own, ['sign', signRsaSha256(message, appPrivateKeyPem as never)]])}`;

  test('valid ones are valid: as built, as a link, as one form', () => {
    const raw = `${request.method} ${request.path} HTTP/1.1\nContent-Type: x\n\n${request.body}`;
    expect(doctor.diagnose(parsePaste(raw), options)).toMatchObject({ verdict: 'valid', direction: 'request' });
    const handed = session.buildRequest(page, at, '');
    const link = 'credential' in handed && handed.credential.type === 'redirect' ? handed.credential.url : '';
    expect(doctor.diagnose(parsePaste(link), options)).toMatchObject({ verdict: 'valid', direction: 'request' });
    expect(causesOf(sent(requestMessage(parameters)))).toEqual([]);
  });

  const content = must(parameters.find(([name]) => name === 'biz_content'))[1];
  test.each<[string, string, SignatureCause[]]>([
    [
      'sign_type left out',
      sent(requestMessage(parameters.filter(([name]) => name !== 'sign_type'))),
      ['sign_type_left_out'],
    ],
    [
      'values encoded',
      sent(
        joined(
          [...parameters]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => [name, encodeURIComponent(value)]),
        ),
      ),
      ['values_encoded'],
    ],
    ['not sorted', sent(joined(parameters)), ['not_sorted']],
    [
      'biz_content written anew',
      sent(
        requestMessage(
          parameters.map(([name, value]) => [
            name,
            name === 'biz_content' ? JSON.stringify(JSON.parse(content), null, 2) : value,
          ]),
        ),
      ),
      ['body_reserialised'],
    ],
    [
      'certificates in public-key mode',
      sent(requestMessage([...parameters, ['app_cert_sn', 'x']]), [...parameters, ['app_cert_sn', 'x']]),
      ['mode_mismatch'],
    ],
  ])('%s', (_, text, causes) => {
    expect(causesOf(text)).toEqual(causes);
  });
});

describe("Alipay's answers", () => {
  const content = { code: '10000', msg: 'Success', qr_code: 'https://qr.alipay.com/bax', subject: '拿铁' };
  const method = 'alipay.trade.precreate';
  const compact = JSON.stringify(content);
  const name = 'alipay_trade_precreate_response';
  const told = (member: string, signed: string | Buffer, more = '') =>
    `{"${name}":${member}${more},"sign":"${signRsaSha256(signed, alipayKey)}"}`;

  test('valid ones are valid, with and without a status line', () => {
    const { body } = answer(method, content);
    expect(doctor.diagnose(parsePaste(body.toString()), options)).toMatchObject({
      verdict: 'valid',
      direction: 'response',
    });
    expect(causesOf(`HTTP/1.1 200 OK\nContent-Type: text/html\n\n${body}\n`)).toEqual([]);
  });

  test.each<[string, string, SignatureCause[]]>([
    ['indented before it was pasted', told(JSON.stringify(content, null, 2), compact), ['body_reserialised']],
    ['slashes escaped', told(compact, compact.replaceAll('/', '\\/')), ['body_reserialised']],
    ['GBK', told(compact, must(encodeGbk(compact))), ['charset']],
    ['the whole body', told(compact, `{"${name}":${compact}}`), ['whole_body_signed']],
    ['changed', told(compact.replace('bax', 'bay'), compact), ['content_differs']],
    ['a certificate in public-key mode', told(compact, compact, ',"alipay_cert_sn":"ab"'), ['mode_mismatch']],
  ])('%s', (_, text, causes) => {
    expect(causesOf(text)).toEqual(causes);
  });

  test('in certificate mode the certificate must be named and known', () => {
    const pair = (key: { publicKey: never; privateKey: never }) => key;
    const make = (commonName: string) => {
      const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const notBefore = new Date('2025-01-01');
      const notAfter = new Date('2035-01-01');
      return {
        ...keys,
        pem: createCertificate({ ...pair(keys as never), organization: 'Test', commonName, notBefore, notAfter }).pem,
      };
    };
    const [app, mine, root] = [make('app'), make('alipay'), make('root')];
    const verification = {
      mode: 'certificate',
      appCertificatePem: app.pem,
      alipayCertificatePems: [mine.pem],
      alipayRootCertificatePem: root.pem,
    };
    const byCertificate = must(alipay.open({ config: { ...config, verification }, secrets, baseUrl }, []).doctor);
    const said = (more: string) =>
      byCertificate
        .diagnose(
          parsePaste(`{"${name}":${compact}${more},"sign":"${signRsaSha256(compact, mine.privateKey)}"}`),
          options,
        )
        .findings.map(({ cause }) => cause);
    const [number] = byCertificate.keys().filter(({ relation }) => relation === 'same_account');
    expect(said(`,"alipay_cert_sn":"${number?.name.split(' ')[1]}"`)).toEqual([]);
    expect(said('')).toEqual(['mode_mismatch']);
    expect(said(',"alipay_cert_sn":"ab"')).toEqual(['unknown_serial', 'wrong_serial']);
    expect(createPublicKey(mine.privateKey).equals(must(number).key)).toBe(true);
  });
});

import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { SignatureCause } from '@tributary/contracts/signature-doctor';
import { describe, expect, test } from 'vitest';
import type { WireRequest } from '../../channel-adapter.ts';
import { callsOf } from '../../testing/channel-contract.ts';
import { encodeGbk } from '../../wire/doctor/gbk.ts';
import { parsePaste } from '../../wire/doctor/paste.ts';
import { signRsaSha256 } from '../../wire/rsa-sha256.ts';
import {
  answer,
  at,
  baseUrl,
  callback,
  chain,
  config,
  issue,
  privateKeyPem,
  requestNo,
  secrets,
  signed,
  txnTime,
} from '../fixtures/fake-unionpay.ts';
import { unionPay } from '../index.ts';
import { signedDigest } from '../sign.ts';

const must = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('is missing');
  return value;
};
const session = unionPay.open({ config, secrets, baseUrl }, []);
const doctor = must(session.doctor);
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const options = { at, others: [] };
const causesOf = (text: string): SignatureCause[] =>
  doctor.diagnose(parsePaste(text), options).findings.map(({ cause }) => cause);

const paid = {
  txnType: '01',
  txnSubType: '07',
  orderId: requestNo,
  txnTime,
  respCode: '00',
  respMsg: '成功 [0000000]',
  queryId: '1',
  txnAmt: '1299',
  currencyCode: '156',
  empty: '',
};
const message = signed(paid);
const plain = message.filter(([name]) => name !== 'signature');
const byName = [...plain].sort(([a], [b]) => (a < b ? -1 : 1));
const joined = (fields: [string, string][]) => fields.map(([name, value]) => `${name}=${value}`).join('&');
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const form = (fields: [string, string][]) => callback(fields).body.toString();
const key = chain.signer.privateKey;
const withSignature = (signature: string) => form([...plain, ['signature', signature]]);
/** Signed over this text instead of the right one, hashed first as it should be. */
const over = (text: string | Buffer) => withSignature(signRsaSha256(sha256(text), key));
const changed = (name: string, value: string) =>
  form(message.map(([known, old]) => [known, known === name ? value : old]));

describe("UnionPay's callbacks", () => {
  test('valid ones are valid', () => {
    const diagnosis = doctor.diagnose(parsePaste(form(message)), options);
    expect(diagnosis).toMatchObject({ verdict: 'valid', direction: 'callback' });
    // People read the fields, not their hash.
    expect(diagnosis.canonical.toString()).toBe(joined(byName));
  });

  test.each<[string, string, SignatureCause[]]>([
    ['the text itself instead of its hash', withSignature(signRsaSha256(joined(byName), key)), ['not_hashed_first']],
    [
      'a hash in upper case',
      withSignature(signRsaSha256(sha256(joined(byName)).toUpperCase(), key)),
      ['hash_in_upper_case'],
    ],
    ['the hash of the hash', withSignature(signRsaSha256(sha256(sha256(joined(byName))), key)), ['other_hash']],
    ['fields as they came', over(joined(plain)), ['not_sorted']],
    [
      'sorted ignoring case',
      over(
        joined(
          [...plain, ['Zone', 'x'] as [string, string]]
            .slice(0, -1)
            .sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)),
        ),
      ),
      caseCauses(),
    ],
    ['empty values left out', over(joined(byName.filter(([, value]) => value !== ''))), ['empty_values_left_out']],
    [
      'the certificate left out',
      over(joined(byName.filter(([name]) => name !== 'signPubKeyCert'))),
      ['field_left_out'],
    ],
    [
      'values encoded',
      over(joined(byName.map(([name, value]) => [name, encodeURIComponent(value)]))),
      ['values_encoded'],
    ],
    ['GBK', over(must(encodeGbk(joined(byName)))), ['charset']],
    ['line breaks of Windows', over(joined(byName).replaceAll('\n', '\r\n')), ['line_endings']],
    ['an amount changed', changed('txnAmt', '1'), ['content_differs']],
    ["a stranger's key", withSignature(signRsaSha256(signedDigest(plain), stranger.privateKey)), ['wrong_key']],
    ['our own key', withSignature(signRsaSha256(signedDigest(plain), createPrivateKey(privateKeyPem))), ['own_key']],
    [
      'SHA-1',
      withSignature(sign('RSA-SHA1', Buffer.from(signedDigest(plain)), key).toString('base64')),
      ['sha1_instead_of_sha256'],
    ],
    ['hex', withSignature(Buffer.from(must(message.at(-1))[1], 'base64').toString('hex')), ['hex_instead_of_base64']],
    ['no signature', form(plain), ['signature_missing']],
    ['rubbish for a signature', withSignature('?'), ['signature_unreadable']],
    ['another method', form(signed({ ...paid, signMethod: '11' })), ['scheme_not_spoken']],
    ['another merchant', form(signed({ ...paid, merId: '999290058110048' })), ['wrong_merchant']],
    [
      "a stranger's certificate",
      form(signed(paid, issue({ by: stranger.privateKey }).pem)),
      ['certificate_not_trusted'],
    ],
    [
      'an old certificate',
      form(signed(paid, issue({ notAfter: new Date('2026-01-01') }).pem)),
      ['certificate_expired'],
    ],
    [
      'a certificate of somebody else',
      form(signed(paid, issue({ commonName: '041@1@Somebody@1' }).pem)),
      ['certificate_of_stranger'],
    ],
    ['no certificate', form(message.filter(([name]) => name !== 'signPubKeyCert')), ['field_missing', 'wrong_key']],
  ])('%s', (_, text, causes) => {
    expect(causesOf(text)).toEqual(causes);
  });
});

// All of these names begin in lower case and sort alike, so nothing tells the two orders apart.
function caseCauses(): SignatureCause[] {
  const bytes = byName.map(([name]) => name);
  const ignoring = [...bytes].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  return bytes.join() === ignoring.join() ? [] : ['sorted_ignoring_case'];
}

describe("UnionPay's answers and our requests", () => {
  test('answers are read as they come, not decoded', () => {
    const { body } = answer(message);
    expect(causesOf(`HTTP/1.1 200 OK\nContent-Type: text/html\n\n${body}`)).toEqual([]);
    expect(causesOf(body.toString())).toEqual([]);
    expect(causesOf(`HTTP/1.1 200 OK\n\n${body.toString().replace('txnAmt=1299', 'txnAmt=1')}`)).toEqual([
      'content_differs',
    ]);
  });

  const place = must(callsOf(unionPay).find((call) => call.op === 'place' && call.product === 'native'));
  const request = session.buildRequest(place, at, '') as WireRequest;
  const fields = [...new URLSearchParams(request.body)] as [string, string][];
  const unsigned = fields.filter(([name]) => name !== 'signature');
  const own = createPrivateKey(privateKeyPem);
  const sent = (all: [string, string][], digest = signedDigest(all)) =>
    `POST ${request.path} HTTP/1.1\n\n${new URLSearchParams([...all, ['signature', signRsaSha256(digest, own)]])}`;

  test('requests are checked with our own certificate', () => {
    const raw = `POST ${request.path} HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\n${request.body}`;
    expect(doctor.diagnose(parsePaste(raw), options)).toMatchObject({ verdict: 'valid', direction: 'request' });
    expect(causesOf(sent(unsigned))).toEqual([]);
    expect(causesOf(sent(unsigned.map(([name, value]) => [name, name === 'certId' ? '1' : value])))).toEqual([
      'wrong_serial',
    ]);
    const encoded = joined(
      [...unsigned].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, encodeURIComponent(value)]),
    );
    expect(causesOf(sent(unsigned, sha256(encoded)))).toEqual(['values_encoded']);
  });
});

import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChannelCall, PlaceCall } from '../channel-adapter.ts';
import { UnsupportedCallError } from '../channel-adapter.ts';
import { channelContract, requestOf } from '../testing/channel-contract.ts';
import { verifyRsaSha256 } from '../wire/rsa-sha256.ts';
import {
  answer,
  at,
  baseUrl,
  callback,
  config,
  issue,
  merchantPublicKey,
  merId,
  orderedAt,
  privateKeyPem,
  refundNo,
  requestNo,
  secrets,
  signed,
  txnTime,
} from './fixtures/fake-unionpay.ts';
import official from './fixtures/unionpay-samples.json' with { type: 'json' };
import { unionPay } from './index.ts';
import { signedDigest } from './sign.ts';
import { readCode, responseCodes } from './status-map.ts';

const keyBody = privateKeyPem.split('\n')[3] ?? 'no key';
channelContract({ adapter: unionPay, account: { config, secrets }, secretTexts: [keyBody] });

const session = unionPay.open({ config, secrets, baseUrl }, []);
const order = { requestNo, orderedAt };
const place: PlaceCall = {
  op: 'place',
  product: 'native',
  ...order,
  amount: { amountMinor: 1299n, currency: 'CNY' },
  subject: '拿铁 {可颂} a=b&c',
  expiresAt: new Date('2026-03-14T02:14:26Z'),
  notifyUrl: 'https://pay.example.com/callbacks/unionpay/up-main',
  returnUrl: 'https://shop.example.com/done?order=1&x=y',
  payer: { authCode: '6220485073630469936', deviceId: 'till-1' },
};
const codepay: PlaceCall = { ...place, product: 'codepay' };
const query = { op: 'query', product: 'native', ...order } as const;
const queryCodepay = { ...query, product: 'codepay' } as const;
const refund = {
  op: 'refund',
  ...order,
  refundNo,
  refundOrderedAt: at,
  amount: { amountMinor: 100n, currency: 'CNY' },
  total: { amountMinor: 1299n, currency: 'CNY' },
  channelTxn: '951807261002324791038',
  notifyUrl: place.notifyUrl,
} as const;
const queryRefund = { op: 'queryRefund', ...order, refundNo, refundOrderedAt: at } as const;
const reverse = { op: 'reverse', product: 'codepay', ...order } as const;
const fieldsOf = (call: ChannelCall) => new URLSearchParams(requestOf(session, call, at, 'n').body);

describe('requests', () => {
  test.each([place, codepay, query, reverse, refund, queryRefund] as ChannelCall[])(
    'of $op $product carry a signature over all fields that fits our key',
    (call) => {
      const fields = fieldsOf(call);
      expect(verifyRsaSha256(signedDigest(fields), fields.get('signature') ?? '', merchantPublicKey)).toBe(true);
      expect(Object.fromEntries(fields)).toMatchObject({ version: '5.1.0', signMethod: '01', accessType: '0', merId });
      expect(fields.get('certId')).toMatch(/^\d+$/);
    },
  );

  test('name an order by number and time, alike in every call about it', () => {
    for (const call of [place, codepay, query, reverse] as ChannelCall[])
      expect(Object.fromEntries(fieldsOf(call))).toMatchObject({ orderId: requestNo, txnTime });
    for (const call of [refund, queryRefund] as ChannelCall[])
      expect(Object.fromEntries(fieldsOf(call))).toMatchObject({ orderId: refundNo, txnTime: '20260314095926' });
    expect(fieldsOf(refund).get('origQryId')).toBe(refund.channelTxn);
  });

  test('say kinds, amounts in fen and how long the order may be paid', () => {
    expect(Object.fromEntries(fieldsOf(place))).toMatchObject({
      txnType: '01',
      txnSubType: '07',
      txnAmt: '1299',
      currencyCode: '156',
      payTimeout: '20260314101426',
      orderDesc: '拿铁  可颂  a b c',
    });
    expect(Object.fromEntries(fieldsOf(codepay))).toMatchObject({ txnSubType: '06', qrNo: place.payer.authCode });
  });

  test.each(['page', 'h5'])('for %s are a form that the payer posts', (product) => {
    const built = session.buildRequest({ ...place, product }, at, 'n');
    if (!('credential' in built) || built.credential.type !== 'form') throw new Error('no form');
    const { url, fields } = built.credential;
    expect(url).toBe(`${baseUrl}/gateway/api/frontTransReq.do`);
    expect(verifyRsaSha256(signedDigest(Object.entries(fields)), fields.signature ?? '', merchantPublicKey)).toBe(true);
    expect(fields).toMatchObject({ frontUrl: place.returnUrl, backUrl: place.notifyUrl, txnSubType: '01' });
  });

  test.each([
    ['another currency', { ...place, amount: { amountMinor: 1n, currency: 'USD' } } as PlaceCall],
    ['a barcode payment without a code', { ...codepay, payer: {} }],
    ['a page without a way back', { ...place, product: 'page', returnUrl: undefined } as unknown as PlaceCall],
    ['a product of other channels', { ...place, product: 'jsapi' }],
    ['a refund whose payment has no number', { ...refund, channelTxn: undefined } as unknown as ChannelCall],
    ['a close', { op: 'close', product: 'native', ...order } as ChannelCall],
  ])('are refused before anything is sent: %s', (_name, call) => {
    expect(() => session.buildRequest(call, at, 'n')).toThrow(UnsupportedCallError);
  });
});

const told = { orderId: requestNo, txnTime, txnType: '01', respCode: '00', respMsg: '成功[0000000]' };
const found = { ...told, txnType: '00', queryId: '951807261002324791038', txnAmt: '1299', currencyCode: '156' };
const refunded = { ...found, orderId: refundNo, txnTime: '20260314095926', txnAmt: '100' };
const paid = { amountMinor: 1299n, currency: 'CNY' };
const read = (call: ChannelCall, fields: Record<string, string>) =>
  session.parseResponse(call, answer(signed(fields)), at);

describe('answers', () => {
  test.each([
    [
      'a QR code',
      place,
      { ...told, qrCode: 'https://qr.95516.com/00010000/1' },
      { kind: 'pending', credential: { type: 'qr' } },
    ],
    ['a QR order without a code', place, told, { kind: 'unknown', reason: 'unreadable' }],
    ['a charge that was taken on', codepay, told, { kind: 'pending' }],
    ['a charge on its way', codepay, { ...told, respCode: '05' }, { kind: 'pending' }],
    ['a charge without an end', codepay, { ...told, respCode: '04' }, { kind: 'pending' }],
    ['too little money', codepay, { ...told, respCode: '64' }, { kind: 'declined', code: 'insufficient_funds' }],
    ['a number that came before', codepay, { ...told, respCode: '12' }, { kind: 'unknown' }],
    ['a code nobody knows', codepay, { ...told, respCode: 'ZZ' }, { kind: 'unknown' }],
    ['a paid order', query, { ...found, origRespCode: '00' }, { kind: 'succeeded', paid, channelTxn: found.queryId }],
    ['a paid order with a flaw', query, { ...found, origRespCode: 'A6' }, { kind: 'succeeded', paid }],
    ['a paid order without its amount', query, { ...told, origRespCode: '00' }, { kind: 'unknown' }],
    ['an order on its way', query, { ...found, origRespCode: '05' }, { kind: 'pending' }],
    ['a card refused in the browser: another may follow', query, { ...found, origRespCode: '64' }, { kind: 'pending' }],
    ['a card refused at the till', queryCodepay, { ...found, origRespCode: '64' }, { kind: 'declined' }],
    ['no such order', query, { ...told, respCode: '34' }, { kind: 'not_found' }],
    ['too many questions', query, { ...told, respCode: '37' }, { kind: 'unknown' }],
    ['another order', query, { ...found, orderId: 'OTHERORDER', origRespCode: '00' }, { kind: 'unknown' }],
    [
      'the same number at another time',
      query,
      { ...found, txnTime: '20250314095920', origRespCode: '00' },
      { kind: 'unknown' },
    ],
    ['another merchant', query, { ...found, merId: '777290058110049', origRespCode: '00' }, { kind: 'unknown' }],
    ['a reversal', reverse, told, { kind: 'closed' }],
    ['a reversal without an end', reverse, { ...told, respCode: '03' }, { kind: 'unknown' }],
    ['a reversal of what never came there', reverse, { ...told, respCode: '35' }, { kind: 'not_found' }],
    ['a refund that was taken on', refund, { ...refunded, txnType: '04' }, { kind: 'pending' }],
    ['a refund that may not be', refund, { ...refunded, respCode: '33' }, { kind: 'declined' }],
    [
      'a refund that is done',
      queryRefund,
      { ...refunded, origRespCode: '00' },
      { kind: 'succeeded', refunded: refund.amount },
    ],
    ['a refund nobody knows', queryRefund, { ...refunded, respCode: '34' }, { kind: 'not_found' }],
  ] as [string, ChannelCall, Record<string, string>, object][])('read %s', (_name, call, fields, wanted) => {
    expect(read(call, fields)).toMatchObject(wanted);
  });

  test('of others are not believed: any bit, another certificate, one that ran out, one of another owner', () => {
    const good = signed({ ...found, origRespCode: '00' });
    const { body } = answer(good);
    fc.assert(
      fc.property(fc.nat({ max: body.length - 1 }), fc.integer({ min: 0, max: 7 }), (byte, bit) => {
        const changed = Buffer.from(body);
        changed[byte] = (changed[byte] ?? 0) ^ (1 << bit);
        const result = session.parseResponse(query, { status: 200, headers: {}, body: changed }, at);
        // Some bits of a certificate's text are no part of what it says; the answer is then the very same.
        if (result.kind !== 'unknown') expect(changed.toString()).toContain('BEGIN CERTIFICATE');
        if (result.kind === 'succeeded') expect(result.paid).toEqual(paid);
      }),
      { numRuns: 500 },
    );
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const others = [
      signed({ ...found, origRespCode: '00' }, undefined, stranger),
      signed({ ...found, origRespCode: '00' }, issue({ by: stranger }).pem),
      signed({ ...found, origRespCode: '00' }, issue({ notAfter: new Date('2026-01-01') }).pem),
      signed({ ...found, origRespCode: '00' }, issue({ commonName: '041@Z@777290058110048:SIGN@1' }).pem),
      good.filter(([name]) => name !== 'signPubKeyCert'),
      good.filter(([name]) => name !== 'signature'),
      good.map(([name, value]): [string, string] => (name === 'signMethod' ? [name, '11'] : [name, value])),
      [...good, ['respCode', '00'] as [string, string]],
    ];
    for (const message of others) expect(session.parseResponse(query, answer(message), at).kind).toBe('unknown');
  });

  test('map every code to something, and never an unlisted one to a failure', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 4 }), (code) => {
        if (!responseCodes.some((row) => row.code === code)) expect(readCode(code).kind).toBe('unknown');
      }),
    );
    expect(new Set(responseCodes.map(({ code }) => code)).size).toBe(responseCodes.length);
  });
});

describe('callbacks', () => {
  const payment = { ...found, txnType: '01', txnSubType: '07' };

  test('of payments and refunds are read', () => {
    expect(session.parseNotify(callback(signed(payment)), at)).toMatchObject({
      kind: 'payment',
      requestNo,
      result: { kind: 'succeeded', paid },
    });
    const paidBack = { ...refunded, txnType: '04', reqReserved: requestNo };
    expect(session.parseNotify(callback(signed(paidBack)), at)).toMatchObject({
      kind: 'refund',
      requestNo,
      refundNo,
      result: { kind: 'succeeded', refunded: refund.amount },
    });
  });

  test('that UnionPay did not sign, or that are not ours, are refused', () => {
    const good = signed(payment);
    const change = (name: string, to: string) =>
      good.map(([field, value]): [string, string] => [field, field === name ? to : value]);
    const forged = [
      change('txnAmt', '1'),
      change('orderId', 'T01HZX5N4Q8R9S2T3V4W5X6Y70'),
      change('respCode', '00 '),
      change('signature', ''),
      change('signPubKeyCert', config.certificatePem),
      [...good, ['extra', 'field'] as [string, string]],
      good.slice(1),
    ];
    for (const message of forged) expect(session.parseNotify(callback(message), at).kind).toBe('refused');
    const other = signed({ ...payment, merId: '777290058110049' });
    expect(session.parseNotify(callback(other), at)).toEqual({ kind: 'refused', reason: 'wrong_account' });
    expect(session.parseNotify(callback(signed({ ...payment, txnType: '31' })), at).kind).toBe('refused');
  });
});

describe("UnionPay's own sample", () => {
  const real = unionPay.open(
    {
      config: {
        ...config,
        merId: '700000000000001',
        rootCertificatePem: official.root,
        middleCertificatePem: official.middle,
        signerName: '00040000:SIGN',
      },
      secrets,
      baseUrl,
    },
    [],
  );
  const then = new Date('2018-07-26T02:02:32Z');
  const body = Buffer.from(official.callback);

  test('verifies up to its root, and reads', () => {
    expect(real.parseNotify({ headers: {}, body }, then)).toMatchObject({
      kind: 'payment',
      requestNo: '201807251814000000175473',
      result: { kind: 'succeeded', channelTxn: '951807261002324791038', paid: { amountMinor: 136n, currency: 'CNY' } },
    });
  });

  test('is refused once its certificate has run out, under another root, and for another owner', () => {
    expect(real.parseNotify({ headers: {}, body }, at)).toEqual({ kind: 'refused', reason: 'unknown_key' });
    expect(session.parseNotify({ headers: {}, body }, then)).toEqual({ kind: 'refused', reason: 'unknown_key' });
  });

  test('is refused with any value changed', () => {
    const fields = [...new URLSearchParams(official.callback)].filter(([name]) => name !== 'signPubKeyCert');
    for (const [name] of fields) {
      const changed = new URLSearchParams(official.callback);
      changed.set(name, `${changed.get(name)}1`);
      expect(real.parseNotify({ headers: {}, body: Buffer.from(changed.toString()) }, then).kind).toBe('refused');
    }
  });
});

import { describe, expect, test } from 'vitest';
import { openAccount } from './account.ts';
import {
  answer,
  apiV3Key,
  at,
  callback,
  certificateConfig,
  certificateSigner,
  certificateTrust,
  mchId,
  merchantKeyPem,
  paidOrder,
  publicKeyConfig,
  publicKeySigner,
  refundedOrder,
  refundNo,
  requestNo,
  sealed,
  secrets,
} from './fixtures/fake-wechat-pay.ts';
import go from './fixtures/wechatpay-go.json' with { type: 'json' };
import java from './fixtures/wechatpay-java.json' with { type: 'json' };
import { wechatPay } from './index.ts';
import { parseTrust } from './parse-trust.ts';

const session = wechatPay.open({ baseUrl: 'https://channel.test', config: publicKeyConfig, secrets }, []);
const amount = { amountMinor: 1299n, currency: 'CNY' } as const;
const query = { op: 'query', product: 'native', requestNo, orderedAt: at } as const;

describe('callbacks', () => {
  const transaction = (change: object = {}) => callback('TRANSACTION.SUCCESS', { ...paidOrder, ...change });
  const refundEvent = (event: string, refund_status: string, mchid = mchId) => {
    const { status: _, amount: __, ...rest } = refundedOrder;
    return callback(event, {
      ...rest,
      mchid,
      refund_status,
      amount: { total: 1299, refund: 299, payer_total: 1299, payer_refund: 299 },
    });
  };

  test('tell of payments', () => {
    expect(session.parseNotify(transaction(), at)).toMatchObject({
      kind: 'payment',
      notifyId: 'EV-2018022511223320873',
      requestNo,
      result: { kind: 'succeeded', paid: amount },
    });
    expect(session.parseNotify(callback('TRANSACTION.SUCCESS', paidOrder, publicKeySigner, ''), at)).toMatchObject({
      kind: 'payment',
    });
    expect(session.parseNotify(transaction({ amount: { total: 1, currency: 'XXX' } }), at)).toMatchObject({
      result: { kind: 'unknown', reason: 'amount_mismatch' },
    });
  });

  test.each([
    ['REFUND.SUCCESS', 'SUCCESS', 'succeeded'],
    ['REFUND.ABNORMAL', 'ABNORMAL', 'pending'],
    ['REFUND.CLOSED', 'CLOSED', 'declined'],
  ])('tell of refunds: %s', (event, status, kind) => {
    expect(session.parseNotify(refundEvent(event, status), at)).toMatchObject({
      kind: 'refund',
      requestNo,
      refundNo,
      result: { kind },
    });
  });

  test('about somebody else are refused', () => {
    const refused = { kind: 'refused', reason: 'wrong_account' };
    expect(session.parseNotify(transaction({ mchid: '1900000110' }), at)).toEqual(refused);
    expect(session.parseNotify(refundEvent('REFUND.SUCCESS', 'SUCCESS', '1900000110'), at)).toEqual(refused);
    expect(session.parseNotify(transaction({ appid: 'wx0000000000000000' }), at)).toEqual(refused);
    expect(session.parseNotify(transaction({ appid: 'wx0app0000000000001' }), at)).toMatchObject({ kind: 'payment' });
  });

  test('that do not open, are old, of another kind, or signed by a stranger are refused', () => {
    const other = { ...secrets, apiV3Key: 'x'.repeat(32) };
    expect(
      wechatPay
        .open({ baseUrl: 'https://channel.test', config: publicKeyConfig, secrets: other }, [])
        .parseNotify(transaction(), at),
    ).toEqual({
      kind: 'refused',
      reason: 'unreadable',
    });
    expect(session.parseNotify(transaction(), new Date(at.getTime() + 300_000))).toEqual({
      kind: 'refused',
      reason: 'stale',
    });
    expect(session.parseNotify(callback('COUPON.USE', paidOrder), at)).toEqual({
      kind: 'refused',
      reason: 'unsupported',
    });
    expect(session.parseNotify(callback('TRANSACTION.SUCCESS', 'no json'), at)).toEqual({
      kind: 'refused',
      reason: 'unreadable',
    });
    expect(session.parseNotify(callback('TRANSACTION.SUCCESS', paidOrder, certificateSigner), at)).toEqual({
      kind: 'refused',
      reason: 'unknown_key',
    });
  });

  test('are taken with either key while the merchant migrates', () => {
    const migrating = wechatPay.open({ baseUrl: 'https://channel.test', config: publicKeyConfig, secrets }, [
      certificateTrust,
    ]);
    for (const signer of [publicKeySigner, certificateSigner]) {
      expect(migrating.parseNotify(callback('TRANSACTION.SUCCESS', paidOrder, signer), at).kind).toBe('payment');
    }
  });
});

describe('platform certificates', () => {
  const fresh = wechatPay.open({ baseUrl: 'https://channel.test', config: certificateConfig, secrets }, []);
  const entry = (pem: string, serial: string) => ({
    serial_no: serial,
    effective_time: '2021-04-27T16:55:23+08:00',
    expire_time: '2031-04-25T16:55:23+08:00',
    encrypt_certificate: sealed(pem, 'certificate'),
  });
  const platform = entry(go.platform.certificatePem, go.platform.serial);
  const older = entry(go.sha256rsa.certificatePem, go.sha256rsa.serial);

  test('are trusted from the first fetch on, two of them during a rotation', () => {
    const result = fresh.parseResponse(
      { op: 'fetchTrust' },
      answer(200, { data: [older, platform] }, certificateSigner),
      at,
    );
    expect(result).toMatchObject({
      kind: 'trusted',
      keys: [{ serial: go.sha256rsa.serial }, { serial: go.platform.serial, expiresAt: '2031-04-25T08:55:23.000Z' }],
    });
    if (result.kind !== 'trusted') throw new Error('not trusted');
    const session = wechatPay.open(
      { baseUrl: 'https://channel.test', config: certificateConfig, secrets },
      result.keys,
    );
    expect(session.parseResponse(query, answer(200, paidOrder, certificateSigner), at).kind).toBe('succeeded');
  });

  test('are not trusted when the answer is unsigned, altered, old, sealed with another key or misnamed', () => {
    const genuine = answer(200, { data: [platform] }, certificateSigner);
    const read = (response: typeof genuine, time = at) =>
      fresh.parseResponse({ op: 'fetchTrust' }, response, time).kind;
    expect(read(genuine)).toBe('trusted');
    expect(read({ ...genuine, headers: {} as typeof genuine.headers })).toBe('unknown');
    expect(read({ ...genuine, body: Buffer.from(`${genuine.body} `) })).toBe('unknown');
    expect(read(genuine, new Date(at.getTime() + 300_000))).toBe('unknown');
    expect(read(answer(200, { data: [platform] }, publicKeySigner))).toBe('unknown');
    const misnamed = { data: [{ ...platform, serial_no: 'ABCDEF12' }] };
    expect(read(answer(200, misnamed, { ...certificateSigner, serial: 'ABCDEF12' }))).toBe('unknown');
    const other = wechatPay.open(
      { baseUrl: 'https://channel.test', config: certificateConfig, secrets: { ...secrets, apiV3Key: 'x'.repeat(32) } },
      [],
    );
    expect(other.parseResponse({ op: 'fetchTrust' }, genuine, at).kind).toBe('unknown');
  });

  test('of wechatpay-java’s test suite open with its key', () => {
    const account = openAccount({ config: certificateConfig, secrets: { ...secrets, apiV3Key: java.apiV3Key } }, []);
    // Its private key is not published, so the answer can't be proven; opening it without an error shows that we read it.
    const body = Buffer.from(java.certificates.body);
    const response = { status: 200, headers: {}, body };
    expect(parseTrust(account, response, JSON.parse(body.toString()), at)).toBeUndefined();
    const wrong = openAccount({ config: certificateConfig, secrets: { ...secrets, apiV3Key: 'x'.repeat(32) } }, []);
    expect(parseTrust(wrong, response, JSON.parse(body.toString()), at)).toEqual({
      kind: 'unknown',
      reason: 'unreadable',
    });
  });
});

test('the account keeps its key apart from what may be shown', () => {
  expect(() =>
    wechatPay.open(
      { baseUrl: 'https://channel.test', config: { ...publicKeyConfig, privateKeyPem: merchantKeyPem }, secrets },
      [],
    ),
  ).toThrow();
  expect(() =>
    wechatPay.open(
      {
        baseUrl: 'https://channel.test',
        config: publicKeyConfig,
        secrets: { ...secrets, apiV3Key: apiV3Key.slice(1) },
      },
      [],
    ),
  ).toThrow();
  expect(() =>
    wechatPay.open({ baseUrl: 'https://channel.test', config: publicKeyConfig, secrets }, [
      { serial: '1', publicKeyPem: 'no key' },
    ]),
  ).not.toThrow();
});

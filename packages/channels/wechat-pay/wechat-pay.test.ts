import { describe, expect, test } from 'vitest';
import WxPay from 'wechatpay-node-v3';
import type { PlaceCall } from '../channel-adapter.ts';
import { UnsupportedCallError } from '../channel-adapter.ts';
import { callsOf, channelContract, requestOf } from '../testing/channel-contract.ts';
import { beijingTime, clip } from './build-request.ts';
import {
  apiV3Key,
  appId,
  at,
  certificateConfig,
  mchId,
  merchantKeyPem,
  publicKeyConfig,
  publicKeySigner,
  requestNo,
  secrets,
} from './fixtures/fake-wechat-pay.ts';
import go from './fixtures/wechatpay-go.json' with { type: 'json' };
import { wechatPay } from './index.ts';

const keyBody = merchantKeyPem.split('\n')[1] ?? '';
channelContract({
  adapter: wechatPay,
  account: { config: publicKeyConfig, secrets },
  secretTexts: [apiV3Key, keyBody],
});

const nonce = 'C380BEC2BFD727A4B6845133519F3AD6';
const session = wechatPay.open({ baseUrl: 'https://channel.test', config: publicKeyConfig, secrets }, []);
const order = (change: Partial<PlaceCall> = {}): PlaceCall => ({
  op: 'place',
  orderedAt: at,
  product: 'native',
  requestNo,
  amount: { amountMinor: 1299n, currency: 'CNY' },
  subject: 'Flat white',
  expiresAt: new Date('2026-03-14T16:30:00.999Z'),
  notifyUrl: 'https://pay.example.com/callbacks/wechat-pay/a1',
  payer: {},
  ...change,
});
const bodyOf = (call: PlaceCall) => JSON.parse(requestOf(session, call, at, nonce).body);

describe('requests', () => {
  test('says an order in WeChat Pay’s words', () => {
    expect(bodyOf(order())).toEqual({
      appid: appId,
      mchid: mchId,
      description: 'Flat white',
      out_trade_no: requestNo,
      amount: { total: 1299, currency: 'CNY' },
      time_expire: '2026-03-15T00:30:00+08:00',
      notify_url: 'https://pay.example.com/callbacks/wechat-pay/a1',
    });
  });

  test('adds what each product needs', () => {
    expect(bodyOf(order({ product: 'jsapi', payer: { openId: 'o1' } })).payer).toEqual({ openid: 'o1' });
    expect(bodyOf(order({ product: 'app' })).appid).toBe('wx0app0000000000001');
    expect(bodyOf(order({ product: 'h5', payer: { ip: '203.0.113.7' } })).scene_info).toEqual({
      payer_client_ip: '203.0.113.7',
      h5_info: { type: 'Wap' },
    });
    const barcode = bodyOf(order({ product: 'codepay', payer: { authCode: '134567890123456789', ip: '203.0.113.7' } }));
    expect(barcode.payer).toEqual({ auth_code: '134567890123456789' });
    expect(barcode.scene_info).toEqual({ device_ip: '203.0.113.7', store_info: { out_id: mchId } });
    expect(barcode).not.toHaveProperty('notify_url');
    expect(barcode).not.toHaveProperty('time_expire');
  });

  test.each([
    ['a foreign currency', order({ amount: { amountMinor: 1n, currency: 'HKD' } })],
    ['no amount', order({ amount: { amountMinor: 0n, currency: 'CNY' } })],
    ['jsapi without open id', order({ product: 'jsapi' })],
    ['h5 without IP', order({ product: 'h5' })],
    ['codepay without code', order({ product: 'codepay', payer: { ip: '203.0.113.7' } })],
    ['a notify URL with a query', order({ notifyUrl: 'https://pay.example.com/a?b=1' })],
    ['a number that is too short', order({ requestNo: 'T0001' })],
    [
      'reversing an order that is no barcode payment',
      { op: 'reverse', product: 'native', requestNo, orderedAt: at } as const,
    ],
  ])('sends nothing for %s', (_, call) => {
    expect(() => session.buildRequest(call, at, nonce)).toThrow(UnsupportedCallError);
  });

  test('keeps a description within 127 characters without breaking one', () => {
    expect(clip('字'.repeat(200), 127)).toHaveLength(127);
    expect(clip(`${'☕️'.repeat(3)}😀`, 7)).toBe('☕️☕️☕️');
    expect(clip(`${'a'.repeat(126)}😀`, 127)).toBe('a'.repeat(126));
  });

  test('writes times in Beijing', () =>
    expect(beijingTime(new Date('2026-12-31T16:00:00Z'))).toBe('2027-01-01T00:00:00+08:00'));

  test('asks for answers signed with the public key, where there is one', () => {
    const headers = requestOf(session, { op: 'fetchTrust' }, at, nonce).headers;
    expect(headers['Wechatpay-Serial']).toBe(publicKeySigner.serial);
    const old = wechatPay.open({ baseUrl: 'https://channel.test', config: certificateConfig, secrets }, []);
    expect(requestOf(old, { op: 'fetchTrust' }, at, nonce).headers).not.toHaveProperty('Wechatpay-Serial');
  });

  test('signs every request as wechatpay-node-v3 does', () => {
    const oracle = new WxPay({
      appid: appId,
      mchid: mchId,
      serial_no: publicKeyConfig.certificateSerial,
      publicKey: Buffer.from(go.platform.certificatePem),
      privateKey: Buffer.from(merchantKeyPem),
    });
    for (const call of callsOf(wechatPay)) {
      const { method, path, headers, body } = requestOf(session, call, at, nonce);
      const timestamp = '1773453566';
      const signature = oracle.getSignature(method, nonce, timestamp, path, body);
      expect(fieldsOf(headers.Authorization)).toEqual(fieldsOf(oracle.getAuthorization(nonce, timestamp, signature)));
    }
  });
});

// The order of the fields is free, so they are compared as a set.
function fieldsOf(authorization = ''): Record<string, string> {
  const [scheme, rest] = authorization.split(/ (.*)/s);
  const fields = [...(rest ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  return { scheme, ...Object.fromEntries(fields) };
}

import { createPublicKey, X509Certificate } from 'node:crypto';
import { AlipaySdk } from 'alipay-sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChannelCall, PlaceCall } from '../channel-adapter.ts';
import { UnsupportedCallError } from '../channel-adapter.ts';
import { channelContract, requestOf } from '../testing/channel-contract.ts';
import { verifyRsaSha256 } from '../wire/rsa-sha256.ts';
import { rootSerialOf, serialOf } from './account.ts';
import official from './fixtures/alipay-sdk.json' with { type: 'json' };
import {
  alipayPublicKeyPem,
  appId,
  appPrivateKeyPem,
  appPublicKey,
  at,
  baseUrl,
  config,
  refundNo,
  requestNo,
  secrets,
} from './fixtures/fake-alipay.ts';
import { alipay } from './index.ts';
import { requestMessage } from './sign.ts';

const keyBody = appPrivateKeyPem.split('\n')[3] ?? 'no key';
channelContract({ adapter: alipay, account: { config, secrets }, secretTexts: [keyBody] });

const session = alipay.open({ config, secrets, baseUrl }, []);
const place: PlaceCall = {
  op: 'place',
  product: 'native',
  requestNo,
  orderedAt: at,
  amount: { amountMinor: 1299n, currency: 'CNY' },
  subject: '拿铁 + 可颂 100% a=b&c/d ☕️',
  expiresAt: new Date('2026-03-14T02:14:26Z'),
  notifyUrl: 'https://pay.example.com/callbacks/alipay/ali-main',
  returnUrl: 'https://shop.example.com/done?order=1&x=y',
  payer: {
    openId: '074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5',
    authCode: '284567890123456789',
    deviceId: 'till 1',
  },
};
const order = { requestNo, orderedAt: at };
const calls: ChannelCall[] = [
  ...['native', 'codepay', 'jsapi'].map((product) => ({ ...place, product })),
  { op: 'query', product: 'native', ...order },
  { op: 'close', product: 'native', ...order },
  { op: 'reverse', product: 'codepay', ...order },
  {
    op: 'refund',
    ...order,
    refundNo,
    refundOrderedAt: at,
    amount: { amountMinor: 100n, currency: 'CNY' },
    total: { amountMinor: 1299n, currency: 'CNY' },
    reason: '不想要了',
    notifyUrl: place.notifyUrl,
  },
  { op: 'queryRefund', ...order, refundNo, refundOrderedAt: at },
];

/** Every parameter of a request, from the query and the body alike. */
function parametersOf(call: ChannelCall): Map<string, string> {
  const { path, body } = requestOf(session, call, at, 'n');
  return new Map([...new URL(path, baseUrl).searchParams, ...new URLSearchParams(body)]);
}
const contentOf = (call: ChannelCall) => JSON.parse(parametersOf(call).get('biz_content') ?? '');

describe('requests', () => {
  test.each(calls)('of $op $product carry a signature over all parameters that fits our key', (call) => {
    const parameters = parametersOf(call);
    expect(verifyRsaSha256(requestMessage(parameters), parameters.get('sign') ?? '', appPublicKey)).toBe(true);
    expect(Object.fromEntries(parameters)).toMatchObject({
      app_id: appId,
      charset: 'utf-8',
      sign_type: 'RSA2',
      timestamp: '2026-03-14 09:59:26',
      version: '1.0',
    });
  });

  test('say amounts in yuan and times in Beijing, and leave out what Alipay refuses in texts', () => {
    expect(contentOf(place)).toEqual({
      out_trade_no: requestNo,
      total_amount: '12.99',
      subject: '拿铁 + 可颂 100% a b c d ☕️',
      product_code: 'FACE_TO_FACE_PAYMENT',
      time_expire: '2026-03-14 10:14:26',
    });
    expect(contentOf({ ...place, product: 'codepay' })).toMatchObject({
      scene: 'bar_code',
      auth_code: place.payer.authCode,
    });
    expect(contentOf({ ...place, product: 'jsapi' })).toMatchObject({
      op_app_id: appId,
      buyer_open_id: place.payer.openId,
    });
  });

  test.each(['h5', 'page', 'app'])('for %s go through the payer: a signed link or order, nothing sent', (product) => {
    const built = session.buildRequest({ ...place, product }, at, 'n');
    if (!('credential' in built)) throw new Error('would be sent');
    const text = built.credential.type === 'app' ? built.credential.parameters.orderString : '';
    const link = built.credential.type === 'redirect' ? new URL(built.credential.url) : undefined;
    const parameters = link ? link.searchParams : new URLSearchParams(text);
    if (link) expect(link.href.startsWith(`${baseUrl}/gateway.do?`)).toBe(true);
    expect(verifyRsaSha256(requestMessage(parameters), parameters.get('sign') ?? '', appPublicKey)).toBe(true);
    expect(parameters.get('notify_url')).toBe(place.notifyUrl);
  });

  test.each([
    ['another currency', { ...place, amount: { amountMinor: 1n, currency: 'USD' } } as PlaceCall],
    ['no amount', { ...place, amount: { amountMinor: 0n, currency: 'CNY' } } as PlaceCall],
    ['a barcode payment without a code', { ...place, product: 'codepay', payer: {} }],
    ['an order inside the app without a payer', { ...place, product: 'jsapi', payer: {} }],
    ['a product of other channels', { ...place, product: 'sticker' }],
  ])('are refused before anything is sent: %s', (_name, call) => {
    expect(() => session.buildRequest(call, at, 'n')).toThrow(UnsupportedCallError);
  });
});

describe('beside the official SDK', () => {
  const sdk = new AlipaySdk({
    appId,
    privateKey: appPrivateKeyPem,
    keyType: 'PKCS8',
    alipayPublicKey: alipayPublicKeyPem,
  });

  test('the same parameters get the same signature', () => {
    const theirs = new URLSearchParams(
      sdk.sdkExecute('alipay.trade.app.pay', {
        bizContent: { out_trade_no: requestNo, subject: '拿铁 + 可颂 100%', total_amount: '12.99' },
        notifyUrl: place.notifyUrl,
      }),
    );
    const ours = requestMessage(theirs);
    expect(verifyRsaSha256(ours, theirs.get('sign') ?? '', appPublicKey)).toBe(true);
  });

  test('certificate numbers are those it computes', () => {
    const { app, alipay: own, root } = official.certificates;
    expect(serialOf(new X509Certificate(app.pem))).toBe(app.number);
    expect(serialOf(new X509Certificate(own.pem))).toBe(own.number);
    expect(rootSerialOf(root.pem)).toBe(root.number);
  });

  test('a request in certificate mode names them', () => {
    const { app, alipay: own, root } = official.certificates;
    const verification = {
      mode: 'certificate',
      appCertificatePem: app.pem,
      alipayCertificatePems: [own.pem],
      alipayRootCertificatePem: root.pem,
    };
    const certified = alipay.open({ config: { ...config, verification }, secrets, baseUrl }, []);
    const query = new URL(requestOf(certified, calls[3] as ChannelCall, at, 'n').path, baseUrl).searchParams;
    expect(query.get('app_cert_sn')).toBe(app.number);
    expect(query.get('alipay_root_cert_sn')).toBe(root.number);
  });

  test('a callback that Alipay really sent verifies, and no longer with one character changed', () => {
    const { publicKeyPem, fields } = official.notify;
    const real = alipay.open(
      {
        config: { appId: fields.app_id, verification: { mode: 'public_key', publicKeyPem } },
        secrets,
        baseUrl,
      },
      [],
    );
    const body = (changed: Record<string, string>) => Buffer.from(new URLSearchParams(changed).toString());
    expect(real.parseNotify({ headers: {}, body: body(fields) }, at)).toMatchObject({
      kind: 'payment',
      requestNo: fields.out_trade_no,
      notifyId: fields.notify_id,
      result: { kind: 'succeeded', channelTxn: fields.trade_no, paid: { amountMinor: 10n, currency: 'CNY' } },
    });
    const names = Object.keys(fields).filter((name) => name !== 'sign' && name !== 'sign_type');
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), fc.integer({ min: 1, max: 9 }), (name, place, by) => {
        const value = (fields as Record<string, string>)[name] ?? '';
        const index = place % value.length;
        const changed =
          value.slice(0, index) + String.fromCharCode(value.charCodeAt(index) + by) + value.slice(index + 1);
        const answer = real.parseNotify({ headers: {}, body: body({ ...fields, [name]: changed }) }, at);
        expect(answer.kind).toBe('refused');
      }),
      { numRuns: 300 },
    );
    expect(createPublicKey(publicKeyPem).asymmetricKeyType).toBe('rsa');
  });
});

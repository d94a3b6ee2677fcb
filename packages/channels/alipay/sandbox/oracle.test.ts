import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlipaySdk } from 'alipay-sdk';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Simulator, startSimulator } from '../../testing/simulator/start-simulator.ts';
import { createFakeApp, type FakeApp, startSink } from '../fixtures/sandbox-app.ts';

let dir: string;
let sandbox: Simulator;
let app: FakeApp;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSimulator({ port: 0, dir });
  app = await createFakeApp(sandbox.url);
}, 60_000);
afterAll(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true });
});

const modes = ['public key', 'certificates'] as const;
const sdkBy = (mode: (typeof modes)[number]) => {
  const { keys } = app;
  return new AlipaySdk({
    appId: keys.appId,
    privateKey: keys.appPrivateKeyPem,
    keyType: 'PKCS8',
    gateway: `${sandbox.url}/gateway.do`,
    ...(mode === 'public key'
      ? { alipayPublicKey: keys.alipayPublicKeyPem }
      : {
          appCertContent: keys.appCertificatePem,
          alipayPublicCertContent: keys.alipayCertificatePems[0] ?? '',
          alipayRootCertContent: keys.alipayRootCertificatePem,
        }),
  });
};
// The SDK writes the machine's own time; the gateway reads Beijing's.
const timestamp = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
const number = () => randomUUID().replaceAll('-', '');

it.each(modes)('is understood by the official SDK, by %s', async (mode) => {
  const sdk = sdkBy(mode);
  const exec = (method: string, bizContent: Record<string, unknown>, more: Record<string, string> = {}) =>
    sdk.exec(method, { timestamp: timestamp(), ...more, bizContent }, { validateSign: true });
  const sink = await startSink(() => app);

  const outTradeNo = number();
  const order = { outTradeNo, totalAmount: '88.88', subject: '拿铁', productCode: 'FACE_TO_FACE_PAYMENT' };
  const placed = await exec('alipay.trade.precreate', order, { notifyUrl: sink.url });
  expect(placed).toMatchObject({ code: '10000', qrCode: expect.stringMatching(/^https:\/\/qr\.alipay\.com\/bax/) });
  expect(await exec('alipay.trade.query', { outTradeNo })).toMatchObject({ subCode: 'ACQ.TRADE_NOT_EXIST' });
  await app.payerPays(outTradeNo);
  expect(await exec('alipay.trade.query', { outTradeNo })).toMatchObject({
    tradeStatus: 'TRADE_SUCCESS',
    totalAmount: '88.88',
  });
  await vi.waitFor(() => expect(sink.received).toHaveLength(1));
  expect(sdk.checkNotifySignV2(sink.received[0]?.fields)).toBe(true);
  expect(sdk.checkNotifySignV2({ ...sink.received[0]?.fields, total_amount: '8.88' })).toBe(false);

  const refund = { outTradeNo, outRequestNo: 'SDK1', refundAmount: '8.88' };
  expect(await exec('alipay.trade.refund', refund)).toMatchObject({ fundChange: 'Y', refundFee: '8.88' });
  expect(await exec('alipay.trade.fastpay.refund.query', { outTradeNo, outRequestNo: 'SDK1' })).toMatchObject({
    refundStatus: 'REFUND_SUCCESS',
    refundAmount: '8.88',
  });
  const left = number();
  await exec('alipay.trade.precreate', { ...order, outTradeNo: left });
  await app.control('POST', `/control/pay/${left}`, { action: 'abandon' });
  expect(await exec('alipay.trade.close', { outTradeNo: left })).toMatchObject({ code: '10000', outTradeNo: left });
  expect(await exec('alipay.trade.query', { outTradeNo: left })).toMatchObject({ tradeStatus: 'TRADE_CLOSED' });
  await app.control('POST', '/control/channels/alipay/faults', { badSignature: true, operations: ['query'] });
  await expect(exec('alipay.trade.query', { outTradeNo })).rejects.toThrow(/验签失败|sign/);
  await app.control('POST', '/control/channels/alipay/faults', []);
  const barcode = { outTradeNo: number(), totalAmount: '1.00', subject: 'Tea', scene: 'bar_code' };
  const asked = await exec('alipay.trade.pay', { ...barcode, authCode: '284567890123456706' });
  expect(asked).toMatchObject({ code: '10003' });
  expect(await exec('alipay.trade.cancel', { outTradeNo: barcode.outTradeNo })).toMatchObject({ action: 'close' });
  await sink.close();
});

it('takes the form link that the official SDK writes', async () => {
  const sdk = sdkBy('public key');
  const outTradeNo = number();
  const bizContent = { outTradeNo, totalAmount: '0.10', subject: 'Tea', productCode: 'QUICK_WAP_WAY' };
  const link = sdk.pageExecute('alipay.trade.wap.pay', 'GET', { timestamp: timestamp(), bizContent });
  const arrived = await fetch(link, { redirect: 'manual' });
  expect(arrived.status).toBe(302);
  expect(await (await fetch(arrived.headers.get('location') ?? '')).text()).toContain(outTradeNo);
});

it('refuses the SDK with a key that is not the app’s', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const stranger = new AlipaySdk({
    appId: app.keys.appId,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    keyType: 'PKCS8',
    gateway: `${sandbox.url}/gateway.do`,
    alipayPublicKey: app.keys.alipayPublicKeyPem,
  });
  const bizContent = { outTradeNo: number() };
  const answer = await stranger.exec('alipay.trade.query', { timestamp: timestamp(), bizContent });
  expect(answer).toMatchObject({ code: '40002', subCode: 'isv.invalid-signature' });
});

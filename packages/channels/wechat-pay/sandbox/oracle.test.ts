import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WechatPay from 'wechatpay-node-v3';
import { createFakeMerchant, type FakeMerchant } from '../../testing/simulator/fake-merchant.ts';
import { type Simulator, startSimulator } from '../../testing/simulator/start-simulator.ts';

const realUrl = 'https://api.mch.weixin.qq.com';
let dir: string;
let sandbox: Simulator;
let merchant: FakeMerchant;
let sdk: WechatPay;
let lastHeaders: Headers;
let lastBody: string;

/** The SDK's own transport, pointed elsewhere: it keeps signing for the real address, which is not part of a signature. */
const send = async (method: string, url: string, headers: Record<string, string>, body?: unknown) => {
  const response = await fetch(url.replace(realUrl, sandbox.url), {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  lastHeaders = response.headers;
  lastBody = await response.text();
  return { status: response.status, data: lastBody === '' ? {} : JSON.parse(lastBody) };
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSimulator({ port: 0, dir });
  merchant = await createFakeMerchant(sandbox.url);
  const { appid, mchid, merchantCertificatePem, merchantPrivateKeyPem, apiV3Key } = merchant.keys;
  sdk = new WechatPay({
    appid,
    mchid,
    publicKey: Buffer.from(merchantCertificatePem),
    privateKey: Buffer.from(merchantPrivateKeyPem),
    key: apiV3Key,
  });
  sdk.createHttp({
    get: (url, headers) => send('GET', url, headers),
    post: (url, params, headers) => send('POST', url, headers, params),
    upload: () => Promise.reject(new Error('not needed')),
  });
}, 30_000);
afterAll(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true });
});

it('is understood by a third party SDK: certificates, placing, signatures, paying, refunds, closing', async () => {
  const certificates = await sdk.get_certificates(merchant.keys.apiV3Key);
  expect(certificates).toMatchObject([{ serial_no: merchant.keys.platformSerial }]);
  const order = () => ({
    description: 'Tea',
    out_trade_no: randomUUID().replaceAll('-', ''),
    notify_url: 'https://shop.example/notify',
    amount: { total: 100 },
  });
  const paid = order();
  expect(await sdk.transactions_native(paid)).toMatchObject({ status: 200, data: { code_url: expect.any(String) } });
  const header = (name: string) => lastHeaders.get(name) ?? '';
  const verified = await sdk.verifySign({
    timestamp: header('wechatpay-timestamp'),
    nonce: header('wechatpay-nonce'),
    body: lastBody,
    serial: header('wechatpay-serial'),
    signature: header('wechatpay-signature'),
    apiSecret: merchant.keys.apiV3Key,
  });
  expect(verified).toBe(true);

  await merchant.control('POST', `/control/pay/${paid.out_trade_no}`);
  expect(await sdk.query({ out_trade_no: paid.out_trade_no })).toMatchObject({ data: { trade_state: 'SUCCESS' } });
  const refund = {
    out_trade_no: paid.out_trade_no,
    out_refund_no: 'SDK1',
    amount: { refund: 100, total: 100, currency: 'CNY' },
  };
  expect(await sdk.refunds(refund)).toMatchObject({ status: 200, data: { status: 'PROCESSING' } });
  expect(await sdk.find_refunds('SDK1')).toMatchObject({ status: 200, data: { out_refund_no: 'SDK1' } });

  const closed = order();
  await sdk.transactions_native(closed);
  expect(await sdk.close(closed.out_trade_no)).toMatchObject({ status: 204 });
});

it('opens callbacks with that SDK’s own code', async () => {
  let resolve: (callback: { headers: IncomingHttpHeaders; body: string }) => void = () => undefined;
  const arrived = new Promise<{ headers: IncomingHttpHeaders; body: string }>((done) => {
    resolve = done;
  });
  const sink = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(Buffer.from(chunk));
    response.writeHead(204).end();
    resolve({ headers: message.headers, body: Buffer.concat(chunks).toString('utf8') });
  });
  await new Promise<void>((listening) => sink.listen(0, '127.0.0.1', listening));
  const address = sink.address();
  const out_trade_no = randomUUID().replaceAll('-', '');
  await sdk.transactions_native({
    description: 'Tea',
    out_trade_no,
    notify_url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/notify`,
    amount: { total: 100 },
  });
  await merchant.control('POST', `/control/pay/${out_trade_no}`);
  const { headers, body } = await arrived;
  sink.close();
  const text = (name: string) => String(headers[`wechatpay-${name}`]);
  const check = (bytes: string) =>
    sdk.verifySign({
      timestamp: text('timestamp'),
      nonce: text('nonce'),
      body: bytes,
      serial: text('serial'),
      signature: text('signature'),
      apiSecret: merchant.keys.apiV3Key,
    });
  expect(await check(body)).toBe(true);
  expect(await check(`${body} `)).toBe(false);
  const { resource } = JSON.parse(body) as { resource: Record<'ciphertext' | 'nonce' | 'associated_data', string> };
  expect(
    sdk.decipher_gcm(resource.ciphertext, resource.associated_data, resource.nonce, merchant.keys.apiV3Key),
  ).toMatchObject({ out_trade_no, trade_state: 'SUCCESS' });
});

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin';
import { createFakeMerchant, type FakeMerchant } from '../../testing/simulator/fake-merchant.ts';
import { type Simulator, startSimulator } from '../../testing/simulator/start-simulator.ts';

type Answer = { status: number; data: Record<string, unknown> };
/** An address of the API, as the client reaches it. */
type Address = { post(data?: unknown, config?: object): Promise<Answer>; get(config?: object): Promise<Answer> };

let dir: string;
let sandbox: Simulator;
let merchant: FakeMerchant;
let sink: Server;
let sinkUrl: string;
const received: { headers: IncomingHttpHeaders; body: string }[] = [];

/** The client, pointed elsewhere by an option of its own: it signs, sends and checks answers by itself. */
const clientFor = (certs: Record<string, string>, privateKey = merchant.keys.merchantPrivateKeyPem) => {
  const client = new Wechatpay({
    baseURL: sandbox.url,
    mchid: merchant.keys.mchid,
    serial: merchant.keys.merchantSerial,
    privateKey,
    certs,
    // It would go by the environment otherwise.
    proxy: false,
  } as ConstructorParameters<typeof Wechatpay>[0]);
  return (path: string) => client.chain(path) as unknown as Address;
};
const certificates = () => ({ [merchant.keys.platformSerial]: merchant.keys.platformCertificatePem });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSimulator({ port: 0, dir });
  merchant = await createFakeMerchant(sandbox.url);
  sink = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(Buffer.from(chunk));
    received.push({ headers: message.headers, body: Buffer.concat(chunks).toString('utf8') });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const address = sink.address();
  sinkUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/notify`;
}, 30_000);
afterAll(async () => {
  sink.closeAllConnections();
  sink.close();
  await sandbox.close();
  await rm(dir, { recursive: true });
});

const order = () => ({
  appid: merchant.keys.appid,
  mchid: merchant.keys.mchid,
  description: '拿铁 Latte',
  out_trade_no: randomUUID().replaceAll('-', ''),
  notify_url: sinkUrl,
  amount: { total: 188, currency: 'CNY' },
});

it('places, asks, closes and refunds, believing only answers whose signature it has checked', async () => {
  const at = clientFor(certificates());
  const orders = 'v3/pay/transactions';
  const { mchid } = merchant.keys;
  const paid = order();
  expect(await at(`${orders}/native`).post(paid)).toMatchObject({
    status: 200,
    data: { code_url: expect.stringMatching(/^weixin:/) },
  });
  const ask = (out_trade_no: string) => at(`${orders}/out-trade-no/${out_trade_no}`).get({ params: { mchid } });
  expect(await ask(paid.out_trade_no)).toMatchObject({ data: { trade_state: 'NOTPAY' } });
  await merchant.control('POST', `/control/pay/${paid.out_trade_no}`);
  expect(await ask(paid.out_trade_no)).toMatchObject({ data: { trade_state: 'SUCCESS', amount: { total: 188 } } });

  const refund = {
    out_trade_no: paid.out_trade_no,
    out_refund_no: `R${paid.out_trade_no.slice(1)}`,
    amount: { refund: 88, total: 188, currency: 'CNY' },
  };
  const refunds = 'v3/refund/domestic/refunds';
  expect(await at(refunds).post(refund)).toMatchObject({ status: 200, data: { status: 'PROCESSING' } });
  const { out_refund_no } = refund;
  expect(await at(`${refunds}/${out_refund_no}`).get()).toMatchObject({ data: { out_refund_no } });

  const closed = order();
  await at(`${orders}/native`).post(closed);
  const { out_trade_no } = closed;
  expect(await at(`${orders}/out-trade-no/${out_trade_no}/close`).post({ mchid })).toMatchObject({
    status: 204,
  });
  expect(await ask(out_trade_no)).toMatchObject({ data: { trade_state: 'CLOSED' } });
  await expect(at(`${orders}/native`).post({ ...order(), amount: { total: 1.5 } })).rejects.toMatchObject({
    response: { status: 400, data: { code: 'PARAM_ERROR' } },
  });
});

it('does not believe the sandbox when it signs wrongly, or with a key that it does not know', async () => {
  const at = clientFor(certificates());
  await merchant.faults({ badSignature: true });
  await expect(at('v3/pay/transactions/native').post(order())).rejects.toMatchObject({
    code: 'EV3_RES_HEADER_SIGNATURE_DIGEST',
  });
  await merchant.faults({ unsigned: true });
  await expect(at('v3/pay/transactions/native').post(order())).rejects.toMatchObject({
    code: 'EV3_RES_HEADERS_INCOMPLATE',
  });
  await merchant.faults([]);
  const blind = clientFor({ ABCDEF0123456789: merchant.keys.platformCertificatePem });
  await expect(blind('v3/pay/transactions/native').post(order())).rejects.toMatchObject({
    code: 'EV3_RES_HEADER_PLATFORM_SERIAL',
  });
});

it('is refused with a key that is not the merchant’s', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const at = clientFor(certificates(), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  await expect(at('v3/pay/transactions/native').post(order())).rejects.toMatchObject({
    response: { status: 401, data: { code: 'SIGN_ERROR' } },
  });
});

it('checks and opens callbacks with its own code', async () => {
  received.length = 0;
  const at = clientFor(certificates());
  const paid = order();
  await at('v3/pay/transactions/native').post(paid);
  await merchant.control('POST', `/control/pay/${paid.out_trade_no}`);
  await vi.waitFor(() => expect(received).toHaveLength(1));
  const { headers, body } = received[0] ?? { headers: {}, body: '' };
  const text = (name: string) => String(headers[`wechatpay-${name}`]);
  const isGenuine = (bytes: string) =>
    Rsa.verify(
      Formatter.response(text('timestamp'), text('nonce'), bytes),
      text('signature'),
      merchant.keys.platformCertificatePem,
    );
  expect(text('serial')).toBe(merchant.keys.platformSerial);
  expect(isGenuine(body)).toBe(true);
  expect(isGenuine(body.replace('SUCCESS', 'success'))).toBe(false);
  const { resource } = JSON.parse(body) as { resource: Record<'ciphertext' | 'nonce' | 'associated_data', string> };
  const plain = Aes.AesGcm.decrypt(
    resource.ciphertext,
    merchant.keys.apiV3Key,
    resource.nonce,
    resource.associated_data,
  );
  expect(JSON.parse(plain)).toMatchObject({
    out_trade_no: paid.out_trade_no,
    trade_state: 'SUCCESS',
    amount: { total: 188 },
  });
});

import { X509Certificate } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFakeMerchant, type FakeMerchant, startCallbackSink } from './fake-merchant.ts';
import { type Simulator, startSimulator } from './start-simulator.ts';

let dir: string;
let sandbox: Simulator;
let merchant: FakeMerchant;

const start = async () => {
  sandbox = await startSimulator({ port: 0, dir });
  merchant = await createFakeMerchant(sandbox.url);
};
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  await start();
}, 30_000);
afterEach(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true });
});

it('has every event on disk before the answer that reveals it', async () => {
  const { requestNo } = await merchant.place();
  const lines = (await readFile(join(dir, 'ledger.jsonl'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ seq: 1, requestNo, state: 'created' }]);
});

it('rebuilds keys, orders and refunds from its folder, and finishes what was under way', async () => {
  const sink = await startCallbackSink(() => merchant);
  sink.status = 503;
  const keys = merchant.keys;
  const paid = await merchant.place('native', { notify_url: sink.url });
  await merchant.control('POST', `/control/pay/${paid.requestNo}`);
  const open = await merchant.place();
  await merchant.control('POST', '/control/settings', { refundDelayMs: 400 });
  await merchant.call('POST', '/v3/refund/domestic/refunds', {
    out_trade_no: paid.requestNo,
    out_refund_no: 'REFUND1',
    amount: { refund: 30, total: 100, currency: 'CNY' },
  });
  await vi.waitFor(() => expect(sink.received).toHaveLength(1));
  await sandbox.close();
  await appendFile(join(dir, 'ledger.jsonl'), '{"seq":9,"kind":"char');

  sink.status = 200;
  await start();
  expect({ ...merchant.keys, baseUrl: '' }).toEqual({ ...keys, baseUrl: '' });
  await vi.waitFor(() => expect(sink.received).toHaveLength(2));
  expect(sink.received[1]).toMatchObject({ id: sink.received[0]?.id, genuine: true });
  const again = await merchant.call('POST', '/v3/pay/transactions/native', open.body);
  expect(again.json).toEqual(open.reply.json);
  const refund = () => merchant.call('GET', '/v3/refund/domestic/refunds/REFUND1');
  await vi.waitFor(async () => expect((await refund()).json.status).toBe('SUCCESS'), { timeout: 3000 });
  const seqs = (await merchant.ledger('')).map(({ seq }) => seq);
  expect(seqs).toEqual([1, 2, 3, 4, 5]);

  await sandbox.close();
  await start();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sink.received).toHaveLength(2);
  await sink.close();
});

it('rotates its certificate: both are listed, the new one signs when its time has come', async () => {
  const { requestNo } = await merchant.place();
  const made = await merchant.control('POST', '/control/channels/wechat-pay/rotate-certificate', {
    switchAfterMs: 200,
  });
  const listed = await merchant.call('GET', '/v3/certificates');
  const serials = (
    listed.json.data as { serial_no: string; encrypt_certificate: Parameters<FakeMerchant['unseal']>[0] }[]
  ).map(({ serial_no, encrypt_certificate }) => {
    const certificate = new X509Certificate(merchant.unseal(encrypt_certificate));
    expect(certificate.serialNumber).toBe(serial_no);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    return serial_no;
  });
  expect(serials).toEqual([merchant.keys.platformSerial, made.json.serial]);
  expect((await merchant.query(requestNo)).serial).toBe(merchant.keys.platformSerial);
  const renewed = await vi.waitFor(async () => {
    const fresh = await createFakeMerchant(sandbox.url);
    expect(fresh.keys.platformSerial).toBe(made.json.serial);
    return fresh;
  });
  expect(await renewed.query(requestNo)).toMatchObject({ genuine: true, serial: made.json.serial });
});

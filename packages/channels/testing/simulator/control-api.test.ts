import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createFakeMerchant, type FakeMerchant } from './fake-merchant.ts';
import { type Simulator, startSimulator } from './start-simulator.ts';

let dir: string;
let sandbox: Simulator;
let merchant: FakeMerchant;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSimulator({ port: 0, dir });
  merchant = await createFakeMerchant(sandbox.url);
}, 30_000);
afterAll(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true });
});
afterEach(() => merchant.control('POST', '/control/reset'));

it('filters the ledger and keeps the newest when it is limited', async () => {
  const { requestNo } = await merchant.place();
  await merchant.control('POST', `/control/pay/${requestNo}`);
  const all = await merchant.ledger('');
  expect(all.at(-1)).toMatchObject({ requestNo, state: 'paid' });
  expect(all.at(-1)).not.toHaveProperty('data');
  expect(await merchant.ledger('limit=1')).toEqual(all.slice(-1));
  expect(await merchant.ledger(`since=${all.length - 1}`)).toEqual(all.slice(-1));
  expect(await merchant.ledger(`requestNo=${requestNo}&state=created`)).toHaveLength(1);
  expect(await merchant.ledger('channel=alipay')).toEqual([]);
  expect((await merchant.control('GET', '/control/ledger?since=yesterday')).status).toBe(400);
});

it('pays later when asked to', async () => {
  const { requestNo } = await merchant.place();
  expect((await merchant.control('POST', `/control/pay/${requestNo}`, { afterMs: 60 })).status).toBe(202);
  expect((await merchant.query(requestNo)).json.trade_state).toBe('NOTPAY');
  await vi.waitFor(async () => expect((await merchant.query(requestNo)).json.trade_state).toBe('SUCCESS'));
  expect((await merchant.control('POST', '/control/pay/nobody')).status).toBe(404);
  expect((await merchant.control('POST', `/control/pay/${requestNo}`, { action: 'steal' })).status).toBe(400);
});

it('has payers who pay on their own, with exceptions per order', async () => {
  const stubborn = merchant.order();
  await merchant.control('POST', '/control/autopay', {
    enabled: true,
    share: 1,
    delayMs: { min: 5, max: 20 },
    overrides: { [stubborn.out_trade_no]: { share: 0 } },
  });
  const { requestNo } = await merchant.place();
  await merchant.call('POST', '/v3/pay/transactions/native', stubborn);
  await vi.waitFor(async () => expect((await merchant.query(requestNo)).json.trade_state).toBe('SUCCESS'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await merchant.query(stubborn.out_trade_no)).json.trade_state).toBe('NOTPAY');
});

it('counts calls and the most that ran at once', async () => {
  const { requestNo } = await merchant.place();
  await merchant.control('POST', '/control/reset');
  await merchant.faults({ latencyMs: 100 });
  await Promise.all(Array.from({ length: 5 }, () => merchant.query(requestNo)));
  await vi.waitFor(async () => {
    const { json } = await merchant.control('GET', '/control/requests?operation=query');
    expect(json).toMatchObject({
      counters: { 'wechat-pay': { query: { count: 5, inFlight: 0, maxConcurrency: 5, outcomes: { ok: 5 } } } },
    });
    expect(json.requests).toHaveLength(5);
  });
});

it('shows orders to people, escaped, and lets them pay by hand', async () => {
  const { requestNo, reply } = await merchant.place('native', { description: '<img src=x onerror="1">' });
  const page = await (await fetch(sandbox.url)).text();
  expect(page).toContain('&lt;img src=x onerror=&quot;1&quot;&gt;');
  expect(page).not.toContain('<img');
  const token = new URL(String(reply.json.code_url)).searchParams.get('pr');
  expect(await (await fetch(`${sandbox.url}/pay/${token}`)).text()).toContain(requestNo);
  const press = (origin?: string) =>
    fetch(`${sandbox.url}/pay/${requestNo}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ action: 'pay', back: 'order' }),
      ...(origin === undefined ? {} : { headers: { origin } }),
    });
  expect((await press('http://evil.example')).status).toBe(404);
  expect((await merchant.query(requestNo)).json.trade_state).toBe('NOTPAY');
  const pressed = await press();
  expect([pressed.status, pressed.headers.get('location')]).toEqual([303, `/pay/${requestNo}`]);
  expect((await merchant.query(requestNo)).json.trade_state).toBe('SUCCESS');
});

it('does not let other sites steer it, and says what it does not know', async () => {
  const foreign = await fetch(`${sandbox.url}/control/reset`, {
    method: 'POST',
    headers: { origin: 'http://evil.example' },
  });
  expect(foreign.status).toBe(403);
  expect((await merchant.control('GET', '/control/nothing')).status).toBe(404);
  expect((await merchant.control('POST', '/control/settings', { refundDelayMs: -1 })).json).toMatchObject({
    field: 'refundDelayMs',
  });
});

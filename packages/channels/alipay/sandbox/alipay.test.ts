import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PlaceCall } from '../../channel-adapter.ts';
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
afterEach(async () => {
  await app.control('POST', '/control/reset');
});
afterAll(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true });
});

const paid = { kind: 'succeeded', paid: { amountMinor: 1299n, currency: 'CNY' } };
const authCode = (ending: string): PlaceCall =>
  app.order({ product: 'codepay', payer: { authCode: `2845678901234567${ending}` } });
const paidOrder = async (changes: Partial<PlaceCall> = {}) => {
  const order = app.order({ product: 'jsapi', ...changes });
  await app.call(order);
  await app.payerPays(order.requestNo);
  return order;
};

describe('orders', () => {
  it('knows a code only once it was scanned', async () => {
    const order = app.order();
    const placed = await app.call(order);
    expect(placed).toMatchObject({ kind: 'pending', credential: { type: 'qr' } });
    expect(await app.query(order)).toMatchObject({ kind: 'not_found' });
    expect(await app.close(order)).toMatchObject({ kind: 'not_found' });
    await app.payerPays(order.requestNo, 'abandon');
    expect(await app.query(order)).toMatchObject({ kind: 'pending' });
    await app.payerPays(order.requestNo);
    expect(await app.query(order)).toMatchObject(paid);
    expect(await app.close(order)).toMatchObject({ kind: 'unknown', reason: 'already_paid' });
    expect(await app.call(order)).toMatchObject({ kind: 'unknown', reason: 'already_paid' });
  });

  it('hands the same code out again, and refuses other words under a known number', async () => {
    const order = app.order();
    const first = await app.call(order);
    expect(await app.call(order)).toEqual(first);
    const changed = await app.call({ ...order, subject: 'another' });
    expect(changed).toMatchObject({ kind: 'unknown', raw: { code: 'ACQ.CONTEXT_INCONSISTENT' } });
  });

  it('takes what jsapi pays, and closes what nobody paid', async () => {
    const order = app.order({ product: 'jsapi' });
    expect(await app.call(order)).toMatchObject({ kind: 'pending', credential: { type: 'jsapi' } });
    expect(await app.query(order)).toMatchObject({ kind: 'pending' });
    expect(await app.close(order)).toMatchObject({ kind: 'closed' });
    expect(await app.query(order)).toMatchObject({ kind: 'closed' });
    expect((await app.payerPays(order.requestNo)).status).toBe(409);
    expect(await app.query(await paidOrder())).toMatchObject(paid);
  });

  it.each(['h5', 'page'] as const)('creates the order of a link (%s) when the payer follows it', async (product) => {
    const order = app.order({ product });
    const handed = app.session.buildRequest(order, new Date(), 'unused');
    if (!('credential' in handed) || handed.credential.type !== 'redirect') throw new Error('no link');
    expect(await app.query(order)).toMatchObject({ kind: 'not_found' });
    const arrived = await fetch(handed.credential.url, { redirect: 'manual' });
    expect(arrived.status).toBe(302);
    const page = await fetch(arrived.headers.get('location') ?? '');
    expect(await page.text()).toContain(order.requestNo);
    expect(await app.query(order)).toMatchObject({ kind: 'pending' });
    await app.payerPays(order.requestNo);
    expect(await app.query(order)).toMatchObject(paid);
    const forged = await fetch(handed.credential.url.replace('12.99', '0.01'));
    expect(await forged.text()).toContain('isv.invalid-signature');
  });

  it('closes an order whose time is over', async () => {
    const order = app.order({ product: 'jsapi', expiresAt: new Date(Date.now() + 2000) });
    await app.call(order);
    await vi.waitFor(async () => expect(await app.query(order)).toMatchObject({ kind: 'closed' }), { timeout: 5000 });
  });
});

describe('auth codes', () => {
  it('pays at once, or declines for the payer’s reasons', async () => {
    const order = authCode('99');
    expect(await app.call(order)).toMatchObject(paid);
    expect(await app.call(authCode('01'))).toMatchObject({ kind: 'declined', code: 'insufficient_funds' });
    expect(await app.call(authCode('03'))).toMatchObject({ kind: 'declined', code: 'auth_code_invalid' });
  });

  it('waits for a password', async () => {
    await app.settings({ userPayingMs: 150 });
    const order = authCode('02');
    expect(await app.call(order)).toMatchObject({ kind: 'pending', raw: { code: '10003' } });
    expect(await app.query(order)).toMatchObject({ kind: 'pending' });
    await vi.waitFor(async () => expect(await app.query(order)).toMatchObject(paid));
  });

  it('says it does not know although it charged; the look-up knows', async () => {
    const order = authCode('04');
    expect(await app.call(order)).toMatchObject({ kind: 'unknown', reason: 'channel_says_unknown' });
    expect(await app.query(order)).toMatchObject(paid);
  });

  it('cancels: gives paid money back, closes the rest', async () => {
    const taken = authCode('99');
    await app.call(taken);
    expect(await app.reverse(taken)).toMatchObject({ kind: 'closed' });
    const waiting = authCode('06');
    await app.call(waiting);
    expect(await app.reverse(waiting)).toMatchObject({ kind: 'closed' });
    expect(await app.reverse(app.order({ product: 'codepay' }))).toMatchObject({ kind: 'not_found' });
    const { json } = await app.control('GET', `/control/balances?requestNo=${taken.requestNo}`);
    expect(json.balances).toMatchObject({ [taken.requestNo]: { paid: 1299, refunded: 1299, state: 'reversed' } });
  });
});

describe('refunds', () => {
  it('pays back in parts, once per number, never more than was paid', async () => {
    const order = await paidOrder();
    expect(await app.queryRefund(order, 'R1')).toMatchObject({ kind: 'not_found' });
    expect(await app.refund(order, 'R1', 300n)).toMatchObject({ kind: 'succeeded', refunded: { amountMinor: 300n } });
    expect(await app.refund(order, 'R1', 300n)).toMatchObject({ kind: 'pending' });
    expect(await app.refund(order, 'R1', 400n)).toMatchObject({ raw: { code: 'ACQ.DISCORDANT_REPEAT_REQUEST' } });
    expect(await app.refund(order, 'R2', 1000n)).toMatchObject({ kind: 'declined' });
    expect(await app.queryRefund(order, 'R1')).toMatchObject({ kind: 'succeeded', refunded: { amountMinor: 300n } });
    expect(await app.query(order)).toMatchObject(paid);
    expect(await app.refund(order, 'R3', 999n)).toMatchObject({ kind: 'succeeded' });
    expect(await app.query(order)).toMatchObject({ ...paid, raw: { code: 'TRADE_CLOSED' } });
  });

  it('lets a long payout go on after the answer', async () => {
    const order = await paidOrder();
    await app.settings({ refundDelayMs: 1200 });
    expect(await app.refund(order, 'R1', 300n)).toMatchObject({ kind: 'pending' });
    expect(await app.queryRefund(order, 'R1')).toMatchObject({ kind: 'not_found' });
    await vi.waitFor(async () => expect(await app.queryRefund(order, 'R1')).toMatchObject({ kind: 'succeeded' }), {
      timeout: 5000,
    });
  });

  it('declines when a fault says so, and moves no money', async () => {
    const order = await paidOrder();
    await app.faults({ refundFailure: 1 });
    expect(await app.refund(order, 'R1', 300n)).toMatchObject({ kind: 'declined' });
    await app.faults([]);
    expect(await app.refund(order, 'R1', 300n)).toMatchObject({ kind: 'succeeded' });
  });
});

describe('callbacks', () => {
  it('tells of a payment and a refund, again until the word is right', async () => {
    const sink = await startSink(() => app);
    sink.says = 'fail';
    await app.settings({ callbackTimeScale: 0.0002 });
    const order = await paidOrder({ notifyUrl: sink.url });
    await vi.waitFor(() => expect(sink.received.length).toBeGreaterThanOrEqual(2));
    sink.says = 'success';
    for (const { result } of sink.received) expect(result).toMatchObject({ kind: 'payment', result: paid });
    expect(new Set(sink.received.map(({ fields }) => fields.notify_id)).size).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = sink.received.length;
    await app.refund(order, 'R1', 300n);
    await vi.waitFor(() => expect(sink.received).toHaveLength(before + 1));
    expect(sink.received.at(-1)?.fields).toMatchObject({ refund_fee: '3.00', out_biz_no: 'R1', sign_type: 'RSA2' });
    await sink.close();
  });

  it('plays duplicates, silence, wrong amounts and forgeries', async () => {
    const sink = await startSink(() => app);
    const payWith = async (fault: unknown) => {
      sink.received.length = 0;
      await app.faults(fault);
      await paidOrder({ notifyUrl: sink.url });
    };
    await payWith({ callbacks: { mode: 'duplicate', copies: 3 } });
    await vi.waitFor(() => expect(sink.received).toHaveLength(3));
    await payWith({ wrongAmount: 100 });
    await vi.waitFor(() => expect(sink.received[0]?.fields.total_amount).toBe('13.99'));
    await payWith({ callbacks: { mode: 'forged', copies: 7 } });
    // Seven before the payment, when strangers claim it; seven beside the genuine one.
    await vi.waitFor(() => expect(sink.received).toHaveLength(15));
    expect(sink.received.filter(({ result }) => result.kind === 'payment')).toHaveLength(1);
    await payWith({ callbacks: { mode: 'never' } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sink.received).toEqual([]);
    await sink.close();
  });
});

describe('the gateway', () => {
  const ask = async (changes: (parameters: URLSearchParams) => void) => {
    const { requestNo, orderedAt, product } = app.order();
    const query = { op: 'query', requestNo, orderedAt, product } as const;
    const request = app.session.buildRequest(query, new Date(), 'unused');
    if ('credential' in request) throw new Error('unreachable');
    const parameters = new URLSearchParams(`${request.path.split('?')[1]}&${request.body}`);
    changes(parameters);
    const response = await fetch(`${sandbox.url}/gateway.do`, { method: 'POST', body: parameters });
    return response.text();
  };

  it.each([
    ['isv.missing-signature', (p: URLSearchParams) => p.delete('sign')],
    ['isv.missing-timestamp', (p: URLSearchParams) => p.delete('timestamp')],
    ['isv.invalid-app-id', (p: URLSearchParams) => p.set('app_id', '2021000000000001')],
    ['isv.invalid-signature-type', (p: URLSearchParams) => p.set('sign_type', 'RSA')],
    ['isv.invalid-signature', (p: URLSearchParams) => p.set('biz_content', '{"out_trade_no":"1"}')],
    ['isv.invalid-signature', (p: URLSearchParams) => p.append('biz_content', '{"out_trade_no":"1"}')],
    ['isv.invalid-signature', (p: URLSearchParams) => p.set('method', 'alipay.trade.close')],
    ['ACQ.TRADE_NOT_EXIST', () => undefined],
  ])('says %s', async (code, change) => expect(await ask(change)).toContain(`"sub_code":"${code}"`));

  it('refuses stale calls and bad members', async () => {
    const order = app.order();
    const stale = await app.call(order, new Date(Date.now() - 3_600_000));
    expect(stale).toMatchObject({ raw: { code: 'isv.invalid-timestamp' } });
    const unknownBuyer = app.order({ product: 'jsapi', payer: { openId: 'x'.repeat(200) } });
    expect(await app.call(unknownBuyer)).toMatchObject({ raw: { code: 'ACQ.INVALID_PARAMETER' } });
    expect(await app.call(app.order({ product: 'codepay', payer: { authCode: '134567890123456789' } }))).toMatchObject({
      raw: { code: 'ACQ.INVALID_PARAMETER' },
    });
  });

  it('spoils answers as told', async () => {
    const order = await paidOrder();
    for (const kind of ['unsigned', 'badSignature', 'truncatedJson']) {
      await app.faults({ [kind]: 1 });
      expect(await app.query(order)).toEqual({ kind: 'unknown', reason: 'bad_signature' });
    }
    await app.faults({ errorMix: [{ code: 'SYSTEM_ERROR', status: 500, share: 1 }] });
    expect(await app.query(order)).toMatchObject({ kind: 'unknown', raw: { code: 'ACQ.SYSTEM_ERROR' } });
    await app.faults({ orderNotExistFirst: 1 });
    expect(await app.query(order)).toMatchObject({ kind: 'not_found' });
    expect(await app.query(order)).toMatchObject(paid);
  });

  it('speaks by certificates, too, across a change of its own', async () => {
    const byCertificate = await createFakeApp(sandbox.url, 'certificate');
    const order = byCertificate.order({ product: 'jsapi' });
    expect(await byCertificate.call(order)).toMatchObject({ kind: 'pending' });
    await byCertificate.control('POST', '/control/channels/alipay/rotate-certificate', {});
    expect(await byCertificate.query(order)).toMatchObject({ kind: 'unknown' });
    const renewed = await createFakeApp(sandbox.url, 'certificate');
    expect(await renewed.query(order)).toMatchObject({ kind: 'pending' });
  });
});

it('rebuilds orders, refunds and keys from its folder', async () => {
  const order = await paidOrder();
  await app.refund(order, 'R1', 300n);
  const { keys } = await createFakeApp(sandbox.url);
  await sandbox.close();
  sandbox = await startSimulator({ port: 0, dir });
  app = await createFakeApp(sandbox.url);
  expect(app.keys).toEqual(keys);
  expect(await app.query(order)).toMatchObject(paid);
  expect(await app.queryRefund(order, 'R1')).toMatchObject({ kind: 'succeeded' });
  expect(await app.refund(order, 'R2', 1000n)).toMatchObject({ kind: 'declined' });
});

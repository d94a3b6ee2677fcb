import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFakeMerchant, type FakeMerchant, startCallbackSink } from './fake-merchant.ts';
import { type Simulator, startSimulator } from './start-simulator.ts';

let dir: string;
let sandbox: Simulator;
let merchant: FakeMerchant;
let sink: Awaited<ReturnType<typeof startCallbackSink>>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSimulator({ port: 0, dir });
  merchant = await createFakeMerchant(sandbox.url);
  sink = await startCallbackSink(() => merchant);
}, 30_000);
afterAll(async () => {
  await sandbox.close();
  await sink.close();
  await rm(dir, { recursive: true });
});
afterEach(async () => {
  await merchant.control('POST', '/control/reset');
  sink.received.length = 0;
  sink.status = 200;
});

describe('placing orders', () => {
  it.each([
    ['native', {}, 'code_url', /^weixin:\/\/wxpay\/bizpayurl\?pr=[\w-]+$/],
    ['jsapi', { payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } }, 'prepay_id', /^wx\w{34}$/],
    ['app', {}, 'prepay_id', /^wx\w{34}$/],
    ['h5', { scene_info: { payer_client_ip: '10.0.0.1', h5_info: { type: 'Wap' } } }, 'h5_url', /^http:.+prepay_id=wx/],
  ])('gives a %s order its credential, signed', async (product, changes, field, shape) => {
    const { requestNo, reply } = await merchant.place(product, changes);
    expect(reply).toMatchObject({ status: 200, genuine: true, serial: merchant.keys.platformSerial });
    expect(reply.json[field]).toMatch(shape);
    const queried = await merchant.query(requestNo);
    expect(queried.json).toMatchObject({ trade_state: 'NOTPAY', out_trade_no: requestNo });
    expect(queried.json.transaction_id).toBeUndefined();
  });

  it('signs with the bare public key for a caller that names it', async () => {
    const headers = { 'Wechatpay-Serial': merchant.keys.publicKeyId };
    const reply = await merchant.call('GET', '/v3/certificates', undefined, { headers });
    expect(reply).toMatchObject({ status: 200, genuine: true, serial: merchant.keys.publicKeyId });
  });

  it('answers the same order with the same credential, and another one under its number with 403', async () => {
    const { body, reply } = await merchant.place();
    expect((await merchant.call('POST', '/v3/pay/transactions/native', body)).json).toEqual(reply.json);
    const other = await merchant.call('POST', '/v3/pay/transactions/native', {
      ...body,
      amount: { total: 101, currency: 'CNY' },
    });
    expect(other).toMatchObject({ status: 403, genuine: true, json: { code: 'OUT_TRADE_NO_USED' } });
    const elsewhere = await merchant.call('POST', '/v3/pay/transactions/app', body);
    expect(elsewhere.json.code).toBe('OUT_TRADE_NO_USED');
  });

  it('makes one order of many same calls at once', async () => {
    const body = merchant.order();
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => merchant.call('POST', '/v3/pay/transactions/native', body)),
    );
    expect(new Set(replies.map(({ json }) => json.code_url)).size).toBe(1);
    expect(await merchant.ledger(`requestNo=${body.out_trade_no}`)).toHaveLength(1);
  });

  it.each([
    ['a fraction as amount', { amount: { total: 1.5 } }, '/amount/total'],
    ['a string as amount', { amount: { total: '100' } }, '/amount/total'],
    ['nothing to pay', { amount: { total: 0 } }, '/amount/total'],
    ['a short number', { out_trade_no: 'a1' }, '/out_trade_no'],
    ['a callback address with a query', { notify_url: 'https://shop.example/n?a=1' }, '/notify_url'],
    ['an undocumented member', { colour: 'red' }, '/colour'],
    ['an expiry with milliseconds', { time_expire: '2030-01-01T00:00:00.000Z' }, '/time_expire'],
    ['no description', { description: undefined }, '/description'],
  ])('refuses %s and names the field', async (_what, changes, field) => {
    const { reply } = await merchant.place('native', changes);
    expect(reply).toMatchObject({ status: 400, genuine: true, json: { code: 'PARAM_ERROR', detail: { field } } });
  });

  it('wants an openid for jsapi, the scene for h5 and the right parties', async () => {
    expect((await merchant.place('jsapi')).reply.json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: '/payer' },
    });
    expect((await merchant.place('h5')).reply.json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: '/scene_info' },
    });
    expect((await merchant.place('native', { appid: 'wx1' })).reply.json.code).toBe('APPID_MCHID_NOT_MATCH');
    expect((await merchant.place('native', { mchid: '1' })).reply.json.code).toBe('INVALID_REQUEST');
  });
});

describe('who may call', () => {
  it('refuses a stale time, a replayed nonce, an unknown certificate, changed bytes and no authorization', async () => {
    const now = Math.floor(Date.now() / 1000);
    const body = merchant.order();
    const native = '/v3/pay/transactions/native';
    const nonce = 'N'.repeat(32);
    const refusals = [
      await merchant.call('POST', native, body, { timestamp: now - 301 }),
      await merchant.call('POST', native, body, { timestamp: now + 302 }),
      await merchant.call('POST', native, body, { serial: 'AB'.repeat(20) }),
      await merchant.call('POST', native, body, { mchid: '1900000001' }),
      await merchant.call('POST', native, body, { sendBody: `${JSON.stringify(body)} ` }),
      await merchant.call('POST', native, body, { headers: { Authorization: 'Bearer x' } }),
    ];
    for (const refusal of refusals) expect(refusal).toMatchObject({ status: 401, json: { code: 'SIGN_ERROR' } });
    expect((await merchant.query(body.out_trade_no)).json.code).toBe('ORDER_NOT_EXIST');
    expect((await merchant.call('POST', native, body, { nonce })).status).toBe(200);
    expect(await merchant.call('POST', native, body, { nonce })).toMatchObject({
      status: 401,
      json: { code: 'SIGN_ERROR' },
    });
  });

  it('wants the merchant number on queries', async () => {
    const { requestNo } = await merchant.place();
    const path = `/v3/pay/transactions/out-trade-no/${requestNo}`;
    expect(await merchant.call('GET', path)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
    expect((await merchant.call('GET', `${path}?mchid=1`)).status).toBe(400);
  });
});

describe('paying and closing', () => {
  it('pays an order by either number, calls back, and shows it as paid', async () => {
    const { requestNo } = await merchant.place('native', { notify_url: sink.url, attach: 'shelf 4' });
    const paid = await merchant.control('POST', `/control/pay/${requestNo}`, {});
    expect(paid).toMatchObject({ status: 200, json: { state: 'paid', amount: 100 } });
    expect((await merchant.control('POST', `/control/pay/${paid.json.channelTxn}`)).status).toBe(200);
    await vi.waitFor(() => expect(sink.received).toHaveLength(1));
    expect(sink.received[0]).toMatchObject({
      genuine: true,
      eventType: 'TRANSACTION.SUCCESS',
      content: {
        out_trade_no: requestNo,
        trade_state: 'SUCCESS',
        attach: 'shelf 4',
        amount: { total: 100, payer_total: 100 },
      },
    });
    const queried = await merchant.query(requestNo);
    expect(queried).toMatchObject({ genuine: true, json: { trade_state: 'SUCCESS', trade_type: 'NATIVE' } });
    const byId = await merchant.call(
      'GET',
      `/v3/pay/transactions/id/${queried.json.transaction_id}?mchid=${merchant.keys.mchid}`,
    );
    expect(byId.json).toEqual(queried.json);
    expect(await merchant.ledger(`requestNo=${requestNo}`)).toMatchObject([
      { channel: 'wechat-pay', kind: 'charge', state: 'created', amount: 100, currency: 'CNY' },
      { state: 'paid', channelTxn: queried.json.transaction_id },
    ]);
  });

  it('closes an unpaid order with 204, again with 204, and never pays it then', async () => {
    const { requestNo, body } = await merchant.place();
    expect(await merchant.close(requestNo)).toMatchObject({ status: 204, genuine: true });
    expect((await merchant.close(requestNo)).status).toBe(204);
    expect((await merchant.control('POST', `/control/pay/${requestNo}`)).status).toBe(409);
    expect((await merchant.query(requestNo)).json.trade_state).toBe('CLOSED');
    expect((await merchant.call('POST', '/v3/pay/transactions/native', body)).json.code).toBe('ORDER_CLOSED');
    expect(await merchant.close('NOSUCHORDER1')).toMatchObject({ status: 404, json: { code: 'ORDER_NOT_EXIST' } });
  });

  it('lets exactly one of a payment and a close win', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { requestNo } = await merchant.place();
      const [close, pay] = await Promise.all([
        merchant.close(requestNo),
        merchant.control('POST', `/control/pay/${requestNo}`),
      ]);
      expect([close.status, pay.status]).toSatisfy(
        ([closed, paid]: number[]) => (closed === 204 && paid === 409) || (closed === 400 && paid === 200),
      );
    }
  });

  it('takes no payment after time_expire, yet does not close by itself', async () => {
    const time_expire = new Date(Date.now() + 2000).toISOString().replace(/\.\d+Z/, 'Z');
    const { requestNo } = await merchant.place('native', { time_expire });
    await vi.waitFor(
      async () => {
        const paid = await merchant.control('POST', `/control/pay/${requestNo}`, { action: 'abandon' });
        expect(paid.json.payable).toBe(false);
      },
      { timeout: 4000 },
    );
    expect(await merchant.control('POST', `/control/pay/${requestNo}`)).toMatchObject({
      status: 409,
      json: { reason: 'expired' },
    });
    expect((await merchant.query(requestNo)).json.trade_state).toBe('NOTPAY');
    expect((await merchant.control('POST', `/control/pay/${requestNo}`, { force: true })).status).toBe(200);
  });
});

describe('auth codes', () => {
  const scan = (suffix: string) =>
    merchant.place('codepay', {
      notify_url: undefined,
      payer: { auth_code: `1300000000000000${suffix}` },
      scene_info: { device_ip: '10.0.0.1' },
    });
  const reverse = (requestNo: string) =>
    merchant.call('POST', `/v3/pay/transactions/out-trade-no/${requestNo}/reverse`, {
      appid: merchant.keys.appid,
      mchid: merchant.keys.mchid,
    });

  it('follows the script of the last digits', async () => {
    expect((await scan('00')).reply).toMatchObject({
      status: 200,
      json: { trade_state: 'SUCCESS', trade_type: 'MICROPAY' },
    });
    expect((await scan('01')).reply).toMatchObject({ status: 403, json: { code: 'NOTENOUGH' } });
    expect((await scan('03')).reply.json.code).toBe('AUTHCODEEXPIRE');
    const charged = await scan('04');
    expect(charged.reply).toMatchObject({ status: 500, json: { code: 'SYSTEM_ERROR' } });
    expect((await merchant.query(charged.requestNo)).json.trade_state).toBe('SUCCESS');
    const again = await merchant.call('POST', '/v3/pay/transactions/codepay', charged.body);
    expect(again.json.code).toBe('ORDERPAID');
  });

  it('lets a payer type a password', async () => {
    await merchant.control('POST', '/control/settings', { userPayingMs: 50 });
    const { requestNo, reply } = await scan('02');
    expect(reply).toMatchObject({ status: 202, genuine: true, json: { code: 'USERPAYING' } });
    expect((await merchant.query(requestNo)).json.trade_state).toBe('USERPAYING');
    await vi.waitFor(async () => expect((await merchant.query(requestNo)).json.trade_state).toBe('SUCCESS'));
  });

  it('reverses a paid scan: the money goes back, and the balance says so', async () => {
    const { requestNo } = await scan('00');
    expect((await merchant.close(requestNo)).json.code).toBe('INVALID_REQUEST');
    expect(await reverse(requestNo)).toMatchObject({ status: 200, genuine: true, json: { out_trade_no: requestNo } });
    expect((await merchant.query(requestNo)).json.trade_state).toBe('REVOKED');
    const { json } = await merchant.control('GET', `/control/balances?requestNo=${requestNo}`);
    expect(json).toMatchObject({ balances: { [requestNo]: { paid: 100, refunded: 100, state: 'reversed' } } });
    const native = await merchant.place();
    expect((await reverse(native.requestNo)).json.code).toBe('INVALID_REQUEST');
  });
});

describe('refunds', () => {
  const refund = (requestNo: string, refundNo: string, amount: number, total = 100) =>
    merchant.call('POST', '/v3/refund/domestic/refunds', {
      out_trade_no: requestNo,
      out_refund_no: refundNo,
      notify_url: sink.url,
      amount: { refund: amount, total, currency: 'CNY' },
    });
  const placePaid = async () => {
    const { requestNo } = await merchant.place();
    await merchant.control('POST', `/control/pay/${requestNo}`);
    return requestNo;
  };

  it('pays out later, once per number, never more than was taken, and calls back', async () => {
    const requestNo = await placePaid();
    const first = await refund(requestNo, `${requestNo}A`, 60);
    expect(first).toMatchObject({
      status: 200,
      genuine: true,
      json: { status: 'PROCESSING', amount: { refund: 60, total: 100 } },
    });
    expect((await refund(requestNo, `${requestNo}A`, 60)).json.refund_id).toBe(first.json.refund_id);
    expect((await refund(requestNo, `${requestNo}A`, 50)).json.code).toBe('INVALID_REQUEST');
    expect((await refund(requestNo, `${requestNo}B`, 41)).json.code).toBe('INVALID_REQUEST');
    expect((await refund(requestNo, `${requestNo}B`, 40, 99)).json.code).toBe('INVALID_REQUEST');
    expect((await refund(requestNo, `${requestNo}B`, 40)).status).toBe(200);
    await vi.waitFor(() => expect(sink.received).toHaveLength(2), { timeout: 3000 });
    expect(sink.received[0]).toMatchObject({
      genuine: true,
      eventType: 'REFUND.SUCCESS',
      content: { refund_status: 'SUCCESS' },
    });
    const queried = await merchant.call('GET', `/v3/refund/domestic/refunds/${requestNo}A`);
    expect(queried.json).toMatchObject({ status: 'SUCCESS', refund_id: first.json.refund_id });
    expect((await merchant.query(requestNo)).json.trade_state).toBe('REFUND');
    expect(await merchant.ledger(`refundNo=${requestNo}A`)).toMatchObject([
      { kind: 'refund', state: 'created', paidRequestNo: requestNo, amount: 60 },
      { kind: 'refund', state: 'succeeded', refundNo: `${requestNo}A` },
    ]);
    const { json } = await merchant.control('GET', `/control/balances?requestNo=${requestNo}`);
    expect(json).toMatchObject({ balances: { [requestNo]: { paid: 100, refunded: 100, state: 'paid' } } });
  });

  it('lets no race take more than was paid', async () => {
    const requestNo = await placePaid();
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, index) => refund(requestNo, `${requestNo}R${index}`, 30)),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(3);
  });

  it('can fail for a while and succeeds under the same number later', async () => {
    const requestNo = await placePaid();
    await merchant.control('POST', '/control/settings', { refundDelayMs: 0 });
    await merchant.faults({ refundFailure: true });
    await refund(requestNo, `${requestNo}F`, 100);
    const status = async () => (await merchant.call('GET', `/v3/refund/domestic/refunds/${requestNo}F`)).json.status;
    await vi.waitFor(async () => expect(await status()).toBe('ABNORMAL'));
    await merchant.faults([]);
    await refund(requestNo, `${requestNo}F`, 100);
    await vi.waitFor(async () => expect(await status()).toBe('SUCCESS'));
  });

  it('knows neither strangers nor unpaid orders', async () => {
    const { requestNo } = await merchant.place();
    expect((await refund(requestNo, 'R1', 100)).json.code).toBe('INVALID_REQUEST');
    expect(await refund('NOSUCHORDER1', 'R1', 100)).toMatchObject({
      status: 404,
      json: { code: 'RESOURCE_NOT_EXISTS' },
    });
    expect((await merchant.call('GET', '/v3/refund/domestic/refunds/NOSUCH')).json.code).toBe('RESOURCE_NOT_EXISTS');
  });
});

import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import * as otherAlipay from '@tributary/channels/alipay/fixtures/fake-alipay';
import * as alipay from '@tributary/channels/alipay/fixtures/forged-callbacks';
import type { ForgedCallback } from '@tributary/channels/testing/forged-callback';
import * as otherUnionPay from '@tributary/channels/unionpay/fixtures/fake-unionpay';
import * as unionPay from '@tributary/channels/unionpay/fixtures/forged-callbacks';
import * as otherWechatPay from '@tributary/channels/wechat-pay/fixtures/fake-wechat-pay';
import * as wechatPay from '@tributary/channels/wechat-pay/fixtures/forged-callbacks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { requestNoOf, type StartedEngine, startTestEngine } from '../testing/started-engine.ts';

type Sent = Pick<ForgedCallback, 'headers' | 'body'>;
type Order = { requestNo: string; amount: number };

/** One channel in the mix: its account at the sandbox, and one of somebody else with keys of its own. */
type Channel = {
  id: string;
  account: { config: unknown; secrets: unknown };
  genuine(order: Order): Sent;
  forged(order: Order): ForgedCallback[];
  /** The same channel's callback to another account of ours, truly signed there. */
  other: { config: unknown; secrets: unknown; genuine(order: Order): Sent };
};

let engine: StartedEngine;
const channels = new Map<string, Channel>();
const ids = ['wechat-pay', 'alipay', 'unionpay'];
const txnTime = '20260314095920';

/** What the sandbox keeps to itself: the keys with which the channels sign. */
const channelKeys = async (id: string) =>
  JSON.parse(await readFile(path.join(engine.sandboxDir, `${id}.keys.json`), 'utf8'));

async function openWechatPay(): Promise<Channel> {
  const own = await channelKeys('wechat-pay');
  const { wechatPay: shown } = (await engine.control('GET', '/credentials')) as Record<string, Record<string, string>>;
  const keys: wechatPay.WechatPayKeys = {
    mchId: own.mchid,
    appId: own.appid,
    apiV3Key: own.apiV3Key,
    signer: { serial: own.publicKeyId, privateKey: createPrivateKey(own.publicKeyPrivatePem) },
    merchant: { serial: own.merchantSerial, privateKey: createPrivateKey(own.merchantPrivateKeyPem) },
  };
  const { mchId, appId, apiV3Key, merchantKey, publicKeySigner, publicKeyConfig, secrets } = otherWechatPay;
  const merchant = { serial: publicKeyConfig.certificateSerial, privateKey: merchantKey.privateKey };
  const otherKeys = { mchId, appId, apiV3Key, signer: publicKeySigner, merchant };
  return {
    id: 'wechat-pay',
    account: {
      config: {
        mchId: own.mchid,
        appId: own.appid,
        certificateSerial: own.merchantSerial,
        verification: { mode: 'public_key', keyId: own.publicKeyId, publicKeyPem: shown?.platformPublicKeyPem },
      },
      secrets: { privateKeyPem: own.merchantPrivateKeyPem, apiV3Key: own.apiV3Key },
    },
    genuine: (order) => wechatPay.genuineCallback(keys, order, new Date()),
    forged: (order) => wechatPay.forgedCallbacks(keys, order, new Date()),
    other: {
      config: publicKeyConfig,
      secrets,
      genuine: (order) => wechatPay.genuineCallback(otherKeys, order, new Date()),
    },
  };
}

async function openAlipay(): Promise<Channel> {
  const own = await channelKeys('alipay');
  const { alipay: shown } = (await engine.control('GET', '/credentials')) as Record<string, Record<string, string>>;
  const { appId, sellerId } = own;
  const app = createPrivateKey(own.appPrivateKeyPem);
  const keys: alipay.AlipayKeys = { appId, sellerId, signer: createPrivateKey(own.publicKeyPrivatePem), app };
  const otherKeys = {
    appId: otherAlipay.appId,
    sellerId: otherAlipay.sellerId,
    signer: otherAlipay.alipayKey,
    app: createPrivateKey(otherAlipay.appPrivateKeyPem),
  };
  return {
    id: 'alipay',
    account: {
      config: { appId, sellerId, verification: { mode: 'public_key', publicKeyPem: shown?.alipayPublicKeyPem } },
      secrets: { privateKeyPem: own.appPrivateKeyPem },
    },
    genuine: (order) => alipay.genuineCallback(keys, order),
    forged: (order) => alipay.forgedCallbacks(keys, order),
    other: { ...otherAlipay, genuine: (order) => alipay.genuineCallback(otherKeys, order) },
  };
}

async function openUnionPay(): Promise<Channel> {
  const own = await channelKeys('unionpay');
  type Stored = { certificatePem: string; privateKeyPem: string };
  const holder = ({ certificatePem, privateKeyPem }: Stored) => ({
    certificatePem,
    privateKey: createPrivateKey(privateKeyPem),
  });
  const signerName = '00040000:SIGN';
  const names = { commonName: 'Sandbox Card Network Middle CA', organization: 'Tributary Sandbox' };
  const { merId, rootCertificatePem } = own;
  const keys: unionPay.UnionPayKeys = {
    merId,
    signerName,
    signer: holder(own.signers[0]),
    merchant: holder(own.merchant),
    middle: { ...names, ...holder(own.middle) },
    rootCertificatePem,
  };
  const otherKeys = { merId: otherUnionPay.merId, signerName: '中国银联股份有限公司', ...otherUnionPay.chain };
  return {
    id: 'unionpay',
    account: {
      config: {
        merId,
        certificatePem: own.merchant.certificatePem,
        rootCertificatePem,
        middleCertificatePem: own.middle.certificatePem,
        signerName,
      },
      secrets: { privateKeyPem: own.merchant.privateKeyPem },
    },
    genuine: (order) => unionPay.genuineCallback(keys, { ...order, txnTime }),
    forged: (order) => unionPay.forgedCallbacks(keys, { ...order, txnTime }, new Date()),
    other: { ...otherUnionPay, genuine: (order) => unionPay.genuineCallback(otherKeys, { ...order, txnTime }) },
  };
}

beforeAll(async () => {
  engine = await startTestEngine();
  for (const channel of [await openWechatPay(), await openAlipay(), await openUnionPay()]) {
    const { id, account, other } = channel;
    channels.set(id, channel);
    await engine.addChannel(id, id);
    await engine.addAccount({ id: `${id}.main`, channelId: id, baseUrl: engine.sandboxUrl, ...account });
    // Nothing is sent through it: payments above its amount go to the main account.
    await engine.addAccount({ id: `${id}.other`, channelId: id, baseUrl: engine.sandboxUrl, ...other });
    await engine.db.query('UPDATE channel_accounts SET max_amount = 1 WHERE id = $1', [`${id}.other`]);
    await engine.addService(`${id}.native`, 'native', id);
  }
  // The bus brings rows of configuration a moment later.
  for (const id of ids)
    await vi.waitFor(async () => expect((await engine.place(`${id}.native`)).status).toBe(201), { timeout: 10_000 });
}, 120_000);
afterAll(() => engine.stop());

const channelOf = (id: string): Channel => {
  const channel = channels.get(id);
  if (!channel) throw new Error(`no ${id}`);
  return channel;
};

/** Over a real connection and as it is: several lines of one header, any bytes. */
function post(where: string, { headers, body }: Sent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${engine.url}${where}`, { method: 'POST', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

const placeOrder = async (channelId: string): Promise<Order & { paymentId: string }> => {
  const { status, body } = await engine.place(`${channelId}.native`);
  expect([status, body.status, body.channel]).toEqual([201, 'processing', channelId]);
  return { paymentId: body.id, requestNo: requestNoOf(body.id), amount: 1299 };
};
const eventsOf = async (paymentId: string): Promise<{ kind: string; actor: string }[]> =>
  (await engine.db.query('SELECT kind, actor FROM events WHERE payment_id = $1 ORDER BY seq', [paymentId])).rows;

/** Mixed, the same way every time. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return items
    .map((item) => [random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}

describe.each(ids)('the door for callbacks of %s', (id) => {
  it('refuses every kind of forgery with no effect, and takes the genuine ones in the same mix once', async () => {
    const channel = channelOf(id);
    const orders = await Promise.all(Array.from({ length: 4 }, () => placeOrder(id)));
    const paid = orders.slice(2);
    const before = new Map(
      await Promise.all(orders.map(async ({ paymentId }) => [paymentId, await eventsOf(paymentId)] as const)),
    );
    const url = `/callbacks/${id}/${id}.main`;

    const mix = shuffled([
      ...orders.flatMap((order) => channel.forged(order).map((one) => ({ ...one, genuine: false }))),
      // Channels send again: each comes three times.
      ...paid.flatMap((order) => {
        const callback = { ...channel.genuine(order), kind: 'genuine', byDoor: undefined, genuine: true };
        return [callback, callback, callback];
      }),
    ]);
    expect(new Set(mix.map(({ kind }) => kind)).size).toBeGreaterThan(40);
    const answers: { kind: string; byDoor: boolean; genuine: boolean; status: number }[] = [];
    for (let at = 0; at < mix.length; at += 16) {
      const some = mix.slice(at, at + 16).map(async (one) => {
        const { kind, byDoor, genuine } = one;
        answers.push({ kind, byDoor: byDoor === true, genuine, status: (await post(url, one)).status });
      });
      await Promise.all(some);
    }

    expect(answers.filter(({ genuine, status }) => genuine && status > 204)).toEqual([]);
    expect(
      answers.filter(({ genuine, byDoor, status }) => !genuine && !byDoor && (status < 400 || status > 499)),
    ).toEqual([]);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    for (const { paymentId } of orders.slice(0, 2)) {
      expect((await engine.find(paymentId)).status).toBe('processing');
      expect(await eventsOf(paymentId)).toEqual(before.get(paymentId));
    }
    for (const { paymentId } of paid) {
      expect(await engine.find(paymentId)).toMatchObject({ status: 'succeeded', amount: 1299 });
      const kinds = (await eventsOf(paymentId)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'payment.succeeded')).toHaveLength(1);
      expect(kinds.filter((kind) => kind === 'attempt.succeeded')).toHaveLength(1);
    }
    expect((await fetch(`${engine.url}/readyz`)).status).toBe(200);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('keeps a bounded inbox of what it refused', async () => {
    const { rows } = await engine.db.query(
      `SELECT count(*)::int AS kept, count(DISTINCT date_trunc('minute', received_at))::int AS minutes,
              max(octet_length(body) + octet_length(headers::text))::int AS largest
       FROM channel_callbacks WHERE channel_id = $1 AND NOT verified`,
      [id],
    );
    expect(rows[0].kept).toBeGreaterThanOrEqual(40);
    expect(rows[0].kept).toBeLessThanOrEqual(60 * (rows[0].minutes + 1));
    expect(rows[0].largest).toBeLessThanOrEqual(80 * 1024);
  });

  it('believes nothing that another account’s channel signed, at either door', async () => {
    const { other } = channelOf(id);
    const order = await placeOrder(id);
    const before = await eventsOf(order.paymentId);
    for (const account of [`${id}.other`, `${id}.main`]) {
      const { status } = await post(`/callbacks/${id}/${account}`, other.genuine(order));
      expect([account, status >= 400 && status < 500]).toEqual([account, true]);
    }
    for (const door of [`/callbacks/${id}/nobody`, `/callbacks/nobody/${id}.main`, `/callbacks/${id}`])
      expect((await post(door, channelOf(id).genuine(order))).status).toBe(404);
    expect((await engine.find(order.paymentId)).status).toBe('processing');
    expect(await eventsOf(order.paymentId)).toEqual(before);
  });

  it('holds a payment of which another amount was charged, and counts it neither paid nor failed', async () => {
    const order = await placeOrder(id);
    const wrong = channelOf(id).genuine({ ...order, amount: 1 });
    const url = `/callbacks/${id}/${id}.main`;
    for (let time = 0; time < 3; time++) expect((await post(url, wrong)).status).toBeLessThan(500);
    expect((await engine.find(order.paymentId)).status).toBe('processing');
    const kinds = (await eventsOf(order.paymentId)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'attempt.amount_mismatch')).toHaveLength(1);
    expect(kinds).not.toContain('payment.succeeded');
  });
});

import { expect, test } from 'vitest';
import { asNotification } from '../testing/forged-callback.ts';
import {
  apiV3Key,
  appId,
  at,
  mchId,
  merchantKey,
  publicKeyConfig,
  publicKeySigner,
  requestNo,
  secrets,
} from './fixtures/fake-wechat-pay.ts';
import { forgedCallbacks, genuineCallback, type WechatPayKeys } from './fixtures/forged-callbacks.ts';
import { wechatPay } from './index.ts';

const keys: WechatPayKeys = {
  mchId,
  appId,
  apiV3Key,
  signer: publicKeySigner,
  merchant: { serial: publicKeyConfig.certificateSerial, privateKey: merchantKey.privateKey },
};
const session = wechatPay.open({ baseUrl: 'https://channel.test', config: publicKeyConfig, secrets }, []);
const order = { requestNo, amount: 1299 };
const forged = forgedCallbacks(keys, order, at);

test('the genuine callback, which the forgeries are made from, is taken', () => {
  expect(session.parseNotify(asNotification(genuineCallback(keys, order, at)), at)).toMatchObject({
    kind: 'payment',
    requestNo,
    result: { kind: 'succeeded', paid: { amountMinor: 1299n, currency: 'CNY' } },
  });
});

test('there are at least forty kinds of forgery, each another one', () => {
  const bytes = forged.map(({ headers, body }) => JSON.stringify([headers, body.toString('base64')]));
  expect(new Set(forged.map(({ kind }) => kind)).size).toBe(forged.length);
  expect(new Set(bytes).size).toBe(forged.length);
  expect(forged.length).toBeGreaterThanOrEqual(40);
});

test.each(forged.filter(({ byDoor }) => !byDoor))('a forged callback is refused: $kind', (callback) => {
  expect(session.parseNotify(asNotification(callback), at).kind).toBe('refused');
});

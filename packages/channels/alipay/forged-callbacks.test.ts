import { createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { asNotification } from '../testing/forged-callback.ts';
import {
  alipayKey,
  appId,
  appPrivateKeyPem,
  at,
  baseUrl,
  config,
  requestNo,
  secrets,
  sellerId,
} from './fixtures/fake-alipay.ts';
import { type AlipayKeys, forgedCallbacks, genuineCallback } from './fixtures/forged-callbacks.ts';
import { alipay } from './index.ts';

const keys: AlipayKeys = { appId, sellerId, signer: alipayKey, app: createPrivateKey(appPrivateKeyPem) };
const session = alipay.open({ config, secrets, baseUrl }, []);
const order = { requestNo, amount: 1299 };
const forged = forgedCallbacks(keys, order);

test('the genuine callback, which the forgeries are made from, is taken', () => {
  expect(session.parseNotify(asNotification(genuineCallback(keys, order)), at)).toMatchObject({
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

// What is truly signed and about our order but makes no sense proves nothing: a look-up will tell.
test.each(forged.filter(({ byDoor }) => byDoor))('nothing succeeds by what makes no sense: $kind', (callback) => {
  const parsed = session.parseNotify(asNotification(callback), at);
  const paysOurs = parsed.kind === 'payment' && parsed.requestNo === requestNo && parsed.result.kind === 'succeeded';
  expect(paysOurs).toBe(false);
});

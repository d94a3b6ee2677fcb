import { createPrivateKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as ali from './alipay/fixtures/fake-alipay.ts';
import * as aliForged from './alipay/fixtures/forged-callbacks.ts';
import { alipay } from './alipay/index.ts';
import type { ChannelSession } from './channel-adapter.ts';
import { asNotification, type ForgedCallback } from './testing/forged-callback.ts';
import * as up from './unionpay/fixtures/fake-unionpay.ts';
import * as upForged from './unionpay/fixtures/forged-callbacks.ts';
import { unionPay } from './unionpay/index.ts';
import * as wx from './wechat-pay/fixtures/fake-wechat-pay.ts';
import * as wxForged from './wechat-pay/fixtures/forged-callbacks.ts';
import { wechatPay } from './wechat-pay/index.ts';
import { PasteError, parsePaste } from './wire/doctor/paste.ts';

const { at, requestNo } = wx;
const baseUrl = 'https://channel.test';
const order = { requestNo, amount: 1299 };
const wxKeys = {
  mchId: wx.mchId,
  appId: wx.appId,
  apiV3Key: wx.apiV3Key,
  signer: wx.publicKeySigner,
  merchant: { serial: wx.publicKeyConfig.certificateSerial, privateKey: wx.merchantKey.privateKey },
};
const aliKeys = {
  appId: ali.appId,
  sellerId: ali.sellerId,
  signer: ali.alipayKey,
  app: createPrivateKey(ali.appPrivateKeyPem),
};
const upKeys = { merId: up.merId, signerName: '中国银联股份有限公司', ...up.chain };
const upOrder = { ...order, txnTime: up.txnTime };

const channels: [string, ChannelSession, Pick<ForgedCallback, 'headers' | 'body'>, ForgedCallback[]][] = [
  [
    'wechat-pay',
    wechatPay.open({ baseUrl, config: wx.publicKeyConfig, secrets: wx.secrets }, []),
    wxForged.genuineCallback(wxKeys, order, at),
    wxForged.forgedCallbacks(wxKeys, order, at),
  ],
  [
    'alipay',
    alipay.open({ baseUrl, config: ali.config, secrets: ali.secrets }, []),
    aliForged.genuineCallback(aliKeys, order),
    aliForged.forgedCallbacks(aliKeys, order),
  ],
  [
    'unionpay',
    unionPay.open({ baseUrl, config: up.config, secrets: up.secrets }, []),
    upForged.genuineCallback(upKeys, upOrder),
    upForged.forgedCallbacks(upKeys, upOrder, at),
  ],
];

/** As it would be pasted, when it is text at all. */
function pasted({ headers, body }: Pick<ForgedCallback, 'headers' | 'body'>): string | undefined {
  const text = body.toString();
  if (!Buffer.from(text).equals(body)) return undefined;
  const lines = Object.entries(asNotification({ headers, body }).headers).map(([name, value]) => `${name}: ${value}`);
  return `POST /callbacks HTTP/1.1\n${lines.join('\n')}\n\n${text}`;
}

const aboutSignature = new Set(['bad_signature', 'unknown_key', 'stale']);

describe.each(channels)('the signature doctor of %s', (_, session, genuine, forged) => {
  const verdictOf = (text: string) => {
    try {
      return session.doctor?.diagnose(parsePaste(text), { at, others: [], direction: 'callback' }).verdict;
    } catch (error) {
      expect(error).toBeInstanceOf(PasteError);
      return 'no message';
    }
  };

  test('agrees with the reader on a genuine callback', () => {
    expect(verdictOf(pasted(genuine) ?? '')).toBe('valid');
  });

  test('never calls a callback valid whose signature the reader refuses', () => {
    let examined = 0;
    for (const one of forged) {
      const read = session.parseNotify(asNotification(one), at);
      const text = pasted(one);
      if (read.kind !== 'refused' || !aboutSignature.has(read.reason) || text === undefined) continue;
      examined += 1;
      expect(verdictOf(text), one.kind).not.toBe('valid');
    }
    expect(examined).toBeGreaterThan(20);
  }, 60_000);
});

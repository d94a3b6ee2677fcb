import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ChannelCall, PlaceCall, RefundCall } from '../channel-adapter.ts';
import { verifyRsaSha256 } from '../wire/rsa-sha256.ts';
import {
  answer,
  appId,
  at,
  mchId,
  merchantKeyPem,
  paidOrder,
  publicKeyConfig,
  refundedOrder,
  refundNo,
  requestNo,
  secrets,
} from './fixtures/fake-wechat-pay.ts';
import { wechatPay } from './index.ts';

const session = wechatPay.open({ baseUrl: 'https://channel.test', config: publicKeyConfig, secrets }, []);
const amount = { amountMinor: 1299n, currency: 'CNY' } as const;
const place = (product: PlaceCall['product']): PlaceCall => ({
  op: 'place',
  orderedAt: at,
  product,
  requestNo,
  amount,
  subject: 'Flat white',
  expiresAt: at,
  notifyUrl: 'https://pay.example.com/n',
  returnUrl: 'https://shop.example.com/?a=1',
  payer: {},
});
const query = { op: 'query', product: 'native', requestNo, orderedAt: at } as const;
const close = { op: 'close', product: 'native', requestNo, orderedAt: at } as const;
const reverse = { op: 'reverse', product: 'codepay', requestNo, orderedAt: at } as const;
const refund: RefundCall = {
  op: 'refund',
  orderedAt: at,
  refundOrderedAt: at,
  requestNo,
  refundNo,
  amount,
  total: amount,
  notifyUrl: 'https://pay.example.com/n',
};
const queryRefund = { op: 'queryRefund', requestNo, orderedAt: at, refundNo, refundOrderedAt: at } as const;
const ask = <Call extends ChannelCall>(call: Call, status: number, payload: unknown) =>
  session.parseResponse(call, answer(status, payload), at);
const refuse = <Call extends ChannelCall>(call: Call, code: string, status = 403) =>
  ask(call, status, { code, message: 'x' });

describe('replies to placing an order', () => {
  const merchantPublicKey = createPublicKey(merchantKeyPem);

  test('bring what the payer needs', () => {
    expect(ask(place('native'), 200, { code_url: 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz' })).toEqual({
      kind: 'pending',
      credential: { type: 'qr', url: 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz' },
    });
    expect(ask(place('h5'), 200, { h5_url: 'https://wx.tenpay.com/cgi-bin/x?prepay_id=wx1&package=1' })).toEqual({
      kind: 'pending',
      credential: {
        type: 'redirect',
        url: 'https://wx.tenpay.com/cgi-bin/x?prepay_id=wx1&package=1&redirect_url=https%3A%2F%2Fshop.example.com%2F%3Fa%3D1',
      },
    });
  });

  test('give JSAPI parameters that verify with the merchant’s key, the same each time', () => {
    const reply = ask(place('jsapi'), 200, { prepay_id: 'wx261153585405162d4d02642eabe7000000' });
    if (reply.kind !== 'pending' || reply.credential?.type !== 'jsapi') throw new Error('no credential');
    const { appId: id, timeStamp, nonceStr, package: packed, signType, paySign } = reply.credential.parameters;
    expect([id, timeStamp, packed, signType]).toEqual([
      appId,
      '1773453566',
      'prepay_id=wx261153585405162d4d02642eabe7000000',
      'RSA',
    ]);
    expect(nonceStr).toMatch(/^[0-9a-f]{32}$/);
    expect(verifyRsaSha256(`${id}\n${timeStamp}\n${nonceStr}\n${packed}\n`, paySign ?? '', merchantPublicKey)).toBe(
      true,
    );
    expect(ask(place('jsapi'), 200, { prepay_id: 'wx261153585405162d4d02642eabe7000000' })).toEqual(reply);
  });

  test('give app parameters that verify with the merchant’s key', () => {
    const reply = ask(place('app'), 200, { prepay_id: 'wx1' });
    if (reply.kind !== 'pending' || reply.credential?.type !== 'app') throw new Error('no credential');
    const { appid, partnerid, prepayid, package: packed, noncestr, timestamp, sign } = reply.credential.parameters;
    expect([appid, partnerid, prepayid, packed]).toEqual(['wx0app0000000000001', mchId, 'wx1', 'Sign=WXPay']);
    expect(verifyRsaSha256(`${appid}\n${timestamp}\n${noncestr}\n${prepayid}\n`, sign ?? '', merchantPublicKey)).toBe(
      true,
    );
  });

  test('charge a barcode at once, or wait for the payer', () => {
    expect(ask(place('codepay'), 200, paidOrder)).toMatchObject({ kind: 'succeeded', paid: amount });
    expect(ask(place('codepay'), 202, { trade_state: 'USERPAYING' })).toMatchObject({ kind: 'pending' });
    expect(refuse(place('codepay'), 'USERPAYING', 202)).toMatchObject({ kind: 'pending' });
  });

  test.each([
    ['NOT_ENOUGH', 'payer', 'insufficient_funds'],
    ['NOTENOUGH', 'payer', 'insufficient_funds'],
    ['AUTH_CODE_INVALID', 'payer', 'auth_code_invalid'],
    ['AUTHCODEEXPIRE', 'payer', 'auth_code_invalid'],
    ['TRADE_ERROR', 'payer', 'payer_declined'],
    ['NO_AUTH', 'merchant', 'channel_unavailable'],
    ['APPID_MCHID_NOT_MATCH', 'merchant', 'channel_unavailable'],
  ])('decline a barcode payment on %s', (code, fault, ours) => {
    expect(refuse(place('codepay'), code)).toEqual({
      kind: 'declined',
      fault,
      code: ours,
      raw: { code, message: 'x' },
    });
  });

  test.each([
    'SYSTEM_ERROR',
    'SYSTEMERROR',
    'BANK_ERROR',
    'OUT_TRADE_NO_USED',
    'INVALID_REQUEST',
    'FREQUENCY_LIMITED',
    'NEW_CODE_2030',
  ])('leave a barcode payment open on %s', (code) =>
    expect(refuse(place('codepay'), code)).toMatchObject({ kind: 'unknown', reason: 'channel_says_unknown' }),
  );

  test('turn a prepay away when there are too many: nobody got anything to pay with', () => {
    expect(refuse(place('native'), 'FREQUENCY_LIMITED', 429)).toMatchObject({ kind: 'declined', fault: 'channel' });
  });

  test('are not believed unsigned: a forged refusal would let the next channel charge too', () => {
    for (const [status, code] of [
      [401, 'SIGN_ERROR'],
      [403, 'NOT_ENOUGH'],
      [400, 'PARAM_ERROR'],
    ] as const) {
      const body = Buffer.from(JSON.stringify({ code, message: 'x' }));
      expect(session.parseResponse(place('codepay'), { status, headers: {}, body }, at)).toEqual({
        kind: 'unknown',
        reason: 'bad_signature',
        raw: { code, message: 'x' },
      });
    }
  });

  test('are unknown on a server error, signed or not, whatever the code', () => {
    expect(refuse(place('codepay'), 'NOT_ENOUGH', 500)).toMatchObject({
      kind: 'unknown',
      reason: 'channel_says_unknown',
    });
    const bare = { status: 502, headers: {}, body: Buffer.from('<html>') };
    expect(session.parseResponse(place('native'), bare, at)).toEqual({ kind: 'unknown', reason: 'http_status' });
  });
});

describe('replies to asking, closing and reversing', () => {
  test('tell what was paid, when and how much', () => {
    expect(ask(query, 200, paidOrder)).toEqual({
      kind: 'succeeded',
      channelTxn: '1217752501201407033233368018',
      paid: amount,
      paidAt: new Date('2026-03-14T01:58:00Z'),
      raw: { code: 'SUCCESS', message: '支付成功' },
    });
    expect(ask(query, 200, { ...paidOrder, trade_state: 'REFUND' })).toMatchObject({ kind: 'succeeded' });
  });

  test.each([
    ['NOTPAY', 'pending'],
    ['USERPAYING', 'pending'],
    ['ACCEPT', 'pending'],
    ['CLOSED', 'closed'],
    ['REVOKED', 'closed'],
    ['PAYERROR', 'declined'],
    ['SOMETHING_NEW', 'unknown'],
    ['constructor', 'unknown'],
  ])('read trade_state %s as %s', (trade_state, kind) => {
    expect(ask(query, 200, { mchid: mchId, out_trade_no: requestNo, trade_state }).kind).toBe(kind);
  });

  test('say nothing definite about another order or another merchant', () => {
    for (const change of [
      { out_trade_no: 'OTHER0001' },
      { mchid: '1900000110' },
      { out_trade_no: undefined },
      { mchid: undefined },
    ]) {
      expect(ask(query, 200, { ...paidOrder, ...change })).toMatchObject({ kind: 'unknown', reason: 'unreadable' });
    }
  });

  test('with an amount that we cannot read are unknown, never guessed', () => {
    expect(ask(query, 200, { ...paidOrder, amount: { total: 1299, currency: 'XXX' } })).toMatchObject({
      kind: 'unknown',
      reason: 'amount_mismatch',
    });
    expect(ask(query, 200, { ...paidOrder, amount: { total: 1299, currency: 'toString' } })).toMatchObject({
      reason: 'amount_mismatch',
    });
    for (const total of [-1, 0, 12.99, '1299', 2 ** 53]) {
      expect(ask(query, 200, { ...paidOrder, amount: { total, currency: 'CNY' } })).toMatchObject({
        reason: 'unreadable',
      });
    }
  });

  test('know closed, already paid, and never heard of', () => {
    expect(ask(close, 204, undefined)).toEqual({ kind: 'closed' });
    expect(ask(close, 200, {})).toMatchObject({ kind: 'unknown' });
    expect(ask(close, 202, undefined)).toMatchObject({ kind: 'unknown' });
    expect(refuse(close, 'ORDERPAID', 400)).toMatchObject({ kind: 'unknown', reason: 'already_paid' });
    expect(refuse(close, 'ORDER_CLOSED', 400)).toMatchObject({ kind: 'closed' });
    expect(refuse(query, 'ORDER_NOT_EXIST', 404)).toMatchObject({ kind: 'not_found' });
    expect(refuse(query, 'NOT_FOUND', 404)).toMatchObject({ kind: 'unknown' });
    // Happens when the payer types the password just then.
    expect(refuse(close, 'FREQUENCY_LIMITED', 429)).toMatchObject({ kind: 'unknown' });
  });

  test('confirm a reversal of our order only', () => {
    expect(ask(reverse, 200, { appid: appId, mchid: mchId, out_trade_no: requestNo })).toEqual({ kind: 'closed' });
    expect(ask(reverse, 200, { appid: appId, mchid: mchId, out_trade_no: 'OTHER0001' })).toMatchObject({
      kind: 'unknown',
    });
    expect(ask(reverse, 202, {})).toMatchObject({ kind: 'unknown' });
    expect(refuse(reverse, 'USERPAYING', 202)).toMatchObject({ kind: 'pending' });
  });
});

describe('replies about refunds', () => {
  test.each([
    ['PROCESSING', 'pending'],
    ['ABNORMAL', 'pending'],
    ['SUCCESS', 'succeeded'],
    ['CLOSED', 'declined'],
    ['SOMETHING_NEW', 'unknown'],
  ])('read status %s as %s', (status, kind) => {
    expect(ask(refund, 200, { ...refundedOrder, status }).kind).toBe(kind);
    expect(ask(queryRefund, 200, { ...refundedOrder, status }).kind).toBe(kind);
  });

  test('tell how much went back', () => {
    expect(ask(queryRefund, 200, { ...refundedOrder, status: 'SUCCESS' })).toMatchObject({
      refunded: { amountMinor: 299n, currency: 'CNY' },
      channelRefundNo: refundedOrder.refund_id,
    });
  });

  test('say nothing about another refund', () => {
    expect(ask(queryRefund, 200, { ...refundedOrder, out_refund_no: 'OTHER' })).toMatchObject({ kind: 'unknown' });
    expect(ask(queryRefund, 200, { ...refundedOrder, out_trade_no: 'OTHER' })).toMatchObject({ kind: 'unknown' });
  });

  test('decline only what can never be paid out', () => {
    expect(refuse(refund, 'NOT_ENOUGH')).toMatchObject({ kind: 'declined', fault: 'channel', code: 'refund_declined' });
    expect(refuse(refund, 'USER_ACCOUNT_ABNORMAL')).toMatchObject({ kind: 'declined', fault: 'payer' });
    for (const code of ['FREQUENCY_LIMITED', 'INVALID_REQUEST', 'SIGN_ERROR', 'RESOURCE_NOT_EXISTS']) {
      expect(refuse(refund, code)).toMatchObject({ kind: 'unknown' });
    }
    expect(refuse(queryRefund, 'RESOURCE_NOT_EXISTS', 404)).toMatchObject({ kind: 'not_found' });
  });
});

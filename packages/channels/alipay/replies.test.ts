import { generateKeyPairSync } from 'node:crypto';
import { AlipaySdk } from 'alipay-sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChannelCall, PlaceCall } from '../channel-adapter.ts';
import {
  alipayPublicKeyPem,
  answer,
  appId,
  appPrivateKeyPem,
  at,
  baseUrl,
  config,
  notification,
  paidFields,
  refundNo,
  requestNo,
  secrets,
  signBytes,
  signedFields,
} from './fixtures/fake-alipay.ts';
import { alipay } from './index.ts';
import { readOrderRefusal, readRefundRefusal, refusals } from './status-map.ts';

const session = alipay.open({ config, secrets, baseUrl }, []);
const sdk = new AlipaySdk({
  appId,
  privateKey: appPrivateKeyPem,
  keyType: 'PKCS8',
  alipayPublicKey: alipayPublicKeyPem,
});
const order = { requestNo, orderedAt: at };
const place: PlaceCall = {
  op: 'place',
  product: 'native',
  ...order,
  amount: { amountMinor: 1299n, currency: 'CNY' },
  subject: 's',
  expiresAt: at,
  notifyUrl: 'https://pay.example.com/cb',
  payer: { authCode: '284567890123456789' },
};
const codepay: PlaceCall = { ...place, product: 'codepay' };
const query = { op: 'query', product: 'native', ...order } as const;
const refund = {
  op: 'refund',
  ...order,
  refundNo,
  refundOrderedAt: at,
  amount: { amountMinor: 100n, currency: 'CNY' },
  total: { amountMinor: 1299n, currency: 'CNY' },
  notifyUrl: 'https://pay.example.com/cb',
} as const;
const queryRefund = { op: 'queryRefund', ...order, refundNo, refundOrderedAt: at } as const;
const methods: Record<string, string> = {
  query: 'alipay.trade.query',
  close: 'alipay.trade.close',
  reverse: 'alipay.trade.cancel',
  refund: 'alipay.trade.refund',
  queryRefund: 'alipay.trade.fastpay.refund.query',
};
const methodOf = (call: ChannelCall) =>
  call.op === 'place'
    ? call.product === 'codepay'
      ? 'alipay.trade.pay'
      : call.product === 'jsapi'
        ? 'alipay.trade.create'
        : 'alipay.trade.precreate'
    : (methods[call.op] ?? '');
const read = (call: ChannelCall, content: unknown) => session.parseResponse(call, answer(methodOf(call), content), at);

const ok = { code: '10000', msg: 'Success', out_trade_no: requestNo };
const trade = { ...ok, trade_no: '2026031422001468450512505578', total_amount: '12.99' };
const paid = { amountMinor: 1299n, currency: 'CNY' };
const refusal = (sub: string, code = '40004') => ({ code, msg: 'Business Failed', sub_code: sub, sub_msg: '…' });

describe('answers', () => {
  test.each([
    [
      'a QR code',
      place,
      { ...ok, qr_code: 'https://qr.alipay.com/bax' },
      { kind: 'pending', credential: { type: 'qr' } },
    ],
    [
      'a trade inside the app',
      { ...place, product: 'jsapi' },
      trade,
      { kind: 'pending', credential: { type: 'jsapi' } },
    ],
    ['a charge', codepay, { ...trade, gmt_payment: '2026-03-14 09:59:58' }, { kind: 'succeeded', paid }],
    ['a payer typing a password', codepay, { code: '10003', msg: 'order success pay inprocess' }, { kind: 'pending' }],
    [
      'a charge of unknown outcome',
      codepay,
      { code: '20000', msg: 'Service Currently Unavailable', sub_code: 'ACQ.SYSTEM_ERROR' },
      { kind: 'unknown' },
    ],
    [
      'too little money',
      codepay,
      refusal('ACQ.BUYER_BALANCE_NOT_ENOUGH'),
      { kind: 'declined', fault: 'payer', code: 'insufficient_funds' },
    ],
    ['an error of theirs', codepay, refusal('ACQ.SYSTEM_ERROR'), { kind: 'unknown' }],
    ['a code nobody knows', codepay, refusal('ACQ.INVENTED_TOMORROW'), { kind: 'unknown' }],
    ['our bad signature', place, refusal('isv.invalid-signature', '40002'), { kind: 'declined', fault: 'merchant' }],
    ['a waiting order', query, { ...trade, trade_status: 'WAIT_BUYER_PAY' }, { kind: 'pending' }],
    ['a paid order', query, { ...trade, trade_status: 'TRADE_SUCCESS' }, { kind: 'succeeded', paid }],
    ['a closed order that nobody paid', query, { ...trade, trade_status: 'TRADE_CLOSED' }, { kind: 'closed' }],
    [
      'a closed order that was paid and given back',
      query,
      { ...trade, trade_status: 'TRADE_CLOSED', send_pay_date: '2026-03-14 09:59:58' },
      { kind: 'succeeded', paid },
    ],
    ['a state nobody knows', query, { ...trade, trade_status: 'TRADE_DREAMING' }, { kind: 'unknown' }],
    [
      'another order',
      query,
      { ...trade, out_trade_no: 'other', trade_status: 'TRADE_SUCCESS' },
      { kind: 'unknown', reason: 'unreadable' },
    ],
    ['no such order', query, refusal('ACQ.TRADE_NOT_EXIST'), { kind: 'not_found' }],
    ['a look-up of unknown outcome', query, { code: '20000', msg: 'x' }, { kind: 'unknown' }],
    ['a close', { op: 'close', product: 'native', ...order }, ok, { kind: 'closed' }],
    [
      'the close of another order',
      { op: 'close', product: 'native', ...order },
      { ...ok, out_trade_no: 'other' },
      { kind: 'unknown', reason: 'unreadable' },
    ],
    [
      'the cancel of another order',
      { op: 'reverse', product: 'codepay', ...order },
      { ...ok, out_trade_no: 'other', retry_flag: 'N', action: 'close' },
      { kind: 'unknown', reason: 'unreadable' },
    ],
    [
      'a close of what is being paid',
      { op: 'close', product: 'native', ...order },
      refusal('ACQ.TRADE_STATUS_ERROR'),
      { kind: 'unknown', reason: 'already_paid' },
    ],
    [
      'a cancel',
      { op: 'reverse', product: 'codepay', ...order },
      { ...ok, retry_flag: 'N', action: 'refund' },
      { kind: 'closed' },
    ],
    [
      'a cancel to be asked again',
      { op: 'reverse', product: 'codepay', ...order },
      { ...ok, retry_flag: 'Y' },
      { kind: 'unknown' },
    ],
    [
      'a refund',
      refund,
      { ...trade, fund_change: 'Y', refund_fee: '9.00' },
      { kind: 'succeeded', refunded: refund.amount },
    ],
    ['a refund on its way', refund, { ...trade, fund_change: 'N', refund_fee: '9.00' }, { kind: 'pending' }],
    ['a refund the shop has no money for', refund, refusal('ACQ.SELLER_BALANCE_NOT_ENOUGH'), { kind: 'unknown' }],
    ['a refund over the amount', refund, refusal('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL'), { kind: 'declined' }],
    [
      'a refund that is done',
      queryRefund,
      { ...ok, out_request_no: refundNo, refund_amount: '1.00', refund_status: 'REFUND_SUCCESS' },
      { kind: 'succeeded', refunded: refund.amount },
    ],
    ['a refund nobody knows', queryRefund, ok, { kind: 'not_found' }],
    ['a refund of an order nobody knows', queryRefund, refusal('ACQ.TRADE_NOT_EXIST'), { kind: 'unknown' }],
  ] as [string, ChannelCall, object, object][])('read %s', (_name, call, content, wanted) => {
    expect(read(call, content)).toMatchObject(wanted);
  });

  test('whose signature the official SDK accepts are those we accept, byte for byte', () => {
    const spaced =
      '{ "code" : "10000", "msg":"Success", "sign":"decoy", "out_trade_no":"' +
      requestNo +
      '", "trade_no":"1","total_amount":"12.99","trade_status":"TRADE_SUCCESS" }';
    const reply = answer('alipay.trade.query', spaced);
    const outer = JSON.parse(reply.body.toString());
    expect(() =>
      sdk.checkResponseSign(reply.body.toString(), 'alipay_trade_query_response', outer.sign, ''),
    ).not.toThrow();
    expect(session.parseResponse(query, reply, at).kind).toBe('succeeded');
  });

  test('of others are not believed: one bit, another key, another method, a repeated member', () => {
    const good = answer('alipay.trade.query', { ...trade, trade_status: 'TRADE_SUCCESS' });
    const start = good.body.indexOf('"code"');
    const end = good.body.indexOf('"sign"') - 2;
    fc.assert(
      fc.property(fc.integer({ min: start, max: end }), fc.integer({ min: 0, max: 7 }), (byte, bit) => {
        const body = Buffer.from(good.body);
        body[byte] = (body[byte] ?? 0) ^ (1 << bit);
        expect(session.parseResponse(query, { ...good, body }, at).kind).toBe('unknown');
      }),
      { numRuns: 500 },
    );
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(session.parseResponse(query, answer('alipay.trade.query', trade, stranger), at).kind).toBe('unknown');
    expect(session.parseResponse(query, answer('alipay.trade.refund', trade), at).kind).toBe('unknown');
    const twice = Buffer.from(
      good.body
        .toString()
        .replace(
          '{"alipay_trade_query_response"',
          '{"alipay_trade_query_response":{"code":"10000"},"alipay_trade_query_response"',
        ),
    );
    expect(session.parseResponse(query, { ...good, body: twice }, at).kind).toBe('unknown');
  });

  test('map every code of every step to something, and never an unlisted one to a failure', () => {
    fc.assert(
      fc.property(fc.string(), (code) => {
        const listed = refusals.some((row) => row.code === code);
        if (listed) return;
        for (const step of ['prepay', 'codepay', 'query', 'close', 'reverse'] as const)
          expect(readOrderRefusal(step, code).kind).toBe('unknown');
        for (const step of ['refund', 'queryRefund'] as const)
          expect(readRefundRefusal(step, code).kind).toBe('unknown');
      }),
    );
    expect(new Set(refusals.map(({ code }) => code)).size).toBe(refusals.length);
  });
});

describe('callbacks', () => {
  const sent = signedFields(paidFields);

  test('of a payment are read, whatever their text', () => {
    expect(session.parseNotify(notification(sent), at)).toMatchObject({
      kind: 'payment',
      notifyId: paidFields.notify_id,
      requestNo,
      result: { kind: 'succeeded', channelTxn: paidFields.trade_no, paid },
    });
    expect(sdk.checkNotifySignV2(sent)).toBe(true);
  });

  test.each([
    ['closed, unpaid', { trade_status: 'TRADE_CLOSED', gmt_payment: '' }, { kind: 'closed' }],
    [
      'closed by a full refund',
      { trade_status: 'TRADE_CLOSED', gmt_payment: '', refund_fee: '12.99', gmt_refund: 'x' },
      { kind: 'succeeded', paid },
    ],
    ['partly refunded', { refund_fee: '1.00', gmt_refund: '2026-03-14 11:00:00' }, { kind: 'succeeded', paid }],
    ['without an amount', { total_amount: '' }, { kind: 'unknown' }],
    ['with an odd amount', { total_amount: '12.999' }, { kind: 'unknown' }],
  ])('of an order %s', (_name, changed, result) => {
    const fields = Object.fromEntries(
      Object.entries({ ...paidFields, ...changed }).filter(([, value]) => value !== ''),
    );
    expect(session.parseNotify(notification(signedFields(fields as typeof paidFields)), at)).toMatchObject({
      kind: 'payment',
      result,
    });
  });

  test('in GBK are checked in their own bytes', () => {
    // 拿铁 in GBK is C4 C3 CC FA.
    const fields = { ...paidFields, charset: 'GBK', subject: '' };
    const plain: [string, Buffer][] = Object.entries(fields).map(([name, value]) => [
      name,
      name === 'subject' ? Buffer.from([0xc4, 0xc3, 0xcc, 0xfa]) : Buffer.from(value),
    ]);
    expect(session.parseNotify(gbkNotification(plain), at)).toMatchObject({
      kind: 'payment',
      result: { kind: 'succeeded' },
    });
  });

  test.each([
    ['another app', { app_id: '2021000000000000' }, 'wrong_account'],
    ['another seller', { seller_id: '2088000000000000' }, 'wrong_account'],
  ])('for %s are refused though Alipay signed them', (_name, changed, reason) => {
    expect(session.parseNotify(notification(signedFields({ ...paidFields, ...changed })), at)).toEqual({
      kind: 'refused',
      reason,
    });
  });

  test('that Alipay did not sign are refused, in every way of forging that we know', () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const forged: Record<string, string>[] = [
      { ...sent, total_amount: '0.01' },
      { ...sent, out_trade_no: 'T01HZX5N4Q8R9S2T3V4W5X6Y70' },
      { ...sent, trade_status: 'TRADE_FINISHED' },
      { ...sent, extra: 'field' },
      { ...sent, sign: '' },
      { ...sent, sign: `${sent.sign}=` },
      { ...sent, sign: `${sent.sign.replaceAll('+', ' ')} ` },
      { ...sent, sign_type: 'RSA' },
      { ...sent, sign_type: 'MD5' },
      { ...sent, sign_type: '' },
      signedFields(paidFields, stranger),
    ];
    for (const fields of forged) expect(session.parseNotify(notification(fields), at).kind).toBe('refused');
    const { sign: _, ...unsigned } = sent;
    expect(session.parseNotify(notification(unsigned), at).kind).toBe('refused');
    const twice = Buffer.concat([notification(sent).body, Buffer.from('&total_amount=0.01')]);
    expect(session.parseNotify({ headers: {}, body: twice }, at)).toEqual({ kind: 'refused', reason: 'unreadable' });
  });
});

function gbkNotification(fields: [string, Buffer][]) {
  const message = Buffer.concat(
    [...fields]
      .filter(([, value]) => value.length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, value], index) => [Buffer.from(`${index === 0 ? '' : '&'}${name}=`), value]),
  );
  const percent = (bytes: Buffer) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const signed: [string, Buffer][] = [
    ...fields,
    ['sign_type', Buffer.from('RSA2')],
    ['sign', Buffer.from(signBytes(message))],
  ];
  return { headers: {}, body: Buffer.from(signed.map(([name, value]) => `${name}=${percent(value)}`).join('&')) };
}

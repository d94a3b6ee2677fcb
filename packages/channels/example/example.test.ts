import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChannelCall, type PlaceCall, UnsupportedCallError } from '../channel-adapter.ts';
import { channelContract, requestOf } from '../testing/channel-contract.ts';
import { flipBit } from '../testing/forged-callback.ts';
import {
  accepted,
  answer,
  at,
  baseUrl,
  callback,
  config,
  key,
  paid,
  previousKey,
  refundNo,
  requestNo,
  secrets,
  strangersKey,
  waiting,
} from './fixtures/fake-riverbank.ts';
import { example } from './index.ts';
import { signedText, signText } from './sign.ts';
import { codeTable, readOrderRefusal, readRefundRefusal, responseCodes } from './status-map.ts';

channelContract({ adapter: example, account: { config, secrets }, secretTexts: [key.secret, previousKey.secret] });

const session = example.open({ config, secrets, baseUrl }, []);
const amount = { amountMinor: 1299n, currency: 'CNY' } as const;
const order = { requestNo, orderedAt: at };
const place: PlaceCall = {
  op: 'place',
  product: 'native',
  ...order,
  amount,
  subject: '拿铁 Latte',
  expiresAt: new Date('2026-03-14T02:14:26Z'),
  notifyUrl: 'https://pay.example.com/callbacks/example/main',
  payer: { authCode: '281234567890123456' },
};
const codepay: PlaceCall = { ...place, product: 'codepay' };
const query = { op: 'query', product: 'native', ...order } as const;
const close = { op: 'close', product: 'native', ...order } as const;
const reverse = { op: 'reverse', product: 'codepay', ...order } as const;
const refundNamed = { ...order, refundNo, refundOrderedAt: at };
const refund = {
  op: 'refund',
  ...refundNamed,
  amount: { amountMinor: 299n, currency: 'CNY' },
  total: amount,
  notifyUrl: place.notifyUrl,
} as const;
const queryRefund = { op: 'queryRefund', ...refundNamed } as const;

describe('requests', () => {
  test('say the order in Riverbank’s words, signed over method, path, time, nonce and body', () => {
    const { method, path, headers, body } = requestOf(session, place, at, 'n0123456789');
    expect(JSON.parse(body)).toEqual({
      orderNo: requestNo,
      product: 'qr',
      amount: 1299,
      currency: 'CNY',
      subject: '拿铁 Latte',
      expiresAt: '2026-03-14T02:14:26.000Z',
      notifyUrl: place.notifyUrl,
    });
    const digest = createHash('sha256').update(body).digest('hex');
    expect([method, path]).toEqual(['POST', '/riverbank/v1/orders']);
    expect(headers['Riverbank-Signature']).toBe(
      signText(Buffer.from(key.secret, 'hex'), `request\nPOST ${path}\n1773453566\nn0123456789\n${digest}`),
    );
  });

  // Made with OpenSSL, not with this code: printf 'request\nGET /x\n1\nabcdefgh\n<sha256 of nothing>' | openssl dgst …
  test('are signed as an independent tool signs', () => {
    const text = signedText({ kind: 'request', about: 'GET /x', timestamp: '1', nonce: 'abcdefgh', body: '' });
    expect(signText(Buffer.alloc(32, 0x0b), text)).toBe(
      'a8ba8f6504e92a4b98470b275731d4b4586967827e31a291e336662c151e0e84',
    );
  });

  test.each([
    ['another currency', { ...place, amount: { amountMinor: 1n, currency: 'USD' } } as PlaceCall],
    ['a barcode payment without a code', { ...codepay, payer: {} }],
    ['a product of other channels', { ...place, product: 'jsapi' }],
    ['nothing to pay', { ...place, amount: { amountMinor: 0n, currency: 'CNY' } } as PlaceCall],
    ['signing keys, which it does not have', { op: 'fetchTrust' } as ChannelCall],
  ])('are refused before anything is sent: %s', (_name, call) => {
    expect(() => session.buildRequest(call, at, 'n0123456789')).toThrow(UnsupportedCallError);
  });
});

describe('answers', () => {
  const said = (code: string) => ({ code, message: '…' });
  const succeeded = { kind: 'succeeded', channelTxn: waiting.tradeNo, paid: amount };

  test.each([
    ['a code to show', place, 200, waiting, { kind: 'pending', credential: { type: 'qr', url: waiting.payUrl } }],
    [
      'a page to go to',
      { ...place, product: 'h5' },
      200,
      waiting,
      { kind: 'pending', credential: { type: 'redirect' } },
    ],
    [
      'an order without its code',
      place,
      200,
      { ...waiting, payUrl: undefined },
      { kind: 'unknown', reason: 'unreadable' },
    ],
    ['a barcode that is charged', codepay, 200, paid, succeeded],
    ['a barcode whose payer types a password', codepay, 200, { ...waiting, payUrl: undefined }, { kind: 'pending' }],
    [
      'too little money',
      codepay,
      402,
      said('BALANCE_LOW'),
      { kind: 'declined', fault: 'payer', code: 'insufficient_funds' },
    ],
    ['a number that came before', place, 409, said('ORDER_NO_USED'), { kind: 'unknown' }],
    ['a code nobody knows', place, 400, said('WHATEVER'), { kind: 'unknown' }],
    ['a code that declines elsewhere', query, 400, said('BALANCE_LOW'), { kind: 'unknown' }],
    ['a signed server error', codepay, 500, said('BALANCE_LOW'), { kind: 'unknown', reason: 'channel_says_unknown' }],
    ['a paid order', query, 200, paid, succeeded],
    [
      'an order that failed',
      query,
      200,
      { ...paid, state: 'failed', failCode: 'BANK_REFUSED' },
      { kind: 'declined', fault: 'issuer' },
    ],
    ['a failure without a reason', query, 200, { ...paid, state: 'failed' }, { kind: 'unknown' }],
    ['a state nobody knows', query, 200, { ...paid, state: 'frozen' }, { kind: 'unknown' }],
    ['another currency', query, 200, { ...paid, currency: 'USD' }, { kind: 'unknown' }],
    ['half a fen', query, 200, { ...paid, amount: 12.5 }, { kind: 'unknown' }],
    ['another order', query, 200, { ...paid, orderNo: 'OTHER' }, { kind: 'unknown' }],
    ['another merchant', query, 200, { ...paid, merchantNo: 'R00000043' }, { kind: 'unknown' }],
    ['no such order', query, 404, said('ORDER_NOT_FOUND'), { kind: 'not_found' }],
    ['a close', close, 200, { ...waiting, state: 'closed' }, { kind: 'closed' }],
    ['a close too late', close, 409, said('ORDER_PAID'), { kind: 'unknown', reason: 'already_paid' }],
    ['a reversal', reverse, 200, { ...waiting, state: 'reversed' }, { kind: 'closed' }],
    ['a refund taken on', refund, 200, accepted, { kind: 'pending', channelRefundNo: accepted.refundTradeNo }],
    ['more than is left', refund, 409, said('REFUND_TOO_MUCH'), { kind: 'declined', code: 'refund_declined' }],
    [
      'a refund paid out',
      queryRefund,
      200,
      { ...accepted, state: 'paid_out' },
      { kind: 'succeeded', refunded: { amountMinor: 299n } },
    ],
    ['a refund refused', queryRefund, 200, { ...accepted, state: 'refused' }, { kind: 'declined' }],
    ['another refund', queryRefund, 200, { ...accepted, refundNo: 'OTHER' }, { kind: 'unknown' }],
    ['no such refund', queryRefund, 404, said('REFUND_NOT_FOUND'), { kind: 'not_found' }],
  ] as [string, ChannelCall, number, object, object][])('read %s', (_name, call, status, content, wanted) => {
    expect(session.parseResponse(call, answer(status, content), at)).toMatchObject(wanted);
  });

  test('are believed for five minutes, by the key before too, and never with one bit changed', () => {
    const good = answer(200, paid);
    expect(session.parseResponse(query, answer(200, paid, previousKey), at).kind).toBe('succeeded');
    for (const seconds of [-300, 300]) {
      expect(session.parseResponse(query, good, new Date(at.getTime() + seconds * 1000)).kind).toBe('unknown');
    }
    expect(session.parseResponse(query, { ...good, status: 201 }, at).kind).toBe('unknown');
    expect(session.parseResponse(query, answer(200, paid, strangersKey), at).kind).toBe('unknown');
    for (let bit = 0; bit < good.body.length * 8; bit++) {
      expect(session.parseResponse(query, { ...good, body: flipBit(good.body, bit) }, at).kind).toBe('unknown');
    }
    for (const [name, value] of Object.entries(good.headers)) {
      const bytes = Buffer.from(value);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const headers = { ...good.headers, [name]: flipBit(bytes, bit).toString('latin1') };
        expect(session.parseResponse(query, { ...good, headers }, at).kind).toBe('unknown');
      }
    }
  });

  test('can’t be made of our own signature, nor of a callback’s', () => {
    const { headers, body } = requestOf(session, place, at, 'n0123456789');
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    expect(session.parseResponse(place, { status: 200, headers: lower, body: Buffer.from(body) }, at).kind).toBe(
      'unknown',
    );
    expect(session.parseNotify({ headers: lower, body: Buffer.from(body) }, at).kind).toBe('refused');
    expect(session.parseNotify(answer(200, { id: '1', type: 'order', order: paid }), at).kind).toBe('refused');
  });

  test('map every code of every step to something, and never an unlisted one to a failure', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 24 }), (code) => {
        if (responseCodes.some((row) => row.code === code)) return;
        for (const step of ['prepay', 'codepay', 'query', 'close', 'reverse'] as const) {
          expect(readOrderRefusal(step, code).kind).toBe('unknown');
        }
        for (const step of ['refund', 'queryRefund'] as const)
          expect(readRefundRefusal(step, code).kind).toBe('unknown');
      }),
    );
    expect(codeTable.rows.length).toBe(responseCodes.length);
    for (const { orders } of responseCodes) {
      for (const step of ['query', 'close', 'reverse'] as const) expect(orders?.[step]?.kind).not.toBe('declined');
    }
  });
});

describe('callbacks', () => {
  const news = { id: 'EV1', type: 'order', order: paid };

  test('tell of payments and refunds', () => {
    expect(session.parseNotify(callback(news), at)).toMatchObject({
      kind: 'payment',
      notifyId: 'EV1',
      requestNo,
      result: { kind: 'succeeded', paid: amount },
    });
    const told = { id: 'EV2', type: 'refund', refund: { ...accepted, state: 'paid_out' } };
    expect(session.parseNotify(callback(told, previousKey), at)).toMatchObject({
      kind: 'refund',
      requestNo,
      refundNo,
      result: { kind: 'succeeded' },
    });
  });

  test.each([
    ['by a stranger', callback(news, strangersKey), 'bad_signature'],
    ['by a key nobody knows', callback(news, { ...key, id: 'rk_unknown0' }), 'unknown_key'],
    ['by a key of the language', callback(news, { ...key, id: '__proto__' }), 'unknown_key'],
    ['too old', callback(news, key, new Date(at.getTime() - 300_000)), 'stale'],
    ['to another merchant', callback({ ...news, order: { ...paid, merchantNo: 'R00000043' } }), 'wrong_account'],
    ['not JSON', callback('paid'), 'unreadable'],
    ['of another kind', callback({ ...news, type: 'payout' }), 'unreadable'],
    ['without a signature', { ...callback(news), headers: {} }, 'bad_signature'],
    ['with another body', { ...callback(news), body: callback({ ...news, id: 'EV3' }).body }, 'bad_signature'],
  ] as const)('%s are refused', (_name, notification, reason) => {
    expect(session.parseNotify(notification, at)).toEqual({ kind: 'refused', reason });
  });
});

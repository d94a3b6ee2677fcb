import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as alipayFake from './alipay/fixtures/fake-alipay.ts';
import { alipay } from './alipay/index.ts';
import type { ChannelAdapter, ChannelCall, Notification, PlaceCall, WireResponse } from './channel-adapter.ts';
import * as exampleFake from './example/fixtures/fake-riverbank.ts';
import { example } from './example/index.ts';
import { requestOf } from './testing/channel-contract.ts';
import { flipBit } from './testing/forged-callback.ts';
import * as unionPayFake from './unionpay/fixtures/fake-unionpay.ts';
import { unionPay } from './unionpay/index.ts';
import * as wechatPayFake from './wechat-pay/fixtures/fake-wechat-pay.ts';
import { wechatPay } from './wechat-pay/index.ts';

type Account = { config: Record<string, unknown>; secrets: Record<string, unknown> };
type Channel = {
  adapter: ChannelAdapter;
  at: Date;
  account: Account;
  call: Exclude<ChannelCall, { op: 'fetchTrust' }>;
  /** A genuine answer to that call, and a genuine callback: the order was paid. */
  answer: WireResponse;
  callback: Notification;
  /** The account with one bit of the key changed that the channel's signatures are checked by. */
  withKeyBit(bit: number): Account;
  keyBits: number;
};

const orderedAt = unionPayFake.orderedAt;
const query = (requestNo: string) => ({ op: 'query', product: 'native', requestNo, orderedAt }) as const;
const bytesOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
const pemOf = (name: string, bytes: Buffer): string =>
  `-----BEGIN ${name}-----\n${bytes.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END ${name}-----\n`;

/** Flips a bit of the modulus itself: the bytes around it say only that it is an RSA key. */
function withModulusBit(pem: string, bit: number): string {
  const { n } = createPublicKey(pem).export({ format: 'jwk' });
  const modulus = Buffer.from(n ?? '', 'base64url');
  const der = bytesOf(pem);
  return pemOf('PUBLIC KEY', flipBit(der, der.indexOf(modulus) * 8 + (bit % (modulus.length * 8))));
}

const wechatPayVerification = wechatPayFake.publicKeyConfig.verification;
const unionPayPaid = {
  orderId: unionPayFake.requestNo,
  txnTime: unionPayFake.txnTime,
  txnType: '00',
  respCode: '00',
  origRespCode: '00',
  queryId: '951807261002324791038',
  txnAmt: '1299',
  currencyCode: '156',
};
const channels: Channel[] = [
  {
    adapter: wechatPay,
    at: wechatPayFake.at,
    account: { config: wechatPayFake.publicKeyConfig, secrets: wechatPayFake.secrets },
    call: query(wechatPayFake.requestNo),
    answer: wechatPayFake.answer(200, wechatPayFake.paidOrder),
    callback: wechatPayFake.callback('TRANSACTION.SUCCESS', wechatPayFake.paidOrder),
    keyBits: 2048,
    withKeyBit: (bit) => ({
      config: {
        ...wechatPayFake.publicKeyConfig,
        verification: {
          ...wechatPayVerification,
          publicKeyPem: withModulusBit(wechatPayVerification.publicKeyPem, bit),
        },
      },
      secrets: wechatPayFake.secrets,
    }),
  },
  {
    adapter: alipay,
    at: alipayFake.at,
    account: { config: alipayFake.config, secrets: alipayFake.secrets },
    call: query(alipayFake.requestNo),
    answer: alipayFake.answer('alipay.trade.query', {
      code: '10000',
      msg: 'Success',
      out_trade_no: alipayFake.requestNo,
      trade_no: '2026031422001468450512505578',
      trade_status: 'TRADE_SUCCESS',
      total_amount: '12.99',
    }),
    callback: alipayFake.notification(alipayFake.signedFields(alipayFake.paidFields)),
    keyBits: 2048,
    withKeyBit: (bit) => ({
      config: {
        ...alipayFake.config,
        verification: { mode: 'public_key', publicKeyPem: withModulusBit(alipayFake.alipayPublicKeyPem, bit) },
      },
      secrets: alipayFake.secrets,
    }),
  },
  {
    adapter: unionPay,
    at: unionPayFake.at,
    account: { config: unionPayFake.config, secrets: unionPayFake.secrets },
    call: query(unionPayFake.requestNo),
    answer: unionPayFake.answer(unionPayFake.signed(unionPayPaid)),
    callback: unionPayFake.callback(unionPayFake.signed({ ...unionPayPaid, txnType: '01', txnSubType: '07' })),
    // The key comes with the message; what is trusted is the certificate that issued its own.
    keyBits: new X509Certificate(unionPayFake.config.middleCertificatePem).raw.length * 8,
    withKeyBit: (bit) => ({
      config: {
        ...unionPayFake.config,
        middleCertificatePem: pemOf('CERTIFICATE', flipBit(bytesOf(unionPayFake.config.middleCertificatePem), bit)),
      },
      secrets: unionPayFake.secrets,
    }),
  },
  {
    adapter: example,
    at: exampleFake.at,
    account: { config: exampleFake.config, secrets: exampleFake.secrets },
    call: query(exampleFake.requestNo),
    answer: exampleFake.answer(200, exampleFake.paid),
    callback: exampleFake.callback({ id: 'EV1', type: 'order', order: exampleFake.paid }),
    keyBits: 256,
    withKeyBit: (bit) => ({
      config: exampleFake.config,
      secrets: {
        ...exampleFake.secrets,
        key: flipBit(Buffer.from(exampleFake.secrets.key, 'hex'), bit).toString('hex'),
      },
    }),
  },
];

// Some ten thousand signatures are checked here; a busy machine takes its time.
describe.each(channels)(
  'one bit changed: $adapter.id',
  { timeout: 60_000 },
  ({ adapter, at, account, call, answer, callback, ...key }) => {
    const open = ({ config, secrets }: Account) =>
      adapter.open({ config, secrets, baseUrl: 'https://channel.test' }, []);
    const session = open(account);
    const [found, told] = [session.parseResponse(call, answer, at), session.parseNotify(callback, at)];

    test('the genuine ones are believed', () => {
      expect(found.kind).toBe('succeeded');
      expect(told).toMatchObject({ kind: 'payment', result: { kind: 'succeeded' } });
    });

    // Some bits are no part of what is said: the case of a hex digit after `%`, blanks in a certificate's text. What is then
    // read must be the very same.
    test('any bit of an answer’s body', () => {
      for (let bit = 0; bit < answer.body.length * 8; bit++) {
        const result = session.parseResponse(call, { ...answer, body: flipBit(answer.body, bit) }, at);
        if (result.kind !== 'unknown') expect(result).toEqual(found);
      }
    });

    test('any bit of a callback’s body', () => {
      for (let bit = 0; bit < callback.body.length * 8; bit++) {
        const result = session.parseNotify({ ...callback, body: flipBit(callback.body, bit) }, at);
        if (result.kind !== 'refused') expect(result).toEqual(told);
      }
    });

    test('any bit of a header that is signed, or holds the signature', () => {
      const signed = Object.entries(callback.headers).filter(([name]) => name !== 'content-type');
      for (const [name, value] of signed) {
        const bytes = Buffer.from(value);
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const headers = { ...callback.headers, [name]: flipBit(bytes, bit).toString('latin1') };
          const result = session.parseNotify({ ...callback, headers }, at);
          // The number of a key is read whatever the case of its letters.
          if (result.kind !== 'refused') expect([name, result]).toEqual(['wechatpay-serial', told]);
        }
      }
    });

    test('any bit of the key', () => {
      fc.assert(
        fc.property(fc.nat({ max: key.keyBits - 1 }), (bit) => {
          const other = key.withKeyBit(bit);
          let opened: ReturnType<typeof open>;
          try {
            opened = open(other);
          } catch {
            // Not a key any more: the account can't even be stored.
            return;
          }
          expect(opened.parseNotify(callback, at).kind).toBe('refused');
          expect(opened.parseResponse(call, answer, at).kind).toBe('unknown');
        }),
        { numRuns: 300 },
      );
    });
  },
);

// What was packed comes out again: whatever the text, number and amount, the provider reads what we meant.
describe.each(channels)('what we send says what was meant: $adapter.id', ({ adapter, at, account }) => {
  const session = adapter.open({ ...account, baseUrl: 'https://channel.test' }, []);
  const textOf = (call: PlaceCall): string => {
    const { body, path } = requestOf(session, call, at, '0123456789abcdefABCDEF9876543210');
    const form = new URLSearchParams(body || path.slice(path.indexOf('?') + 1));
    // Alipay's call is JSON inside a form, UnionPay's a form, the others' JSON.
    return form.get('biz_content') ?? (body.startsWith('{') ? body : JSON.stringify(Object.fromEntries(form)));
  };
  const place = (own: Partial<PlaceCall>): PlaceCall => ({
    op: 'place',
    product: 'native',
    requestNo: 'T01HZX5N4Q8R9S2T3V4W5X6Y7Z',
    orderedAt: at,
    amount: { amountMinor: 1299n, currency: 'CNY' },
    subject: 'Tea',
    expiresAt: new Date(at.getTime() + 900_000),
    notifyUrl: 'https://pay.example.com/callbacks/a/b',
    payer: {},
    ...own,
  });
  const leaves = (value: unknown): string[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];

  test('numbers and amounts', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9A-Za-z]{8,32}$/),
        fc.bigInt({ min: 1n, max: 99_999_999n }),
        (requestNo, amountMinor) => {
          const said = leaves(JSON.parse(textOf(place({ requestNo, amount: { amountMinor, currency: 'CNY' } }))));
          const yuan = `${amountMinor / 100n}.${String(amountMinor % 100n).padStart(2, '0')}`;
          expect(said).toContain(requestNo);
          expect(said.some((text) => text === String(amountMinor) || text === yuan)).toBe(true);
        },
      ),
    );
  });

  test('any subject, in well-formed text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }), (subject) => {
        const said = textOf(place({ subject }));
        expect(said).not.toMatch(/\p{Surrogate}/u);
        // Usual letters and digits arrive whatever else a provider makes us leave out.
        const kept = subject.match(/[\u4e00-\u9fffA-Za-z0-9]+/g) ?? [];
        const joined = leaves(JSON.parse(said)).join('\n');
        for (const word of kept) expect(joined).toContain(word);
      }),
    );
  });

  test('the same words give the same bytes, other words others', () => {
    const digest = (call: PlaceCall) => createHash('sha256').update(textOf(call)).digest('hex');
    expect(digest(place({}))).toBe(digest(place({})));
    expect(digest(place({}))).not.toBe(digest(place({ subject: 'Coffee' })));
  });
});

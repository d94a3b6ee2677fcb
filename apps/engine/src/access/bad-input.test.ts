import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiKeyConfig, ConfigSnapshot, MerchantConfig } from '../config/snapshot.ts';
import { systemClock } from '../platform/clock.ts';
import { createRateLimiter } from '../platform/rate-limiter.ts';
import { generateApiKey, hashApiKey } from './api-key.ts';
import { createAuthenticate, scopes } from './authenticate.ts';
import { registerMerchantRoutes } from './merchant-routes.ts';
import { createReadsLimit } from './reads-limit.ts';
import { createServer } from './server.ts';

const pepper = Buffer.alloc(32, 7);
const key = generateApiKey();
const paymentId = 'pay_01KAMC3M000000000000000000';
let calls: string[] = [];
let app: ReturnType<typeof createServer>;

beforeEach(() => {
  calls = [];
  const merchant = {
    id: 'mch_1',
    requireSignature: false,
    ratePerSecond: 1e9,
    readsPerSecond: 1e9,
    active: true,
  } as MerchantConfig;
  const apiKey: ApiKeyConfig = {
    id: key.keyId,
    merchantId: 'mch_1',
    kind: 'bearer',
    secretHash: hashApiKey(key.secret, pepper),
    publicKeyPem: undefined,
    scopes: new Set(scopes),
    ipAllowlist: [],
    expiresAt: undefined,
    revokedAt: undefined,
  };
  const snapshot = {
    apiKeys: new Map([[key.keyId, apiKey]]),
    merchants: new Map([['mch_1', merchant]]),
  } as unknown as ConfigSnapshot;
  const answer = async (name: string) => {
    calls.push(name);
    return { status: 201, body: '{"id":"x"}', replayed: false };
  };
  app = createServer({
    log: { error: () => undefined, warn: () => undefined },
    isReady: async () => ({ ready: true, checks: {} }),
    metricsText: async () => ({ contentType: 'text/plain', text: '' }),
  });
  registerMerchantRoutes(app, {
    config: { current: () => snapshot, snapshotFor: () => snapshot, onChange: () => () => undefined },
    authenticate: createAuthenticate({ pepper, clock: systemClock }),
    rateLimiter: createRateLimiter(systemClock),
    clock: systemClock,
    placePayment: () => answer('place'),
    refundPayment: () => answer('refund'),
    closePayment: async () => {
      calls.push('close');
      return {} as never;
    },
    reads: {
      findPayment: async () => undefined,
      findRefund: async () => undefined,
      listPayments: async () => ({ data: [], nextCursor: null }),
      listEvents: async () => '{}',
    },
    readsLimit: createReadsLimit(systemClock),
    onRead: () => undefined,
    log: { error: () => undefined },
    askSync: async () => true,
  });
});
afterEach(() => app.close());

const post = async (url: string, payload: string | Buffer, headers: Record<string, string> = {}) => {
  const response = await app.inject({
    method: 'POST',
    url,
    payload,
    headers: {
      authorization: `Bearer ${key.text}`,
      'content-type': 'application/json',
      'idempotency-key': 'k',
      ...headers,
    },
  });
  return {
    status: response.statusCode,
    body: response.json() as { code: string; errors?: { path: string; message: string }[] },
  };
};

const payment: Record<string, unknown> = {
  merchantOrderNo: 'A1',
  serviceId: 'wechat.native',
  amount: 100,
  currency: 'CNY',
  subject: 'Flat white',
  notifyUrl: 'https://merchant.example/hook',
  returnUrl: 'https://merchant.example/back',
  expiresInSeconds: 600,
  metadata: { table: '7' },
};
const payer: Record<string, unknown> = {
  id: 'p1',
  ip: '203.0.113.7',
  deviceId: 'd1',
  authCode: '134123456789012345',
  openId: 'oABC',
  cardBin: '622202',
  cardId: 'card_1',
  bank: 'ICBC',
};
const refund: Record<string, unknown> = { merchantRefundNo: 'R1', amount: 50, reason: 'changed my mind' };

const wrongTexts = ['', ' \u0000', 'a\u0000b', '\ud800', '\u202Eevil', '\u200b', 'x'.repeat(5000), '💥'.repeat(500)];
const wrongForAll: unknown[] = [null, true, [], {}, ['a'], { $gt: '' }, Number.POSITIVE_INFINITY, -1, 1.5];
/** Values that are wrong for a field, beyond those that are wrong for every field. */
const wrong: Record<string, unknown[]> = {
  merchantOrderNo: [...wrongTexts, 7, 'has space', "a'; DROP TABLE payments;--", '<script>', 'é', 'Ａ１'],
  serviceId: [...wrongTexts, 7, 'WECHAT', '../x', '__proto__'],
  amount: ['100', '1e2', 0, -0, 2 ** 53, 1e21, 0.1 + 0.2, '１００', Number.MIN_SAFE_INTEGER],
  currency: [...wrongTexts, 7, 'cny', 'XXX', '¥'],
  subject: [...wrongTexts, 7, 'line\nbreak'],
  notifyUrl: [
    ...wrongTexts,
    7,
    'ftp://x.example',
    'javascript:alert(1)',
    'https://user:pw@x.example/',
    'not a url',
    '//x.example',
  ],
  returnUrl: [...wrongTexts, 7, 'data:text/html,x'],
  expiresInSeconds: ['600', 59, 86_401, 1e18],
  metadata: [
    'x',
    7,
    { 'bad key': 'x' },
    { a: 7 },
    { a: '\u0000' },
    Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, 'v'])),
  ],
  'payer.id': [...wrongTexts, 7],
  'payer.ip': [...wrongTexts, 7, '1.2.3', '999.1.1.1', 'localhost'],
  'payer.deviceId': [...wrongTexts, 7],
  'payer.authCode': [...wrongTexts, '13412', '13412345678901234a', '１３４１２３４５６７８９０１２３４５'],
  'payer.openId': [...wrongTexts, 7, 'with space'],
  'payer.cardBin': [...wrongTexts, 622202, '62220', '622202123', '６２２２０２', '62220x'],
  'payer.cardId': [...wrongTexts, 7, '4111111111111111', '4111 1111-1111 1111'],
  'payer.bank': [...wrongTexts, 7, 'I', 'IC BC', '工商银行'],
  merchantRefundNo: [...wrongTexts, 7, 'has space'],
  reason: [...wrongTexts, 7],
};

const withField = (path: string, value: unknown): Record<string, unknown> => {
  if (!path.startsWith('payer.')) return { ...payment, payer, [path]: value };
  return { ...payment, payer: { ...payer, [path.slice(6)]: value } };
};
/** JSON as an attacker writes it: what JSON.stringify would soften stays hard. */
const hard = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (item === Number.POSITIVE_INFINITY ? '@@1e309' : item)).replaceAll(
    '"@@1e309"',
    '1e309',
  );

describe('bad input', () => {
  const fields = [...Object.keys(payment), ...Object.keys(payer).map((name) => `payer.${name}`)];
  it.each(fields)('in %s is refused by name, whatever is wrong with it', async (field) => {
    for (const value of [...wrongForAll, ...(wrong[field] ?? [])]) {
      if (field === 'metadata' && JSON.stringify(value) === '{}') continue;
      const { status, body } = await post('/v1/payments', hard(withField(field, value)));
      expect({ value, status }).toEqual({ value, status: 400 });
      expect(
        body.errors?.some(({ path }) => path === field || path.startsWith(`${field}.`)),
        `${field}=${String(value)} → ${JSON.stringify(body)}`,
      ).toBe(true);
    }
    expect(calls).toEqual([]);
  });

  it.each(['merchantOrderNo', 'serviceId', 'amount', 'currency', 'subject'])(
    'without %s is refused by name',
    async (field) => {
      const { [field]: _, ...rest } = payment;
      const { status, body } = await post('/v1/payments', JSON.stringify(rest));
      expect(status).toBe(400);
      expect(body.errors).toContainEqual({ path: field, message: 'is required' });
      expect(calls).toEqual([]);
    },
  );

  it.each(Object.keys(refund))('in a refund’s %s is refused by name', async (field) => {
    for (const value of [...wrongForAll, ...(wrong[field] ?? [])]) {
      const { status, body } = await post(`/v1/payments/${paymentId}/refunds`, hard({ ...refund, [field]: value }));
      expect({ value, status }).toEqual({ value, status: 400 });
      expect(body.errors?.[0]?.path).toBe(field);
    }
    expect(calls).toEqual([]);
  });

  it('names every unknown field, at every depth', async () => {
    const { body } = await post(
      '/v1/payments',
      JSON.stringify({ ...payment, payer: { ...payer, extra: 1 }, status: 'succeeded', merchantId: 'mch_2' }),
    );
    expect(body.errors?.map(({ path }) => path).sort()).toEqual(['merchantId', 'payer.extra', 'status']);
    expect(calls).toEqual([]);
  });

  it.each([
    ['not JSON', '{"a":'],
    ['empty', ''],
    ['a comment', '{/* */}'],
    ['NaN', '{"amount":NaN}'],
    ['a key twice', '{"amount":1,"amount":100}'],
    ['a key twice, escaped', '{"amount":1,"\\u0061mount":100}'],
    ['nested too deep', `${'['.repeat(2000)}${']'.repeat(2000)}`],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte order mark and nothing', Buffer.from([0xef, 0xbb, 0xbf])],
  ])('that is %s is refused as malformed', async (_, body) => {
    const { status, body: problem } = await post('/v1/payments', body);
    expect([status, problem.code]).toEqual([400, 'malformed_json']);
    expect(calls).toEqual([]);
  });

  it.each(['[]', '7', '"text"', 'null', 'true', '{"__proto__":{"amount":1}}', '{"constructor":{"prototype":{}}}'])(
    'of the wrong shape (%s) is refused',
    async (body) => {
      expect((await post('/v1/payments', body)).status).toBe(400);
      expect(calls).toEqual([]);
      expect(({} as { amount?: number }).amount).toBeUndefined();
    },
  );

  it('that is too large, or no JSON by its type, is refused before it is read', async () => {
    expect((await post('/v1/payments', JSON.stringify({ ...payment, subject: 'x'.repeat(70_000) }))).status).toBe(413);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=gbk',
      'multipart/form-data; boundary=x',
    ]) {
      expect((await post('/v1/payments', JSON.stringify(payment), { 'content-type': type })).status).toBe(415);
    }
    expect(calls).toEqual([]);
  });

  it.each([
    ['missing', undefined, 'idempotency_key_missing'],
    ['too long', 'k'.repeat(256), 'invalid_request'],
    ['with a space', 'a b', 'invalid_request'],
    ['not ASCII', 'ключ', 'invalid_request'],
  ] as const)('an Idempotency-Key that is %s is refused', async (_, value, code) => {
    const response = await app.inject({
      method: 'POST',
      url: '/v1/payments',
      payload: JSON.stringify(payment),
      headers: {
        authorization: `Bearer ${key.text}`,
        'content-type': 'application/json',
        ...(value === undefined ? {} : { 'idempotency-key': value }),
      },
    });
    expect([response.statusCode, response.json().code]).toEqual([400, code]);
    expect(calls).toEqual([]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'status=paid',
    'from=yesterday',
    'to=2026-13-01T00:00:00Z',
    'cursor=%00',
    'unknown=1',
    'status=failed&status=closed',
  ])('in a list’s query (%s) is refused', async (query) => {
    const response = await app.inject({
      method: 'GET',
      url: `/v1/payments?${query}`,
      headers: { authorization: `Bearer ${key.text}` },
    });
    expect(response.statusCode).toBe(400);
    expect(response.json().errors[0].path).toBe(query.split('=')[0]);
  });

  it('an id that is not one of ours names nothing', async () => {
    for (const id of [
      'x',
      'pay_',
      `${paymentId}x`,
      'rfd_01KAMC3M000000000000000000',
      '%00',
      '__proto__',
      "pay_' OR 1=1 --",
    ]) {
      const response = await app.inject({
        method: 'GET',
        url: `/v1/payments/${encodeURIComponent(id)}`,
        headers: { authorization: `Bearer ${key.text}` },
      });
      expect(response.statusCode).toBe(404);
      expect(response.headers['content-type']).toContain('application/problem+json');
    }
  });

  it('any JSON at all gets an answer below 500, and only what is right reaches the core', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false } as object), async (value) => {
        const { status } = await post('/v1/payments', JSON.stringify(value));
        expect(status).toBe(400);
      }),
      { numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fields), fc.jsonValue(), async (field, value) => {
        const { status, body } = await post('/v1/payments', JSON.stringify(withField(field, value)));
        expect([201, 400]).toContain(status);
        if (status === 400) expect(body.errors?.length ?? 1).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
    // 1,500 requests: on a busy machine they take a while.
  }, 60_000);

  it('is not looked at before the caller is known', async () => {
    const response = await app.inject({
      method: 'POST',
      url: '/v1/payments',
      payload: '{"amount":',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.statusCode).toBe(401);
    const wrongMethod = await app.inject({ method: 'DELETE', url: '/v1/payments' });
    expect([404, 405]).toContain(wrongMethod.statusCode);
    const unknownPath = await app.inject({ method: 'GET', url: '/v1/nothing' });
    expect([unknownPath.statusCode, unknownPath.json().code]).toEqual([404, 'not_found']);
  });
});

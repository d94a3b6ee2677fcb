import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiKeyConfig, ConfigSnapshot, MerchantConfig } from '../config/snapshot.ts';
import type { IdempotencyClaim, MerchantCaller } from '../payments/operations.ts';
import { systemClock } from '../platform/clock.ts';
import { createRateLimiter } from '../platform/rate-limiter.ts';
import { generateApiKey, hashApiKey } from './api-key.ts';
import { createAuthenticate, type Scope, scopes } from './authenticate.ts';
import { registerMerchantRoutes } from './merchant-routes.ts';
import { createReadsLimit } from './reads-limit.ts';
import { createServer } from './server.ts';

const pepper = Buffer.alloc(32, 7);
const [mine, theirs] = [generateApiKey(), generateApiKey()];
const paymentId = 'pay_01KAMC3M000000000000000000';
const refundId = 'rfd_01KAMC3M000000000000000000';
const order = { merchantOrderNo: 'A1', serviceId: 'wechat.native', amount: 100, currency: 'CNY', subject: 'Tea' };

let app: ReturnType<typeof createServer>;
let ended: string[];
let claims: { caller: MerchantCaller; claim: IdempotencyClaim }[];
let stored = { id: paymentId, status: 'processing' };
let replayed = false;
let ownAddresses: string[];
let ownScopes: ReadonlySet<string>;
let merchants: Map<string, Partial<MerchantConfig>>;

beforeEach(() => {
  claims = [];
  ended = [];
  stored = { id: paymentId, status: 'processing' };
  replayed = false;
  ownAddresses = [];
  ownScopes = new Set(scopes);
  merchants = new Map(
    ['mch_1', 'mch_2'].map((id) => [
      id,
      { id, requireSignature: false, ratePerSecond: 1_000, readsPerSecond: 1_000, active: true },
    ]),
  );
  const keyOf = (key: typeof mine, merchantId: string) =>
    ({
      id: key.keyId,
      merchantId,
      kind: 'bearer',
      secretHash: hashApiKey(key.secret, pepper),
      get scopes() {
        return ownScopes;
      },
      get ipAllowlist() {
        return ownAddresses;
      },
    }) as unknown as ApiKeyConfig;
  const snapshot = {
    apiKeys: new Map([
      [mine.keyId, keyOf(mine, 'mch_1')],
      [theirs.keyId, keyOf(theirs, 'mch_2')],
    ]),
    merchants,
  } as unknown as ConfigSnapshot;
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
    placePayment: async (caller, claim) => {
      claims.push({ caller, claim });
      return { status: 201, body: `{ "id":"${paymentId}" }`, replayed };
    },
    refundPayment: async (caller, claim) => {
      claims.push({ caller, claim });
      return { status: 201, body: `{ "id":"${refundId}" }`, replayed };
    },
    closePayment: async () => stored as never,
    reads: {
      findPayment: async (merchantId) => {
        if (merchantId !== 'mch_1') return undefined;
        const [body, version] = [JSON.stringify(stored), stored.status === 'processing' ? 2 : 3];
        const { status } = stored;
        return { merchantId, status, version, etag: `"1.${version}"`, body, length: Buffer.byteLength(body) };
      },
      findRefund: async (merchantId) =>
        merchantId === 'mch_1' ? { etag: '"1.2"', body: JSON.stringify({ id: refundId }) } : undefined,
      listPayments: async (merchantId) => ({ data: [{ merchantId }] as never, nextCursor: null }),
      listEvents: async (merchantId, page) => JSON.stringify({ data: [], merchantId, page }),
    },
    readsLimit: createReadsLimit(systemClock),
    onRead: (outcome) => void ended.push(outcome),
    log: { error: () => undefined },
    askSync: async () => true,
  });
});
afterEach(() => app.close());

const send = (method: 'GET' | 'POST', url: string, own: { body?: unknown; headers?: object; key?: string } = {}) =>
  app.inject({
    method,
    url,
    ...(own.body === undefined ? {} : { payload: typeof own.body === 'string' ? own.body : JSON.stringify(own.body) }),
    headers: {
      authorization: `Bearer ${own.key ?? mine.text}`,
      ...(own.body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': 'k' }),
      ...own.headers,
    },
  });

describe('an answer that was stored', () => {
  it('is sent byte for byte, says where the resource is, and whether it is a replay', async () => {
    const first = await send('POST', '/v1/payments', { body: order });
    expect([first.statusCode, first.body, first.headers.location]).toEqual([
      201,
      `{ "id":"${paymentId}" }`,
      `/v1/payments/${paymentId}`,
    ]);
    expect(first.headers['idempotency-status']).toBeUndefined();
    replayed = true;
    const again = await send('POST', `/v1/payments/${paymentId}/refunds`, {
      body: { merchantRefundNo: 'R1', amount: 1 },
    });
    expect([again.headers.location, again.headers['idempotency-status']]).toEqual([
      `/v1/refunds/${refundId}`,
      'replayed',
    ]);
  });

  it('stands for method, path and the raw bytes of the request', async () => {
    const text = JSON.stringify(order);
    const sent: [string, string][] = [
      ['/v1/payments', text],
      ['/v1/payments', text],
      ['/v1/payments', ` ${text}`],
      ['/v1/payments?x=1', text],
    ];
    for (const [url, body] of sent) await send('POST', url, { body });
    const hashes = claims.map(({ claim }) => claim.requestHash.toString('hex'));
    expect(hashes[0]).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(3);
  });
});

describe('an Idempotency-Key', () => {
  it('that is wrong is named together with every wrong field of the body', async () => {
    const answer = await send('POST', '/v1/payments', {
      body: { ...order, amount: 0, subject: '' },
      headers: { 'idempotency-key': 'has space' },
    });
    expect(answer.json().errors.map(({ path }: { path: string }) => path)).toEqual([
      'Idempotency-Key',
      'amount',
      'subject',
    ]);
  });

  it('given twice is refused', async () => {
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
    const answer = await fetch(`http://127.0.0.1:${port}/v1/payments`, {
      method: 'POST',
      headers: [
        ['authorization', `Bearer ${mine.text}`],
        ['content-type', 'application/json'],
        ['idempotency-key', 'a'],
        ['idempotency-key', 'b'],
      ],
      body: JSON.stringify(order),
    });
    expect([answer.status, claims]).toEqual([400, []]);
  });
});

describe('a query', () => {
  it('answers 304 to who knows the newest state, in every spelling, and 200 after a change', async () => {
    const { headers } = await send('GET', `/v1/payments/${paymentId}`);
    const etag = String(headers.etag);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await send('GET', `/v1/payments/${paymentId}`, { headers: { 'if-none-match': known } });
      expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, '', etag]);
    }
    stored = { ...stored, status: 'succeeded' };
    const changed = await send('GET', `/v1/payments/${paymentId}`, { headers: { 'if-none-match': etag } });
    expect([changed.statusCode, changed.json().status]).toEqual([200, 'succeeded']);
  });

  it('for what is another merchant’s gets the same answer as for what is nobody’s', async () => {
    for (const url of [`/v1/payments/${paymentId}`, `/v1/refunds/${refundId}`]) {
      expect((await send('GET', url)).statusCode).toBe(200);
      const [foreign, random] = [
        await send('GET', url, { key: theirs.text }),
        await send('GET', url.replace('01KAMC', '01ZZZZ'), { key: theirs.text }),
      ];
      const { requestId: _, ...problem } = foreign.json();
      expect(foreign.statusCode).toBe(404);
      expect(random.json()).toMatchObject(problem);
    }
    expect((await send('GET', '/v1/payments', { key: theirs.text })).json().data).toEqual([{ merchantId: 'mch_2' }]);
  });

  it('refuses parameters that name prototypes or come twice', async () => {
    for (const query of ['__proto__=1', 'constructor=1', 'limit=1&limit=2', 'limit[]=1'])
      expect((await send('GET', `/v1/payments?${query}`)).statusCode, query).toBe(400);
  });
});

describe('a caller', () => {
  const needs: [Scope, 'GET' | 'POST', string, unknown][] = [
    ['payments:write', 'POST', '/v1/payments', order],
    ['payments:write', 'POST', `/v1/payments/${paymentId}/close`, {}],
    ['payments:read', 'GET', '/v1/payments', undefined],
    ['payments:read', 'GET', `/v1/payments/${paymentId}`, undefined],
    ['refunds:write', 'POST', `/v1/payments/${paymentId}/refunds`, { merchantRefundNo: 'R1', amount: 1 }],
    ['refunds:read', 'GET', `/v1/refunds/${refundId}`, undefined],
  ];
  it.each(needs)('needs exactly %s for %s %s', async (scope, method, url, body) => {
    const status = async () => (await send(method, url, body === undefined ? {} : { body })).statusCode;
    ownAddresses = [];
    ownScopes = new Set([scope]);
    expect(await status()).toBeLessThan(300);
    ownAddresses = [];
    ownScopes = new Set(scopes.filter((one) => one !== scope));
    expect(await status()).toBe(403);
  });

  it('of a merchant that requires signatures can look with a bearer key, but move no money', async () => {
    merchants.set('mch_1', { ...merchants.get('mch_1'), requireSignature: true });
    for (const [scope, method, url, body] of needs) {
      const answer = await send(method, url, body === undefined ? {} : { body });
      if (scope.endsWith(':read')) expect(answer.statusCode).toBe(200);
      else expect([answer.statusCode, answer.json().code]).toEqual([403, 'signature_required']);
    }
  });

  it('is known before anything that it sent is judged', async () => {
    for (const [, method, url] of needs) {
      const answer = await send(method, url, { body: '{"broken":', key: 'tk_live_nobody' });
      expect([answer.statusCode, answer.json().code, answer.headers['www-authenticate']]).toEqual([
        401,
        'unauthenticated',
        'Bearer',
      ]);
    }
  });

  it('that asks too much, or guesses keys, is told when to come back', async () => {
    merchants.set('mch_1', { ...merchants.get('mch_1'), readsPerSecond: 2 });
    const answers = await Promise.all(Array.from({ length: 4 }, () => send('GET', '/v1/payments')));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 429, 429]);
    expect(answers.find(({ statusCode }) => statusCode === 429)?.headers['retry-after']).toBe('1');
    const guesses = await Promise.all(
      Array.from({ length: 40 }, () => send('GET', '/v1/payments', { key: generateApiKey().text })),
    );
    expect(new Set(guesses.map(({ statusCode }) => statusCode))).toEqual(new Set([401, 429]));
    expect((await send('GET', '/v1/payments', { key: theirs.text })).statusCode).toBe(200);
  });

  it('keeps its trace id when it sends a valid one, and gets one of its own otherwise', async () => {
    const traceId = 'a'.repeat(31) + 1;
    for (const traceparent of [`00-${traceId}-${'b'.repeat(16)}-01`, 'nonsense', `00-${'0'.repeat(32)}-x-01`])
      await send('POST', '/v1/payments', { body: order, headers: { traceparent } });
    const [kept, made, zero] = claims.map(({ caller }) => caller.traceId);
    expect(kept).toBe(traceId);
    for (const one of [made, zero]) expect(one).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
  });
});

describe('closing', () => {
  it('takes nothing or {}, and names what it does not take', async () => {
    for (const body of [undefined, '', '{}'])
      expect(
        (await send('POST', `/v1/payments/${paymentId}/close`, body === undefined ? {} : { body })).statusCode,
      ).toBe(200);
    for (const [body, path] of [
      ['{"reason":"x"}', 'reason'],
      ['[]', '(body)'],
      ['7', '(body)'],
    ]) {
      const answer = await send('POST', `/v1/payments/${paymentId}/close`, { body });
      expect([answer.statusCode, answer.json().errors[0].path]).toEqual([400, path]);
    }
  });
});

describe('a look-up', () => {
  const get = (url: string) => app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${mine.text}` } });

  it('has the channel asked soon when told to, not too often, and only about what is open', async () => {
    stored = { id: paymentId, status: 'processing' };
    expect((await get(`/v1/payments/${paymentId}`)).headers.sync).toBeUndefined();
    expect((await get(`/v1/payments/${paymentId}?sync=true`)).headers.sync).toBe('asked');
    expect((await get(`/v1/payments/${paymentId}?sync=true`)).headers.sync).toBe('too_soon');
    stored = { id: paymentId, status: 'succeeded' };
    expect((await get(`/v1/payments/${paymentId}?sync=true`)).headers.sync).toBe('not_open');
    expect((await get(`/v1/payments/${paymentId}?sync=yes`)).json()).toMatchObject({ errors: [{ path: 'sync' }] });
  });

  it('uses up nothing of what a merchant may pay with', async () => {
    Object.assign(merchants.get('mch_1') ?? {}, { readsPerSecond: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await get(`/v1/payments/${paymentId}`)).statusCode);
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
    const placed = await app.inject({
      method: 'POST',
      url: '/v1/payments',
      headers: { authorization: `Bearer ${mine.text}`, 'content-type': 'application/json', 'idempotency-key': 'k' },
      payload: JSON.stringify({ merchantOrderNo: 'A1', serviceId: 's', amount: 1, currency: 'CNY', subject: 'x' }),
    });
    expect(placed.statusCode).toBe(201);
  });
});

describe('in front of the router', () => {
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const { port } = app.server.address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${mine.text}`, ...headers },
    });
    const { date: _, 'request-id': requestId, ...kept } = Object.fromEntries(answer.headers);
    expect(requestId).toMatch(/^req_[0-9a-f]{24}$/);
    return { status: answer.status, headers: kept, text: (await answer.text()).replaceAll(String(requestId), 'req') };
  };
  // An empty query is for the router, and asks for the same.
  const [first, router] = [`/v1/payments/${paymentId}`, `/v1/payments/${paymentId}?`];

  it.each([
    ['what is there', {}],
    ['what has not changed', { 'if-none-match': '"1.2"' }],
    ['nothing to who is nobody', { authorization: 'Bearer tk_live_nobody' }],
    ["nothing of another merchant's", { authorization: `Bearer ${theirs.text}` }],
  ])('a look-up is answered just as behind it: %s', async (_, headers) => {
    stored = { ...stored, subject: '拿铁' } as never;
    await app.listen({ port: 0, host: '127.0.0.1' });
    const [before, after] = [await get(first, headers), await get(router, headers)];
    const { ratelimit: _left, ...others } = before.headers;
    expect(after).toMatchObject({ ...before, headers: others });
    expect(before.headers.ratelimit === undefined).toBe(after.headers.ratelimit === undefined);
  });

  it('a merchant that looks too often is told what its rate is and when to come back', async () => {
    Object.assign(merchants.get('mch_1') ?? {}, { readsPerSecond: 1 });
    await app.listen({ port: 0, host: '127.0.0.1' });
    expect((await get(first)).headers).toMatchObject({ ratelimit: '"reads";r=0;t=1' });
    for (const path of [first, router])
      expect(await get(path)).toMatchObject({
        status: 429,
        headers: {
          'retry-after': '1',
          'ratelimit-policy': '"reads";q=1;w=1',
          'content-type': 'application/problem+json',
        },
      });
    expect(ended).toEqual(['rate_limited', 'rate_limited']);
  });

  it('a key that is bound to addresses is for the router', async () => {
    ownAddresses = ['192.0.2.1'];
    await app.listen({ port: 0, host: '127.0.0.1' });
    expect((await get(first)).status).toBe(403);
    ownAddresses = ['127.0.0.1'];
    expect((await get(first)).status).toBe(200);
  });
});

describe('a node for look-ups', () => {
  it('answers look-ups and takes no payments', async () => {
    const reading = createServer({
      log: { error: () => undefined, warn: () => undefined },
      isReady: async () => ({ ready: true, checks: {} }),
      metricsText: async () => ({ contentType: 'text/plain', text: '' }),
    });
    registerMerchantRoutes(reading, {} as never, { readsOnly: true });
    const routes = (method: 'GET' | 'POST', url: string) => reading.hasRoute({ method, url });
    expect(routes('GET', '/v1/payments/:id')).toBe(true);
    expect(routes('GET', '/v1/events')).toBe(true);
    expect(routes('POST', '/v1/payments')).toBe(false);
    expect(routes('POST', '/v1/payments/:id/refunds')).toBe(false);
    await reading.close();
  });
});

describe('events', () => {
  const get = (url: string) => app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${mine.text}` } });

  it('are read on from a number, by their own merchant', async () => {
    expect((await get('/v1/events')).json()).toEqual({ data: [], merchantId: 'mch_1', page: { after: 0, limit: 100 } });
    expect((await get('/v1/events?after=41&limit=7')).json()).toMatchObject({ page: { after: 41, limit: 7 } });
  });

  it.each(['after=-1', 'after=x', 'after=1.5', 'limit=0', 'limit=501', 'from=1'])(
    'are refused with what is wrong: %s',
    async (query) => {
      const answer = await get(`/v1/events?${query}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'invalid_request', errors: [{ path: query.split('=')[0] }] });
    },
  );

  it('are signed with keys that their merchant can fetch, the one before too while it holds', async () => {
    expect((await get('/v1/webhook-keys')).json()).toEqual({ data: [] });
    const until = new Date(Date.now() + 60_000);
    Object.assign(merchants.get('mch_1') ?? {}, {
      webhookKey: { sealed: 's', publicKey: 'whpk_new' },
      webhookKeyOld: { sealed: 's', publicKey: 'whpk_old', until },
    });
    expect((await get('/v1/webhook-keys')).json()).toEqual({
      data: [
        { publicKey: 'whpk_new', until: null },
        { publicKey: 'whpk_old', until: until.toISOString() },
      ],
    });
    until.setTime(0);
    expect((await get('/v1/webhook-keys')).json().data).toHaveLength(1);
  });
});

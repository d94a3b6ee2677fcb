import { type SyncSchedule, syncScheduleSchema } from '@tributary/contracts/service-config';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  ChannelAdapter,
  ChannelCall,
  ChannelOperation,
  ChannelSession,
  PlaceCall,
  WireRequest,
} from '../channel-adapter.ts';
import type { TrustedKey } from '../channel-result.ts';

/** What the suite needs to know of a channel. The account must be a complete one with throw-away keys. */
export type ChannelUnderTest = {
  adapter: ChannelAdapter;
  account: { config: unknown; secrets: unknown };
  trust?: readonly TrustedKey[];
  /** Texts that must never leave the machine, e.g. the private key's body. */
  secretTexts: readonly string[];
};

const at = new Date('2026-03-14T01:59:26.535Z');
const nonce = '0123456789abcdefABCDEF9876543210';
const payer = { ip: '203.0.113.7', openId: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', authCode: '134567890123456789' };
const personal = [payer.openId, payer.authCode];

/** The suite that every channel passes: what the gateway and the core rely on, whatever the wire looks like. */
export function channelContract({ adapter, account, trust = [], secretTexts }: ChannelUnderTest): void {
  const open = (): ChannelSession => adapter.open({ ...account, baseUrl: 'https://channel.test' }, trust);
  describe(`channel contract: ${adapter.id}`, () => {
    describeDeclarations(adapter);
    describeRequests(adapter, open, secretTexts);
    describeAnswers(adapter, open);
    describeCallbacks(adapter, open);
  });
}

function describeDeclarations(adapter: ChannelAdapter): void {
  test('declares an id, products, the operations every channel has, and a deadline for each', () => {
    expect(adapter.id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(adapter.products.size).toBeGreaterThan(0);
    for (const op of ['place', 'query', 'refund', 'queryRefund'] as const) {
      expect(adapter.operations).toContain(op);
    }
    expect(new Set(Object.keys(adapter.deadlinesMs))).toEqual(adapter.operations);
    for (const deadline of Object.values(adapter.deadlinesMs)) expect(deadline).toBeGreaterThan(0);
  });

  test('reverses only products that it has, and only when it can', () => {
    for (const product of adapter.reversedProducts) expect(adapter.products.has(product)).toBe(true);
    for (const product of adapter.repeatableProducts) {
      expect(adapter.products.has(product)).toBe(true);
      // Placing takes the money there: only a question may follow a lost answer.
      expect(adapter.products.get(product)?.payer).not.toContain('authCode');
    }
    if (adapter.reversedProducts.size > 0) expect(adapter.operations).toContain('reverse');
  });

  test('has usable sync schedules, for products that it has', () => {
    const { syncSchedule, productSchedules = new Map() } = adapter;
    for (const given of [syncSchedule, ...productSchedules.values()]) {
      const schedule: SyncSchedule = syncScheduleSchema.parse(given);
      expect(schedule.backoff.maxSeconds).toBeGreaterThanOrEqual(schedule.backoff.baseSeconds);
    }
    for (const product of productSchedules.keys()) expect(adapter.products.has(product)).toBe(true);
  });

  test('shows its account as JSON Schema, secrets apart from the rest', () => {
    const { config, secrets } = adapter.accountJsonSchema;
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    const shown = Object.keys((config as { properties: object }).properties);
    const hidden = Object.keys((secrets as { properties: object }).properties);
    expect(hidden.length).toBeGreaterThan(0);
    expect(shown.filter((name) => hidden.includes(name))).toEqual([]);
  });

  test('refuses an account that does not fit', () => {
    expect(() => adapter.open({ config: {}, secrets: {}, baseUrl: '' }, [])).toThrow();
    expect(() => adapter.open({ config: null, secrets: null, baseUrl: '' }, [])).toThrow();
  });
}

function describeRequests(adapter: ChannelAdapter, open: () => ChannelSession, secretTexts: readonly string[]): void {
  test.each(callsOf(adapter))('builds a request for $op $product, the same for the same input', (call) => {
    const request = open().buildRequest(call, at, nonce);
    expect(open().buildRequest(call, at, nonce)).toEqual(request);
    if ('credential' in request) {
      // Only an order can be carried by the payer's browser.
      expect(call.op).toBe('place');
      return;
    }
    expect(request.path).toMatch(/^\/[\x21-\x7e]*$/);
    for (const [name, value] of Object.entries(request.headers)) {
      expect(name).toMatch(/^[A-Za-z0-9-]+$/);
      expect(value).toMatch(/^[\x20-\x7e]*$/);
    }
    if (request.method === 'GET') expect(request.body).toBe('');
  });

  test.each(callsOf(adapter))('sends no secret and masks the payer in $op $product', (call) => {
    const request = open().buildRequest(call, at, nonce);
    const sent = JSON.stringify(request);
    for (const secret of secretTexts) expect(sent).not.toContain(secret);
    // A handover is shown to its payer and kept nowhere but in the payment.
    if ('credential' in request) return;
    const masked = [...namedTexts(request)].filter(
      ([names]) => !names.some((name) => adapter.sensitiveFields.has(name)),
    );
    for (const text of personal) expect(masked.filter(([, value]) => value.includes(text))).toEqual([]);
  });
}

function describeAnswers(adapter: ChannelAdapter, open: () => ChannelSession): void {
  const calls = callsOf(adapter);
  const session = open();

  test('never believes bytes that the channel did not sign, and never throws on them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...calls), anyStatus, anyHeaders, anyBody, (call, status, headers, body) => {
        expect(session.parseResponse(call, { status, headers, body }, at).kind).toBe('unknown');
      }),
      { numRuns: 500 },
    );
  });

  test.each(calls)('takes a server error on $op $product as unknown', (call) => {
    for (const status of [500, 502, 503, 504]) {
      const result = session.parseResponse(call, { status, headers: {}, body: Buffer.from('<html>') }, at);
      expect(result.kind).toBe('unknown');
    }
  });
}

function describeCallbacks(adapter: ChannelAdapter, open: () => ChannelSession): void {
  const session = open();

  test('refuses callbacks that the channel did not sign, and never throws on them', () => {
    fc.assert(
      fc.property(anyHeaders, anyBody, (headers, body) => {
        expect(session.parseNotify({ headers, body }, at).kind).toBe('refused');
      }),
      { numRuns: 500 },
    );
  });

  test('tells the channel whether the callback was taken', () => {
    expect(session.acknowledge(true)).not.toEqual(session.acknowledge(false));
    expect(session.acknowledge(true).status).toBeLessThan(300);
  });

  test('names what must be masked', () => {
    expect(adapter.sensitiveFields.size).toBeGreaterThan(0);
  });
}

/** The request that a call makes; fails the test when nothing would be sent. */
export function requestOf(session: ChannelSession, call: ChannelCall, time: Date, once: string): WireRequest {
  const built = session.buildRequest(call, time, once);
  if ('credential' in built) throw new Error(`${call.op} sends nothing`);
  return built;
}

/** One call of every declared operation, for every product it depends on. */
export function callsOf(adapter: ChannelAdapter): (ChannelCall & { product?: PlaceCall['product'] })[] {
  return [...adapter.operations].flatMap((op) => sampleCalls(op, adapter));
}

function sampleCalls(op: ChannelOperation, adapter: ChannelAdapter): ChannelCall[] {
  const requestNo = 'T01HZX5N4Q8R9S2T3V4W5X6Y7Z';
  const notifyUrl = 'https://pay.example.com/callbacks/channel/account';
  const refund = { requestNo, orderedAt: at, refundNo: `R${requestNo}`, refundOrderedAt: at };
  const amount = { amountMinor: 1299n, currency: 'CNY' } as const;
  switch (op) {
    case 'place':
      return [...adapter.products.keys()].map((product) => ({
        op,
        product,
        requestNo,
        orderedAt: at,
        amount,
        subject: 'Flat white 拿铁 ☕️',
        expiresAt: new Date(at.getTime() + 900_000),
        notifyUrl,
        returnUrl: 'https://shop.example.com/done?order=1&x=y',
        payer,
      }));
    case 'query':
    case 'close':
      return [...adapter.products.keys()].map((product) => ({ op, product, requestNo, orderedAt: at }));
    case 'reverse':
      return [...adapter.reversedProducts].map((product) => ({ op, product, requestNo, orderedAt: at }));
    case 'refund':
      return [{ op, ...refund, amount, total: amount, reason: '不想要了', notifyUrl, channelTxn: '4200001' }];
    case 'queryRefund':
      return [{ op, ...refund }];
    case 'fetchTrust':
      return [{ op }];
  }
}

const anyStatus = fc.oneof(
  fc.constantFrom(200, 202, 204, 400, 401, 403, 404, 429, 500),
  fc.integer({ min: 100, max: 599 }),
);
const anyHeaders = fc.dictionary(fc.string({ maxLength: 24 }), fc.string({ maxLength: 64 }), { maxKeys: 6 });
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 512 }).map((bytes) => Buffer.from(bytes)),
  fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
  fc.webQueryParameters().map((text) => Buffer.from(text)),
);

type Names = readonly string[];

// Every text of a request with the names that lead to it. A body is JSON or a form; a form value may hold JSON again.
function* namedTexts(request: {
  path: string;
  headers: Record<string, string>;
  body: string;
}): Generator<[Names, string]> {
  yield [[], request.path];
  for (const [name, value] of Object.entries(request.headers)) yield [[name], value];
  yield* textsOf([], request.body);
}

function* textsOf(names: Names, text: string): Generator<[Names, string]> {
  const json = tryJson(text);
  if (json !== undefined) yield* leavesOf(names, json);
  else if (names.length === 0 && text.includes('=')) {
    for (const [name, value] of new URLSearchParams(text)) yield* textsOf([name], value);
  } else yield [names, text];
}

function* leavesOf(names: Names, value: unknown): Generator<[Names, string]> {
  if (typeof value === 'string') yield [names, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* leavesOf([...names, name], inner);
}

function tryJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ChannelCall, PlaceCall, WireRequest } from '../../channel-adapter.ts';
import { type Simulator, startSimulator } from '../../testing/simulator/start-simulator.ts';
import { example } from '../index.ts';

let dir: string;
let sandbox: Simulator;
let account: { config: { merchantNo: string; keyId: string }; secrets: { key: string } };

const control = async (method: string, path: string, body?: unknown) => {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${sandbox.url}/control${path}`, { method, ...sent });
  return (await response.json()) as Record<string, unknown>;
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSimulator({ port: 0, dir });
  ({ account } = ((await control('GET', '/credentials')) as { example: { account: typeof account } }).example);
});
afterAll(async () => {
  await sandbox.close();
  await rm(dir, { recursive: true });
});

const number = () => randomUUID().replaceAll('-', '').toUpperCase();
const open = (own: { merchantNo?: string; key?: string } = {}) => {
  const { merchantNo = account.config.merchantNo, key = account.secrets.key } = own;
  return example.open({ config: { ...account.config, merchantNo }, secrets: { key }, baseUrl: sandbox.url }, []);
};
const send = (request: WireRequest) =>
  fetch(sandbox.url + request.path, {
    method: request.method,
    headers: request.headers,
    ...(request.method === 'POST' ? { body: request.body } : {}),
  });
const built = (call: ChannelCall, session = open(), at = new Date()): WireRequest => {
  const request = session.buildRequest(call, at, number());
  if ('credential' in request) throw new Error('nothing is sent');
  return request;
};
const call = async <Wanted extends ChannelCall>(wanted: Wanted) => {
  const response = await send(built(wanted));
  const [{ status }, body] = [response, Buffer.from(await response.arrayBuffer())];
  return open().parseResponse(wanted, { status, headers: Object.fromEntries(response.headers), body }, new Date());
};
const place = (own: Partial<PlaceCall> = {}): PlaceCall => ({
  op: 'place',
  product: 'native',
  requestNo: number(),
  orderedAt: new Date(),
  amount: { amountMinor: 1299n, currency: 'CNY' },
  subject: 'Tea',
  expiresAt: new Date(Date.now() + 900_000),
  notifyUrl: 'http://127.0.0.1:9/none',
  payer: {},
  ...own,
});
const about = ({ requestNo, orderedAt, product }: PlaceCall) => ({ requestNo, orderedAt, product });

describe('an order', () => {
  it('is placed once, paid, and given back in parts', async () => {
    const order = place();
    const first = await call(order);
    expect(first).toMatchObject({ kind: 'pending', credential: { type: 'qr' } });
    expect(await call(order)).toEqual(first);
    expect(await call({ ...order, subject: 'Coffee' })).toMatchObject({
      kind: 'unknown',
      raw: { code: 'ORDER_NO_USED' },
    });
    expect(await call({ op: 'query', ...about(order) })).toMatchObject({ kind: 'pending' });
    await control('POST', `/pay/${order.requestNo}`);
    expect(await call({ op: 'query', ...about(order) })).toMatchObject({
      kind: 'succeeded',
      paid: { amountMinor: 1299n },
    });
    expect(await call({ op: 'close', ...about(order) })).toMatchObject({ kind: 'unknown', reason: 'already_paid' });

    const named = { ...about(order), refundNo: `R${order.requestNo}`, refundOrderedAt: new Date() };
    const amounts = { total: order.amount, notifyUrl: order.notifyUrl };
    const some = { op: 'refund', ...named, amount: { amountMinor: 1000n, currency: 'CNY' }, ...amounts } as const;
    expect(await call(some)).toMatchObject({ kind: 'pending' });
    expect(await call(some)).toMatchObject({ kind: 'pending' });
    const more = { ...some, refundNo: `S${order.requestNo}`, amount: { amountMinor: 300n, currency: 'CNY' } } as const;
    expect(await call(more)).toMatchObject({ kind: 'declined', raw: { code: 'REFUND_TOO_MUCH' } });
    await vi.waitFor(async () =>
      expect(await call({ op: 'queryRefund', ...named })).toMatchObject({ kind: 'succeeded' }),
    );
    const { balances } = (await control('GET', `/balances?requestNo=${order.requestNo}`)) as {
      balances: Record<string, object>;
    };
    expect(balances[order.requestNo]).toMatchObject({ paid: 1299, refunded: 1000 });
  });

  it('that is closed can’t be paid; nobody knows one that was never placed', async () => {
    const order = place({ product: 'h5' });
    expect(await call(order)).toMatchObject({ kind: 'pending', credential: { type: 'redirect' } });
    expect(await call({ op: 'close', ...about(order) })).toMatchObject({ kind: 'closed' });
    expect(await control('POST', `/pay/${order.requestNo}`)).toMatchObject({ reason: 'not_payable' });
    expect(await call(order)).toMatchObject({ kind: 'closed' });
    expect(await call({ op: 'query', ...about(place()) })).toMatchObject({ kind: 'not_found' });
  });

  it.each([
    ['00', { kind: 'succeeded' }, { kind: 'succeeded' }],
    ['01', { kind: 'declined', code: 'insufficient_funds' }, { kind: 'declined', code: 'insufficient_funds' }],
    ['03', { kind: 'declined', code: 'auth_code_invalid' }, { kind: 'declined' }],
    ['04', { kind: 'unknown' }, { kind: 'succeeded' }],
    ['06', { kind: 'pending' }, { kind: 'pending' }],
    ['07', { kind: 'declined', fault: 'issuer' }, { kind: 'declined', fault: 'issuer' }],
  ])('by a barcode that ends in %s', async (ending, answered, found) => {
    const order = place({ product: 'codepay', payer: { authCode: `2812345678901234${ending}` } });
    expect(await call(order)).toMatchObject(answered);
    expect(await call({ op: 'query', ...about(order) })).toMatchObject(found);
    if (found.kind !== 'declined') {
      expect(await call({ op: 'reverse', ...about(order) })).toMatchObject({ kind: 'closed' });
    }
  });
});

describe('what the real one would refuse is refused', () => {
  const code = async (request: WireRequest) => {
    const response = await send(request);
    return [response.status, ((await response.json()) as { code: string }).code];
  };

  it.each([
    ['another key', () => built(place(), open({ key: 'ab'.repeat(32) })), 401, 'SIGNATURE_INVALID'],
    ['another merchant', () => built(place(), open({ merchantNo: 'R99999999' })), 401, 'MERCHANT_UNKNOWN'],
    ['an old request', () => built(place(), open(), new Date(Date.now() - 300_000)), 401, 'SIGNATURE_INVALID'],
    ['a changed body', () => ({ ...built(place()), body: built(place()).body }), 401, 'SIGNATURE_INVALID'],
    ['a subject that is missing', () => built(place({ subject: '' })), 400, 'REQUEST_INVALID'],
    ['a number that is too long', () => built(place({ requestNo: 'X'.repeat(33) })), 400, 'REQUEST_INVALID'],
    ['a callback to nowhere', () => built(place({ notifyUrl: 'nowhere' })), 400, 'REQUEST_INVALID'],
  ] as const)('%s', async (_name, make, status, said) => {
    expect(await code(make())).toEqual([status, said]);
  });

  it('the same request twice', async () => {
    const request = built(place());
    expect((await send(request)).status).toBe(200);
    expect(await code(request)).toEqual([401, 'SIGNATURE_INVALID']);
  });
});

it('remembers orders and refunds over a restart', async () => {
  const order = place();
  await call(order);
  await control('POST', `/pay/${order.requestNo}`);
  await sandbox.close();
  sandbox = await startSimulator({ port: 0, dir });
  expect(await call({ op: 'query', ...about(order) })).toMatchObject({ kind: 'succeeded' });
});

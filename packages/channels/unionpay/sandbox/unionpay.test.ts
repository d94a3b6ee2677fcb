import { randomUUID, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { ChannelCall, ChannelSession, NotifyResult, PlaceCall } from '../../channel-adapter.ts';
import { type Simulator, startSimulator } from '../../testing/simulator/start-simulator.ts';
import { unionPay } from '../index.ts';
import { signedDigest } from '../sign.ts';
import { parseAnswer } from '../wire.ts';

const credentialsSchema = z.object({
  unionpay: z.object({
    merId: z.string(),
    certificatePem: z.string(),
    rootCertificatePem: z.string(),
    middleCertificatePem: z.string(),
    signerName: z.string(),
    privateKeyPem: z.string(),
  }),
});

let dir: string;
let sandbox: Simulator;
let keys: z.infer<typeof credentialsSchema>['unionpay'];
let session: ChannelSession;
let sink: Server;
let notifyUrl: string;
const told: NotifyResult[] = [];

const control = async (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') => {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${sandbox.url}${path}`, init);
  return { status: response.status, json: z.record(z.string(), z.unknown()).parse(await response.json()) };
};
const openSession = async (): Promise<ChannelSession> => {
  keys = credentialsSchema.parse((await control('/control/credentials')).json).unionpay;
  const { privateKeyPem, ...config } = keys;
  return unionPay.open({ config, secrets: { privateKeyPem }, baseUrl: sandbox.url }, []);
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-unionpay-'));
  sandbox = await startSimulator({ port: 0, dir });
  session = await openSession();
  sink = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(Buffer.from(chunk));
    told.push(session.parseNotify({ headers: {}, body: Buffer.concat(chunks) }, new Date()));
    const { status, headers, body } = session.acknowledge(true);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const address = sink.address();
  notifyUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/notify`;
}, 60_000);
afterAll(async () => {
  await sandbox.close();
  sink.close();
  sink.closeAllConnections();
  await rm(dir, { recursive: true });
});
afterEach(async () => {
  await control('/control/reset', {});
  told.length = 0;
});

const CNY = (amountMinor: bigint) => ({ amountMinor, currency: 'CNY' as const });
const number = () => `T${randomUUID().replaceAll('-', '').slice(0, 30)}`;
const order = (changes: Partial<PlaceCall> = {}): PlaceCall => ({
  op: 'place',
  product: 'native',
  requestNo: number(),
  orderedAt: new Date(),
  amount: CNY(1299n),
  subject: '拿铁 {大杯} a=b&c',
  expiresAt: new Date(Date.now() + 900_000),
  notifyUrl,
  returnUrl: 'http://127.0.0.1/done?x=1&y=2',
  payer: { authCode: '6220485073630469900', deviceId: 'till-1' },
  ...changes,
});
const scan = (suffix: string) =>
  order({ product: 'codepay', payer: { authCode: `62204850736304699${suffix}`, deviceId: 'till-1' } });
const named = ({ product, requestNo, orderedAt }: PlaceCall) => ({ product, requestNo, orderedAt });

const send = async <Call extends ChannelCall>(call: Call) => {
  const built = session.buildRequest(call, new Date(), 'n');
  if ('credential' in built) throw new Error('nothing to send');
  const response = await fetch(`${sandbox.url}${built.path}`, built);
  const body = Buffer.from(await response.arrayBuffer());
  return session.parseResponse(call, { status: response.status, headers: {}, body }, new Date());
};
const query = (placed: PlaceCall) => send({ op: 'query', ...named(placed) });
const reverse = (placed: PlaceCall) => send({ op: 'reverse', ...named(placed) });
const pay = (reference: string, body: unknown = {}) => control(`/control/pay/${reference}`, body);
const faults = (list: unknown) => control('/control/channels/unionpay/faults', list);
const balance = async (requestNo: string) => {
  const { json } = await control(`/control/balances?requestNo=${requestNo}`);
  return z.object({ balances: z.record(z.string(), z.unknown()) }).parse(json).balances[requestNo];
};
const placePaid = async () => {
  const placed = order();
  await send(placed);
  await pay(placed.requestNo);
  const result = await query(placed);
  if (result.kind !== 'succeeded') throw new Error('not paid');
  return { placed, channelTxn: result.channelTxn };
};
const refundOf = (placed: PlaceCall, channelTxn: string, amount: bigint) => ({
  ...named(placed),
  op: 'refund' as const,
  refundNo: number(),
  refundOrderedAt: new Date(),
  channelTxn,
  amount: CNY(amount),
  total: placed.amount,
  notifyUrl,
});
type RefundOf = ReturnType<typeof refundOf>;
const queryRefund = ({ requestNo, orderedAt, refundNo, refundOrderedAt }: RefundOf) =>
  send({ op: 'queryRefund', requestNo, orderedAt, refundNo, refundOrderedAt });

describe('the adapter', () => {
  it('places, is paid, called back, asks, refunds and asks about the refund', async () => {
    const placed = order();
    expect(await send(placed)).toMatchObject({ kind: 'pending', credential: { type: 'qr' }, raw: { code: '00' } });
    expect(await query(placed)).toMatchObject({ kind: 'pending', raw: { code: '05' } });
    expect((await pay(placed.requestNo)).status).toBe(200);
    const paid = await query(placed);
    expect(paid).toMatchObject({ kind: 'succeeded', paid: placed.amount });
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told[0]).toMatchObject({ kind: 'payment', requestNo: placed.requestNo, result: paid });

    const refund = refundOf(placed, paid.kind === 'succeeded' ? paid.channelTxn : '', 500n);
    expect(await send(refund)).toMatchObject({ kind: 'pending', raw: { code: '00' } });
    await vi.waitFor(async () => expect((await queryRefund(refund)).kind).toBe('succeeded'), { timeout: 4000 });
    await vi.waitFor(() => expect(told).toHaveLength(2));
    expect(told[1]).toMatchObject({
      kind: 'refund',
      requestNo: placed.requestNo,
      refundNo: refund.refundNo,
      result: { kind: 'succeeded', refunded: CNY(500n) },
    });
    expect(await balance(placed.requestNo)).toMatchObject({ channel: 'unionpay', paid: 1299, refunded: 500 });
  });

  it('lets a browser bring the order, again when the page is loaded again', async () => {
    const placed = order({ product: 'page' });
    const built = session.buildRequest(placed, new Date(), 'n');
    if (!('credential' in built) || built.credential.type !== 'form') throw new Error('no form');
    const { url, fields } = built.credential;
    expect(await query(placed)).toMatchObject({ kind: 'not_found' });
    const post = (changes = {}) =>
      fetch(url, { method: 'POST', body: new URLSearchParams({ ...fields, ...changes }), redirect: 'manual' });
    const [first, second] = [await post(), await post()];
    expect([first.status, second.headers.get('location')]).toEqual([303, first.headers.get('location')]);
    expect((await fetch(first.headers.get('location') ?? '')).status).toBe(200);
    expect(await (await post({ txnAmt: '1' })).text()).toContain('respCode=11');
    await pay(placed.requestNo);
    expect(await query(placed)).toMatchObject({ kind: 'succeeded', paid: placed.amount });
  });

  it('reverses at the till: the money goes back', async () => {
    const placed = scan('00');
    expect(await send(placed)).toMatchObject({ kind: 'pending', raw: { code: '00' } });
    expect(await query(placed)).toMatchObject({ kind: 'succeeded' });
    expect(await reverse(placed)).toMatchObject({ kind: 'closed' });
    expect(await reverse(placed)).toMatchObject({ kind: 'closed' });
    expect((await query(placed)).kind).toBe('declined');
    expect(await balance(placed.requestNo)).toMatchObject({ paid: 1299, refunded: 1299, state: 'reversed' });
  });

  it.each([
    ['01', { kind: 'declined', code: 'insufficient_funds', raw: { code: '64' } }, 'declined'],
    ['04', { kind: 'pending', raw: { code: '04' } }, 'succeeded'],
    ['06', { kind: 'pending', raw: { code: '05' } }, 'pending'],
    ['07', { kind: 'declined', code: 'issuer_declined', raw: { code: '60' } }, 'declined'],
    ['09', { kind: 'pending', raw: { code: '03' } }, 'declined'],
  ])('meets the payer whose code ends in %s', async (suffix, answer, end) => {
    const placed = scan(suffix);
    expect(await send(placed)).toMatchObject(answer);
    expect((await query(placed)).kind).toBe(end);
  });

  it('waits for a password', async () => {
    await control('/control/settings', { userPayingMs: 50 });
    const placed = scan('02');
    expect(await send(placed)).toMatchObject({ kind: 'pending', raw: { code: '05' } });
    await vi.waitFor(async () => expect((await query(placed)).kind).toBe('succeeded'));
  });

  it.each([['03'], ['04'], ['05'], ['34'], ['37'], ['80']])(
    'climbs the ladder past %s of a look-up, and never takes it for a failure',
    async (code) => {
      const { placed } = await placePaid();
      await faults({ operations: ['query'], errorMix: [{ code, status: 500, share: 1 }] });
      expect((await query(placed)).kind).toBe(code === '34' ? 'not_found' : 'unknown');
      await faults([]);
      expect((await query(placed)).kind).toBe('succeeded');
    },
  );

  it('is told of no order first, as the real one may, and of another time never', async () => {
    const { placed } = await placePaid();
    await faults({ orderNotExistFirst: 1 });
    expect((await query(placed)).kind).toBe('not_found');
    expect((await query(placed)).kind).toBe('succeeded');
    const other = { ...placed, orderedAt: new Date(placed.orderedAt.getTime() - 60_000) };
    expect((await query(other)).kind).toBe('not_found');
  });

  it('uses a number once', async () => {
    const placed = order();
    await send(placed);
    expect(await send(placed)).toMatchObject({ kind: 'unknown', raw: { code: '12' } });
    const { placed: paid, channelTxn } = await placePaid();
    const refund = refundOf(paid, channelTxn, 100n);
    await send(refund);
    expect(await send(refund)).toMatchObject({ kind: 'unknown', raw: { code: '12' } });
  });

  it('gets back no more than was paid, nothing of what was not, and hears of a refund that failed', async () => {
    const { placed, channelTxn } = await placePaid();
    const replies = await Promise.all(Array.from({ length: 5 }, () => send(refundOf(placed, channelTxn, 500n))));
    expect(replies.filter(({ kind }) => kind === 'pending')).toHaveLength(2);
    expect(replies.filter(({ kind }) => kind === 'declined')).toHaveLength(3);
    expect((await send(refundOf(placed, '1'.repeat(21), 1n))).raw?.code).toBe('35');
    await faults({ refundFailure: true });
    const failing = refundOf(placed, channelTxn, 1n);
    await send(failing);
    await vi.waitFor(async () => expect((await queryRefund(failing)).kind).toBe('declined'), { timeout: 4000 });
  });

  it.each([['unsigned'], ['badSignature'], ['truncatedJson'], ['outage'], ['connectionReset']])(
    'believes nothing under %s',
    async (fault) => {
      const { placed } = await placePaid();
      await faults({ [fault]: true });
      const kind = await query(placed).then(
        (result) => result.kind,
        () => 'no answer',
      );
      expect(kind).toBe(fault === 'connectionReset' ? 'no answer' : 'unknown');
    },
  );

  it('believes a new certificate of the same chain', async () => {
    expect((await control('/control/channels/unionpay/rotate-certificate', {})).status).toBe(200);
    expect((await placePaid()).channelTxn).toMatch(/^\d{21}$/);
  });
});

describe('notifications', () => {
  it.each([
    ['duplicate', { callbacks: { mode: 'duplicate', copies: 3 } }, 3],
    ['delayed', { callbacks: { mode: 'delayed', delayMs: 50 } }, 1],
  ])('come %s', async (_name, fault, count) => {
    await faults(fault);
    const { placed } = await placePaid();
    await vi.waitFor(() => expect(told).toHaveLength(count));
    for (const one of told) expect(one).toMatchObject({ requestNo: placed.requestNo, result: { kind: 'succeeded' } });
  });

  it('may never come', async () => {
    await faults({ callbacks: { mode: 'never' } });
    await placePaid();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(told).toHaveLength(0);
  });

  it('are refused when forged, in every way', async () => {
    await faults({ callbacks: { mode: 'forged', copies: 8 } });
    await send(order());
    await vi.waitFor(() => expect(told).toHaveLength(8));
    for (const one of told) expect(one.kind).toBe('refused');
  });

  it('may tell another amount', async () => {
    await faults({ wrongAmount: 7 });
    await placePaid();
    await vi.waitFor(() => expect(told[0]).toMatchObject({ result: { paid: CNY(1306n) } }));
  });
});

describe('bad calls', () => {
  const call = async (changes: Record<string, string | undefined>, { spoil = '', path = 'backTransReq' } = {}) => {
    const built = session.buildRequest(order(), new Date(), 'n');
    if ('credential' in built) throw new Error('nothing to send');
    const given = { ...Object.fromEntries(new URLSearchParams(built.body)), ...changes };
    const fields = Object.entries(given).flatMap(([name, value]): [string, string][] =>
      value === undefined || name === 'signature' ? [] : [[name, value]],
    );
    const signature = sign('sha256', Buffer.from(signedDigest(fields)), keys.privateKeyPem).toString('base64');
    const body = new URLSearchParams([...fields, ['signature', signature]]).toString() + spoil;
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' };
    const response = await fetch(`${sandbox.url}/gateway/api/${path}.do`, { method: 'POST', headers, body });
    return parseAnswer(Buffer.from(await response.arrayBuffer()))?.get('respCode');
  };

  it('are measured against a good one', async () => {
    expect(await call({})).toBe('00');
  });

  it.each([
    ['a field after signing', {}, '&orderTimeout=1', '11'],
    ['a name twice', {}, '&merId=1', '10'],
    ['no UTF-8', {}, '&extra=%FF', '10'],
    ['an unknown field', { extra: '1' }, '', '10'],
    ['an unknown certificate', { certId: '1' }, '', '11'],
    ['another way to sign', { signMethod: '11' }, '', '11'],
    ['an older version', { version: '5.0.0' }, '', '10'],
    ['an unknown merchant', { merId: '777290058000000' }, '', '31'],
    ['yuan in place of fen', { txnAmt: '12.99' }, '', '10'],
    ['no money', { txnAmt: '0' }, '', '10'],
    ['another currency', { currencyCode: '840' }, '', '10'],
    ['no amount', { txnAmt: undefined }, '', '13'],
    ['no address to call back', { backUrl: undefined }, '', '13'],
    ['a short number', { orderId: '1234567' }, '', '10'],
    ['no time of order', { txnTime: undefined }, '', '13'],
    ['a time that never was', { txnTime: '20261399000000' }, '', '10'],
    ['a time to pay that is over', { payTimeout: '20200101000000' }, '', '39'],
    ['a kind that does not exist', { txnType: '77' }, '', '10'],
  ] as [string, Record<string, string | undefined>, string, string][])(
    'are refused: %s',
    async (_name, changes, spoil, code) => {
      expect(await call(changes, { spoil })).toBe(code);
    },
  );

  it('undo a charge only as a whole', async () => {
    const { placed, channelTxn: origQryId } = await placePaid();
    const undo = { txnType: '31', txnSubType: '00', origQryId, orderDesc: undefined, payTimeout: undefined };
    expect(await call({ ...undo, txnAmt: '1298' })).toBe('36');
    await control('/control/settings', { refundDelayMs: 0 });
    expect(await call(undo)).toBe('00');
    await vi.waitFor(async () => expect(await balance(placed.requestNo)).toMatchObject({ paid: 1299, refunded: 1299 }));
    expect(await call(undo)).toBe('33');
  });
});

it('knows after a restart what was before', async () => {
  const { placed, channelTxn } = await placePaid();
  const refund = refundOf(placed, channelTxn, 1299n);
  await send(refund);
  const open = order();
  await send(open);
  await sandbox.close();
  sandbox = await startSimulator({ port: 0, dir });
  session = await openSession();
  await vi.waitFor(async () => expect((await queryRefund(refund)).kind).toBe('succeeded'), { timeout: 4000 });
  await pay(open.requestNo);
  expect((await query(open)).kind).toBe('succeeded');
});

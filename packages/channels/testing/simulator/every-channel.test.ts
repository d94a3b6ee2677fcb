import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ChannelAdapter, ChannelCall, ChannelSession, NotifyResult, PlaceCall } from '../../channel-adapter.ts';
import type { ChannelResult, RefundResult, TrustedKey } from '../../channel-result.ts';
import { channelAdapters } from '../../registry.ts';
import { type Simulator, startSimulator } from './start-simulator.ts';

type Json = Record<string, unknown>;
type Texts = Record<string, string>;
type Credentials = { channel: string; account: { config: unknown; secrets: unknown } };

let dir: string;
let sandbox: Simulator;
let sink: Server;
let sinkUrl: string;
/** How long a merchant waits for an answer. */
let patienceMs = 5_000;
let received: { headers: Texts; body: Buffer }[] = [];

async function control(method: string, path: string, body?: unknown): Promise<{ status: number; json: Json }> {
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(`${sandbox.url}/control${path}`, { method, ...sent });
  return { status: response.status, json: (await response.json()) as Json };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSimulator({ port: 0, dir });
  sink = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(Buffer.from(chunk));
    received.push({ headers: message.headers as Texts, body: Buffer.concat(chunks) });
    // Every protocol takes this for an acknowledgement.
    response.writeHead(200).end('success');
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const address = sink.address();
  sinkUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/callbacks`;
}, 60_000);
afterAll(async () => {
  sink.closeAllConnections();
  sink.close();
  await sandbox.close();
  await rm(dir, { recursive: true });
});
afterEach(async () => {
  await control('POST', '/reset');
  received = [];
  patienceMs = 5_000;
});

const number = () => randomUUID().replaceAll('-', '').toUpperCase();

/** What came of a call over the wire; `error` when no whole answer came. */
type Came = {
  result?: ChannelResult | RefundResult;
  status?: number;
  headers?: Headers;
  bytes?: number;
  error?: string;
};

/** A channel's own adapter, speaking to the sandbox over real HTTP. */
async function openMerchant(adapter: ChannelAdapter) {
  const stored = async () => {
    const { json } = await control('GET', '/credentials');
    const known = Object.values(json as Record<string, Credentials>).find(({ channel }) => channel === adapter.id);
    if (known === undefined) throw new Error(`the sandbox does not speak ${adapter.id}`);
    return { ...known.account, baseUrl: sandbox.url };
  };
  const send = async (session: ChannelSession, call: ChannelCall) => {
    const request = session.buildRequest(call, new Date(), number());
    if ('credential' in request) throw new Error('nothing is sent');
    const { path, body, method, headers } = request;
    const response = await fetch(`${sandbox.url}${path}`, {
      method,
      headers,
      ...(method === 'POST' ? { body } : {}),
      signal: AbortSignal.timeout(patienceMs),
    });
    return { response, body: Buffer.from(await response.arrayBuffer()) };
  };
  /** Opens the account with the keys with which the channel signs now, as far as they have to be fetched. */
  const open = async (): Promise<ChannelSession> => {
    const account = await stored();
    const blind = adapter.open(account, []);
    if (!adapter.operations.has('fetchTrust')) return blind;
    const { response, body } = await send(blind, { op: 'fetchTrust' });
    const headers = Object.fromEntries(response.headers);
    const trust = blind.parseResponse({ op: 'fetchTrust' }, { status: response.status, headers, body }, new Date());
    const keys: readonly TrustedKey[] = trust.kind === 'trusted' ? trust.keys : [];
    return adapter.open(account, keys);
  };
  let session = await open();
  const call = async (wanted: Exclude<ChannelCall, { op: 'fetchTrust' }>): Promise<Came> => {
    try {
      const { response, body } = await send(session, wanted);
      const { status, headers } = response;
      const result = session.parseResponse(wanted, { status, headers: Object.fromEntries(headers), body }, new Date());
      return { result, status, headers, bytes: body.length };
    } catch (error) {
      return { error: error instanceof Error ? error.name : 'error' };
    }
  };
  const faults = (list: unknown) => control('POST', `/channels/${adapter.id}/faults`, list);
  const place = async () => {
    const orderedAt = new Date();
    const order = { requestNo: number(), orderedAt };
    const wanted: PlaceCall = {
      op: 'place',
      product: 'native',
      ...order,
      amount: { amountMinor: 1299n, currency: 'CNY' },
      subject: 'Flat white',
      expiresAt: new Date(orderedAt.getTime() + 900_000),
      notifyUrl: sinkUrl,
      payer: {},
    };
    return { ...order, came: await call(wanted) };
  };
  const ledgerOf = async (requestNo: string) => {
    const { json } = await control('GET', `/ledger?requestNo=${requestNo}`);
    return (json.entries as { state: string; kind: string }[]).map(({ kind, state }) => `${kind} ${state}`);
  };
  return {
    id: adapter.id,
    call,
    place,
    faults,
    ledgerOf,
    query: (order: { requestNo: string; orderedAt: Date }) => call({ op: 'query', product: 'native', ...order }),
    pay: (requestNo: string) => control('POST', `/pay/${requestNo}`),
    reopen: async () => {
      session = await open();
    },
    news: (): NotifyResult[] => received.map((one) => session.parseNotify(one, new Date())),
  };
}
type Merchant = Awaited<ReturnType<typeof openMerchant>>;
const calmly = () => new Promise((resolve) => setTimeout(resolve, 200));

const soon = { interval: 20, timeout: 5_000 };

describe.each([...channelAdapters])('on $id', { timeout: 20_000 }, (adapter) => {
  let merchant: Merchant;
  beforeAll(async () => {
    merchant = await openMerchant(adapter);
  });
  const created = ['charge created'];
  const nobodyBelieves = { kind: 'unknown' };

  it('all is well without faults', async () => {
    const { came, requestNo } = await merchant.place();
    expect(came).toMatchObject({ status: 200, result: { kind: 'pending', credential: { type: 'qr' } } });
    expect(await merchant.ledgerOf(requestNo)).toEqual(created);
  });

  it.each([
    ['timeout', { timeout: 1 }, 'TimeoutError', []],
    ['lostRequest', { lostRequest: 1 }, 'TypeError', []],
    ['connectionReset', { connectionReset: 1 }, 'TypeError', []],
    ['lostReply', { lostReply: 1 }, 'TypeError', created],
    ['halfOpen', { halfOpen: 1 }, 'TimeoutError', created],
    ['slowBytes', { slowBytes: 1 }, 'TimeoutError', created],
  ] as const)('no whole answer comes under %s', async (_name, fault, error, ledger) => {
    await merchant.faults({ operations: ['place'], ...fault });
    if (error === 'TimeoutError') patienceMs = 800;
    const { came, requestNo, orderedAt } = await merchant.place();
    patienceMs = 5_000;
    expect(came).toEqual({ error });
    expect(await merchant.ledgerOf(requestNo)).toEqual(ledger);
    // Only placing was hit.
    expect((await merchant.query({ requestNo, orderedAt })).status).toBeDefined();
  });

  it.each([
    ['truncatedJson', { truncatedJson: 1 }],
    ['unsigned', { unsigned: 1 }],
    ['badSignature', { badSignature: 1 }],
  ] as const)('an answer under %s proves nothing, though the work is done', async (_name, fault) => {
    await merchant.faults(fault);
    const { came, requestNo } = await merchant.place();
    expect(came).toMatchObject({ result: nobodyBelieves });
    expect(await merchant.ledgerOf(requestNo)).toEqual(created);
  });

  it('an oversized answer has twelve megabytes', async () => {
    await merchant.faults({ oversizedJson: 1 });
    const { came } = await merchant.place();
    expect(came.bytes ?? 0).toBeGreaterThan(12 * 1024 * 1024);
  });

  it('an outage, too many calls and maintenance are said before any work', async () => {
    await merchant.faults({ outage: true });
    const down = await merchant.place();
    expect(down.came).toMatchObject({ status: 503, result: nobodyBelieves });

    await merchant.faults({ rateLimit: { retryAfterSeconds: 7 } });
    const limited = await merchant.place();
    expect(limited.came).toMatchObject({ status: 429, result: nobodyBelieves });
    expect(limited.came.headers?.get('retry-after')).toBe('7');

    await merchant.faults({ maintenance: true });
    const closed = await merchant.place();
    expect(closed.came.result?.kind).toMatch(/^(unknown|declined)$/);
    if (closed.came.result?.kind === 'declined') {
      expect(closed.came.result).toMatchObject({ fault: 'channel', code: 'channel_unavailable' });
    }
    for (const { requestNo } of [down, limited, closed]) expect(await merchant.ledgerOf(requestNo)).toEqual([]);
  });

  it.each([[90], [{ min: 90, max: 110 }], [{ p50: 100, p99: 101 }]])('waits as told: %j', async (latencyMs) => {
    await merchant.faults({ latencyMs });
    const startedAt = performance.now();
    await merchant.place();
    expect(performance.now() - startedAt).toBeGreaterThan(85);
  });

  it('denies an order first and knows it later', async () => {
    const order = await merchant.place();
    await merchant.pay(order.requestNo);
    await merchant.faults({ orderNotExistFirst: 2 });
    const said: unknown[] = [];
    for (let time = 0; time < 3; time++) said.push((await merchant.query(order)).result?.kind);
    expect(said).toEqual(['not_found', 'not_found', 'succeeded']);
  });

  it('has banks that are down here and nowhere else', async () => {
    const banks = ((await control('GET', '/health')).json.banks as Record<string, string[]>)[adapter.id] ?? [];
    expect(banks.length).toBeGreaterThan(1);
    await merchant.faults(banks.map((issuer) => ({ perIssuerOutage: { issuer } })));
    const order = await merchant.place();
    expect(await merchant.pay(order.requestNo)).toMatchObject({ status: 409, json: { reason: 'issuer_outage' } });
    const elsewhere = await openMerchant(channelAdapters.find(({ id }) => id !== adapter.id) ?? adapter);
    expect((await elsewhere.pay((await elsewhere.place()).requestNo)).status).toBe(200);
    await merchant.faults([]);
    expect((await merchant.pay(order.requestNo)).status).toBe(200);
  });

  it('callbacks come once, never, often, late, in another order, with a wrong amount, and from strangers', async () => {
    const placePaid = async () => {
      const { requestNo } = await merchant.place();
      expect((await merchant.pay(requestNo)).status).toBe(200);
      return requestNo;
    };
    const paid = (requestNo: string, amountMinor = 1299n) => ({
      kind: 'payment',
      requestNo,
      result: { kind: 'succeeded', paid: { amountMinor } },
    });
    // Of these orders alone: on a busy machine callbacks of other tests' orders still come.
    const arrived = (news: { requestNo: string }[]) => {
      const ours = new Set(news.map(({ requestNo }) => requestNo));
      const told = () => merchant.news().filter((one) => one.kind !== 'refused' && ours.has(one.requestNo));
      return vi.waitFor(() => expect(told()).toMatchObject(news), soon);
    };
    const next = async (callbacks: object) => {
      received = [];
      await merchant.faults(callbacks);
    };

    await arrived([paid(await placePaid())]);
    await next({ callbacks: { mode: 'never' } });
    const never = await placePaid();
    await calmly();
    expect(merchant.news().filter((one) => one.kind !== 'refused' && one.requestNo === never)).toEqual([]);
    await next({ callbacks: { mode: 'duplicate', copies: 4 } });
    const often = await placePaid();
    await arrived([paid(often), paid(often), paid(often), paid(often)]);
    await next({ callbacks: { mode: 'delayed', delayMs: 1_000 } });
    const late = await placePaid();
    await arrived([paid(late)]);
    await next({ callbacks: { mode: 'reordered', delayMs: 15_000 } });
    const [first, second] = [await placePaid(), await placePaid()];
    await arrived([paid(second), paid(first)]);
    await next({ wrongAmount: 5 });
    await arrived([paid(await placePaid(), 1304n)]);
    await next({ callbacks: { mode: 'forged', copies: 8 } });
    const victim = await merchant.place();
    await vi.waitFor(
      () => expect(merchant.news().filter(({ kind }) => kind === 'refused').length).toBeGreaterThanOrEqual(8),
      soon,
    );
    expect(merchant.news().some((one) => one.kind !== 'refused' && one.requestNo === victim.requestNo)).toBe(false);
  });

  it('changes its keys: the old one signs until the switch, then the new one', async () => {
    const { status, json } = await control('POST', `/channels/${adapter.id}/rotate-certificate`, {
      switchAfterMs: 300,
    });
    expect([status, Object.keys(json).length > 0]).toEqual([200, true]);
    expect((await merchant.place()).came).toMatchObject({ result: { kind: 'pending' } });
    await merchant.reopen();
    await new Promise((resolve) => setTimeout(resolve, 350));
    const { came, requestNo } = await merchant.place();
    expect(came).toMatchObject({ result: { kind: 'pending' } });
    await merchant.pay(requestNo);
    await vi.waitFor(() => expect(merchant.news()).toMatchObject([{ kind: 'payment', requestNo }]), soon);
    expect(
      (await control('POST', `/channels/${adapter.id}/rotate-certificate`, { switchAfterMs: -1 })).json,
    ).toMatchObject({ field: 'switchAfterMs' });
  });

  it('plays a script of faults in time, shows it, and lets it be called off', async () => {
    const script = (method: string, body?: unknown, step = '') =>
      control(method, `/channels/${adapter.id}/script${step}`, body);
    const states = async () => ((await script('GET')).json.steps as { state: string }[]).map(({ state }) => state);
    const steps = [
      { afterSeconds: 0.8, forSeconds: 1, fault: { outage: true } },
      { afterSeconds: 2, forSeconds: 60, fault: { rateLimit: {} } },
      { afterSeconds: 30, fault: { timeout: 1 } },
    ];
    expect((await script('POST', steps)).status).toBe(200);
    expect(await states()).toEqual(['waiting', 'waiting', 'waiting']);
    expect((await merchant.place()).came.status).toBe(200);
    await vi.waitFor(async () => expect(await states()).toEqual(['active', 'waiting', 'waiting']), soon);
    expect((await merchant.place()).came.status).toBe(503);
    await vi.waitFor(async () => expect(await states()).toEqual(['over', 'active', 'waiting']), soon);
    expect((await merchant.place()).came.status).toBe(429);
    const shown = (await script('GET')).json.steps as { id: number; hits: Json; forSeconds?: number }[];
    expect(shown).toMatchObject([{ id: 0, hits: { outage: 1 }, forSeconds: 1 }, { hits: { rateLimit: 1 } }, { id: 2 }]);

    // A standing fault and the script do not disturb one another.
    await merchant.faults([]);
    expect((await merchant.place()).came.status).toBe(429);
    expect((await script('DELETE', undefined, '/1')).status).toBe(200);
    expect((await merchant.place()).came.status).toBe(200);
    expect((await script('DELETE', undefined, '/1')).status).toBe(409);
    expect((await script('DELETE', undefined, '/9')).status).toBe(404);
    await script('DELETE');
    expect(await states()).toEqual(['over', 'cancelled', 'cancelled']);
  });
});

describe('what the control API does not understand is refused, field by field', () => {
  it.each([
    ['faults', '{', 'body'],
    ['faults', [1], '0'],
    ['faults', { latencyMs: { p50: 1 } }, 'latencyMs.p99'],
    ['faults', { latencyMs: -1 }, 'latencyMs'],
    ['faults', { halfOpen: 2 }, 'halfOpen'],
    ['faults', { rateLimit: { retryAfterSeconds: -1 } }, 'rateLimit.retryAfterSeconds'],
    ['faults', { maintenance: 'soon' }, 'maintenance'],
    ['faults', { errorMix: [{ code: 'X', status: 200, share: 1 }] }, 'errorMix.0.status'],
    ['faults', { operations: ['steal'] }, 'operations.0'],
    ['faults', { perIssuerOutage: { issuer: 'BANK_OF_NOWHERE' } }, 'perIssuerOutage.issuer'],
    ['faults', [{}, { perIssuerOutage: { issuer: 'x' } }], '1.perIssuerOutage.issuer'],
    ['script', [{ afterSeconds: 1, fault: { perIssuerOutage: { issuer: 'x' } } }], '0.fault.perIssuerOutage.issuer'],
    ['script', {}, 'body'],
    ['script', [], 'body'],
    ['script', [{ forSeconds: 1, fault: {} }], '0.afterSeconds'],
    ['script', [{ afterSeconds: -1, fault: {} }], '0.afterSeconds'],
    ['script', [{ afterSeconds: 1, forSeconds: 0, fault: {} }], '0.forSeconds'],
    ['script', [{ afterSeconds: 1 }], '0.fault'],
    ['script', [{ afterSeconds: 1, fault: { outtage: true } }], '0.fault.outtage'],
    ['script', [{ afterSeconds: 1, fault: { callbacks: { mode: 'odd' } } }], '0.fault.callbacks.mode'],
    ['rotate-certificate', { after: 1 }, 'after'],
  ])('%s %j: %s', async (what, body, field) => {
    const { status, json } = await control('POST', `/channels/wechat-pay/${what}`, body);
    expect([status, json.field]).toEqual([400, field]);
    expect((await control('GET', '/channels/wechat-pay/faults')).json.faults).toEqual([]);
    expect((await control('GET', '/channels/wechat-pay/script')).json.steps).toEqual([]);
  });

  it.each([
    ['GET', '/ledger?limit=many', 'limit'],
    ['GET', '/requests?limit=-1', 'limit'],
    ['GET', '/ledger?since=yesterday', 'since'],
    ['POST', '/settings', 'refundDelayMs'],
    ['POST', '/autopay', 'share'],
  ])('%s %s: %s', async (method, path, field) => {
    const body = method === 'POST' ? { refundDelayMs: 'x', share: 2, enabled: true } : undefined;
    const sent =
      path === '/autopay' ? { share: 2, enabled: true } : path === '/settings' ? { refundDelayMs: 'x' } : body;
    const { status, json } = await control(method, path, sent);
    expect([status, json.field]).toEqual([400, field]);
  });

  it('an unknown channel is 404', async () => {
    expect((await control('POST', '/channels/nobody/script', [])).status).toBe(404);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFakeMerchant, type FakeMerchant, startCallbackSink } from './fake-merchant.ts';
import { createFaultBook, faultSchema } from './faults.ts';
import { type Simulator, startSimulator } from './start-simulator.ts';

let dir: string;
let sandbox: Simulator;
let merchant: FakeMerchant;
let sink: Awaited<ReturnType<typeof startCallbackSink>>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  sandbox = await startSimulator({ port: 0, dir });
  merchant = await createFakeMerchant(sandbox.url);
  sink = await startCallbackSink(() => merchant);
}, 30_000);
afterAll(async () => {
  await sandbox.close();
  await sink.close();
  await rm(dir, { recursive: true });
});
afterEach(async () => {
  await merchant.control('POST', '/control/reset');
  sink.received.length = 0;
  sink.status = 200;
});

describe('faults on calls', () => {
  it('does the work and loses the reply: the order can be found and paid', async () => {
    await merchant.faults({ lostReply: 1, operations: ['place'] });
    const body = merchant.order();
    await expect(merchant.call('POST', '/v3/pay/transactions/native', body)).rejects.toThrow();
    expect(await merchant.ledger(`requestNo=${body.out_trade_no}`)).toMatchObject([{ state: 'created' }]);
    expect((await merchant.query(body.out_trade_no)).json.trade_state).toBe('NOTPAY');
    expect((await merchant.control('POST', `/control/pay/${body.out_trade_no}`)).status).toBe(200);
  });

  it.each(['lostRequest', 'connectionReset'])('%s cuts before any work', async (fault) => {
    await merchant.faults({ [fault]: 1, operations: ['place'] });
    const body = merchant.order();
    await expect(merchant.call('POST', '/v3/pay/transactions/native', body)).rejects.toThrow();
    expect(await merchant.ledger(`requestNo=${body.out_trade_no}`)).toEqual([]);
  });

  it('takes a call and never answers it', async () => {
    await merchant.faults({ timeout: true });
    const silent = fetch(`${sandbox.url}/v3/certificates`, { signal: AbortSignal.timeout(150) });
    await expect(silent).rejects.toThrow(/timeout/);
  });

  it('answers 503 for as long as an outage is scripted to last', async () => {
    await merchant.faults([{ outage: { startAfterMs: 0, untilMs: 300 } }]);
    expect(await merchant.place()).toMatchObject({ reply: { status: 503, genuine: false } });
    await vi.waitFor(async () => expect((await merchant.place()).reply.status).toBe(200), { timeout: 2000 });
  });

  it('mixes signed errors in, only into the named operations, and counts its hits', async () => {
    await merchant.faults({ errorMix: [{ code: 'FREQUENCY_LIMITED', status: 429, share: 1, operations: ['query'] }] });
    const { requestNo, reply } = await merchant.place();
    expect(reply.status).toBe(200);
    expect(await merchant.query(requestNo)).toMatchObject({
      status: 429,
      genuine: true,
      json: { code: 'FREQUENCY_LIMITED' },
    });
    const standing = await merchant.control('GET', '/control/channels/wechat-pay/faults');
    expect(standing.json).toMatchObject({ hits: [{ 'error:FREQUENCY_LIMITED': 1 }] });
  });

  it('denies an order n times', async () => {
    const { requestNo } = await merchant.place();
    await merchant.faults({ orderNotExistFirst: 2 });
    const states = [];
    for (let round = 0; round < 3; round += 1) states.push((await merchant.query(requestNo)).status);
    expect(states).toEqual([404, 404, 200]);
  });

  it('waits, spoils signatures, and cuts JSON short', async () => {
    const { requestNo } = await merchant.place();
    await merchant.faults({ latencyMs: 120 });
    const startedAt = performance.now();
    await merchant.query(requestNo);
    expect(performance.now() - startedAt).toBeGreaterThan(110);
    await merchant.faults({ badSignature: true });
    expect((await merchant.query(requestNo)).genuine).toBe(false);
    await merchant.faults({ truncatedJson: true });
    await expect(merchant.query(requestNo)).rejects.toThrow(/JSON/);
  });

  it('takes one bank down: its payers fail, the others do not', async () => {
    const orders = await Promise.all(Array.from({ length: 24 }, () => merchant.place()));
    await merchant.faults({ perIssuerOutage: { issuer: 'ICBC_DEBIT', share: 1 } });
    for (const { requestNo } of orders) {
      const { status, json } = await merchant.control('POST', `/control/pay/${requestNo}`);
      if (status === 200) expect(json.issuer).not.toBe('ICBC_DEBIT');
      else expect(json).toMatchObject({ reason: 'issuer_outage', order: { issuer: 'ICBC_DEBIT', state: 'created' } });
    }
  });

  it('refuses a fault it does not know, by name', async () => {
    expect(await merchant.faults({ latnecyMs: 1 })).toMatchObject({ status: 400, json: { field: 'latnecyMs' } });
    expect(await merchant.faults([{ callbacks: { mode: 'sometimes' } }])).toMatchObject({
      status: 400,
      json: { field: '0.callbacks.mode' },
    });
    expect(await merchant.faults({ timeout: 1.5 })).toMatchObject({ status: 400, json: { field: 'timeout' } });
    expect((await merchant.control('GET', '/control/channels/nobody/faults')).status).toBe(404);
  });

  it('scripts “at 60 s an outage for 120 s”, to the millisecond, beside what stands', () => {
    let clock = 1_000_000;
    const book = createFaultBook(() => clock);
    const from = clock;
    const at = (seconds: number) => {
      clock = from + seconds * 1000;
      return { before: book.planCall('place', 'x').before, states: book.listScript().map(({ state }) => state) };
    };
    const fault = (given: object) => faultSchema.parse(given);
    book.set([fault({ latencyMs: 5 })]);
    book.setScript([
      { afterSeconds: 60, forSeconds: 120, fault: fault({ outage: true }) },
      // Inside a step, a fault's own window counts from the step.
      { afterSeconds: 200, fault: fault({ timeout: 1, startAfterMs: 10_000 }) },
    ]);
    expect(at(0)).toEqual({ before: undefined, states: ['waiting', 'waiting'] });
    expect(at(59.999).before).toBeUndefined();
    expect(at(60)).toEqual({ before: 'outage', states: ['active', 'waiting'] });
    expect(at(179.999).before).toBe('outage');
    expect(at(180)).toEqual({ before: undefined, states: ['over', 'waiting'] });
    expect(at(205)).toEqual({ before: undefined, states: ['over', 'active'] });
    expect(at(210).before).toBe('timeout');
    expect(book.planCall('place', 'x').latencyMs).toBe(5);
    expect([book.cancelStep(0), book.cancelStep(1), book.cancelStep(1), book.cancelStep(2)]).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(at(211)).toEqual({ before: undefined, states: ['over', 'cancelled'] });
    // The hits stay to be read.
    expect(book.listScript().map(({ hits }) => hits)).toEqual([{ outage: 2 }, { timeout: 2 }]);
  });

  it('repeats itself under the same seed', () => {
    const run = (seed: number) => {
      const book = createFaultBook(() => 0);
      book.set([faultSchema.parse({ seed, lostReply: 0.3, latencyMs: { p50: 50, p99: 400 } })]);
      return Array.from({ length: 200 }, () => book.planCall('query', 'x'));
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
    const lost = run(7).filter(({ lostReply }) => lostReply).length / 200;
    expect(lost).toBeGreaterThan(0.2);
    expect(lost).toBeLessThan(0.4);
  });
});

describe('faults on callbacks', () => {
  const placePaid = async () => {
    const { requestNo } = await merchant.place('native', { notify_url: sink.url });
    await merchant.control('POST', `/control/pay/${requestNo}`);
    return requestNo;
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve, 150));

  it('tries again until the merchant takes it, signed afresh under the same id', async () => {
    await merchant.control('POST', '/control/settings', { callbackTimeScale: 0.001 });
    sink.status = 500;
    await placePaid();
    await vi.waitFor(() => expect(sink.received.length).toBeGreaterThanOrEqual(2));
    sink.status = 204;
    const taken = sink.received.length;
    await vi.waitFor(() => expect(sink.received).toHaveLength(taken + 1));
    await settle();
    expect(sink.received).toHaveLength(taken + 1);
    expect(new Set(sink.received.map(({ id }) => id)).size).toBe(1);
    expect(sink.received.every(({ genuine }) => genuine)).toBe(true);
  });

  it('can keep silent, repeat itself, and report a wrong amount', async () => {
    await merchant.faults({ callbacks: { mode: 'never' } });
    await placePaid();
    await settle();
    expect(sink.received).toEqual([]);
    await merchant.faults({ callbacks: { mode: 'duplicate', copies: 5 } });
    await placePaid();
    await vi.waitFor(() => expect(sink.received).toHaveLength(5));
    expect(new Set(sink.received.map(({ id }) => id)).size).toBe(1);
    sink.received.length = 0;
    await merchant.faults({ wrongAmount: -1 });
    await placePaid();
    await vi.waitFor(() =>
      expect(sink.received).toMatchObject([{ genuine: true, content: { amount: { total: 99 } } }]),
    );
  });

  it('lets a later callback overtake an earlier one', async () => {
    await merchant.faults({ callbacks: { mode: 'reordered', delayMs: 2000 } });
    const first = await placePaid();
    const second = await placePaid();
    await vi.waitFor(() => expect(sink.received).toHaveLength(2));
    expect(sink.received.map(({ content }) => content.out_trade_no)).toEqual([second, first]);
  });

  it('lets strangers claim unpaid orders as paid: nothing of it is genuine and fresh', async () => {
    await merchant.faults({ callbacks: { mode: 'forged', copies: 8 } });
    const { requestNo } = await merchant.place('native', { notify_url: sink.url });
    await vi.waitFor(() => expect(sink.received).toHaveLength(8));
    for (const { genuine, fresh, content } of sink.received) {
      expect(genuine && fresh).toBe(false);
      expect(content).toMatchObject({ out_trade_no: requestNo, trade_state: 'SUCCESS' });
    }
    sink.received.length = 0;
    await merchant.control('POST', `/control/pay/${requestNo}`);
    await vi.waitFor(() => expect(sink.received.filter(({ genuine, fresh }) => genuine && fresh)).toHaveLength(1));
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requestNoOf, type StartedEngine, startTestEngine } from '../testing/started-engine.ts';

// What bench:isolation measures in time, here in counts: as channel A saw it, and as the merchants did. A is the example
// channel, B speaks Alipay.
let engine: StartedEngine;

type Counters = Record<string, Record<string, { count: number; maxConcurrency: number } | undefined> | undefined>;

const breaker = { windowSize: 10, minimumCalls: 6, failureRateThreshold: 50, halfOpenProbes: 2, openMs: 600_000 };
const params = { maxConcurrent: 3, maxQueue: 2, queueTimeoutMs: 50, deadlinesMs: { place: 400 }, breaker };
/** For tests of places alone. */
const neverOpens = { ...breaker, windowSize: 3_600, minimumCalls: 100_000, windowKind: 'time' };

/** What A saw of an operation since the last reset. */
async function seenByA(operation: 'place' | 'query') {
  const { counters } = await engine.control('GET', '/requests?limit=0');
  return (counters as Counters).example?.[operation] ?? { count: 0, maxConcurrency: 0 };
}

const breakerOfA = async (): Promise<string | undefined> =>
  /^tributary_breaker_state\{channel="a",group="place"\} (\S+)$/m.exec(await engine.metrics())?.[1];
const placesAt = async (serviceId: string, count: number) =>
  (await Promise.all(Array.from({ length: count }, () => engine.place(serviceId)))).map(({ body }) => body);
const hang = () => engine.control('POST', '/channels/example/faults', [{ timeout: true, operations: ['place'] }]);

/** Waits for what must come to be within ten seconds; unlike `expect.poll` it may be used by hooks. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await isSo()) return;
    await sleep(100);
  }
  throw new Error('it did not come to be');
}

/** A's parameters as an operator publishes them; the running engine hears of it. */
async function publishA(own: object): Promise<void> {
  await engine.addChannel('a', 'example', { priority: 5, params: { ...params, ...own } });
  const { rows } = await engine.db.query('SELECT version::text FROM config_state WHERE id = 1');
  const running = async () => Number(/^tributary_config_version (\d+)$/m.exec(await engine.metrics())?.[1] ?? 0);
  await until(async () => (await running()) >= Number(rows[0].version));
}

/** Payments on A, more than it has places for, until its breaker has had enough. */
async function openBreakerOfA(): Promise<void> {
  await publishA({});
  await hang();
  for (let round = 0; round < 10 && (await breakerOfA()) !== '2'; round++) await placesAt('a', 6);
  expect(await breakerOfA()).toBe('2');
}

/** A is well and its breaker closed. */
async function healA(): Promise<void> {
  await engine.control('DELETE', '/channels/example/faults');
  await publishA({ breaker: { ...breaker, openMs: 1 } });
  await until(async () => {
    await engine.place('a');
    return (await breakerOfA()) === '0';
  });
}

beforeAll(async () => {
  engine = await startTestEngine();
  const { example, alipay } = (await engine.control('GET', '/credentials')) as {
    example: { baseUrl: string; account: { config: object; secrets: object } };
    alipay: { appId: string; sellerId: string; appPrivateKeyPem: string; alipayPublicKeyPem: string };
  };
  await engine.addChannel('b', 'alipay', { priority: 10 });
  const { appId, sellerId } = alipay;
  await engine.addAccount({
    id: 'b.main',
    channelId: 'b',
    baseUrl: engine.sandboxUrl,
    config: { appId, sellerId, verification: { mode: 'public_key', publicKeyPem: alipay.alipayPublicKeyPem } },
    secrets: { privateKeyPem: alipay.appPrivateKeyPem },
  });
  const syncSchedule = { firstSeconds: 1, steps: [], backoff: { baseSeconds: 1, maxSeconds: 60 } };
  await engine.addChannel('a', 'example', { priority: 5, params });
  await engine.addAccount({ id: 'a.main', channelId: 'a', baseUrl: example.baseUrl, ...example.account });
  await engine.addService('a', 'native', 'a', { syncSchedule });
  await engine.addService('b', 'native', 'b');
  await engine.addService('either', 'native', 'a', { channelIds: ['a', 'b'] });
  await publishA({});
}, 120_000);
afterAll(() => engine.stop());
beforeEach(() => engine.control('POST', '/reset'));
afterEach(healA);

describe('a channel that hangs under many times its capacity', () => {
  it('is never asked by more at once than it has places, and the others do not notice', async () => {
    await hang();
    const [onA, onB] = await Promise.all([placesAt('a', 60), placesAt('b', 40)]);
    expect(onB.filter(({ credential }) => credential)).toHaveLength(40);
    expect((await seenByA('place')).maxConcurrency).toBe(3);
    // Nobody is told "failed" of an order that reached the channel, and nobody "perhaps" of one that did not.
    const { requests } = (await engine.control('GET', '/requests?channel=example&operation=place&limit=1000')) as {
      requests: { requestNo: string }[];
    };
    const reached = new Set(requests.map(({ requestNo }) => requestNo));
    expect(onA.map(({ id, status }) => [status, reached.has(requestNoOf(id))]).sort()).toEqual([
      ...Array(60 - reached.size).fill(['failed', false]),
      ...Array(reached.size).fill(['processing', true]),
    ]);
  });

  it('is left alone once its breaker is open, while what was placed is looked up', async () => {
    await openBreakerOfA();
    const { count } = await seenByA('place');
    expect((await placesAt('a', 30)).map(({ status }) => status)).toEqual(Array(30).fill('failed'));
    expect((await seenByA('place')).count).toBe(count);
    await expect.poll(async () => (await seenByA('query')).count, { timeout: 10_000 }).toBeGreaterThan(0);
  });

  it('is left out of plans while another can take the payment, and the plan says why', async () => {
    await openBreakerOfA();
    const { count } = await seenByA('place');
    const placed = await placesAt('either', 10);
    expect(new Set(placed.map(({ channel }) => channel))).toEqual(new Set(['b']));
    expect((await seenByA('place')).count).toBe(count);
    const { rows } = await engine.db.query(
      `SELECT candidate ->> 'reason' AS reason, count(*)::int FROM events, jsonb_array_elements(data -> 'candidates') AS candidate
       WHERE kind = 'routing.planned' AND payment_id = ANY($1) AND candidate ->> 'channelId' = 'a' GROUP BY 1`,
      [placed.map(({ id }) => id)],
    );
    expect(rows).toEqual([{ reason: 'breaker_open', count: 10 }]);
    const attempts = await engine.db.query('SELECT count(*)::int FROM attempts WHERE payment_id = ANY($1)', [
      placed.map(({ id }) => id),
    ]);
    expect(attempts.rows).toEqual([{ count: 10 }]);
  });

  it('is asked by the permitted probes only, and carries all that is its own when it is well again', async () => {
    await openBreakerOfA();
    const { count } = await seenByA('place');
    // Its rest is over, and the probes take long enough for all to come while they are out.
    await publishA({ deadlinesMs: { place: 5_000 }, breaker: { ...breaker, openMs: 1 } });
    const refused = await placesAt('a', 20);
    expect(refused.filter(({ status }) => status === 'processing')).toHaveLength(2);
    expect((await seenByA('place')).count).toBe(count + 2);
    await healA();
    expect((await placesAt('either', 3)).map(({ channel }) => channel)).toEqual(['a', 'a', 'a']);
  });
});

describe('callbacks of a channel that we can not record', () => {
  const pay = (id: string) => engine.control('POST', `/pay/${requestNoOf(id)}`);
  const statusOf = async (id: string) =>
    (await engine.db.query('SELECT status FROM payments WHERE id = $1', [id])).rows[0].status;
  const refusedOfA = async () =>
    Number(/^tributary_callbacks_total\{channel="a",outcome="full"\} (\S+)$/m.exec(await engine.metrics())?.[1] ?? 0);

  it('stop at their own places; the others’ are recorded, payments go on, and all come through in the end', async () => {
    await publishA({ callbacks: { maxConcurrent: 1, maxQueue: 0, queueTimeoutMs: 0, deadlineMs: 60_000 } });
    const [stuck, next] = await placesAt('a', 2);
    const [other] = await placesAt('b', 1);
    const holder = await engine.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM payments WHERE id = $1 FOR UPDATE', [stuck?.id]);
    try {
      await pay(stuck?.id ?? '');
      await until(async () => {
        const waiting = await engine.db.query(
          `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return waiting.rows.length > 0;
      });
      await pay(next?.id ?? '');
      await until(async () => (await refusedOfA()) > 0);
      await pay(other?.id ?? '');
      await until(async () => (await statusOf(other?.id ?? '')) === 'succeeded');
      expect((await placesAt('a', 1))[0]?.status).toBe('processing');
    } finally {
      await holder.query('ROLLBACK');
      await holder.end();
    }
    for (const one of [stuck, next]) await until(async () => (await statusOf(one?.id ?? '')) === 'succeeded');
  });
});

describe('parameters that are published while the engine runs', () => {
  it.each([
    ['fewer places', 1],
    ['more places', 5],
  ])('hold from the next call on: %s', async (_, maxConcurrent) => {
    await publishA({ maxConcurrent, maxQueue: 0, breaker: neverOpens });
    await hang();
    const placed = await placesAt('a', 15);
    expect((await seenByA('place')).maxConcurrency).toBe(maxConcurrent);
    expect(placed.some(({ status }) => status === 'failed')).toBe(true);
  });

  it('let calls wait for as long, and as many, as they say', async () => {
    await publishA({ maxConcurrent: 1, maxQueue: 15, queueTimeoutMs: 20_000, breaker: neverOpens });
    const placed = await placesAt('a', 12);
    expect(placed.map(({ status }) => status)).toEqual(Array(12).fill('processing'));
    expect(await seenByA('place')).toMatchObject({ count: 12, maxConcurrency: 1 });
  });

  it('decide when a breaker opens', async () => {
    await publishA({ breaker: neverOpens });
    await hang();
    await placesAt('a', 6);
    await placesAt('a', 6);
    expect(await breakerOfA()).toBe('0');
    await publishA({ breaker: { ...breaker, minimumCalls: 1, windowSize: 1 } });
    await placesAt('a', 1);
    expect(await breakerOfA()).toBe('2');
  });
});

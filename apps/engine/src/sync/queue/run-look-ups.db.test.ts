import type { ChannelCall } from '@tributary/channels/channel-adapter';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import type { MerchantCaller } from '../../payments/operations.ts';
import { createTestCore, paidInFull, type TestCore } from '../../payments/testing/core.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Bus } from '../../platform/ports/bus.ts';
import { createPostgresSharedBudget } from '../../platform/postgres/shared-budget.postgres.ts';
import { createSharding, type RunningSharding } from '../../sharding/create-sharding.ts';
import { type Claimed, createSyncStore, type SyncStore } from '../sync.store.ts';
import { createSyncAttempt } from '../sync-attempt.ts';
import { createSyncRefund } from '../sync-refund.ts';
import { createAdmit } from './admit.ts';
import { createRunLookUps } from './run-look-ups.ts';
import type { SyncItem, SyncTier } from './sync-item.ts';

let database: TestDatabase;
let core: TestCore;
let store: SyncStore;
let sharding: RunningSharding;
let restMs: number;
let perSecond: number;
let budgets = 0;

const quiet: Bus = { ...({} as Bus), publish: async () => undefined, subscribe: async () => async () => undefined };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const leaseMs = 600_000;

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
  store = createSyncStore(core.pool);
});
beforeEach(async () => {
  restMs = 0;
  perSecond = 1_000;
  await core.pool.query('DELETE FROM shard_workers');
  await core.pool.query('UPDATE shard_leases SET holder = NULL, token = NULL, expires_at = now()');
  sharding = createSharding({ pool: core.pool, bus: quiet, clock: systemClock, node: 'a', leaseMs, log });
  await sharding.beatOnce();
  core.script.calls.length = 0;
  core.script.answer = () => ({ kind: 'pending', credential: { type: 'qr', url: 'weixin://x' } });
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

type Next = { item: SyncItem; tier: SyncTier; inMs: number | null };

function worker(node: RunningSharding = sharding, named = `b${budgets++}`, ending: 'close' | 'reverse' = 'close') {
  const next: Next[] = [];
  const outcomes: string[] = [];
  const { recordResult, markReversing } = core.recorder;
  const deps = { store, callChannel, recordResult, markReversing };
  const attempt = createSyncAttempt({ ...deps, endingOf: () => ending });
  const refund = createSyncRefund({
    ...deps,
    recordRefundResult: core.recorder.recordRefundResult,
    callbackUrl: () => 'http://engine.test',
    log,
  });
  const budget = createPostgresSharedBudget(core.pool);
  const { admit, lines } = createAdmit({
    restMsOf: () => restMs,
    queriesPerSecondOf: () => perSecond,
    budget: { take: (name, ...rest) => budget.take(`${named} ${name}`, ...rest) },
    log,
  });
  const made = createRunLookUps({
    store,
    sharding: node,
    admit,
    lookUp: (claimed: Claimed, tier) =>
      'attempt' in claimed ? attempt(claimed.attempt, tier) : refund(claimed.refund, tier),
    pauseOf: () => 77_000,
    onNext: (item, tier, inMs) => next.push({ item, tier, inMs }),
    onLookUp: ({ outcome }) => outcomes.push(outcome),
    log,
  });
  return { run: made.run, ask: made.ask, lines, next, outcomes };
}

const callChannel: Parameters<typeof createSyncAttempt>[0]['callChannel'] = async (route, call) => {
  core.script.calls.push({ route, call });
  const result = (await core.script.answer(call, route)) as never;
  return {
    result,
    exchange: {
      op: call.op,
      ...route,
      queuedMs: 0,
      durationMs: 1,
      request: undefined,
      response: undefined,
      error: undefined,
    },
  };
};
const callsOf = (op: ChannelCall['op']) => core.script.calls.filter(({ call }) => call.op === op).length;

async function order(due = true): Promise<{ id: string; item: SyncItem }> {
  const caller: MerchantCaller = core.caller();
  const { id } = JSON.parse((await core.place(caller, core.claim(), core.request())).body);
  if (due) await makeDue(id);
  core.script.calls.length = 0;
  return { id, item: { kind: 'attempt', paymentId: id, attemptNo: 1, channelId: 'wechat-pay' } };
}
const makeDue = (id: string) =>
  core.pool.query(`UPDATE attempts SET next_sync_at = now() - interval '1 s' WHERE payment_id = $1`, [id]);
const stand = async (id: string) => {
  const { rows } = await core.pool.query(
    `SELECT p.version, p.status, a.sync_step AS step, extract(epoch FROM a.next_sync_at - now())::float8 AS in_seconds
     FROM payments p JOIN attempts a ON a.payment_id = p.id WHERE p.id = $1`,
    [id],
  );
  return rows[0] as { version: number; status: string; step: number; in_seconds: number | null };
};
const loseShards = () => core.pool.query(`UPDATE shard_leases SET token = nextval('fencing_tokens'), holder = 'other'`);

describe.each(['memory', 'shard', 'batch'] as const)('look-ups from the %s tier', (tier) => {
  it('ask once, however many workers have the order at once', async () => {
    const { id, item } = await order();
    const nodes = [worker(), worker(), worker(), worker()];
    await Promise.all(nodes.map(({ run }) => run([item], tier)));
    expect(callsOf('query')).toBe(1);
    expect(await stand(id)).toMatchObject({ step: 1, status: 'processing' });
    // All of them know when its next time is.
    for (const { next } of nodes) expect(next).toHaveLength(1);
    expect(nodes.flatMap(({ outcomes }) => outcomes)).toEqual(['asked']);
  });

  it('let an order be that is not due, or over', async () => {
    const early = await order(false);
    const over = await order();
    core.script.answer = (call) => paidInFull(call);
    const one = worker();
    await one.run([early.item, over.item], tier);
    expect(callsOf('query')).toBe(1);
    await one.run([over.item], tier);
    expect(callsOf('query')).toBe(1);
    expect(one.next.map(({ item, inMs }) => [item.paymentId, inMs === null])).toEqual(
      expect.arrayContaining([
        [early.id, false],
        [over.id, true],
      ]),
    );
    expect(one.next.find(({ item }) => item.paymentId === early.id)?.inMs).toBeGreaterThan(5_000);
  });

  it('write nothing once somebody else has claimed the order', async () => {
    const { id, item } = await order();
    let taken: Claimed | undefined;
    core.script.answer = async (call) => {
      // While the channel answers, our claim runs out and another worker takes the order.
      await makeDue(id);
      taken = await store.claim(item);
      return paidInFull(call);
    };
    const before = await stand(id);
    const one = worker();
    await one.run([item], tier);
    expect(taken).toBeDefined();
    expect(one.outcomes).toEqual(['refused']);
    expect(one.next).toEqual([]);
    expect(await stand(id)).toMatchObject({ version: before.version, status: 'processing', step: before.step });
  });

  it('use up nothing when the channel could not be reached', async () => {
    const { id, item } = await order();
    core.script.answer = () => ({ kind: 'not_sent', reason: 'breaker_open' });
    const before = await stand(id);
    const one = worker();
    await one.run([item], tier);
    const after = await stand(id);
    expect(after).toMatchObject({ version: before.version, step: before.step });
    expect(after.in_seconds).toBeGreaterThan(70);
    expect(one.next[0]?.inMs).toBeGreaterThan(70_000);
  });

  it('are not begun while the breaker of the channel is open', async () => {
    const { id, item } = await order();
    restMs = 30_000;
    const one = worker();
    await one.run([item], tier);
    expect(core.script.calls).toEqual([]);
    expect(one.next).toHaveLength(1);
    expect((await stand(id)).in_seconds).toBeGreaterThan(20);
  });

  it('stay within what all nodes together may ask of a channel', async () => {
    const some = await Promise.all(Array.from({ length: 12 }, () => order()));
    // Only what the bucket holds: nothing to speak of comes in.
    perSecond = 0.0001;
    const nodes = [worker(sharding, `shared ${tier}`), worker(sharding, `shared ${tier}`)];
    await nodes[0]?.run(
      some.slice(0, 6).map(({ item }) => item),
      tier,
    );
    await nodes[1]?.run(
      some.slice(6).map(({ item }) => item),
      tier,
    );
    expect(callsOf('query')).toBe(1);
    expect(nodes.flatMap(({ next }) => next)).toHaveLength(12);
  });
});

describe('more than a channel may be asked', () => {
  it('is put off about once each, to times at which it may go', async () => {
    const some = await Promise.all(Array.from({ length: 30 }, () => order()));
    perSecond = 5;
    const nodes = [worker(sharding, 'line'), worker(sharding, 'line')];
    let moved = 0;
    // Each node works its half, again and again, as the queues would: whatever is due by then.
    const until = performance.now() + 20_000;
    const halves = [some.slice(0, 15), some.slice(15)].map((half) =>
      half.map(({ item }) => ({ item, atMs: performance.now() })),
    );
    const isOver = () => callsOf('query') >= 30;
    while (!isOver() && performance.now() < until) {
      await Promise.all(
        nodes.map(async (node, at) => {
          const half = halves[at] ?? [];
          const due = half.splice(0).flatMap((one) => {
            if (one.atMs <= performance.now()) return [one.item];
            half.push(one);
            return [];
          });
          if (due.length === 0) return;
          node.next.length = 0;
          await node.run(due, 'memory');
          for (const { item, inMs } of node.next.splice(0)) {
            if (!item.waited || inMs === null) continue;
            moved++;
            half.push({ item, atMs: performance.now() + inMs });
          }
        }),
      );
      await new Promise((resume) => setTimeout(resume, 20));
    }
    expect(callsOf('query')).toBe(30);
    // 25 have to wait once; a few may come a moment too early.
    expect(moved).toBeLessThan(60);
    for (const { id } of some) expect(await stand(id)).toMatchObject({ step: 1 });
  });

  it('is waited for by whoever asks for the answers, and only what was asked is told', async () => {
    const some = await Promise.all(Array.from({ length: 4 }, () => order()));
    perSecond = 2;
    const one = worker();
    const items = some.map(({ item }) => item);
    const asked = await one.ask(items, 'person', async () => true);
    expect(asked).toHaveLength(4);
    expect(callsOf('query')).toBe(4);
    expect(one.outcomes).toEqual(['asked', 'asked', 'asked', 'asked']);
  });

  it('is left to the schedule when nobody waits for it any more', async () => {
    const some = await Promise.all(Array.from({ length: 3 }, () => order()));
    perSecond = 0.01;
    const one = worker();
    const asked = await one.ask(
      some.map(({ item }) => item),
      'person',
      async () => false,
    );
    expect(asked).toHaveLength(1);
    expect(callsOf('query')).toBe(1);
    expect(one.next.filter(({ item }) => item.waited)).toHaveLength(2);
    // Two in the line, a hundred seconds each.
    const [line] = one.lines();
    expect(line?.channelId).toBe('wechat-pay');
    expect(line?.waitMs).toBeGreaterThan(150_000);
  });

  it('is not waited for while the breaker of its channel is open', async () => {
    const { id, item } = await order();
    restMs = 60_000;
    const one = worker();
    expect(await one.ask([item], 'person', async () => true)).toEqual([]);
    expect(core.script.calls).toEqual([]);
    expect(one.next).toHaveLength(1);
    expect((await stand(id)).in_seconds).toBeGreaterThan(55);
  });
});

it('a claim lasts longer than the longest call to its channel', async () => {
  const { id, item } = await order();
  const slow = createSyncStore(core.pool, () => 40_000);
  const claimed = await slow.claim(item);
  expect((await stand(id)).in_seconds).toBeGreaterThan(40);
  const claim = claimed && 'attempt' in claimed ? claimed.attempt.claim : undefined;
  await core.pool.query(`UPDATE attempts SET next_sync_at = now() WHERE payment_id = $1`, [id]);
  expect(claim && (await slow.renew(id, claim))).toBe(true);
  expect((await stand(id)).in_seconds).toBeGreaterThan(40);
});

describe.each(['shard', 'batch'] as const)('look-ups from the %s tier', (tier) => {
  it('are not begun without the lease of the shard', async () => {
    const { item } = await order();
    await loseShards();
    const one = worker();
    // It does not know yet: the claim finds out.
    await one.run([item], tier);
    expect(core.script.calls).toEqual([]);
    await sharding.beatOnce();
    await one.run([item], tier);
    expect(core.script.calls).toEqual([]);
  });

  it('write nothing, and close nothing, once the shard is somebody else’s', async () => {
    const { id, item } = await order();
    await core.pool.query(`UPDATE payments SET expires_at = now() - interval '5 minutes' WHERE id = $1`, [id]);
    core.script.answer = async (call) => {
      if (call.op === 'query') await loseShards();
      return { kind: 'pending' };
    };
    const before = await stand(id);
    const one = worker();
    await one.run([item], tier);
    expect(one.outcomes).toEqual(['refused']);
    expect([callsOf('query'), callsOf('close')]).toEqual([1, 0]);
    expect(await stand(id)).toMatchObject({ version: before.version, step: before.step });
  });

  it('end an expired order: asked, closed at the channel, closed here', async () => {
    const { id, item } = await order();
    await core.pool.query(`UPDATE payments SET expires_at = now() - interval '5 minutes' WHERE id = $1`, [id]);
    core.script.answer = (call) => ({ kind: call.op === 'close' ? 'closed' : 'pending' });
    const one = worker();
    await one.run([item], tier);
    expect([callsOf('query'), callsOf('close')]).toEqual([1, 1]);
    expect(await stand(id)).toMatchObject({ status: 'closed', in_seconds: null });
    expect(one.next).toEqual([{ item, tier, inMs: null }]);
    const { rows } = await core.pool.query(
      `SELECT data->>'tier' AS tier, data->>'shard' AS shard FROM events WHERE payment_id = $1 AND actor = 'sync'`,
      [id],
    );
    expect(rows).toEqual([{ tier, shard: String(sharding.shardFor(id)) }]);
  });
});

it('a paused shard is left alone by every tier', async () => {
  const { id, item } = await order();
  await core.pool.query('UPDATE shard_leases SET paused_at = now() WHERE shard = $1', [sharding.shardFor(id)]);
  await sharding.beatOnce();
  const one = worker();
  for (const tier of ['memory', 'shard', 'batch'] as const) await one.run([item], tier);
  expect(core.script.calls).toEqual([]);
  // From memory it goes to its shard's queue, to wait there.
  expect(one.next).toEqual([{ item, tier: 'memory', inMs: 0 }]);
  await core.pool.query('UPDATE shard_leases SET paused_at = NULL');
});

describe('a reversal', () => {
  const expire = (id: string) =>
    core.pool.query(`UPDATE payments SET expires_at = now() - interval '5 minutes' WHERE id = $1`, [id]);
  const reverser = () => worker(sharding, `b${budgets++}`, 'reverse');
  const compensations = async (id: string) =>
    (await core.pool.query(`SELECT 1 FROM refunds WHERE payment_id = $1`, [id])).rows.length;

  it('whose answer was lost is sent again; "paid" meanwhile is not believed, whoever says so', async () => {
    const { id, item } = await order();
    await expire(id);
    const one = reverser();
    core.script.answer = (call) =>
      call.op === 'reverse' ? { kind: 'unknown', reason: 'timeout' } : { kind: 'pending' };
    await one.run([item], 'memory');
    expect([callsOf('query'), callsOf('reverse')]).toEqual([1, 1]);

    // It takes effect only now, and until then the channel says that it has the money.
    core.script.answer = (call) => (call.op === 'reverse' ? { kind: 'unknown', reason: 'timeout' } : paidInFull(call));
    await makeDue(id);
    await one.run([item], 'memory');
    expect([callsOf('query'), callsOf('reverse')]).toEqual([2, 2]);
    const target = { paymentId: id, attemptNo: 1 };
    const paid = paidInFull({ op: 'query', requestNo: 'x' } as ChannelCall);
    for (const actor of ['reply', 'callback', 'close', 'manual'] as const)
      await core.recorder.recordResult(target, paid, { actor });
    expect(await stand(id)).toMatchObject({ status: 'processing' });

    core.script.answer = (call) => (call.op === 'reverse' ? { kind: 'closed' } : paidInFull(call));
    await makeDue(id);
    await one.run([item], 'memory');
    expect(await stand(id)).toMatchObject({ status: 'closed' });
    // The reply to the order itself, at last: it was true before.
    await core.recorder.recordResult(target, paid, { actor: 'reply' });
    expect([(await stand(id)).status, await compensations(id)]).toEqual(['closed', 0]);
  });

  it('that is clearly refused leaves the money with the payment', async () => {
    const { id, item } = await order();
    await expire(id);
    let paid = false;
    core.script.answer = (call) => {
      if (call.op !== 'reverse') return paid ? paidInFull(call) : { kind: 'pending' };
      paid = true;
      return { kind: 'unknown', reason: 'already_paid' };
    };
    await reverser().run([item], 'memory');
    expect([callsOf('query'), callsOf('reverse')]).toEqual([2, 1]);
    expect(await stand(id)).toMatchObject({ status: 'succeeded' });
  });

  it('is told of before it is sent, so that nobody believes in the money should its sender die', async () => {
    const { id, item } = await order();
    await expire(id);
    core.script.answer = async (call) => {
      if (call.op === 'reverse') {
        const { rows } = await core.pool.query('SELECT reversing FROM attempts WHERE payment_id = $1', [id]);
        expect(rows).toEqual([{ reversing: true }]);
        throw new Error('the process dies');
      }
      return { kind: 'pending' };
    };
    await reverser().run([item], 'memory');
    await core.recorder.recordResult({ paymentId: id, attemptNo: 1 }, paidInFull({ op: 'query' } as ChannelCall), {
      actor: 'callback',
    });
    expect(await stand(id)).toMatchObject({ status: 'processing' });
  });

  it('of an order that never came to the channel ends it, once the channel has said so for long enough', async () => {
    const { id, item } = await order();
    await expire(id);
    core.script.answer = () => ({ kind: 'not_found' });
    const one = reverser();
    await one.run([item], 'memory');
    expect(await stand(id)).toMatchObject({ status: 'processing' });
    await core.pool.query(
      `UPDATE attempts SET not_found_since = now() - interval '3 minutes 50 s', sync_step = 50 WHERE payment_id = $1`,
      [id],
    );
    await makeDue(id);
    await one.run([item], 'memory');
    // Long enough in ten seconds, and the schedule alone would ask much later.
    expect((await stand(id)).in_seconds).toBeLessThan(12);
    await core.pool.query(`UPDATE attempts SET not_found_since = now() - interval '5 minutes' WHERE payment_id = $1`, [
      id,
    ]);
    await makeDue(id);
    await one.run([item], 'memory');
    expect([callsOf('query'), callsOf('reverse')]).toEqual([3, 3]);
    expect(await stand(id)).toMatchObject({ status: 'closed', in_seconds: null });
  });

  it('an order that the channel once refused to close as paid is never taken for one that never arrived', async () => {
    const { id, item } = await order();
    await expire(id);
    core.script.answer = (call) =>
      call.op === 'close' ? { kind: 'unknown', reason: 'already_paid' } : { kind: 'not_found' };
    const one = worker();
    await one.run([item], 'memory');
    core.script.answer = () => ({ kind: 'not_found' });
    for (let turn = 0; turn < 3; turn++) {
      await core.pool.query(`UPDATE attempts SET not_found_since = now() - interval '1 day' WHERE payment_id = $1`, [
        id,
      ]);
      await makeDue(id);
      await one.run([item], 'memory');
    }
    expect(await stand(id)).toMatchObject({ status: 'processing' });
  });
});

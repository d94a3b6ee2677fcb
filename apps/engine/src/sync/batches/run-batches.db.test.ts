import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createTestCore, paidInFull, type TestCore } from '../../payments/testing/core.ts';
import { inTransaction } from '../../platform/db.ts';
import { createPostgresLease } from '../../platform/postgres/lease.postgres.ts';
import { type BatchFilter, type BatchStore, createBatchStore, newBatchId } from './batches.store.ts';
import { createBatchRunner } from './run-batches.ts';

let database: TestDatabase;
let core: TestCore;
let store: BatchStore;
let asked: string[];
let askOne: (paymentId: string) => Promise<boolean>;
const log = { warn: () => undefined };

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
  store = createBatchStore(core.pool);
});
beforeEach(async () => {
  asked = [];
  askOne = async (paymentId) => {
    asked.push(paymentId);
    await core.recorder.recordResult(
      { paymentId, attemptNo: 1 },
      paidInFull({ op: 'query', requestNo: 'x' } as never),
      {
        actor: 'sync',
      },
    );
    return true;
  };
  await core.pool.query('DELETE FROM sync_batches');
  await core.pool.query('DELETE FROM leases');
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const place = async (merchant = 'mch_1'): Promise<string> =>
  JSON.parse((await core.place(core.caller(merchant), core.claim(), core.request())).body).id;
const start = async (filter: BatchFilter, perSecond = 1_000): Promise<string> => {
  const id = newBatchId();
  const total = await store.count(filter);
  await inTransaction(core.pool, (client) =>
    store.add(client, { id, filter, perSecond, reason: 'test', total, createdBy: 'somebody' }),
  );
  return id;
};
const runner = (node = 'a') =>
  createBatchRunner({
    store,
    lease: createPostgresLease(core.pool),
    node,
    ask: async (ids, goesOn) => {
      const done = new Set<string>();
      for (const id of ids) if ((await goesOn()) && (await askOne(id))) done.add(id);
      return done;
    },
    log,
  });

describe('a batch of look-ups', () => {
  it('asks about every open payment that fits, once, and tells what became of them', async () => {
    const mine = await Promise.all(Array.from({ length: 7 }, () => place('mch_batch')));
    const over = await place('mch_batch');
    await askOne(over);
    await place('mch_other');
    asked = [];
    const filter = { merchantId: 'mch_batch' };
    expect(await store.count(filter)).toBe(7);
    const id = await start(filter, 3);
    expect(await runner().runOnce()).toBe(true);
    expect(asked.sort()).toEqual(mine.sort());
    expect(await store.find(id)).toMatchObject({ state: 'done', total: 7, asked: 7, changed: 7 });
    expect(await store.results(id, 5)).toMatchObject({
      moves: [{ before: 'processing', after: 'succeeded', count: 7 }],
      changed: { length: 5 },
    });
    expect(await runner().runOnce()).toBe(false);
  });

  it('means what all its conditions mean together', async () => {
    const one = await place('mch_filter');
    const two = await place('mch_filter');
    const fits = async (filter: BatchFilter) =>
      (await store.page({ filter, cursor: '' }, 99)).map(({ paymentId }) => paymentId);
    const mine = { merchantId: 'mch_filter' };
    expect(await fits({ ...mine, channelId: 'wechat-pay', accountId: 'a' })).toEqual([one, two].sort());
    expect(await fits({ ...mine, channelId: 'alipay' })).toEqual([]);
    expect(await fits({ ...mine, accountId: 'b' })).toEqual([]);
    expect(await fits({ paymentIds: [two, 'pay_none'] })).toEqual([two]);
    expect(await fits({ ...mine, to: Date.now() - 3_600_000 })).toEqual([]);
    expect(await fits({ ...mine, from: Date.now() + 3_600_000 })).toEqual([]);
    expect(await fits({ ...mine, from: Date.now() - 3_600_000, to: Date.now() + 3_600_000 })).toHaveLength(2);
  });

  it('stops where it is when it is cancelled', async () => {
    for (let n = 0; n < 6; n++) await place('mch_cancel');
    const id = await start({ merchantId: 'mch_cancel' }, 2);
    const ask = askOne;
    askOne = async (paymentId) => {
      const done = await ask(paymentId);
      if (asked.length === 2) await inTransaction(core.pool, (client) => store.cancel(client, id));
      return done;
    };
    await runner().runOnce();
    expect(asked).toHaveLength(2);
    expect(await store.find(id)).toMatchObject({ state: 'cancelled' });
    expect(await inTransaction(core.pool, (client) => store.cancel(client, id))).toBe(false);
  });

  it('goes on behind the last page when its worker dies, on another, and is worked by one at a time', async () => {
    for (let n = 0; n < 5; n++) await place('mch_dies');
    const id = await start({ merchantId: 'mch_dies' }, 2);
    const ask = askOne;
    let lived = true;
    askOne = async (paymentId) => {
      if (lived && asked.length >= 2) {
        // Another has taken over while this one was thought dead.
        lived = false;
        await core.pool.query(
          `UPDATE leases SET holder = 'b', expires_at = now() + interval '1 minute', token = token + 1`,
        );
      }
      return ask(paymentId);
    };
    await runner('a').runOnce();
    expect((await store.find(id))?.state).toBe('running');
    expect(await runner('a').runOnce()).toBe(false);
    await runner('b').runOnce();
    expect(await store.find(id)).toMatchObject({ state: 'done', asked: 5, node: 'b' });
    expect(new Set(asked).size).toBe(5);
    expect(asked).toHaveLength(5);
  });

  it('is not stopped by a payment that can not be asked about', async () => {
    await place('mch_bad');
    await place('mch_bad');
    const id = await start({ merchantId: 'mch_bad' });
    askOne = async () => {
      throw new Error('no');
    };
    await runner().runOnce();
    expect(await store.find(id)).toMatchObject({ state: 'done', handled: 2, asked: 0, changed: 0 });
  });

  it('tells apart what a channel was asked about and what not', async () => {
    const some = await Promise.all([place('mch_apart'), place('mch_apart'), place('mch_apart')]);
    const id = await start({ merchantId: 'mch_apart' });
    const ask = askOne;
    askOne = async (paymentId) => paymentId === some[0] && ask(paymentId);
    await runner().runOnce();
    expect(await store.find(id)).toMatchObject({ state: 'done', total: 3, handled: 3, asked: 1, changed: 1 });
  });

  it('that was cancelled just now is not begun again', async () => {
    await place('mch_twice');
    const id = await start({ merchantId: 'mch_twice' });
    const client = await core.pool.connect();
    try {
      await client.query('BEGIN');
      await store.cancel(client, id);
      // It waits for the row; when it has it, the batch is cancelled.
      const next = store.next('a');
      await client.query('SELECT pg_sleep(0.1)');
      await client.query('COMMIT');
      expect(await next).toBeUndefined();
    } finally {
      client.release();
    }
    expect(await store.find(id)).toMatchObject({ state: 'cancelled' });
  });
});

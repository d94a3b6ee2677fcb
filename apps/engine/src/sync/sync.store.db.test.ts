import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { createTestCore, type TestCore } from '../payments/testing/core.ts';
import { createSyncStore } from './sync.store.ts';

let database: TestDatabase;
let core: TestCore;
beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const take = async (): Promise<string> =>
  JSON.parse((await core.place(core.caller(), core.claim(), core.request())).body).id;
const set = (id: string, what: string) => core.pool.query(`UPDATE payments SET ${what} WHERE id = $1`, [id]);
const asked = async (id: string) =>
  (await core.pool.query(`SELECT payload FROM outbox WHERE key LIKE $1`, [`sync-attempt-${id}-%-asked`])).rows;

it('makes an open payment due, with a message of its own, once', async () => {
  const store = createSyncStore(core.pool);
  const id = await take();
  expect(await store.askSoon(id)).toBe(true);
  expect(await asked(id)).toEqual([{ payload: { paymentId: id, attemptNo: 1, step: 0, channelId: 'wechat-pay' } }]);
  expect(await store.claim({ kind: 'attempt', paymentId: id, attemptNo: 1, channelId: undefined })).toMatchObject({
    attempt: { paymentId: id },
  });
  // A worker has it now.
  await core.pool.query('UPDATE attempts SET next_sync_at = now() WHERE payment_id = $1', [id]);
  expect(await store.askSoon(id)).toBe(false);
  expect(await asked(id)).toHaveLength(1);
});

it('lets one be that is coming to its end: it may be reversed this moment', async () => {
  const store = createSyncStore(core.pool);
  const [closing, expired] = [await take(), await take()];
  core.script.answer = () => ({ kind: 'not_sent', reason: 'breaker_open' });
  await core.close({ paymentId: closing, merchantId: 'mch_1', reason: 'closed_by_merchant', actor: 'key:1' });
  await set(expired, `expires_at = now() - interval '1 s'`);
  for (const id of [closing, expired]) {
    expect(await store.askSoon(id)).toBe(false);
    expect(await asked(id)).toEqual([]);
  }
  // A person may ask what nobody works: the claim of the one who closes is not broken, a look-up far off is brought near.
  expect((await store.makeDue(closing)).attempts).toEqual([]);
  expect((await store.makeDue(expired)).attempts).toEqual([]);
  await core.pool.query(
    `UPDATE attempts SET next_sync_at = now() + interval '10 minutes' WHERE payment_id = ANY ($1)`,
    [[closing, expired]],
  );
  expect((await store.makeDue(closing)).attempts).toEqual([{ attemptNo: 1, channelId: 'wechat-pay' }]);
  expect((await store.makeDue(expired)).attempts).toEqual([{ attemptNo: 1, channelId: 'wechat-pay' }]);
});

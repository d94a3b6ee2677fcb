import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newPaymentId, shardOf } from '../../platform/ids.ts';
import { type StartedEngine, startTestEngine } from '../../testing/started-engine.ts';

let engine: StartedEngine;
let oncall: Awaited<ReturnType<StartedEngine['signIn']>>;

beforeAll(async () => {
  engine = await startTestEngine();
  oncall = await engine.signIn({ role: 'oncall' });
});
afterAll(() => engine.stop());

type Listed = {
  generation: string;
  count: number;
  shards: {
    shard: number;
    state: string;
    node: string | null;
    open: number;
    overdue: number;
    pinnedTo: string | null;
  }[];
  workers: { node: string; shards: number }[];
};
const ask = async <Data>(name: string, input: unknown = null, who = oncall): Promise<Data> => {
  const { status, body } = await who.send('GET', `shards.${name}`, JSON.stringify(input));
  expect(status).toBe(200);
  return (body as { result: { data: Data } }).result.data;
};
const act = async (name: string, input: unknown, who = oncall): Promise<number> =>
  (await who.send('POST', `shards.${name}`, JSON.stringify(input))).status;
const list = () => ask<Listed>('list');
const reason = 'because';

async function addOpen(id: string): Promise<void> {
  await engine.db.query(
    `WITH p AS (
       INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject, version,
         trace_id, expires_at) VALUES ($1, 'mch_test', $1, 'none', 'native', 'processing', 1, 'CNY', 'x', 1, 't', now() + interval '1 h')
     ), a AS (
       INSERT INTO attempts (payment_id, no, channel_id, account_id, request_no, status, amount, currency, next_sync_at)
       VALUES ($1, 1, 'none', 'none', substr($1, 5) || '01', 'unknown', 1, 'CNY', now() + interval '1 h'))
     INSERT INTO events (payment_id, seq, kind, to_status, node, actor) VALUES ($1, 1, 'payment.processing', 'processing', 'n', 'test')`,
    [id],
  );
}

describe('shards in the console', () => {
  it('say who works what, and how much is open of each', async () => {
    const ids = Array.from({ length: 12 }, () => newPaymentId());
    for (const id of ids) await addOpen(id);
    await vi.waitFor(async () => {
      const { shards, workers, count } = await list();
      expect(count).toBe(8);
      expect(shards.map(({ state }) => state)).toEqual(Array(8).fill('running'));
      expect(workers).toMatchObject([{ shards: 8 }]);
      for (const { shard, open } of shards)
        expect(open).toBe(ids.filter((id) => Math.floor((shardOf(id) * 8) / 4096) === shard).length);
    }, 10_000);
    const [id = ''] = ids;
    const shard = Math.floor((shardOf(id) * 8) / 4096);
    expect(await ask<object[]>('orders', { shard })).toContainEqual(expect.objectContaining({ paymentId: id }));
  });

  it('are planned before they are cut anew, and taken again at once', async () => {
    const plan = await ask<{ generation: string; before: { open: number }[]; after: { open: number }[]; open: number }>(
      'plan',
      {
        count: 16,
      },
    );
    expect([plan.before.length, plan.after.length, plan.open]).toEqual([8, 16, 12]);
    expect(plan.after.reduce((sum, { open }) => sum + open, 0)).toBe(12);
    for (const [shard, { open }] of plan.before.entries())
      expect((plan.after[2 * shard]?.open ?? 0) + (plan.after[2 * shard + 1]?.open ?? 0)).toBe(open);
    const { generation } = plan;
    expect(await act('changeCount', { count: 16, generation, reason })).toBe(200);
    expect(await act('changeCount', { count: 4, generation, reason })).toBe(409);
    await vi.waitFor(async () => {
      const { shards } = await list();
      expect(shards).toHaveLength(16);
      expect(shards.every(({ state }) => state === 'running')).toBe(true);
    }, 10_000);
  });

  it('are paused, resumed and put on a node, each with a word in the audit log', async () => {
    expect(await act('pause', { shard: 3, reason })).toBe(200);
    expect((await list()).shards[3]).toMatchObject({ state: 'paused', pausedReason: reason });
    expect(await act('resume', { shard: 3 })).toBe(200);
    await vi.waitFor(async () => expect((await list()).shards[3]?.state).toBe('running'), 10_000);
    const [{ node } = { node: '' }] = (await list()).workers;
    expect(await act('pin', { shard: 5, node, reason })).toBe(200);
    expect((await list()).shards[5]?.pinnedTo).toBe(node);
    expect(await act('pin', { shard: 5, node: 'nobody', reason })).toBe(400);
    expect(await act('pin', { shard: 5, node: null, reason })).toBe(200);
    expect(await act('setDynamic', { dynamic: true, minCount: 4, maxCount: 32, reason })).toBe(200);
    expect(await act('setDynamic', { dynamic: true, minCount: 9, maxCount: 8, reason })).toBe(400);
    const { rows } = await engine.db.query(`SELECT action FROM audit_log WHERE action LIKE 'shards.%' ORDER BY id`);
    // Refused ones are written down as well.
    expect([...new Set(rows.map(({ action }) => action))].sort()).toEqual([
      'shards.changeCount',
      'shards.pause',
      'shards.pin',
      'shards.resume',
      'shards.setDynamic',
    ]);
  });

  it('are not there for those who may not, nor beyond their number', async () => {
    const risk = await engine.signIn({ role: 'risk' });
    expect(await act('pause', { shard: 1, reason }, risk)).toBe(403);
    expect((await ask<Listed>('list', null, risk)).count).toBe(16);
    expect(await act('pause', { shard: 4_095, reason })).toBe(404);
    expect(await act('changeCount', { count: 5_000, generation: '1', reason })).toBe(400);
  });
});

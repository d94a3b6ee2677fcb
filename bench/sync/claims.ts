import type { Pool } from '../../apps/engine/src/platform/db.ts';
import { shardOf } from '../../apps/engine/src/platform/ids.ts';
import type { DueSet } from '../../apps/engine/src/platform/ports/due-set.ts';
import { activeShardOf, logicalRangeOf } from '../../apps/engine/src/sharding/shard-map.ts';
import { createOpenOrders } from '../../apps/engine/src/sync/open-orders.store.ts';
import { detailOf, idOf, itemOf } from '../../apps/engine/src/sync/queue/sync-item.ts';
import { createSyncStore } from '../../apps/engine/src/sync/sync.store.ts';
import { addOrders } from './orders.ts';

const shards = 8;
const claims = 10_000;
const perShard = 64;

/**
 * What it costs to take an order from the queue, with so many in it, all of them due: from its shard's set, then in the truth,
 * and back to its set for the next time. The sets are filled as a flushed server's are: by the refill.
 */
export async function measureClaims(pool: Pool, dueSet: DueSet, orders: number, generation: bigint) {
  await pool.query('TRUNCATE payments, attempts, events, outbox');
  await pool.query('ALTER TABLE payments DISABLE TRIGGER USER');
  await addOrders(pool, orders, 0, 0);
  await pool.query('ALTER TABLE payments ENABLE TRIGGER USER');
  await pool.query('VACUUM ANALYZE attempts, payments');
  const open = createOpenOrders(pool);
  const store = createSyncStore(pool);
  const fillStarted = performance.now();
  for (let shard = 0; shard < shards; shard++)
    for await (const some of open.all(logicalRangeOf(shard, shards)))
      await dueSet.put(
        generation,
        some.map(({ item, inMs }) => ({ shard, id: idOf(item), inMs, detail: detailOf(item) })),
        'keep',
      );
  const filledPerSecond = orders / ((performance.now() - fillStarted) / 1_000);
  const all = Array.from({ length: shards }, (_, shard) => shard);
  let claimed = 0;
  let queueMs = 0;
  const started = performance.now();
  while (claimed < Math.min(claims, orders)) {
    const queueStarted = performance.now();
    const entries = await dueSet.claim(generation, all, perShard, 60_000);
    queueMs += performance.now() - queueStarted;
    if (entries.length === 0) throw new Error('the queue is empty too early');
    const items = entries.map(({ detail }) => itemOf(detail)).filter((item) => item !== undefined);
    const got = await Promise.all(items.map((item) => store.claim(item)));
    if (got.some((one) => one === undefined)) throw new Error('an order could not be claimed');
    await dueSet.put(
      generation,
      items.map((item) => ({
        shard: activeShardOf(shardOf(item.paymentId), shards),
        id: idOf(item),
        inMs: 3_600_000,
        detail: detailOf(item),
      })),
      'move',
    );
    claimed += items.length;
  }
  const ms = performance.now() - started;
  const overdueStarted = performance.now();
  const overdue = await open.overdue(logicalRangeOf(0, shards), 200, 0);
  return {
    claimsPerSecond: Math.round(claimed / (ms / 1_000)),
    msPerOrder: Math.round((ms / claimed) * 1_000) / 1_000,
    queueMsPerOrder: Math.round((queueMs / claimed) * 1_000) / 1_000,
    refillPerSecond: Math.round(filledPerSecond),
    sweepMs: Math.round((performance.now() - overdueStarted) * 10) / 10,
    overdue: overdue.length,
  };
}

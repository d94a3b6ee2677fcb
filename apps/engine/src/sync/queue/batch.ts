import { setTimeout as sleep } from 'node:timers/promises';
import type { DueSet } from '../../platform/ports/due-set.ts';
import type { RunningSharding } from '../../sharding/create-sharding.ts';
import { logicalRangeOf } from '../../sharding/shard-map.ts';
import type { OpenOrders } from '../open-orders.store.ts';
import type { RunLookUps } from './run-look-ups.ts';
import { detailOf, idOf } from './sync-item.ts';

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void };

const everyMs = 3_000;
/** Overdue for less is on its way through a queue. */
const graceSeconds = 5;
const batch = 200;
const houseEveryMs = 60_000;

/**
 * The third tier, straight from the truth. Of each of this node's shards: what has been overdue for a while is looked up,
 * whatever became of its message and its place in the queues; and a set that is empty for reasons of its own, because the
 * shards were cut anew or Redis was flushed, is filled again from what is open.
 */
export function createBatch({
  orders,
  dueSet,
  sharding,
  lookUps,
  closeExpiredHeld,
  log,
}: {
  orders: OpenOrders;
  dueSet: DueSet;
  sharding: Pick<RunningSharding, 'owned' | 'current' | 'onChange'>;
  lookUps: RunLookUps;
  /** Closes payments that waited for a review past their time. @returns how many */
  closeExpiredHeld: () => Promise<number>;
  log: Log;
}) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let houseKeptAt = Number.NEGATIVE_INFINITY;
  let taken = 0;
  let refilled = 0;

  /** @returns how many overdue items were worked */
  async function sweepOnce(): Promise<number> {
    const { count } = sharding.current();
    let worked = 0;
    for (const { shard } of sharding.owned()) {
      if (stopped) break;
      const overdue = await orders.overdue(logicalRangeOf(shard, count), batch, graceSeconds);
      if (overdue.length === 0) continue;
      await lookUps.run(overdue, 'batch');
      worked += overdue.length;
    }
    taken += worked;
    return worked;
  }

  /** @returns how many shards were filled */
  async function refillOnce(): Promise<number> {
    const { generation, count } = sharding.current();
    const shards = sharding.owned().map(({ shard }) => shard);
    if (shards.length === 0) return 0;
    const filled = await dueSet.filled(generation, shards);
    let done = 0;
    for (const shard of shards) {
      if (filled.has(shard)) continue;
      let entries = 0;
      for await (const some of orders.all(logicalRangeOf(shard, count))) {
        // Others have to get in between, and the shards may have been cut anew.
        if (stopped || sharding.current().generation !== generation) return done;
        await dueSet.put(
          generation,
          some.map(({ item, inMs }) => ({ shard, id: idOf(item), inMs, detail: detailOf(item) })),
          'keep',
        );
        entries += some.length;
        await sleep(1);
      }
      await dueSet.setFilled(generation, shard);
      done++;
      refilled += entries;
      if (entries > 0) log.info({ generation: generation.toString(), shard, entries }, 'the set of a shard was filled');
    }
    await dueSet.forgetBefore(generation);
    return done;
  }

  async function turn(): Promise<void> {
    await refillOnce().catch((err) =>
      log.warn({ err }, 'sets of shards could not be filled; the next sweep tries again'),
    );
    try {
      while (!stopped && (await sweepOnce()) >= batch);
      await closeExpiredHeld();
      if (!stopped && performance.now() - houseKeptAt > houseEveryMs) {
        houseKeptAt = performance.now();
        await orders.keepHouse();
      }
    } catch (err) {
      log.warn({ err }, 'the sweep failed; the next one tries again');
    }
  }

  function run(): void {
    if (running) {
      again = true;
      return;
    }
    clearTimeout(timer);
    if (stopped) return;
    again = false;
    running = turn().finally(() => {
      running = undefined;
      if (!stopped) timer = setTimeout(run, again ? 0 : everyMs);
    });
  }

  sharding.onChange(run);

  return {
    sweepOnce,
    refillOnce,
    start: run,
    /** How many were found overdue, and how many entries were put back, so far. */
    counts: () => ({ taken, refilled }),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

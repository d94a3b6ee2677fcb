import type { Clock } from '../platform/ports/clock.ts';
import type { DueSet, ShardDepth } from '../platform/ports/due-set.ts';
import type { RunningSharding } from '../sharding/create-sharding.ts';
import type { OpenOrders } from './open-orders.store.ts';
import { createBatch } from './queue/batch.ts';
import { createMemoryQueue } from './queue/memory-queue.ts';
import { createRunLookUps, type LookUpsDeps } from './queue/run-look-ups.ts';
import { createShardQueue } from './queue/shard-queue.ts';
import { detailOf, idOf, type SyncItem, type SyncTier } from './queue/sync-item.ts';

type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** What is due later than this waits in the shard queue, where it costs this process nothing. */
const horizonMs = 30_000;
const memoryMost = 20_000;
const tickMs = 50;
/** How often the sets of this node's shards are counted, for metrics and the console. */
const countEveryMs = 10_000;
/** Entries for the shard queue are sent on together. */
const handOnEveryMs = 100;

/** What waits: in memory (no shard), or in the set of a shard. */
export type Backlog = { tier: 'memory' | 'shard'; shard: string; entries: number; due: number; oldestMs: number };

export type ChannelLine = { channelId: string; waitMs: number };

export type StatusSync = ReturnType<typeof createStatusSync>;

/**
 * Status sync of a worker in its three tiers. An order's message goes to the memory of the worker that took it, which does
 * the first look-ups; what is further off goes to the shard queue, to be worked by whoever has the shard; and what both lost
 * is found overdue in Postgres, where its due time is true whatever happens to the queues.
 */
export function createStatusSync({
  clock,
  dueSet,
  sharding,
  orders,
  closeExpiredHeld,
  onBacklog = () => undefined,
  lines = () => [],
  onLines = () => undefined,
  log,
  ...deps
}: Omit<LookUpsDeps, 'onNext' | 'sharding' | 'log'> & {
  clock: Clock;
  dueSet: DueSet;
  sharding: RunningSharding;
  orders: OpenOrders;
  closeExpiredHeld: () => Promise<number>;
  onBacklog?: (rows: Backlog[]) => void;
  /** Channels over their budget of look-ups, and how long one has to wait there. */
  lines?: () => ChannelLine[];
  onLines?: (lines: ChannelLine[]) => void;
  log: Log;
}) {
  const memory = createMemoryQueue<SyncItem>(memoryMost);
  const handOn = new Map<string, { item: SyncItem; atMs: number }>();
  const removals = new Map<string, { shard: number; id: string }>();
  const seen = { memoryIn: 0, memoryOut: 0, shardIn: 0 };
  let depths: ShardDepth[] = [];
  let counter: NodeJS.Timeout | undefined;
  let tick: NodeJS.Timeout | undefined;
  let sender: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let stopped = false;
  const working = new Set<Promise<void>>();

  const lookUps = createRunLookUps({ ...deps, sharding, log, onNext: place });
  const shardQueue = createShardQueue({ dueSet, sharding, lookUps, log });
  const batch = createBatch({ orders, dueSet, sharding, lookUps, closeExpiredHeld, log });

  /** Where an item waits for its next time: in memory if it is near and was there before, else in its shard's set. */
  function place(item: SyncItem, tier: SyncTier, inMs: number | null): void {
    const shard = sharding.shardFor(item.paymentId);
    const id = idOf(item);
    if (inMs === null) {
      if (tier !== 'memory') removals.set(id, { shard, id });
      return;
    }
    const atMs = clock.monotonicMs() + inMs;
    const near = tier === 'memory' && !stopped && inMs <= horizonMs && !sharding.isPaused(shard);
    if (near && memory.add(id, item, atMs)) seen.memoryIn++;
    else handOn.set(id, { item, atMs });
  }

  async function send(): Promise<void> {
    const { generation } = sharding.current();
    const going = [...handOn.values()];
    const gone = [...removals.values()];
    handOn.clear();
    removals.clear();
    const now = clock.monotonicMs();
    try {
      if (gone.length > 0) await dueSet.remove(generation, gone);
      if (going.length > 0) {
        const entries = going.map(({ item, atMs }) => ({
          shard: sharding.shardFor(item.paymentId),
          id: idOf(item),
          inMs: atMs - now,
          detail: detailOf(item),
        }));
        const { refused } = await dueSet.put(generation, entries, 'move');
        seen.shardIn += entries.length - refused;
        if (refused > 0) log.warn({ refused }, 'the shard queue is full; the batch finds the rest overdue');
      }
    } catch (err) {
      log.warn(
        { err, entries: going.length },
        'the shard queue could not be reached; what is overdue is found in Postgres',
      );
    }
  }

  function sendSoon(): void {
    sending ??= send().finally(() => {
      sending = undefined;
    });
  }

  async function count(): Promise<void> {
    onLines(lines());
    const shards = sharding.owned().map(({ shard }) => shard);
    depths = shards.length === 0 ? [] : await dueSet.depths(sharding.current().generation, shards);
    const inMemory: Backlog = { tier: 'memory', shard: '', entries: memory.size(), due: 0, oldestMs: memoryLagMs() };
    onBacklog([
      inMemory,
      ...depths.map(
        ({ shard, entries, due, oldestMs = 0 }): Backlog => ({
          tier: 'shard',
          shard: String(shard),
          entries,
          due,
          oldestMs,
        }),
      ),
    ]);
  }

  function memoryLagMs(): number {
    const next = memory.nextAtMs();
    return next === undefined ? 0 : Math.max(0, Math.round(clock.monotonicMs() - next));
  }

  function runMemory(): void {
    const room = lookUps.atOnce * 4 - lookUps.load();
    const due = room > 0 ? memory.take(clock.monotonicMs(), room) : [];
    if (due.length === 0) return;
    seen.memoryOut += due.length;
    const work: Promise<void> = lookUps
      .run(due, 'memory')
      .catch((err) => log.warn({ err }, 'due look-ups could not be worked; the batch finds them'))
      .finally(() => working.delete(work));
    working.add(work);
  }

  return {
    lookUps,
    batch,

    /** For a message from the queue. */
    take(item: SyncItem, dueAt: string | undefined): void {
      place(item, 'memory', dueAt === undefined ? 0 : Math.max(0, Date.parse(dueAt) - clock.now().getTime()));
    },

    /** Something came to its end by other news: nobody needs to ask. */
    forget(item: SyncItem): void {
      memory.remove(idOf(item));
      removals.set(idOf(item), { shard: sharding.shardFor(item.paymentId), id: idOf(item) });
    },

    /** What the console shows of this worker; `in` and `out` are counted from its start. */
    stats: () => ({
      memory: { depth: memory.size(), oldestMs: memoryLagMs(), in: seen.memoryIn, out: seen.memoryOut },
      shardQueue: {
        depth: depths.reduce((sum, { entries }) => sum + entries, 0),
        due: depths.reduce((sum, { due }) => sum + due, 0),
        oldestMs: Math.round(Math.max(0, ...depths.map(({ oldestMs = 0 }) => oldestMs))),
        zombies: depths.reduce((sum, { zombies }) => sum + zombies, 0),
        in: seen.shardIn,
        out: shardQueue.taken(),
      },
      batch: { out: batch.counts().taken, refilled: batch.counts().refilled },
      inHand: lookUps.load(),
      lines: lines(),
    }),

    async start(): Promise<void> {
      await sharding.start();
      tick = setInterval(runMemory, tickMs);
      sender = setInterval(() => {
        if (handOn.size + removals.size > 0) sendSoon();
      }, handOnEveryMs);
      counter = setInterval(() => void count().catch(() => undefined), countEveryMs);
      shardQueue.start();
      batch.start();
    },

    /** Finishes what is in hand, and leaves the rest to the other workers. */
    async stop(): Promise<void> {
      stopped = true;
      clearInterval(tick);
      clearInterval(sender);
      clearInterval(counter);
      await Promise.all([shardQueue.stop(), batch.stop()]);
      await Promise.all(working);
      for (const { item, atMs } of memory.drain()) handOn.set(idOf(item), { item, atMs });
      await sending;
      await send();
      await sharding.stop();
    },
  };
}

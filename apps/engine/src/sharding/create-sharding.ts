import { randomUUID } from 'node:crypto';
import type { Pool } from '../platform/db.ts';
import { shardOf } from '../platform/ids.ts';
import type { Bus } from '../platform/ports/bus.ts';
import type { Clock } from '../platform/ports/clock.ts';
import { createLeaseStore, type ShardView } from './leases.store.ts';
import type { Fence, Sharding } from './ports.ts';
import { activeShardOf, assignShards } from './shard-map.ts';

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void };

export type RunningSharding = Sharding & {
  start(): Promise<void>;
  /** Gives every shard up, so that others take them at once. */
  stop(): Promise<void>;
  beatOnce(): Promise<void>;
};

/**
 * This worker's part of the shards. Every third of a lease it says that it is there, reads who else is, computes who should
 * work what (as every worker does, to the same end), and renews, takes and gives up leases accordingly.
 *
 * @param leaseMs how long a worker that says nothing keeps its shards
 * @param stats what the console is told of this worker
 */
export function createSharding({
  pool,
  bus,
  clock,
  node,
  leaseMs,
  stats = () => ({}),
  onTaken = () => undefined,
  log,
}: {
  pool: Pool;
  bus: Bus;
  clock: Clock;
  node: string;
  leaseMs: number;
  stats?: () => object;
  onTaken?: (shards: number) => void;
  log: Log;
}): RunningSharding {
  const store = createLeaseStore(pool);
  // Not the node's name: a process that was believed dead may wake up beside the one that was started in its place.
  const holder = `${node}#${randomUUID().slice(0, 8)}`;
  const marginMs = leaseMs / 6;
  const holds = new Map<number, number>();
  const listeners: (() => void)[] = [];
  let view: ShardView | undefined;
  let leased: readonly Fence[] = [];
  let fences: readonly Fence[] = [];
  let sureUntilMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let leaveBus: (() => Promise<void>) | undefined;

  async function beatOnce(): Promise<void> {
    // The lease begins in Postgres after this moment, so it ends there after what we believe here.
    const asked = clock.monotonicMs();
    const seen = await store.report({ holder, node, stats: stats() }, leaseMs);
    const wanted = wantedOf(seen);
    // What is being worked on is finished first; no new work on it is begun.
    const leaving = leased
      .map(({ shard }) => shard)
      .filter((shard) => seen.generation === view?.generation && !wanted.has(shard) && (holds.get(shard) ?? 0) > 0);
    leased = await store.settle(holder, seen.generation, [...wanted, ...leaving], leaseMs);
    const working = leased.filter(({ shard }) => wanted.has(shard) && !seen.leases.get(shard)?.paused);
    const changed = seen.generation !== view?.generation || !sameFences(working, fences);
    const taken = working.filter(
      ({ shard, token }) => !fences.some((one) => one.shard === shard && one.token === token),
    );
    view = seen;
    fences = working;
    sureUntilMs = asked + leaseMs - marginMs;
    if (!changed) return;
    onTaken(taken.length);
    log.info(
      { generation: seen.generation.toString(), shards: working.map(({ shard }) => shard) },
      'shards of this node',
    );
    for (const listener of listeners) listener();
  }

  function wantedOf(seen: ShardView): Set<number> {
    const nodes = new Map([...seen.workers].map(([worker, name]) => [name, worker]));
    const held = new Map<number, string>();
    const pinned = new Map<number, string>();
    for (const [shard, lease] of seen.leases) {
      if (lease.holder !== undefined) held.set(shard, lease.holder);
      const pin = lease.pinnedTo === undefined ? undefined : nodes.get(lease.pinnedTo);
      if (pin !== undefined) pinned.set(shard, pin);
    }
    const assigned = assignShards({ count: seen.count, workers: [...seen.workers.keys()], held, pinned });
    return new Set([...assigned].filter(([, worker]) => worker === holder).map(([shard]) => shard));
  }

  function beatSoon(): void {
    if (stopped) return;
    if (beating) {
      again = true;
      return;
    }
    clearTimeout(timer);
    beating = (async () => {
      do {
        again = false;
        await beatOnce().catch((err) =>
          log.warn({ err }, 'the leases of shards could not be renewed; it will be tried again'),
        );
      } while (again && !stopped);
    })().finally(() => {
      beating = undefined;
      if (!stopped) timer = setTimeout(beatSoon, leaseMs / 3);
    });
  }

  return {
    current: () => ({ generation: view?.generation ?? 0n, count: view?.count ?? 1 }),
    owned: () => (clock.monotonicMs() < sureUntilMs ? fences : []),
    shardFor: (paymentId) => activeShardOf(shardOf(paymentId), view?.count ?? 1),
    isPaused: (shard) => view?.leases.get(shard)?.paused ?? false,
    hold(shard) {
      holds.set(shard, (holds.get(shard) ?? 0) + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        const left = (holds.get(shard) ?? 1) - 1;
        if (left > 0) holds.set(shard, left);
        else holds.delete(shard);
      };
    },
    onChange: (listener) => void listeners.push(listener),
    beatOnce,
    async start() {
      leaveBus = await bus.subscribe('tributary_shards', beatSoon, beatSoon);
      beatSoon();
      await beating;
      // The others have to give up this node's share before it can take it.
      await bus.publish('tributary_shards', 'joined').catch(() => undefined);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await leaveBus?.();
      await beating;
      sureUntilMs = Number.NEGATIVE_INFINITY;
      await store.leave(holder).catch((err) => log.warn({ err }, 'shards could not be given up; their leases run out'));
      await bus.publish('tributary_shards', 'left').catch(() => undefined);
    },
  };
}

const sameFences = (a: readonly Fence[], b: readonly Fence[]): boolean =>
  a.length === b.length && a.every((one, index) => one.shard === b[index]?.shard && one.token === b[index]?.token);

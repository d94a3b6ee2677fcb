import type { DueSet } from '../../platform/ports/due-set.ts';
import type { RunningSharding } from '../../sharding/create-sharding.ts';
import type { RunLookUps } from './run-look-ups.ts';
import { itemOf, type SyncItem } from './sync-item.ts';

const everyMs = 200;
/** As many as all look-ups of a batch may take: after that its entries are due again. */
const leaseMs = 30_000;
const batches = { least: 8, most: 256 };

/**
 * The second tier: every fifth of a second, what is due of this node's shards is taken from their sets and worked. How much
 * at once follows the backlog, up to what the node can work; a set that can't be reached is tried again later and later.
 */
export function createShardQueue({
  dueSet,
  sharding,
  lookUps,
  log,
}: {
  dueSet: DueSet;
  sharding: Pick<RunningSharding, 'owned' | 'current' | 'onChange'>;
  lookUps: RunLookUps;
  log: { warn(fields: object, message: string): void };
}) {
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> | undefined;
  let stopped = false;
  let perShard = batches.least;
  let failures = 0;
  let taken = 0;
  const working = new Set<Promise<void>>();

  async function takeOnce(): Promise<void> {
    const shards = sharding.owned().map(({ shard }) => shard);
    const room = lookUps.atOnce * 4 - lookUps.load();
    if (shards.length === 0 || room <= 0) return;
    const { generation } = sharding.current();
    const limit = Math.min(perShard, Math.max(1, Math.ceil(room / shards.length)));
    const claimed = await dueSet.claim(generation, shards, limit, leaseMs);
    taken += claimed.length;
    perShard =
      claimed.length >= limit * shards.length * 0.75
        ? Math.min(perShard * 2, batches.most)
        : Math.max(Math.ceil(perShard / 2), batches.least);
    const unreadable = claimed.filter(({ detail }) => !itemOf(detail));
    if (unreadable.length > 0) await dueSet.remove(generation, unreadable);
    const items = claimed.map(({ detail }) => itemOf(detail)).filter((item): item is SyncItem => item !== undefined);
    if (items.length === 0) return;
    const work: Promise<void> = lookUps
      .run(items, 'shard')
      .catch((err) => log.warn({ err }, 'due look-ups could not be worked; they are due again'))
      .finally(() => working.delete(work));
    working.add(work);
  }

  function run(): void {
    clearTimeout(timer);
    if (stopped || turn) return;
    turn = takeOnce()
      .then(
        () => {
          failures = 0;
        },
        (err) => {
          failures++;
          log.warn({ err, failures }, 'the shard queue could not be read; what is overdue is found in Postgres');
        },
      )
      .finally(() => {
        turn = undefined;
        if (!stopped) timer = setTimeout(run, Math.min(everyMs * 2 ** Math.min(failures, 5), 5_000));
      });
  }

  sharding.onChange(run);

  return {
    start: run,
    /** How many were taken so far. */
    taken: () => taken,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await turn;
      await Promise.all(working);
    },
  };
}

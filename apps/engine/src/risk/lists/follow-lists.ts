import type { Bus } from '../../platform/ports/bus.ts';
import { ListIndex } from './list-index.ts';
import type { EntryKey, ListsStore } from './lists.store.ts';

export type FollowerLog = { info(fields: object, message: string): void; warn(fields: object, message: string): void };

/** Rows read at once: small, so that the loop goes on between two pages. */
const pageRows = 1_000;
/** How often to look without being told. */
const pollMs = 250;
/**
 * How long an index is trusted after the look that it is up to date with. By this every change is in force within a
 * second on every node, whatever a large import, a build or a lost announcement keeps the follower busy with.
 */
export const trustMs = 900;
/** Removed entries stay in the index; so many, and this share of it, are worth building it anew. */
const worthRebuilding = { removed: 5_000, share: 0.2 };

const pause = () => new Promise<void>((done) => setImmediate(done));

/**
 * Keeps a node's list index: built once in pages, then brought up to date when Postgres announces a change, and some
 * times a second in case an announcement was lost. Until it is built, and whenever it is not up to date with the last
 * second, there is none, and who asks must ask Postgres.
 */
export function createListFollower({
  store,
  bus,
  log,
  nowMs = () => performance.now(),
}: {
  store: ListsStore;
  bus: Bus;
  log: FollowerLog;
  nowMs?: () => number;
}) {
  let index: ListIndex | undefined;
  /** What `index` is up to date with. */
  let seen = '';
  let removed = 0;
  let followedAtMs = Number.NEGATIVE_INFINITY;
  let working: Promise<void> | undefined;
  let again = false;
  let polling: NodeJS.Timeout | undefined;
  let unsubscribe: (() => Promise<void>) | undefined;
  let stopped = false;

  async function build(): Promise<void> {
    const startedMs = nowMs();
    const fresh = new ListIndex();
    // Taken first: whatever is written during the build is followed after it.
    const snapshot = await store.now();
    let after: EntryKey = { list: '', value: '' };
    for (;;) {
      const page = await store.keysAfter(after, pageRows);
      for (const { list, value } of page) fresh.add(list, value);
      const last = page.at(-1);
      if (!last || page.length < pageRows || stopped) break;
      after = last;
      await pause();
    }
    if (stopped) return;
    removed = 0;
    await follow(fresh, snapshot);
    log.info(
      { entries: fresh.size, bytes: fresh.bytes, ms: Math.round(nowMs() - startedMs) },
      'the index of lists is built',
    );
  }

  /** Adds to an index what became visible since a snapshot, and makes it the index in use. */
  async function follow(target: ListIndex, since: string): Promise<void> {
    const startedMs = nowMs();
    let first: string | undefined;
    let after: { xid: string; seq: string } | undefined;
    for (;;) {
      const { snapshot, changes } = await store.changedSince(since, after, pageRows);
      // Later pages may see more than the first; only what the first saw is surely complete.
      first ??= snapshot;
      for (const change of changes) {
        if (change.removed) removed++;
        else target.add(change.list, change.value);
      }
      const last = changes.at(-1);
      if (!last || changes.length < pageRows || stopped) break;
      after = last;
      await pause();
    }
    if (stopped) return;
    index = target;
    seen = first;
    followedAtMs = startedMs;
  }

  async function work(): Promise<void> {
    if (!index || (removed > worthRebuilding.removed && removed > index.size * worthRebuilding.share)) await build();
    else await follow(index, seen);
  }

  /** Brings the index up to date with everything committed until now. */
  function refresh(): Promise<void> {
    if (working) {
      again = true;
      return working;
    }
    working = (async () => {
      do {
        again = false;
        await work();
      } while (again && !stopped);
    })().finally(() => {
      working = undefined;
    });
    return working;
  }

  const refreshQuietly = () =>
    refresh().catch((err) => log.warn({ err }, 'lists could not be followed; the next try comes soon'));

  return {
    /** The index, if it is there and up to date. */
    current: (): ListIndex | undefined => (nowMs() - followedAtMs <= trustMs ? index : undefined),
    refresh,
    async start(): Promise<void> {
      const told = () => void refreshQuietly();
      unsubscribe = await bus.subscribe('tributary_lists', told, told);
      // Not awaited: until the index is built, Postgres is asked.
      told();
      const next = () => {
        polling = setTimeout(() => void refreshQuietly().finally(() => !stopped && next()), pollMs);
        polling.unref();
      };
      next();
    },
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(polling);
      await unsubscribe?.();
      await working?.catch(() => undefined);
    },
  };
}

export type ListFollower = ReturnType<typeof createListFollower>;

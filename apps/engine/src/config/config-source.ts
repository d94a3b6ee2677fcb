import type { Pool } from '../platform/db.ts';
import type { Bus } from '../platform/ports/bus.ts';
import { isInCanary } from './changes/canary-share.ts';
import { type LoadedConfig, type Log, loadConfig } from './load-config.ts';
import type { ConfigSnapshot, ConfigSource } from './snapshot.ts';
import { postgresRulesStore, type RulesStore } from './unleash/rules-store.ts';

type Listener = (snapshot: ConfigSnapshot) => void | Promise<void>;

/** How long several announcements may gather before one reload, and how often to look without any. */
const gatherMs = 15;
const pollMs = 1_000;

/**
 * The node's configuration: loaded at start, loaded again when Postgres announces a change (triggers on every
 * configuration table), and compared with the version once a second in case an announcement was missed. Listeners
 * finish before the new snapshot is shown, so what they compile is ready when payments see it.
 */
export function createConfigSource({
  pool,
  bus,
  log,
  store = postgresRulesStore,
  onBadStart = 'last_good',
}: {
  pool: Pool;
  bus: Bus;
  log: Log;
  store?: Pick<RulesStore, 'overlay' | 'isInCanary'>;
  /** Whether a node may start when a document in force is not good: with the newest good one before it, or not at all. */
  onBadStart?: 'last_good' | 'refuse';
}) {
  const listeners = new Set<Listener>();
  let loaded: LoadedConfig | undefined;
  let loading: Promise<void> | undefined;
  let again = false;
  let gathering: NodeJS.Timeout | undefined;
  let polling: NodeJS.Timeout | undefined;
  let unsubscribe: (() => Promise<void>) | undefined;

  async function reload(): Promise<void> {
    const fresh = store.overlay(await loadConfig(pool, loaded));
    const known = new Set(loaded?.all.problems.map(({ ref, version }) => `${ref} ${version}`));
    for (const problem of fresh.all.problems)
      if (!known.has(`${problem.ref} ${problem.version}`))
        log.error(problem, 'a published document is not good; the last good one stays');
    const [bad] = fresh.all.problems;
    if (!loaded && bad && onBadStart === 'refuse')
      throw new Error(`${bad.ref} v${bad.version} ${bad.message}, and CONFIG_ON_BAD_START says not to start then`);
    for (const listener of listeners) {
      await listener(fresh.all);
      if (fresh.canary) await listener(fresh.canary.snapshot);
    }
    // One assignment: a payment that begins now sees all of the new configuration or none of it.
    loaded = fresh;
  }

  /** Loads what is there now; calls during a load get one more load after it. */
  function refresh(): Promise<void> {
    if (loading) {
      again = true;
      return loading;
    }
    loading = (async () => {
      do {
        again = false;
        await reload();
      } while (again);
    })().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  const refreshQuietly = () =>
    void refresh().catch((err) => log.warn({ err }, 'the configuration could not be reloaded; the last one stays'));

  function announced(): void {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      refreshQuietly();
    }, gatherMs);
  }

  async function poll(): Promise<void> {
    const { rows } = await pool.query({
      name: 'config-version',
      text: 'SELECT version FROM config_state WHERE id = 1',
    });
    if (rows[0] && rows[0].version !== loaded?.all.version) await refresh();
  }

  const source: ConfigSource = {
    current() {
      if (!loaded) throw new Error('the configuration has not been loaded yet');
      return loaded.all;
    },
    snapshotFor(merchantId) {
      const canary = loaded?.canary;
      if (!canary) return source.current();
      const isIn = store.isInCanary(canary.changeId, merchantId) ?? isInCanary(canary, merchantId);
      return isIn ? canary.snapshot : source.current();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  return {
    ...source,
    refresh,
    isLoaded: () => loaded !== undefined,
    async start(): Promise<void> {
      unsubscribe = await bus.subscribe('tributary_config', announced, announced);
      await refresh();
      const next = () => {
        polling = setTimeout(
          () =>
            void poll()
              .catch(() => undefined)
              .finally(() => polling && next()),
          pollMs,
        );
      };
      next();
    },
    async stop(): Promise<void> {
      clearTimeout(gathering);
      clearTimeout(polling);
      polling = undefined;
      await unsubscribe?.();
    },
  };
}

export type RunningConfig = ReturnType<typeof createConfigSource>;

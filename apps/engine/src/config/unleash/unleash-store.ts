import { Unleash } from 'unleash-client';
import type { Pool } from '../../platform/db.ts';
import type { Audit } from '../audit.store.ts';
import { desiredRules, type PayloadRules, readPayload, UnusableToggle } from './desired-rules.ts';
import { followRules, type OwnCanary, planActs, readState, unleashActor } from './follow-rules.ts';
import type { RulesStore } from './rules-store.ts';
import {
  isOurs,
  nothingOff,
  rulesToggle,
  type SwitchedOff,
  switchedOff,
  switchesKey,
  withSwitches,
} from './toggles.ts';
import { createUnleashState } from './unleash-state.store.ts';

type Kind = 'risk' | 'routing';
type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** How often Unleash is asked; how long the start waits for it; when something that failed is tried again. */
const refreshMs = 1_000;
const startMs = 5_000;
const retryMs = 5_000;
const kinds: readonly Kind[] = ['risk', 'routing'];

/**
 * Rule sets and switches from Unleash. What it says of rules goes through the same gate as a change in the console and
 * becomes a version in Postgres; what does not pass is refused and written down, and what runs stays. Its last word is
 * kept in Postgres as well, so that switches and shares of merchants outlive both Unleash and us.
 */
export function createUnleashStore({
  url,
  token,
  pool,
  audit,
  node,
  log,
  mustPass,
  merchantIds,
  refresh,
  mustHaveHeard,
}: {
  url: string;
  token: string;
  pool: Pool;
  audit: Audit;
  node: string;
  log: Log;
  /** The gate: throws with every reason why these rules can't run. */
  mustPass: (kind: Kind, document: Record<string, unknown>, contentHash: string) => Promise<void>;
  merchantIds: () => Iterable<string>;
  /** Loads the configuration again. */
  refresh: () => Promise<void>;
  /** Do not start before Unleash was heard at least once, now or in an earlier life. */
  mustHaveHeard: boolean;
}): RulesStore {
  const state = createUnleashState(pool, node);
  const client = new Unleash({
    url,
    appName: 'tributary',
    instanceId: node,
    customHeaders: { Authorization: token },
    refreshInterval: refreshMs,
    timeout: 5_000,
    disableMetrics: true,
    disableAutoStart: true,
    skipInstanceCountWarning: true,
    storageProvider: {
      get: () => state.get(),
      set: async (_, features) =>
        state
          .set({ ...features, features: features.features.filter(({ name }) => isOurs(name)) })
          .catch((err) => log.warn({ err }, 'what Unleash said could not be kept')),
    },
  });
  let heard = false;
  let connected = false;
  let off: SwitchedOff = nothingOff;
  let refused: Record<string, { message: string; at: number }> = {};
  const canaries = new Map<string, OwnCanary & { kind: Kind }>();
  const hashes = new Map<string, string>();
  let working: Promise<void> | undefined;
  let again = false;
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  client.on('ready', () => {
    heard = true;
  });
  client.on('error', (err) => {
    if (connected) log.warn({ err }, 'Unleash does not answer; what it last said stays');
    connected = false;
  });
  client.on('unchanged', () => {
    connected = true;
  });
  client.on('changed', () => {
    heard = true;
    connected = true;
    void work();
  });

  const payloadOf = (kind: Kind, merchantId: string) => {
    const variant = client.getVariant(rulesToggle(kind), { userId: merchantId, properties: { merchantId } });
    return variant.enabled ? variant.payload : undefined;
  };

  /** Follows everything that Unleash says now; calls meanwhile get one more turn after it. */
  function work(): Promise<void> {
    if (working) {
      again = true;
      return working;
    }
    working = (async () => {
      do {
        again = false;
        await follow();
      } while (again && !stopped);
    })()
      .catch((err) => {
        log.error({ err }, 'Unleash could not be followed');
        tryAgain();
      })
      .finally(() => {
        working = undefined;
      });
    return working;
  }

  function tryAgain(): void {
    if (stopped) return;
    retry ??= setTimeout(() => {
      retry = undefined;
      void work();
    }, retryMs);
  }

  async function follow(): Promise<void> {
    const toggles = client.getFeatureToggleDefinitions();
    const now = switchedOff(toggles);
    const switched = switchesKey(now) !== switchesKey(off);
    off = now;
    if (switched) {
      log.info(
        { channels: [...off.channels], services: [...off.services], features: [...off.features] },
        'switched off by Unleash',
      );
      await refresh();
    }
    for (const kind of kinds)
      await followKind(
        kind,
        toggles.find(({ name }) => name === rulesToggle(kind)),
      );
  }

  async function followKind(kind: Kind, toggle: Parameters<typeof desiredRules>[0] | undefined): Promise<void> {
    const name = rulesToggle(kind);
    try {
      const standing = await readState(pool, kind);
      const desired = toggle
        ? desiredRules(toggle, merchantIds(), (id) => payloadOf(kind, id), standing.live)
        : { all: undefined, canary: undefined };
      const acts = planActs(standing, desired);
      if (acts.length > 0) {
        for (const act of acts) if ('rules' in act) await pass(kind, act.rules);
        await followRules(audit, kind, desired);
        log.info({ kind, acts: acts.map(({ act }) => act) }, 'rules follow Unleash');
      }
      await keepCanary(kind);
      if (acts.length > 0) await refresh();
      await clear(name);
    } catch (error) {
      await keepCanary(kind).catch(() => undefined);
      await refuse(name, error);
    }
  }

  const pass = (kind: Kind, { document, contentHash }: PayloadRules) => mustPass(kind, document, contentHash);

  async function keepCanary(kind: Kind): Promise<void> {
    const { canary } = await readState(pool, kind);
    for (const [id, known] of canaries) if (known.kind === kind && id !== canary?.changeId) canaries.delete(id);
    if (canary) canaries.set(canary.changeId, { ...canary, kind });
  }

  /** Says once that something is refused, and tries again later unless only Unleash can mend it. */
  async function refuse(name: string, error: unknown): Promise<void> {
    const reasons = (error as { errors?: { path: string; message: string }[] }).errors ?? [];
    const message = [
      error instanceof Error ? error.message : String(error),
      ...reasons.map((one) => `${one.path}: ${one.message}`),
    ]
      .join('; ')
      .slice(0, 1_000);
    const code = (error as { code?: string }).code;
    if (!(error instanceof UnusableToggle) && code !== 'invalid_rule_set') tryAgain();
    if (refused[name]?.message === message) return;
    refused = { ...refused, [name]: { message, at: Date.now() } };
    log.error({ toggle: name, message }, 'Unleash is not followed: what runs stays');
    await state.keepRefused(refused).catch(() => undefined);
    await audit
      .append({
        actor: unleashActor,
        action: 'unleash.follow',
        objectType: 'toggle',
        objectId: name,
        result: 'denied',
        reason: message.slice(0, 300),
      })
      .catch(() => undefined);
  }

  async function clear(name: string): Promise<void> {
    if (!(name in refused)) return;
    const { [name]: _, ...rest } = refused;
    refused = rest;
    await state.keepRefused(refused).catch(() => undefined);
  }

  const hashOf = (payload: { type: string; value: string }): string => {
    let hash = hashes.get(payload.value);
    if (hash === undefined) {
      // Payloads come and go.
      if (hashes.size > 16) hashes.clear();
      hash = readPayload(payload).contentHash;
      hashes.set(payload.value, hash);
    }
    return hash;
  };

  return {
    async start() {
      const answered = new Promise<void>((done) => {
        client.once('synchronized', () => {
          connected = true;
          done();
        });
        setTimeout(done, startMs).unref();
      });
      void client.start().catch((err) => log.warn({ err }, 'Unleash did not answer at the start'));
      await answered;
      if (!heard && mustHaveHeard) {
        client.destroy();
        throw new Error('Unleash does not answer and was never heard before: there is nothing to decide payments by');
      }
      if (!heard) log.error({}, 'Unleash does not answer and was never heard before: the rules in Postgres stay');
      else if (!connected) log.warn({}, 'Unleash does not answer: started with what it last said');
      if (heard) await work();
    },
    async stop() {
      stopped = true;
      clearTimeout(retry);
      client.destroy();
      await working;
    },
    overlay: (loaded) => withSwitches(loaded, off),
    isInCanary(changeId, merchantId) {
      const canary = canaries.get(changeId);
      if (!canary) return undefined;
      const payload = payloadOf(canary.kind, merchantId);
      try {
        return payload !== undefined && hashOf(payload) === canary.contentHash;
      } catch {
        return false;
      }
    },
    status: () => ({
      name: 'unleash',
      connected,
      refused,
      off: { channels: [...off.channels], services: [...off.services], features: [...off.features] },
    }),
  };
}

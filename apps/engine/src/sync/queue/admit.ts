import type { SharedBudget } from '../../platform/ports/shared-budget.ts';
import type { SyncItem } from './sync-item.ts';

/** An item that must wait, because its channel may not be asked now: its breaker is open, or its budget used up. */
export type Deferred = { item: SyncItem; inMs: number; because: 'breaker' | 'budget' };

/** Clocks differ by a little; who comes before his time finds nothing. */
const afterItsTimeMs = 5;

/**
 * Which of many items may be looked up now: none of a channel whose breaker is open, and of the others as many as all nodes
 * together may ask in this moment. What has to wait uses up nothing, and gets a time in the channel's line at which it may
 * go: however much there is, it is put off about once.
 */
export function createAdmit({
  restMsOf,
  queriesPerSecondOf,
  budget,
  log,
}: {
  /** For how long the channel should be left alone, because its breaker is open; 0 when it may be asked. */
  restMsOf: (channelId: string) => number;
  /** The channel's budget of look-ups, for all nodes together. */
  queriesPerSecondOf: (channelId: string) => number;
  budget: SharedBudget;
  log: { warn(fields: object, message: string): void };
}) {
  /** Until when, by monotonic ms, the last place in a channel's line was given by this node. */
  const lineEnds = new Map<string, number>();

  async function admitOf(
    channelId: string,
    group: SyncItem[],
  ): Promise<{ admitted: SyncItem[]; deferred: Deferred[] }> {
    const perSecond = queriesPerSecondOf(channelId);
    const restMs = restMsOf(channelId);
    const waited = group.filter((item) => item.waited);
    const fresh = group.filter((item) => !item.waited);
    const comers = { fresh: fresh.length, waited: waited.length };
    const passed = await budget.take(`query:${channelId}`, comers, perSecond, restMs).catch((err) => {
      // Without its server there is no budget; the channel's bulkhead still bounds what each node asks.
      log.warn({ err, channelId }, 'the budget of look-ups is out of reach');
      return restMs > 0 ? { fresh: 0, waited: 0, freshMs: restMs, waitedMs: restMs } : undefined;
    });
    if (!passed) return { admitted: group, deferred: [] };
    const later = (some: SyncItem[], fromMs: number): Deferred[] =>
      some.map((item, place) => ({
        item: { ...item, waited: true },
        inMs: fromMs + ((place + 1) / perSecond) * 1_000 + afterItsTimeMs,
        because: restMs > 0 ? 'breaker' : 'budget',
      }));
    const deferred = [
      ...later(waited.slice(passed.waited), passed.waitedMs),
      ...later(fresh.slice(passed.fresh), passed.freshMs),
    ];
    const last = deferred.at(-1);
    if (last) lineEnds.set(channelId, Math.max(lineEnds.get(channelId) ?? 0, performance.now() + last.inMs));
    return { admitted: [...waited.slice(0, passed.waited), ...fresh.slice(0, passed.fresh)], deferred };
  }

  async function admit(items: readonly SyncItem[]): Promise<{ admitted: SyncItem[]; deferred: Deferred[] }> {
    const byChannel = new Map<string | undefined, SyncItem[]>();
    for (const item of items) {
      const group = byChannel.get(item.channelId);
      if (group) group.push(item);
      else byChannel.set(item.channelId, [item]);
    }
    const admitted: SyncItem[] = [];
    const deferred: Deferred[] = [];
    for (const [channelId, group] of byChannel) {
      const of = channelId === undefined ? { admitted: group, deferred: [] } : await admitOf(channelId, group);
      admitted.push(...of.admitted);
      deferred.push(...of.deferred);
    }
    return { admitted, deferred };
  }

  return {
    admit,
    /** The channels that are asked about more than they allow, with how long whoever comes now has to wait. */
    lines(): { channelId: string; waitMs: number }[] {
      const now = performance.now();
      for (const [channelId, endsAt] of lineEnds) if (endsAt <= now) lineEnds.delete(channelId);
      return [...lineEnds].map(([channelId, endsAt]) => ({ channelId, waitMs: Math.round(endsAt - now) }));
    },
  };
}

export type Admit = ReturnType<typeof createAdmit>['admit'];

import type { SharedBudget } from '../../platform/ports/shared-budget.ts';
import type { SyncItem } from './sync-item.ts';

/** An item that must wait, because its channel may not be asked now. */
export type Deferred = { item: SyncItem; inMs: number };

/**
 * Which of many items may be looked up now: none of a channel whose breaker is open, and of the others as many as all nodes
 * together may ask in this moment. What has to wait uses up nothing.
 */
export function createAdmit({
  restMsOf,
  queriesPerSecondOf,
  budget,
  random = Math.random,
  log,
}: {
  /** For how long the channel should be left alone, because its breaker is open; 0 when it may be asked. */
  restMsOf: (channelId: string) => number;
  /** The channel's budget of look-ups, for all nodes together. */
  queriesPerSecondOf: (channelId: string) => number;
  budget: SharedBudget;
  random?: () => number;
  log: { warn(fields: object, message: string): void };
}) {
  return async function admit(items: readonly SyncItem[]): Promise<{ admitted: SyncItem[]; deferred: Deferred[] }> {
    const byChannel = new Map<string | undefined, SyncItem[]>();
    for (const item of items) {
      const group = byChannel.get(item.channelId);
      if (group) group.push(item);
      else byChannel.set(item.channelId, [item]);
    }
    const admitted: SyncItem[] = [];
    const deferred: Deferred[] = [];
    for (const [channelId, group] of byChannel) {
      const restMs = channelId === undefined ? 0 : restMsOf(channelId);
      if (channelId === undefined) admitted.push(...group);
      // Spread out, so that not all come back at once.
      else if (restMs > 0) deferred.push(...group.map((item) => ({ item, inMs: restMs * (0.8 + 0.4 * random()) })));
      else {
        const perSecond = queriesPerSecondOf(channelId);
        const granted = await budget.take(`query:${channelId}`, group.length, perSecond).catch((err) => {
          // Without its server there is no budget; the channel's bulkhead still bounds what each node asks.
          log.warn({ err, channelId }, 'the budget of look-ups is out of reach');
          return group.length;
        });
        admitted.push(...group.slice(0, granted));
        deferred.push(
          ...group
            .slice(granted)
            .map((item, place) => ({ item, inMs: ((place + 1) / perSecond) * 1_000 + 50 * random() })),
        );
      }
    }
    return { admitted, deferred };
  };
}

export type Admit = ReturnType<typeof createAdmit>;

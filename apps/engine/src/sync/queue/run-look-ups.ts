import { isOutOfReach } from '../../platform/db.ts';
import type { Sharding } from '../../sharding/ports.ts';
import type { Claimed, SyncStore } from '../sync.store.ts';
import type { LookUpOutcome } from '../sync-attempt.ts';
import type { Admit } from './admit.ts';
import { idOf, type SyncItem, type SyncTier } from './sync-item.ts';

export type RunLookUps = ReturnType<typeof createRunLookUps>;

export type LookUpsDeps = {
  store: Pick<SyncStore, 'claim' | 'standing' | 'postpone' | 'release'>;
  sharding: Pick<Sharding, 'owned' | 'shardFor' | 'hold' | 'isPaused'>;
  admit: Admit;
  lookUp: (claimed: Claimed, tier: SyncTier) => Promise<LookUpOutcome>;
  /** How long to wait after a look-up that was not sent, in ms: as long as before it. */
  pauseOf: (claimed: Claimed) => number;
  /** Told when an item is to be worked again, `inMs` from now, or never (null). */
  onNext: (item: SyncItem, tier: SyncTier, inMs: number | null) => void;
  onLookUp?: (report: { tier: SyncTier; channelId: string; outcome: LookUpOutcome }) => void;
  log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  /** Look-ups of this node at once, over all tiers. */
  atOnce?: number;
};

/**
 * Works due items, wherever they come from: what the channels can't take now waits; the rest is claimed one by one in the
 * truth, looked up, and handed on to its next time. From the shard queue and the batch only under the lease of its shard.
 */
export function createRunLookUps(deps: LookUpsDeps) {
  const { store, sharding, log } = deps;
  const atOnce = deps.atOnce ?? 48;
  const inHand = new Set<string>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inSlot(work: () => Promise<void>): Promise<void> {
    if (running >= atOnce) await new Promise<void>((go) => waiting.push(go));
    running++;
    try {
      await work();
    } finally {
      running--;
      waiting.shift()?.();
    }
  }

  async function workOne(item: SyncItem, tier: SyncTier): Promise<void> {
    const shard = sharding.shardFor(item.paymentId);
    const isOfShard = tier === 'shard' || tier === 'batch';
    const fence = isOfShard ? sharding.owned().find((one) => one.shard === shard) : undefined;
    // Not ours any more: whoever has the shard now finds it in the shard's queue, or overdue.
    if (isOfShard && !fence) return;
    if (tier === 'memory' && sharding.isPaused(shard)) {
      deps.onNext(item, tier, 0);
      return;
    }
    const done = fence && sharding.hold(fence.shard);
    try {
      const claimed = await store.claim(item, fence);
      if (claimed) {
        const outcome = await deps.lookUp(claimed, tier);
        const { paymentId, channelId, claim } = 'attempt' in claimed ? claimed.attempt : claimed.refund;
        deps.onLookUp?.({ tier, channelId, outcome });
        if (outcome === 'not_sent') await store.release(paymentId, claim, deps.pauseOf(claimed));
        if (outcome === 'refused') {
          log.warn(
            { paymentId, tier, shard },
            'what a look-up learned was not written: somebody else has the order now',
          );
          return;
        }
      }
      const standing = await store.standing(item);
      if (standing === null) deps.onNext(item, tier, null);
      // Due, and not to be had: somebody else has it in hand this moment.
      else deps.onNext({ ...item, channelId: standing.channelId }, tier, Math.max(standing.inMs, claimed ? 0 : 1_000));
    } finally {
      done?.();
    }
  }

  return {
    /** How many items are in hand: being looked up, or about to be. */
    load: (): number => inHand.size,
    atOnce,

    /** Resolves when all are done. Items that are already in hand are left alone. */
    async run(items: readonly SyncItem[], tier: SyncTier): Promise<void> {
      const fresh = items.filter((item) => !inHand.has(idOf(item)));
      for (const item of fresh) inHand.add(idOf(item));
      const letGo = (some: readonly SyncItem[]) => {
        for (const item of some) inHand.delete(idOf(item));
      };
      try {
        const { admitted, deferred } = await deps.admit(fresh);
        if (deferred.length > 0) {
          await store.postpone(deferred);
          letGo(deferred.map(({ item }) => item));
          for (const { item, inMs } of deferred) deps.onNext(item, tier, inMs);
        }
        await Promise.all(
          admitted.map((item) =>
            inSlot(async () => {
              // One that fails must not keep the others waiting; it is due again when its claim runs out.
              await workOne(item, tier).catch((err) =>
                (isOutOfReach(err) ? log.warn : log.error).call(log, { err, ...item, tier }, 'a look-up failed'),
              );
              letGo([item]);
            }),
          ),
        );
      } finally {
        letGo(fresh);
      }
    },
  };
}

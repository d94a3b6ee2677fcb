import { setTimeout as sleep } from 'node:timers/promises';
import { isOutOfReach } from '../../platform/db.ts';
import type { Sharding } from '../../sharding/ports.ts';
import type { Claimed, SyncStore } from '../sync.store.ts';
import type { LookUpOutcome } from '../sync-attempt.ts';
import type { Admit, Deferred } from './admit.ts';
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

/** Whoever waits for look-ups is asked as often whether he still does. */
const patienceMs = 500;

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

  /** @returns whether the channel was asked, and what it said was kept */
  async function workOne(item: SyncItem, tier: SyncTier): Promise<boolean> {
    const shard = sharding.shardFor(item.paymentId);
    const isOfShard = tier === 'shard' || tier === 'batch';
    const fence = isOfShard ? sharding.owned().find((one) => one.shard === shard) : undefined;
    // Not ours any more: whoever has the shard now finds it in the shard's queue, or overdue.
    if (isOfShard && !fence) return false;
    if (tier === 'memory' && sharding.isPaused(shard)) {
      deps.onNext(item, tier, 0);
      return false;
    }
    let asked = false;
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
          return false;
        }
        asked = outcome === 'asked';
      }
      const standing = await store.standing(item);
      if (standing === null) deps.onNext(item, tier, null);
      // Due, and not to be had: somebody else has it in hand this moment.
      else {
        const next = { ...item, channelId: standing.channelId, waited: false };
        deps.onNext(next, tier, Math.max(standing.inMs, claimed ? 0 : 1_000));
      }
      return asked;
    } finally {
      done?.();
    }
  }

  /** @returns the items that the channel was asked about */
  async function workAll(items: readonly SyncItem[], tier: SyncTier): Promise<SyncItem[]> {
    const asked: SyncItem[] = [];
    await Promise.all(
      items.map((item) =>
        inSlot(async () => {
          try {
            if (await workOne(item, tier)) asked.push(item);
          } catch (err) {
            // One that fails must not keep the others waiting; it is due again when its claim runs out.
            (isOutOfReach(err) ? log.warn : log.error).call(log, { err, ...item, tier }, 'a look-up failed');
          }
          letGo([item]);
        }),
      ),
    );
    return asked;
  }

  /**
   * Takes those in hand that are not in it already. Who has to wait is put off and let go at once, taking no place from
   * others; who may go stays in hand until `workAll` is done with it.
   */
  async function begin(items: readonly SyncItem[]): Promise<{ admitted: SyncItem[]; deferred: Deferred[] }> {
    const fresh = items.filter((item) => !inHand.has(idOf(item)));
    for (const item of fresh) inHand.add(idOf(item));
    try {
      const { admitted, deferred } = await deps.admit(fresh);
      if (deferred.length > 0) await store.postpone(deferred);
      letGo(deferred.map(({ item }) => item));
      return { admitted, deferred };
    } catch (err) {
      letGo(fresh);
      throw err;
    }
  }

  function letGo(items: readonly SyncItem[]): void {
    for (const item of items) inHand.delete(idOf(item));
  }

  function handOn(deferred: readonly Deferred[], tier: SyncTier): void {
    for (const { item, inMs } of deferred) deps.onNext(item, tier, inMs);
  }

  return {
    /** How many items are in hand: being looked up, or about to be. */
    load: (): number => inHand.size,
    atOnce,

    /** Resolves when all are done. Items that are already in hand are left alone; those that have to wait are handed on. */
    async run(items: readonly SyncItem[], tier: SyncTier): Promise<void> {
      const { admitted, deferred } = await begin(items);
      handOn(deferred, tier);
      await workAll(admitted, tier);
    },

    /**
     * For whoever waits for the answers: what is over the channel's budget comes up at its time in the line, as long as
     * `goesOn`. What is left then, and what belongs to a channel whose breaker is open, is handed on.
     * @returns the items that the channel was really asked about
     */
    async ask(items: readonly SyncItem[], tier: SyncTier, goesOn: () => Promise<boolean>): Promise<SyncItem[]> {
      const asked: SyncItem[] = [];
      let waiting = items.map((item) => ({ item, atMs: 0 }));
      while (waiting.length > 0) {
        const now = performance.now();
        const due = waiting.filter(({ atMs }) => atMs <= now).map(({ item }) => item);
        waiting = waiting.filter(({ atMs }) => atMs > now);
        const { admitted, deferred } = await begin(due);
        const [over, resting] = [deferred.filter(isOver), deferred.filter((one) => !isOver(one))];
        handOn(resting, tier);
        waiting.push(...over.map(({ item, inMs }) => ({ item, atMs: now + inMs })));
        asked.push(...(await workAll(admitted, tier)));
        if (waiting.length === 0 || !(await goesOn())) break;
        const firstMs = Math.min(...waiting.map(({ atMs }) => atMs)) - performance.now();
        await sleep(Math.max(0, Math.min(firstMs, patienceMs)));
      }
      for (const { item, atMs } of waiting) deps.onNext(item, tier, Math.max(0, atMs - performance.now()));
      return asked;
    },
  };
}

const isOver = ({ because }: Deferred): boolean => because === 'budget';

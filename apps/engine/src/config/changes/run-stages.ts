import type { PublishPlan } from '@tributary/contracts/change';
import { AppError } from '../../platform/app-error.ts';
import type { Pool } from '../../platform/db.ts';
import type { Actor } from '../audit.store.ts';
import { type Change, findChange, findStaged } from './change.store.ts';
import type { Changes } from './changes.ts';
import { Overtaken } from './put-in-force.ts';
import { countWindow, judgeWatch, type WatchNumbers, type WatchVerdict } from './watch.ts';

const everyMs = 2_000;

/** Who acts when nobody does. */
const system: Actor = { id: 'system', role: 'system', ip: undefined, userAgent: undefined };

type Outcome = { before: WatchNumbers; during: WatchNumbers; verdict: WatchVerdict; comparedWith: 'before' | 'others' };

/** What no later try would make better: others built on it, or it does not fit what is around it any more. */
const isRefused = (error: unknown): error is AppError =>
  error instanceof Overtaken || (error instanceof AppError && error.code === 'invalid_rule_set');

/**
 * Brings changes on whose time has come: publishes what was scheduled, promotes or ends canaries, verifies or rolls back
 * what is watched, and takes approvals away that are too old. Every node may run it: each act holds the change and asks
 * for its status, so of two nodes one acts and the other is refused.
 */
export function createStages({
  pool,
  changes,
  mayRun,
  log,
}: {
  pool: Pool;
  changes: Changes;
  /** Whether it is this node's turn. */
  mayRun: () => Promise<boolean>;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}) {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function runOnce(): Promise<void> {
    if (!(await mayRun())) return;
    for (const id of await findStaged(pool)) {
      const change = await findChange(pool, id);
      if (!change) continue;
      await bringOn(change).catch((err) => {
        // Another node was faster, or a person.
        if (!(err instanceof AppError && err.code === 'conflict'))
          log.warn({ err, changeId: id }, 'a change could not be brought on');
      });
    }
  }

  async function bringOn(change: Change): Promise<void> {
    const { plan, now } = change;
    const tooOld = change.approvedAt !== undefined && now.getTime() - change.approvedAt.getTime() > 24 * 3_600_000;
    if (change.status === 'approved' || (change.status === 'scheduled' && tooOld)) {
      if (tooOld) await changes.voidIt(system, change.id, 'the approval is more than 24 h old');
      return;
    }
    if (!plan) return;
    if (change.status === 'scheduled') return publishScheduled(change, plan);
    const outcome = await measure(change, plan);
    const ended = change.stageEndsAt !== undefined && now >= change.stageEndsAt;
    if (outcome.verdict.breaches.length > 0 && plan.watch.autoRollback) {
      log.warn({ changeId: change.id, outcome }, 'a published change is rolled back by its watch');
      const [worst] = outcome.verdict.breaches;
      const reason = `${worst?.metric} went from ${worst?.before.toFixed(1)} % to ${worst?.during.toFixed(1)} %`;
      await rollBackOrLetBe(change, reason, outcome);
      return;
    }
    if (!ended) return;
    if (change.status === 'canary') await promoteOrEnd(change, outcome);
    else await changes.verify(system, change.id, outcome);
    log.info(
      { changeId: change.id, outcome },
      change.status === 'canary' ? 'a canary was promoted' : 'a change was verified',
    );
  }

  /** What somebody has built on is not taken back by a machine: the watch ends with its numbers and says so. */
  async function rollBackOrLetBe(change: Change, reason: string, outcome: Outcome): Promise<void> {
    try {
      await changes.rollBack(system, { id: change.id, reason, outcome });
    } catch (error) {
      if (!isRefused(error)) throw error;
      const overtaken = error instanceof Overtaken ? { overtaken: error.refs } : {};
      await changes.verify(system, change.id, { ...outcome, ...overtaken }, `${reason}; ${error.message}`);
    }
  }

  /** A canary whose documents were published over by others can't be for all any more: it ends. */
  async function promoteOrEnd(change: Change, outcome: Outcome): Promise<void> {
    try {
      await changes.promote(system, change.id);
    } catch (error) {
      if (!isRefused(error)) throw error;
      await changes.rollBack(system, { id: change.id, reason: error.message, outcome });
    }
  }

  async function publishScheduled(change: Change, plan: PublishPlan): Promise<void> {
    try {
      await changes.publish(system, { id: change.id, contentHash: change.contentHash, plan, isDue: true });
    } catch (error) {
      // A fault of ours passes: the change stays due and is tried again. What the gate or the store refuses is final.
      if (!(error instanceof AppError) || error.code === 'internal') throw error;
      const why = error.message;
      await changes.voidIt(system, change.id, `could not be published at its time: ${why}`.slice(0, 300));
    }
  }

  /** A canary is measured against the other merchants of the same time, a published change against the time before. */
  async function measure(change: Change, plan: PublishPlan): Promise<Outcome> {
    const { now, publishedAt = now } = change;
    const { thresholds } = plan.watch;
    if (change.status === 'canary' && plan.canary) {
      const share = { changeId: change.id, percent: plan.canary.percent };
      const { inside, outside } = await countWindow(pool, publishedAt, now, share);
      return {
        before: outside,
        during: inside,
        verdict: judgeWatch(outside, inside, thresholds),
        comparedWith: 'others',
      };
    }
    const length = Math.max(now.getTime() - publishedAt.getTime(), plan.watch.minutes * 60_000);
    const before = await countWindow(pool, new Date(publishedAt.getTime() - length), publishedAt);
    const during = await countWindow(pool, publishedAt, now);
    return {
      before: before.inside,
      during: during.inside,
      verdict: judgeWatch(before.inside, during.inside, thresholds),
      comparedWith: 'before',
    };
  }

  return {
    runOnce,
    start(): void {
      const next = () => {
        if (stopped) return;
        timer = setTimeout(
          () =>
            void runOnce()
              .catch((err) => log.warn({ err }, 'changes could not be looked at'))
              .finally(next),
          everyMs,
        );
      };
      next();
    },
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

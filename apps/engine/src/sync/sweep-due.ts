import type { OpenRefund } from '../payments/operations.ts';
import type { ClaimedAttempt, SyncStore } from './sync.store.ts';

type Log = { warn(fields: object, message: string): void; error(fields: object, message: string): void };

const everyMs = 3_000;
const graceSeconds = 10;
const batch = 200;
const atOnce = 16;
const houseEveryMs = 60_000;

/**
 * The net under the queue: looks up what has been due for a while, because its message was lost, its process died, or
 * the queue was emptied. Claims rows with SKIP LOCKED, so any number of nodes may sweep.
 */
export function createSweeper({
  store,
  lookUpAttempt,
  bringOnRefund,
  closeExpiredHeld,
  log,
}: {
  store: SyncStore;
  lookUpAttempt: (attempt: ClaimedAttempt) => Promise<void>;
  bringOnRefund: (refund: OpenRefund) => Promise<void>;
  /** Closes payments that waited for a review past their time. @returns how many */
  closeExpiredHeld: () => Promise<number>;
  log: Log;
}) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  let houseKeptAt = Number.NEGATIVE_INFINITY;

  /** @returns how many look-ups were done */
  async function sweepOnce(): Promise<number> {
    const attempts = await store.claimOverdueAttempts(batch, graceSeconds);
    const refunds = await store.claimOverdueRefunds(batch, graceSeconds);
    const work = [
      ...attempts.map((attempt) => () => lookUpAttempt(attempt)),
      ...refunds.map((refund) => () => bringOnRefund(refund)),
    ];
    await Promise.all(
      Array.from({ length: Math.min(atOnce, work.length) }, async () => {
        for (let next = work.pop(); next && !stopped; next = work.pop()) {
          // One that fails must not keep the others waiting; it is due again when its claim runs out.
          await next().catch((err) => log.error({ err }, 'a look-up failed'));
        }
      }),
    );
    return attempts.length + refunds.length + (await closeExpiredHeld());
  }

  async function run(): Promise<void> {
    try {
      while (!stopped && (await sweepOnce()) >= batch);
      if (!stopped && performance.now() - houseKeptAt > houseEveryMs) {
        houseKeptAt = performance.now();
        await store.keepHouse();
      }
    } catch (err) {
      log.warn({ err }, 'the sweep failed; the next one tries again');
    }
    if (!stopped) timer = setTimeout(start, everyMs);
  }

  function start(): void {
    running = run();
  }

  return {
    sweepOnce,
    start,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../../platform/ports/lease.ts';
import type { BatchStore, SyncBatch } from './batches.store.ts';

const everyMs = 2_000;
const leaseMs = 30_000;
/** A page is asked about within a second, whatever the rate. */
const mostOfPage = 100;

/**
 * Works the batches that people asked for, one after the other, on one worker at a time: a page of open payments, all of
 * them asked about, what became of them, and so on at the rate that was asked for. One that is interrupted goes on behind the
 * last page that was noted, on whichever worker is next.
 */
export function createBatchRunner({
  store,
  lease,
  node,
  askNow,
  log,
}: {
  store: BatchStore;
  lease: Lease;
  node: string;
  /** Looks everything open of a payment up now, within what its channel may be asked. */
  askNow: (paymentId: string) => Promise<void>;
  log: { warn(fields: object, message: string): void };
}) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const mayRun = async () => (await lease.acquire('sync-batches', node, leaseMs)) !== undefined;

  async function work(batch: SyncBatch): Promise<void> {
    let { cursor } = batch;
    while (!stopped && (await mayRun())) {
      const started = performance.now();
      const page = await store.page({ ...batch, cursor }, Math.min(batch.perSecond, mostOfPage));
      if (page.length === 0) return store.done(batch.id);
      await Promise.all(
        page.map(({ paymentId }) =>
          askNow(paymentId).catch((err) =>
            log.warn({ err, paymentId, batch: batch.id }, 'a look-up of a batch failed'),
          ),
        ),
      );
      if (!(await store.noted(batch.id, page))) return;
      cursor = page.at(-1)?.paymentId ?? cursor;
      const dueMs = (page.length / batch.perSecond) * 1_000 - (performance.now() - started);
      if (dueMs > 0) await sleep(dueMs);
    }
  }

  /** @returns whether there was a batch to work */
  async function runOnce(): Promise<boolean> {
    if (!(await mayRun())) return false;
    const batch = await store.next(node);
    if (!batch) return false;
    await work(batch);
    return true;
  }

  async function turn(): Promise<void> {
    try {
      while (!stopped && (await runOnce()));
    } catch (err) {
      log.warn({ err }, 'a batch of look-ups could not go on; it will be tried again');
    }
    if (!stopped) timer = setTimeout(start, everyMs);
  }

  function start(): void {
    running = turn();
  }

  return {
    runOnce,
    start,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      await lease.release('sync-batches', node).catch(() => undefined);
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../../platform/ports/lease.ts';
import type { BatchStore, SyncBatch } from './batches.store.ts';

const everyMs = 2_000;
const leaseMs = 30_000;
const mostOfPage = 100;
/** A page that takes longer than this is too large: its progress is only seen, and kept, when it is done. */
const longMs = 4_000;

/**
 * Works the batches that people asked for, one after the other, on one worker at a time: a page of open payments, all of
 * them asked about, what became of them, and so on at the rate that was asked for. One that is interrupted goes on behind the
 * last page that was noted, on whichever worker is next.
 */
export function createBatchRunner({
  store,
  lease,
  node,
  ask,
  log,
}: {
  store: BatchStore;
  lease: Lease;
  node: string;
  /**
   * Looks everything open of these payments up, within what their channels may be asked, waiting for it as long as `goesOn`.
   * @returns the payments that a channel was really asked about
   */
  ask: (paymentIds: string[], goesOn: () => Promise<boolean>) => Promise<Set<string>>;
  log: { warn(fields: object, message: string): void };
}) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const mayRun = async () => (await lease.acquire('sync-batches', node, leaseMs)) !== undefined;

  async function work(batch: SyncBatch): Promise<void> {
    let { cursor } = batch;
    let size = Math.min(batch.perSecond, mostOfPage);
    const goesOn = async () => !stopped && (await mayRun()) && (await store.isRunning(batch.id));
    while (await goesOn()) {
      const started = performance.now();
      const page = await store.page({ ...batch, cursor }, size);
      if (page.length === 0) return store.done(batch.id);
      const ids = page.map(({ paymentId }) => paymentId);
      const asked = await ask(ids, goesOn).catch((err) => {
        log.warn({ err, batch: batch.id, first: ids[0] }, 'look-ups of a batch failed');
        return new Set<string>();
      });
      // What was not asked because we are to stop is for whoever goes on with it, from there.
      const isWhole = asked.size === page.length || (await goesOn());
      const handled = isWhole ? page : page.filter(({ paymentId }) => asked.has(paymentId));
      const left = isWhole ? -1 : ids.findIndex((id) => !asked.has(id));
      const upTo = (left < 0 ? ids.at(-1) : ids[left - 1]) ?? cursor;
      if (!(await store.noted(batch.id, handled, asked, upTo)) || !isWhole) return;
      cursor = upTo;
      const tookMs = performance.now() - started;
      size = tookMs > longMs ? Math.max(1, size >> 1) : Math.min(size * 2, batch.perSecond, mostOfPage);
      const dueMs = (page.length / batch.perSecond) * 1_000 - tookMs;
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

import type { VersionedPayment } from '../payments/store/payments.read.ts';
import { AppError } from '../platform/app-error.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { Snapshots } from '../platform/ports/snapshots.ts';
import { createPacedBatches } from './paced-batches.ts';
import type { createPaymentCache, ReadPayment } from './payment-cache.ts';

/** Most who wait for a read at once; more are refused, and nothing is asked for them. */
const maxWaiting = 2_000;
/** How long Redis may take for an answer, and is left alone after it failed. */
const patienceMs = 1_000;
const restMs = 1_000;
const maxTries = 4;
/** Most questions of a node, whatever comes: one in so many ms. */
const paceMs = 1;

/** Reads as of now. What is not there is nobody's. */
export type Truth = {
  versions(ids: string[]): Promise<Map<string, number>>;
  payments(ids: string[]): Promise<Map<string, VersionedPayment>>;
};

/** What became of the look-ups of one batch. `coalesced` of them asked for what another one asked for as well. */
export type BatchReport = { hit: number; snapshot: number; miss: number; coalesced: number };

/**
 * Payments by id, for merchants. The promise: who asks after an answer with version v was received, from whichever node, is
 * answered with v or a newer one. So nothing is answered from memory alone: look-ups that come together ask together for
 * the versions of what is held, after they came, and only what changed is read again.
 *
 * Who is asked: Redis when there is one, where a version is noted before anybody is told of it; else, and for what is not
 * noted, the truth.
 */
export function createReadPayments({
  cache,
  truth,
  snapshots,
  clock,
  onBatch = () => undefined,
}: {
  cache: ReturnType<typeof createPaymentCache>;
  truth: Truth;
  snapshots?: Snapshots | undefined;
  clock: Pick<Clock, 'monotonicMs'>;
  onBatch?: (report: BatchReport) => void;
}) {
  let waiting = 0;
  let sharedRestsUntil = 0;
  const readTogether = createPacedBatches<string, ReadPayment | undefined>({
    read: readAll,
    maxBatch: 256,
    maxInFlight: 2,
    everyMs: paceMs,
    monotonicMs: () => performance.now(),
  });

  async function readAll(ids: string[]): Promise<(ReadPayment | undefined)[]> {
    const found = new Map<string, ReadPayment | undefined>();
    const report = { hit: 0, snapshot: 0, miss: 0, coalesced: 0 };
    const distinct = [...new Set(ids)];
    const left = await askShared(distinct, found, report);
    if (left.length > 0) await askTruth(left, found, report);
    report.coalesced = ids.length - distinct.length;
    onBatch(report);
    return ids.map((id) => found.get(id));
  }

  /** @returns what Redis could not say */
  async function askShared(
    ids: string[],
    found: Map<string, ReadPayment | undefined>,
    report: BatchReport,
  ): Promise<string[]> {
    const asked = ids.map((id) => ({ id, entry: cache.get(id) }));
    const known = await shared((one) => one.look(asked.map(({ id, entry }) => ({ id, held: entry?.version ?? 0 }))));
    if (!known) return ids;
    return asked.flatMap(({ id, entry }, index) => {
      const { version, text } = known[index] ?? {};
      if (entry && entry.version === version) {
        found.set(id, entry);
        report.hit++;
        return [];
      }
      const fresh = version === undefined || text === undefined ? undefined : readSnapshot(version, text);
      if (!fresh) return [id];
      cache.put(id, fresh);
      found.set(id, fresh);
      report.snapshot++;
      return [];
    });
  }

  async function askTruth(
    ids: string[],
    found: Map<string, ReadPayment | undefined>,
    report: BatchReport,
  ): Promise<void> {
    let left = ids;
    for (let tries = 0; left.length > 0; tries++) {
      if (tries === maxTries) throw new AppError('unavailable', undefined, { retryAfterSeconds: 1 });
      const begun = clock.monotonicMs();
      const read = await readNewest(left);
      for (const id of left) found.set(id, read.get(id)?.entry);
      if (tries === 0) for (const { same } of read.values()) report[same ? 'hit' : 'miss']++;
      if (!snapshots) return;
      const noted = [...read].map(([id, { entry }]) => ({ id, version: entry.version, text: textOf(entry) }));
      // Nobody may be told of what could not be noted because reading it took too long.
      left = (await shared((one) => one.raise(noted, begun))) === false ? left : [];
    }
  }

  /** Asks for the versions of what is held, and then for all of what is not, or is another by now. */
  async function readNewest(ids: string[]): Promise<Map<string, { entry: ReadPayment; same: boolean }>> {
    const read = new Map<string, { entry: ReadPayment; same: boolean }>();
    const held = new Map<string, ReadPayment>();
    for (const id of ids) {
      const entry = cache.get(id);
      if (entry) held.set(id, entry);
    }
    const versions = held.size > 0 ? await truth.versions([...held.keys()]) : undefined;
    const unknown: string[] = [];
    for (const id of ids) {
      const entry = held.get(id);
      if (entry && versions?.get(id) === entry.version) read.set(id, { entry, same: true });
      else unknown.push(id);
    }
    if (unknown.length > 0)
      for (const [id, { merchantId, version, payment }] of await truth.payments(unknown)) {
        const entry = readyPayment(merchantId, payment.status, version, JSON.stringify(payment));
        cache.put(id, entry);
        read.set(id, { entry, same: false });
      }
    return read;
  }

  /** @returns undefined without Redis, and while it rests after a failure */
  async function shared<T>(ask: (one: Snapshots) => Promise<T>): Promise<T | undefined> {
    if (!snapshots || clock.monotonicMs() < sharedRestsUntil) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, fail) => {
      timer = setTimeout(() => fail(new Error('Redis takes too long')), patienceMs);
    });
    try {
      return await Promise.race([ask(snapshots), tooLate]);
    } catch {
      sharedRestsUntil = clock.monotonicMs() + restMs;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    /** @throws AppError overloaded when too many wait already */
    async readPayment(merchantId: string, paymentId: string): Promise<ReadPayment | undefined> {
      if (waiting >= maxWaiting)
        throw new AppError('overloaded', 'too many look-ups wait already', { retryAfterSeconds: 1 });
      waiting++;
      try {
        const found = await readTogether(paymentId);
        return found?.merchantId === merchantId ? found : undefined;
      } finally {
        waiting--;
      }
    },
    /** After a commit: what is noted elsewhere as the newest version is so no more. Nobody waits for it. */
    committed(paymentId: string, version: number): void {
      void shared((one) => one.raise([{ id: paymentId, version }], clock.monotonicMs()));
    },
  };
}

/** What an answer looks like: part of the tag, so that a new release does not confirm what an old one said. */
const form = 1;

export const tagOf = (version: number): string => `"${form}.${version}"`;

const readyPayment = (merchantId: string, status: string, version: number, body: string): ReadPayment => ({
  merchantId,
  status,
  version,
  etag: tagOf(version),
  body,
  length: Buffer.byteLength(body),
});

const textOf = ({ merchantId, status, body }: ReadPayment): string => `${form} ${merchantId} ${status} ${body}`;

function readSnapshot(version: number, text: string): ReadPayment | undefined {
  const [, saidForm, merchantId = '', status = '', body = ''] = /^(\d+) (\S+) (\S+) (.*)$/s.exec(text) ?? [];
  return Number(saidForm) === form ? readyPayment(merchantId, status, version, body) : undefined;
}

import type { Payment } from '@tributary/contracts/payment';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VersionedPayment } from '../payments/store/payments.read.ts';
import { type Snapshot, type Snapshots, snapshotKeepMs } from '../platform/ports/snapshots.ts';
import { createPaymentCache } from './payment-cache.ts';
import { createReadPayments, type Truth } from './read-payments.ts';

const ids = ['pay_a', 'pay_b'] as const;

const paymentAt = (version: number, id = 'pay_a'): VersionedPayment => ({
  merchantId: 'mch',
  version,
  payment: { id, status: `v${version}` } as never,
});

/** Always the same version of whatever is asked for. */
const still = (
  version: number,
  onAsk: (what: 'versions' | 'payments', ids: string[]) => void = () => undefined,
): Truth => ({
  versions: async (asked) => {
    onAsk('versions', asked);
    return new Map(asked.map((id) => [id, version]));
  },
  payments: async (asked) => {
    onAsk('payments', asked);
    return new Map(asked.map((id) => [id, paymentAt(version, id)]));
  },
});

/** Postgres as the promise sees it: one newest version of each payment. */
function world(s: fc.Scheduler, { redis }: { redis: boolean }) {
  let ms = 0;
  const versions = new Map<string, number>(ids.map((id) => [id, 1]));
  /** What is read is of one moment, between the question and its answer. */
  const readOf = async <T>(of: () => T): Promise<T> => {
    await s.schedule(Promise.resolve(), 'to Postgres');
    const seen = of();
    await s.schedule(Promise.resolve(), 'from Postgres');
    return seen;
  };
  const truth: Truth = {
    versions: (asked) => readOf(() => new Map(asked.map((id) => [id, versions.get(id) ?? 0]))),
    payments: (asked) => readOf(() => new Map(asked.map((id) => [id, paymentAt(versions.get(id) ?? 0, id)]))),
  };
  const notes = new Map<string, Snapshot & { until: number }>();
  const noted = (id: string) => {
    const note = notes.get(id);
    return note && note.until > ms ? note : undefined;
  };
  const snapshots: Snapshots = {
    async look(asked) {
      await s.schedule(Promise.resolve(), 'to Redis');
      const seen = asked.map(({ id }) => noted(id));
      await s.schedule(Promise.resolve(), 'from Redis');
      return seen;
    },
    async raise(all, asOfMs) {
      await s.schedule(Promise.resolve(), 'to Redis');
      const isLate = ms - asOfMs > snapshotKeepMs / 2;
      if (isLate) {
        await s.schedule(Promise.resolve(), 'from Redis');
        return false;
      }
      for (const { id, version, text } of all) {
        const known = noted(id);
        if (known && known.version > version) continue;
        const kept = text ?? (known?.version === version ? known.text : undefined);
        notes.set(id, { version, ...(kept === undefined ? {} : { text: kept }), until: ms + snapshotKeepMs });
      }
      await s.schedule(Promise.resolve(), 'from Redis');
      return true;
    },
  };
  const node = () =>
    createReadPayments({
      // Room for one of the two payments: copies come and go.
      cache: createPaymentCache(600),
      truth,
      snapshots: redis ? snapshots : undefined,
      clock: { monotonicMs: () => ms },
    });
  return {
    versions,
    nodes: [node(), node(), node()] as const,
    pass: (by: number) => {
      ms += by;
    },
  };
}

/** To be asked to come again is no answer. */
function refusedIsFine(error: { code?: string }): void {
  if (error.code !== 'unavailable') throw error;
}

const step = fc.oneof(
  // The message of a change may get lost.
  fc.record({ do: fc.constant('change' as const), id: fc.constantFrom(...ids), node: fc.nat(2), lost: fc.boolean() }),
  fc.record({ do: fc.constant('ask' as const), id: fc.constantFrom(...ids), node: fc.nat(2) }),
  fc.record({ do: fc.constant('ask' as const), id: fc.constantFrom(...ids), node: fc.nat(2) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 900, 1_100, 2_100) }),
);

describe.each([{ redis: false }, { redis: true }])('with several nodes, Redis beside them: $redis', ({ redis }) => {
  it('nobody who asks after an answer is told of something older, whichever node is asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 2, maxLength: 40 }), async (s, steps) => {
        const { versions, nodes, pass } = world(s, { redis });
        const told = new Map<string, number>();
        const asked: Promise<void>[] = [];
        const { task } = s.scheduleSequence(
          steps.map((one) => async () => {
            if (one.do === 'wait') return pass(one.ms);
            const node = nodes[one.node] ?? nodes[0];
            if (one.do === 'change') {
              const version = (versions.get(one.id) ?? 0) + 1;
              versions.set(one.id, version);
              if (!one.lost) node.committed(one.id, version);
              return;
            }
            const atLeast = told.get(one.id) ?? 0;
            asked.push(
              node.readPayment('mch', one.id).then((answer) => {
                const version = answer?.version ?? 0;
                expect(version).toBeGreaterThanOrEqual(atLeast);
                expect((JSON.parse(answer?.body ?? '{}') as Payment).status).toBe(`v${version}`);
                told.set(one.id, Math.max(told.get(one.id) ?? 0, version));
              }, refusedIsFine),
            );
            // Look-ups leave when this turn of the event loop is over.
            await new Promise((done) => setImmediate(done));
          }),
        );
        await s.waitFor(task);
        await s.waitFor(Promise.all(asked));
      }),
      { numRuns: 1_000 },
    );
  });
});

const calm = { monotonicMs: () => 0 };
it('a hundred who ask at once are one read of one payment, and a copy that is still true is not read again', async () => {
  const asked: [string, string[]][] = [];
  const reports: object[] = [];
  const reads = createReadPayments({
    cache: createPaymentCache(1e6),
    truth: still(7, (what, ids) => asked.push([what, ids])),
    clock: calm,
    onBatch: (report) => reports.push(report),
  });
  await Promise.all(Array.from({ length: 100 }, () => reads.readPayment('mch', 'pay_a')));
  expect((await reads.readPayment('mch', 'pay_a'))?.etag).toBe('"1.7"');
  expect(asked).toEqual([
    ['payments', ['pay_a']],
    ['versions', ['pay_a']],
  ]);
  expect(reports).toEqual([
    { hit: 0, snapshot: 0, miss: 1, coalesced: 99 },
    { hit: 1, snapshot: 0, miss: 0, coalesced: 0 },
  ]);
});

it("another merchant's payment is nobody's, held or not", async () => {
  const reads = createReadPayments({
    cache: createPaymentCache(1e6),
    truth: still(1),
    clock: calm,
  });
  expect(await reads.readPayment('mch', 'pay_a')).toBeDefined();
  expect(await reads.readPayment('other', 'pay_a')).toBeUndefined();
});

it('what took too long to read is read again before anybody is told of it', async () => {
  let now = 0;
  let version = 1;
  const told: number[] = [];
  const reads = createReadPayments({
    cache: createPaymentCache(1e6),
    truth: {
      versions: async () => new Map([['pay_a', version]]),
      payments: async () => {
        const row = paymentAt(version);
        // Meanwhile somebody changed it, was told so elsewhere, and the note of that is gone again.
        if (version === 1) now += snapshotKeepMs + 1;
        version = 2;
        return new Map([['pay_a', row]]);
      },
    },
    snapshots: {
      look: async (asked) => asked.map(() => undefined),
      raise: async (noted, asOfMs) => {
        if (now - asOfMs > snapshotKeepMs / 2) return false;
        told.push(...noted.map((one) => one.version));
        return true;
      },
    },
    clock: { monotonicMs: () => now },
  });
  expect((await reads.readPayment('mch', 'pay_a'))?.version).toBe(2);
  expect(told).toEqual([2]);
});

it('who comes when too many wait is refused at once, and what waits is not', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((done) => {
    release = done;
  });
  const reads = createReadPayments({
    cache: createPaymentCache(1e6),
    truth: { ...still(1), payments: async (asked) => gate.then(() => still(1).payments(asked)) },
    clock: calm,
  });
  const waiting = Array.from({ length: 2_000 }, (_, index) => reads.readPayment('mch', `pay_${index}`));
  await expect(reads.readPayment('mch', 'pay_late')).rejects.toMatchObject({
    code: 'overloaded',
    retryAfterSeconds: 1,
  });
  release();
  expect(await Promise.all(waiting)).not.toContain(undefined);
  expect(await reads.readPayment('mch', 'pay_late')).toBeDefined();
});

it('goes on without Redis when Redis fails, and asks it again a second later', async () => {
  let now = 0;
  let looks = 0;
  const away: Snapshots = {
    look: () => {
      looks++;
      return Promise.reject(new Error('away'));
    },
    raise: () => Promise.reject(new Error('away')),
  };
  const reads = createReadPayments({
    cache: createPaymentCache(1e6),
    truth: still(3),
    snapshots: away,
    clock: { monotonicMs: () => now },
  });
  for (const at of [0, 500, 1_100]) {
    now = at;
    expect((await reads.readPayment('mch', 'pay_a'))?.version).toBe(3);
  }
  expect(looks).toBe(2);
});

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCore, paidInFull, type TestCore } from '../../apps/engine/src/payments/testing/core.ts';
import { createTestDatabase, type TestDatabase } from '../../scripts/testing/test-database.ts';
import { checkDatabase, checkLedger } from './invariants.ts';
import type { LedgerEntry } from './ledger.ts';

let database: TestDatabase;
let core: TestCore;
let db: pg.Client;
let paymentId: string;
let ledger: LedgerEntry[];

const charge = (own: Partial<LedgerEntry>): LedgerEntry => ({
  seq: 1,
  kind: 'charge',
  channel: 'wechat-pay',
  channelTxn: '42',
  requestNo: `${paymentId.slice(4)}01`,
  amount: 1000,
  currency: 'CNY',
  state: 'paid',
  at: '2026-11-23T08:00:00Z',
  ...own,
});

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
  core.script.holds = [
    {
      limitId: 'l',
      name: 'l',
      scopeKey: 'k',
      windowStart: '2026-11-22T16:00:00.000Z',
      maxAmount: 1_000_000n,
      maxCount: undefined,
    },
  ];
  const place = async () =>
    JSON.parse((await core.place(core.caller(), core.claim(), core.request())).body).id as string;
  paymentId = await place();
  await core.recorder.recordResult(
    { paymentId, attemptNo: 1 },
    paidInFull({ op: 'query', requestNo: 'x', product: 'native', orderedAt: new Date() }),
    {
      actor: 'callback',
    },
  );
  core.script.answer = (call) =>
    call.op === 'refund' ? { kind: 'succeeded', channelRefundNo: 'R', refunded: call.amount } : { kind: 'closed' };
  await core.refund(core.caller(), core.claim(), paymentId, { merchantRefundNo: 'r1', amount: 400 });
  await core.close({ paymentId: await place(), merchantId: 'mch_1', reason: 'closed_by_merchant', actor: 'test' });
  const { rows } = await db.query('SELECT refund_no FROM refunds');
  const refund = {
    kind: 'refund',
    refundNo: rows[0].refund_no,
    paidRequestNo: `${paymentId.slice(4)}01`,
    amount: 400,
  } as const;
  ledger = [
    charge({ state: 'created' }),
    charge({ seq: 2 }),
    charge({ seq: 3, ...refund, state: 'created' }),
    charge({ seq: 4, ...refund, state: 'succeeded' }),
  ];
});
afterAll(async () => {
  await db.end();
  await core.end();
  await database.drop();
});

/** What the checker says of a damaged copy: the damage is rolled back, triggers and foreign keys look away. */
async function damaged(sql: string): Promise<string[]> {
  await db.query('BEGIN');
  try {
    await db.query(`SET LOCAL session_replication_role = replica`);
    await db.query(sql);
    return [...(await checkDatabase(db)), ...(await checkLedger(db, ledger))].map(({ invariant }) => invariant);
  } finally {
    await db.query('ROLLBACK');
  }
}

describe('the checker', () => {
  it('finds nothing wrong with what the core wrote', async () => {
    expect(await checkDatabase(db)).toEqual([]);
    expect(await checkLedger(db, ledger)).toEqual([]);
  });

  const controls: [string, string][] = [
    ['a succeeded payment has its winner, any other has none', `UPDATE attempts SET winner = false`],
    ["amounts of attempts are the payment's", `UPDATE attempts SET amount = amount + 1 WHERE winner`],
    ['amounts agree', `UPDATE attempts SET amount = amount + 1 WHERE winner`],
    [
      'refunds never exceed the payment, and the counter tells their sum',
      `UPDATE payments SET refunded_amount = 1 WHERE status = 'succeeded'`,
    ],
    ['every late success is compensated once', `UPDATE attempts SET status = 'succeeded_late' WHERE status = 'closed'`],
    ['no invented success', `UPDATE attempts SET status = 'succeeded_late' WHERE status = 'closed'`],
    ["events are numbered without gaps and end at the payment's version", `DELETE FROM events WHERE seq = 3`],
    ["events are numbered without gaps and end at the payment's version", `UPDATE payments SET version = version + 1`],
    [
      "each status follows from the one before, and the last is the entity's",
      `UPDATE payments SET status = 'failed' WHERE status = 'closed'`,
    ],
    [
      "each status follows from the one before, and the last is the entity's",
      `UPDATE events SET from_status = 'closed' WHERE kind = 'attempt.succeeded'`,
    ],
    [
      'a final payment status never changes',
      `UPDATE events SET from_status = 'failed' WHERE kind = 'payment.succeeded'`,
    ],
    ['event times do not go back', `UPDATE events SET at = at - interval '1 hour' WHERE seq = 4`],
    ['limit usage is what its reservations add up to', `UPDATE limit_usage SET amount = amount + 1`],
    ['reservations end with their payment', `UPDATE limit_reservations SET state = 'reserved'`],
    ['no counter is over the cap it was filled under', `UPDATE limit_usage SET max_amount = 999`],
    ['no counter is over the cap it was filled under', `UPDATE limit_usage SET max_count = 0`],
    [
      "a reservation is its payment's amount, less what refunds gave back",
      `UPDATE limit_reservations SET release_on_refund = true WHERE state = 'settled'`,
    ],
    [
      "a reservation is its payment's amount, less what refunds gave back",
      `DELETE FROM payments WHERE status = 'closed'`,
    ],
    ['a payment that was not sent anywhere is held or over', `DELETE FROM attempts WHERE winner`],
    ['a success at the channel is never lost', `UPDATE attempts SET status = 'closed', winner = false WHERE winner`],
    ['each refund at the channel is known to have succeeded', `UPDATE refunds SET status = 'failed'`],
    ['refund amounts agree', `UPDATE refunds SET amount = 399`],
    ['each refund at the channel is ours', `DELETE FROM refunds`],
    [
      'a final payment has no open attempt but beside a winner',
      `UPDATE attempts SET status = 'pending', next_sync_at = now() WHERE status = 'closed'`,
    ],
  ];
  for (const [invariant, sql] of controls) {
    it(`goes red on "${invariant}": ${sql}`, async () => {
      expect(await damaged(sql)).toContain(invariant);
    });
  }

  it('goes red when the channel was paid for something we do not know, twice, or gave back what we did not ask', async () => {
    const invariants = async (entries: LedgerEntry[]) =>
      (await checkLedger(db, entries)).map(({ invariant }) => invariant);
    expect(await invariants([...ledger, charge({ requestNo: 'STRANGER' })])).toContain(
      'a success at the channel is never lost',
    );
    expect(await invariants([])).toEqual(expect.arrayContaining(['no invented success', 'no invented refund']));
    expect(
      await invariants([
        ...ledger,
        charge({
          kind: 'refund',
          refundNo: 'X',
          paidRequestNo: `${paymentId.slice(4)}01`,
          amount: 601,
          state: 'succeeded',
        }),
      ]),
    ).toEqual(
      expect.arrayContaining(['each refund at the channel is ours', 'the channel never gave back more than it took']),
    );
  });
});

import { isOutOfReach, type Pool, type PoolClient } from '../../platform/db.ts';
import { createGroupCommit } from '../../platform/group-commit.ts';
import type { Aggregate, Change } from '../aggregate.ts';
import type { IdempotencyClaim, LookUpClaim } from '../operations.ts';
import type { LimitHold } from '../ports.ts';
import { lockUsage } from './counters.ts';
import { raiseSql } from './limits.sql.ts';
import { createPlaceGroup, type Placement, type PlaceOutcome } from './place-group.ts';
import { changeRows, holdRow, parseAggregate } from './rows.ts';
import { keepAnswersSql, loadSql, saveSql } from './save.sql.ts';

/** The answer to keep under an idempotency key, written with the change that made it. */
export type KeptAnswer = { merchantId: string; key: string; status: number; body: string };

/** `claim`: what the change was made under; it is refused when somebody else has been given that since. */
export type Saving = { change: Change; answer?: KeptAnswer; at?: Date; claim?: LookUpClaim };

/**
 * `conflict`: somebody changed the payment meanwhile. `refused`: the claim is not its owner's any more. `full`: a counter that
 * the change wants to move to has no room.
 */
export type SaveOutcome =
  | { kind: 'saved'; updatedAt: Date }
  | { kind: 'conflict' }
  | { kind: 'refused' }
  | { kind: 'full'; limitId: string };

export type StoredKey = {
  requestHash: Buffer;
  resourceId: string;
  status: number | undefined;
  body: string | undefined;
  ageSeconds: number;
};

export type PaymentStore = ReturnType<typeof createPaymentStore>;

const nowOf = () => new Date();

const outcomeOf = (savedAt: Date | null | undefined): SaveOutcome =>
  savedAt ? { kind: 'saved', updatedAt: savedAt } : { kind: savedAt === null ? 'refused' : 'conflict' };

/**
 * All writes of payments, attempts, refunds and their events. State, event, message and answer of one change are one
 * statement; concurrent changes of different payments share transactions (group commit).
 */
export function createPaymentStore({ pool, node }: { pool: Pool; node: string }) {
  const place = createGroupCommit<Placement, PlaceOutcome>({
    maxGroup: 64,
    maxInFlight: 2,
    write: createPlaceGroup({ pool, node }),
    failsWhole: isOutOfReach,
  });
  const saveTogether = createGroupCommit<Saving, SaveOutcome>({
    maxGroup: 64,
    maxInFlight: 2,
    write: saveGroup,
    failsWhole: isOutOfReach,
  });

  const save = (saving: Saving): Promise<SaveOutcome> => {
    const { limits } = saving.change;
    return typeof limits === 'object' && 'take' in limits && limits.leave.length + limits.take.length > 0
      ? saveMoving(saving, limits)
      : saveTogether(saving);
  };

  async function saveGroup(savings: Saving[]): Promise<SaveOutcome[]> {
    const now = nowOf();
    // Two changes of one payment made from the same version: only the first can hold; the other will be decided anew.
    const first = new Map<string, Saving>();
    for (const saving of savings) {
      const { id } = saving.change.after.payment;
      if (!first.has(id)) first.set(id, saving);
    }
    const saved = await saveRows(pool, [...first.values()], now);
    return savings.map((saving) => {
      const { id } = saving.change.after.payment;
      return outcomeOf(first.get(id) === saving ? saved.get(id) : undefined);
    });
  }

  /** @returns when each was saved; null for one that was refused, nothing for one whose payment has another version */
  async function saveRows(
    db: Pool | PoolClient,
    savings: readonly Saving[],
    now: Date,
  ): Promise<Map<string, Date | null>> {
    const rows = savings.map(({ change, at, claim }) => changeRows(change, node, now, at, claim));
    const answers = savings.flatMap(({ change, answer }) =>
      answer
        ? [
            {
              payment_id: change.after.payment.id,
              merchant_id: answer.merchantId,
              key: answer.key,
              status: answer.status,
              body: answer.body,
            },
          ]
        : [],
    );
    const result = await db.query({ name: 'save', text: saveSql, values: saveValues(rows, answers) });
    return new Map(result.rows.map((row) => [row.payment_id, row.updated_at]));
  }

  /** A change that takes its reservations along to the counters of another route. Both sides are locked in one order. */
  async function saveMoving(
    saving: Saving,
    { leave, take }: { leave: LimitHold[]; take: LimitHold[] },
  ): Promise<SaveOutcome> {
    const { payment } = saving.change.after;
    return inTransaction<SaveOutcome>(pool, async (client) => {
      const usage = await lockUsage(client, [...leave, ...take]);
      const fitting = take.filter((hold) => usage.room(hold, payment.amount).fits);
      const full = take.find((hold) => !hold.shadow && !fitting.includes(hold));
      if (full) return { result: { kind: 'full', limitId: full.limitId }, commit: false };
      const outcome = outcomeOf((await saveRows(client, [saving], nowOf())).get(payment.id));
      if (outcome.kind !== 'saved') return { result: outcome, commit: false };
      const holds = fitting.map((hold) => holdRow(payment, hold));
      await client.query({ name: 'raise', text: raiseSql, values: [JSON.stringify(holds)] });
      return { result: outcome, commit: true };
    });
  }

  /**
   * Writes a refund's first change together with its claim of an idempotency key.
   * @returns `key_taken` when somebody has the key, `conflict` when the payment changed meanwhile
   * @throws pg errors, among them 23505 on `refunds_merchant_number`
   */
  async function startRefund(
    change: Change,
    claim: IdempotencyClaim,
    refundId: string,
  ): Promise<'saved' | 'key_taken' | 'conflict'> {
    return inTransaction(pool, async (client) => {
      const { payment } = change.after;
      const claimed = await client.query({
        name: 'claim',
        text: `INSERT INTO idempotency_keys (merchant_id, key, request_hash, resource_id, expires_at)
               VALUES ($1, $2, $3, $4, now() + interval '25 hours') ON CONFLICT DO NOTHING`,
        values: [payment.merchantId, claim.key, claim.requestHash, refundId],
      });
      if (claimed.rowCount === 0) return { result: 'key_taken' as const, commit: false };
      const saved = await saveRows(client, [{ change }], nowOf());
      return saved.has(payment.id)
        ? { result: 'saved' as const, commit: true }
        : { result: 'conflict' as const, commit: false };
    });
  }

  async function load(paymentId: string): Promise<Aggregate | undefined> {
    const { rows } = await pool.query({ name: 'load', text: loadSql, values: [paymentId] });
    return rows[0] ? parseAggregate(rows[0]) : undefined;
  }

  async function findKey(merchantId: string, key: string): Promise<StoredKey | undefined> {
    const { rows } = await pool.query({
      name: 'find-key',
      text: `SELECT request_hash, resource_id, response_status, response_body,
               extract(epoch FROM now() - created_at)::float8 AS age
             FROM idempotency_keys WHERE merchant_id = $1 AND key = $2`,
      values: [merchantId, key],
    });
    const row = rows[0];
    if (!row) return undefined;
    return {
      requestHash: row.request_hash,
      resourceId: row.resource_id,
      status: row.response_status ?? undefined,
      body: row.response_body ?? undefined,
      ageSeconds: row.age,
    };
  }

  /** Gives a key free again that was claimed by a request which then left nothing behind. */
  async function freeKey(merchantId: string, key: string, resourceId: string): Promise<void> {
    await pool.query('DELETE FROM idempotency_keys WHERE merchant_id = $1 AND key = $2 AND resource_id = $3', [
      merchantId,
      key,
      resourceId,
    ]);
  }

  const keepAnswer = createGroupCommit<KeptAnswer, undefined>({
    maxGroup: 64,
    maxInFlight: 1,
    write: keepAnswers,
    failsWhole: isOutOfReach,
  });

  /** For answers that no later commit carries: of payments that ended, or are held, with their first. */
  async function keepAnswers(answers: KeptAnswer[]): Promise<undefined[]> {
    const rows = answers.map(({ merchantId, ...answer }) => ({ merchant_id: merchantId, ...answer }));
    await pool.query({ name: 'keep-answers', text: keepAnswersSql, values: [JSON.stringify(rows)] });
    return answers.map(() => undefined);
  }

  async function findByOrderNo(merchantId: string, merchantOrderNo: string): Promise<string | undefined> {
    const { rows } = await pool.query({
      name: 'find-order',
      text: 'SELECT payment_id FROM merchant_orders WHERE merchant_id = $1 AND merchant_order_no = $2',
      values: [merchantId, merchantOrderNo],
    });
    return rows[0]?.payment_id;
  }

  return { place, save, startRefund, load, findKey, freeKey, keepAnswer, findByOrderNo };
}

/** Runs in a transaction and commits if told to. */
async function inTransaction<Result>(
  pool: Pool,
  act: (client: PoolClient) => Promise<{ result: Result; commit: boolean }>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { result, commit } = await act(client);
    await client.query(commit ? 'COMMIT' : 'ROLLBACK');
    client.release();
    return result;
  } catch (error) {
    const undone = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
    // With a transaction left open it must not come back to the pool.
    client.release(!undone);
    throw error;
  }
}

const saveValues = (rows: ReturnType<typeof changeRows>[], answers: unknown[]): string[] =>
  [
    rows.map(({ payment }) => payment),
    rows.flatMap(({ attempts }) => attempts),
    rows.flatMap(({ refunds }) => refunds),
    rows.flatMap(({ events }) => events),
    rows.flatMap(({ outbox }) => outbox),
    rows.flatMap(({ limits }) => limits),
    answers,
  ].map((list) => JSON.stringify(list));

import type { Pool, PoolClient } from '../../platform/db.ts';
import { createGroupCommit } from '../../platform/group-commit.ts';
import type { Aggregate, Change, NewEvent, PaymentState } from '../aggregate.ts';
import type { IdempotencyClaim } from '../operations.ts';
import type { LimitHold } from '../ports.ts';
import { lockUsageSql, placeSql } from './place.sql.ts';
import { attemptRow, changeRows, eventRow, parseAggregate } from './rows.ts';
import { loadSql, saveSql } from './save.sql.ts';

/** A payment that wants to be written for the first time, with what it becomes if a limit refuses it. */
export type Placement = {
  claim: IdempotencyClaim;
  aggregate: Aggregate;
  events: NewEvent[];
  expiresInSeconds: number;
  holds: LimitHold[];
  /** The same payment, refused by this limit. */
  refusedBy: (hold: LimitHold, used: { amount: bigint; count: number }) => Placement;
};

export type PlaceOutcome =
  | { kind: 'placed'; aggregate: Aggregate }
  /** Another request has the idempotency key. */
  | { kind: 'key_taken' }
  /** Another payment has the merchant's order number. */
  | { kind: 'order_taken' };

/** The answer to keep under an idempotency key, written with the change that made it. */
export type KeptAnswer = { merchantId: string; key: string; status: number; body: string };

export type Saving = { change: Change; answer?: KeptAnswer; at?: Date };

export type StoredKey = {
  requestHash: Buffer;
  resourceId: string;
  status: number | undefined;
  body: string | undefined;
  ageSeconds: number;
};

export type PaymentStore = ReturnType<typeof createPaymentStore>;

const nowOf = () => new Date();

/**
 * All writes of payments, attempts, refunds and their events. State, event, message and answer of one change are one
 * statement; concurrent changes of different payments share transactions (group commit).
 */
export function createPaymentStore({ pool, node }: { pool: Pool; node: string }) {
  const place = createGroupCommit<Placement, PlaceOutcome>({ maxGroup: 64, maxInFlight: 2, write: placeGroup });
  const save = createGroupCommit<Saving, Date | undefined>({ maxGroup: 64, maxInFlight: 2, write: saveGroup });

  async function placeGroup(wanted: Placement[]): Promise<PlaceOutcome[]> {
    if (wanted.every(({ holds }) => holds.length === 0)) return insert(pool, wanted);
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const outcomes = await insert(client, await underLimits(client, wanted));
      await client.query('COMMIT');
      client.release();
      return outcomes;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      client.release(error instanceof Error ? error : true);
      throw error;
    }
  }

  async function insert(db: Pool | PoolClient, placements: Placement[]): Promise<PlaceOutcome[]> {
    const now = nowOf();
    const attempts = placements.flatMap(({ aggregate }) =>
      aggregate.attempts.map((attempt) => attemptRow(aggregate.payment.id, attempt, now)),
    );
    const events = placements.flatMap(({ aggregate, events: told }) =>
      told.map((event, index) => eventRow(aggregate.payment.id, index + 1, node, event)),
    );
    const holds = placements.flatMap(({ aggregate, holds: held }) =>
      held.map((hold) => holdRow(aggregate.payment, hold)),
    );
    const { rows } = await db.query({
      name: 'place',
      text: placeSql,
      values: [placements.map(placementRow), attempts, events, holds].map((list) => JSON.stringify(list)),
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return placements.map(({ aggregate }): PlaceOutcome => {
      const row = byId.get(aggregate.payment.id);
      if (!row?.claimed) return { kind: 'key_taken' };
      if (!row.created_at) return { kind: 'order_taken' };
      const payment = {
        ...aggregate.payment,
        createdAt: row.created_at,
        updatedAt: row.created_at,
        expiresAt: row.expires_at,
      };
      return { kind: 'placed', aggregate: { ...aggregate, payment } };
    });
  }

  async function saveGroup(savings: Saving[]): Promise<(Date | undefined)[]> {
    const now = nowOf();
    // Two changes of one payment made from the same version: only the first can hold; the other will be decided anew.
    const first = new Map<string, Saving>();
    for (const saving of savings) {
      const { id } = saving.change.after.payment;
      if (!first.has(id)) first.set(id, saving);
    }
    const rows = [...first.values()].map(({ change, at }) => changeRows(change, node, now, at));
    const answers = [...first.values()].flatMap(({ change, answer }) =>
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
    const result = await pool.query({ name: 'save', text: saveSql, values: saveValues(rows, answers) });
    const saved = new Map(result.rows.map((row) => [row.payment_id, row.updated_at]));
    return savings.map((saving) => {
      const { id } = saving.change.after.payment;
      return first.get(id) === saving ? saved.get(id) : undefined;
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
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { payment } = change.after;
      const claimed = await client.query({
        name: 'claim',
        text: `INSERT INTO idempotency_keys (merchant_id, key, request_hash, resource_id, expires_at)
               VALUES ($1, $2, $3, $4, now() + interval '25 hours') ON CONFLICT DO NOTHING`,
        values: [payment.merchantId, claim.key, claim.requestHash, refundId],
      });
      const rows = [changeRows(change, node, nowOf(), undefined)];
      const outcome =
        claimed.rowCount === 0
          ? 'key_taken'
          : (await client.query({ name: 'save', text: saveSql, values: saveValues(rows, []) })).rows.length === 0
            ? 'conflict'
            : 'saved';
      await client.query(outcome === 'saved' ? 'COMMIT' : 'ROLLBACK');
      client.release();
      return outcome;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      client.release();
      throw error;
    }
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

  async function keepAnswer(answer: KeptAnswer): Promise<void> {
    await pool.query(
      `UPDATE idempotency_keys SET response_status = $3, response_body = $4
       WHERE merchant_id = $1 AND key = $2 AND response_status IS NULL`,
      [answer.merchantId, answer.key, answer.status, answer.body],
    );
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

/** Reserves in the order of arrival: a payment that any of its limits can't take is refused by that limit. */
async function underLimits(client: PoolClient, wanted: Placement[]): Promise<Placement[]> {
  const holds = wanted.flatMap((placement) => placement.holds);
  const { rows } = await client.query({
    name: 'lock-usage',
    text: lockUsageSql,
    values: [holds.map((h) => h.limitId), holds.map((h) => h.scopeKey), holds.map((h) => h.windowStart)],
  });
  const counterOf = (limitId: string, scopeKey: string, windowStart: string) =>
    `${limitId}\n${scopeKey}\n${Date.parse(windowStart)}`;
  const used = new Map<string, { amount: bigint; count: number }>(
    rows.map((row) => [
      counterOf(row.limit_id, row.scope_key, row.window_start.toISOString()),
      { amount: row.amount, count: row.count },
    ]),
  );
  return wanted.map((placement) => {
    const { amount } = placement.aggregate.payment;
    for (const hold of placement.holds) {
      const counter = used.get(counterOf(hold.limitId, hold.scopeKey, hold.windowStart)) ?? { amount: 0n, count: 0 };
      const overAmount = hold.maxAmount !== undefined && counter.amount + amount > hold.maxAmount;
      const overCount = hold.maxCount !== undefined && counter.count + 1 > hold.maxCount;
      if (overAmount || overCount) return placement.refusedBy(hold, { ...counter });
    }
    for (const hold of placement.holds) {
      const counter = used.get(counterOf(hold.limitId, hold.scopeKey, hold.windowStart));
      if (!counter) continue;
      counter.amount += amount;
      counter.count += 1;
    }
    return placement;
  });
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

const holdRow = (payment: PaymentState, hold: LimitHold) => ({
  payment_id: payment.id,
  limit_id: hold.limitId,
  scope_key: hold.scopeKey,
  window_start: hold.windowStart,
  amount: payment.amount.toString(),
});

function placementRow({ claim, aggregate: { payment }, expiresInSeconds }: Placement) {
  return {
    id: payment.id,
    merchant_id: payment.merchantId,
    key: claim.key,
    request_hash: claim.requestHash.toString('hex'),
    merchant_order_no: payment.merchantOrderNo,
    service_id: payment.serviceId,
    product: payment.product,
    status: payment.status,
    amount: payment.amount.toString(),
    currency: payment.currency,
    subject: payment.subject,
    payer: payment.payer,
    payer_key: payment.payer.id ?? payment.payer.openId ?? null,
    notify_url: payment.notifyUrl,
    return_url: payment.returnUrl,
    metadata: payment.metadata,
    channel_id: payment.channelId,
    account_id: payment.accountId,
    failure_code: payment.failureCode,
    failure_message: payment.failureMessage,
    plan: payment.plan,
    version: payment.version,
    trace_id: payment.traceId,
    expires_in_seconds: expiresInSeconds,
  };
}

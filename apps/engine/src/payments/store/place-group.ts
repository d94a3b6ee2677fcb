import type { Pool, PoolClient } from '../../platform/db.ts';
import type { Aggregate, NewEvent } from '../aggregate.ts';
import type { IdempotencyClaim } from '../operations.ts';
import type { LimitHold } from '../ports.ts';
import { createTightCounters, lockUsage, type Room, readUsage, type Usage } from './counters.ts';
import { placeSql } from './place.sql.ts';
import { attemptRow, eventRow, holdRow, planRow } from './rows.ts';

/** A payment that wants to be written for the first time. What it becomes depends on the limits that have room. */
export type Placement = {
  claim: IdempotencyClaim;
  paymentId: string;
  /** Minor units. */
  amount: bigint;
  expiresInSeconds: number;
  /** Every counter that its decision may ask about. */
  counters: readonly LimitHold[];
  /** Pure: may be asked several times. */
  decide: (room: (hold: LimitHold) => Room) => DecidedPlacement;
};

/** What is written: the payment, its story so far, and the counters that it raises. */
export type DecidedPlacement = { aggregate: Aggregate; events: NewEvent[]; holds: LimitHold[] };

export type PlaceOutcome =
  | { kind: 'placed'; aggregate: Aggregate }
  /** Another request has the idempotency key. */
  | { kind: 'key_taken' }
  /** Another payment has the merchant's order number. */
  | { kind: 'order_taken' };

const noRoom = 'TL001';
// Whenever one of these fails, somebody else got on; after that it is our turn, by lock.
const optimisticTries = 3;

/**
 * Writes a group of payments under their limits. Nothing is locked beforehand: one statement writes all and raises the
 * counters only if everything fits, so a hot counter is held no longer than a commit, and by a group, not a payment. Where
 * something does not fit, the counters are read, each payment is decided in the order of arrival, and the statement tries
 * again; when others keep taking what room there is, the counters are locked first.
 */
export function createPlaceGroup({ pool, node }: { pool: Pool; node: string }) {
  const tight = createTightCounters();

  return async function placeGroup(wanted: Placement[]): Promise<PlaceOutcome[]> {
    const counters = wanted.flatMap((placement) => placement.counters);
    let usage = counters.some(tight.has) ? await readUsage(pool, counters) : undefined;
    for (let tries = 0; tries < optimisticTries; tries++) {
      try {
        return await insert(pool, wanted, decideAll(wanted, usage), false);
      } catch (error) {
        if (codeOf(error) !== noRoom) throw error;
      }
      usage = await readUsage(pool, counters);
    }
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const outcomes = await insert(client, wanted, decideAll(wanted, await lockUsage(client, counters)), true);
      await client.query('COMMIT');
      client.release();
      return outcomes;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      client.release(error instanceof Error ? error : true);
      throw error;
    }
  };

  /** Decides in the order of arrival, each payment after what those before it take. Without usage, there is room. */
  function decideAll(wanted: readonly Placement[], usage: Usage | undefined): DecidedPlacement[] {
    const keys = new Set<string>();
    return wanted.map((placement) => {
      const decided = placement.decide((hold) => {
        const room = usage?.room(hold, placement.amount) ?? { fits: true };
        if (!room.fits) tight.add(hold);
        return room;
      });
      const key = `${decided.aggregate.payment.merchantId}\n${placement.claim.key}`;
      // The same request twice in a group: only one of them will be written.
      if (!keys.has(key)) for (const hold of decided.holds) usage?.add(hold, placement.amount);
      keys.add(key);
      return decided;
    });
  }

  async function insert(
    db: Pool | PoolClient,
    wanted: readonly Placement[],
    decided: readonly DecidedPlacement[],
    locked: boolean,
  ): Promise<PlaceOutcome[]> {
    const now = new Date();
    const attempts = decided.flatMap(({ aggregate }) =>
      aggregate.attempts.map((attempt) => attemptRow(aggregate.payment.id, attempt, now)),
    );
    const events = decided.flatMap(({ aggregate, events: told }) =>
      told.map((event, index) => eventRow(aggregate.payment.id, index + 1, node, event)),
    );
    const holds = decided.flatMap(({ aggregate, holds: held }) => held.map((hold) => holdRow(aggregate.payment, hold)));
    const payments = decided.map((one, i) => paymentRow(wanted[i] as Placement, one));
    const { rows } = await db.query({
      name: 'place',
      text: placeSql,
      values: [...[payments, attempts, events, holds].map((list) => JSON.stringify(list)), locked],
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return decided.map(({ aggregate }): PlaceOutcome => {
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
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

function paymentRow({ claim, expiresInSeconds }: Placement, { aggregate: { payment } }: DecidedPlacement) {
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
    payer_message: payment.payerMessage,
    hold: payment.hold,
    plan: planRow(payment.plan),
    version: payment.version,
    trace_id: payment.traceId,
    expires_in_seconds: expiresInSeconds,
  };
}

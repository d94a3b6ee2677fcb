import type { Pool } from '../platform/db.ts';
import type { ToldAttempt } from '../sync/late-news.ts';

export type KeptCallback = {
  channelId: string;
  accountId: string;
  notifyId: string | undefined;
  verified: boolean;
  outcome: string;
  paymentId: string | undefined;
  /** Masked, bounded, and fit for the database. */
  headers: Record<string, string>;
  body: string;
};

/** The inbox of channel callbacks, and whose attempt a callback speaks of. */
export function createCallbackStore(pool: Pool) {
  return {
    async keep({ channelId, accountId, notifyId, verified, outcome, paymentId, headers, body }: KeptCallback) {
      await pool.query({
        name: 'keep-callback',
        text: `INSERT INTO channel_callbacks (channel_id, account_id, notify_id, verified, outcome, payment_id, headers, body)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        values: [
          channelId,
          accountId,
          notifyId ?? null,
          verified,
          outcome,
          paymentId ?? null,
          JSON.stringify(headers),
          body,
        ],
      });
    },

    /** The attempt that a callback names, as it stands. */
    async attemptOf({
      paymentId,
      attemptNo,
    }: {
      paymentId: string;
      attemptNo: number;
    }): Promise<ToldAttempt | undefined> {
      const { rows } = await pool.query<ToldAttempt>({
        name: 'attempt-of-callback',
        text: `SELECT a.channel_id AS "channelId", a.account_id AS "accountId", a.status, a.request_no AS "requestNo",
                 p.product, a.reversing
               FROM attempts a JOIN payments p ON p.id = a.payment_id WHERE a.payment_id = $1 AND a.no = $2`,
        values: [paymentId, attemptNo],
      });
      return rows[0];
    },
  };
}

export type CallbackStore = ReturnType<typeof createCallbackStore>;

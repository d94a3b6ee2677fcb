import type { Pool } from '../platform/db.ts';

export type KeptCallback = {
  channelId: string;
  accountId: string;
  notifyId: string | undefined;
  verified: boolean;
  outcome: string;
  paymentId: string | undefined;
  /** Masked and bounded. */
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
          // Postgres stores no NUL.
          body.replaceAll('\u0000', ''),
        ],
      });
    },

    /** The account through which an attempt was sent. */
    async accountOf({ paymentId, attemptNo }: { paymentId: string; attemptNo: number }): Promise<string | undefined> {
      const { rows } = await pool.query<{ account_id: string }>({
        name: 'account-of-attempt',
        text: 'SELECT account_id FROM attempts WHERE payment_id = $1 AND no = $2',
        values: [paymentId, attemptNo],
      });
      return rows[0]?.account_id;
    },
  };
}

export type CallbackStore = ReturnType<typeof createCallbackStore>;

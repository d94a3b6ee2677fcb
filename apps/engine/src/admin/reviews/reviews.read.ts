import type { FiredRule, ShadowHit } from '../../payments/ports.ts';
import type { Pool } from '../../platform/db.ts';

/** A payment that waits for a person, with what risk saw of it. */
export type HeldPayment = {
  id: string;
  merchantId: string;
  merchantOrderNo: string;
  serviceId: string;
  amount: number;
  currency: string;
  subject: string;
  payer: Record<string, string>;
  /** Unix milliseconds. */
  createdAt: number;
  expiresAt: number;
  /** The rule that holds it. */
  decidedBy: { kind: string; id: string } | null;
  /** What its rules say is the reason. */
  reasons: string[];
  ruleSetVersion: number;
  fired: FiredRule[];
  facts: Record<string, unknown>;
  shadow: ShadowHit[];
};

export function createReviewReads(pool: Pool) {
  return {
    /** How many wait, counted up to a hundred. */
    async count(): Promise<number> {
      const { rows } = await pool.query(
        `SELECT count(*)::int FROM (SELECT 1 FROM payments WHERE status = 'created' LIMIT 100) waiting`,
      );
      return rows[0].count;
    },

    /** Those that end first come first. */
    async queue({
      merchantId,
      cursor,
      limit,
    }: {
      merchantId?: string | undefined;
      cursor?: string | undefined;
      limit: number;
    }) {
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const { rows } = await pool.query(
        `SELECT p.id, p.merchant_id, p.merchant_order_no, p.service_id, p.amount, p.currency, p.subject, p.payer,
           p.created_at, p.expires_at, e.data
         FROM payments p LEFT JOIN events e ON e.payment_id = p.id AND e.kind = 'risk.decided'
         WHERE p.status = 'created' AND ($1::text IS NULL OR p.merchant_id = $1)
           AND ($2::timestamptz IS NULL OR (date_trunc('milliseconds', p.expires_at), p.id) > ($2, $3))
         ORDER BY date_trunc('milliseconds', p.expires_at), p.id LIMIT $4`,
        [merchantId ?? null, after?.at ?? null, after?.id ?? null, limit + 1],
      );
      const page = rows.slice(0, limit).map((row): HeldPayment => {
        const fired: FiredRule[] = row.data?.fired ?? [];
        return {
          id: row.id,
          merchantId: row.merchant_id,
          merchantOrderNo: row.merchant_order_no,
          serviceId: row.service_id,
          amount: Number(row.amount),
          currency: row.currency,
          subject: row.subject,
          payer: row.payer,
          createdAt: (row.created_at as Date).getTime(),
          expiresAt: (row.expires_at as Date).getTime(),
          decidedBy: row.data?.decidedBy ?? null,
          reasons: fired.flatMap(({ event }) =>
            event.type === 'review' && typeof event.params?.reason === 'string' ? [event.params.reason] : [],
          ),
          ruleSetVersion: row.data?.ruleSetVersion ?? 0,
          fired,
          facts: row.data?.facts ?? {},
          shadow: row.data?.shadow ?? [],
        };
      });
      const last = page.at(-1);
      const nextCursor = rows.length > limit && last ? `${last.expiresAt}.${last.id}` : null;
      return { payments: page, nextCursor };
    },
  };
}

function readCursor(cursor: string): { at: Date; id: string } | undefined {
  const match = /^(\d{1,15})\.(pay_[0-9A-Z]{26})$/.exec(cursor);
  return match ? { at: new Date(Number(match[1])), id: match[2] ?? '' } : undefined;
}

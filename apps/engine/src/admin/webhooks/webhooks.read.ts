import type { Pool } from '../../platform/db.ts';

export const deliveryStates = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export type DeliveryFilter = {
  merchantId?: string;
  endpointId?: string;
  paymentId?: string;
  state?: DeliveryState;
  /** Id of the last one of the page before. */
  cursor?: string;
  limit: number;
};

/** Deliveries and endpoints as the console shows them; times in milliseconds since 1970. */
export function createWebhookReads(pool: Pool) {
  const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
  const delivery = `d.id, d.merchant_id AS "merchantId", m.name AS "merchantName", d.payment_id AS "paymentId", d.seq::float8 AS seq,
    d.type, d.url, d.status AS state, d.attempts, d.last_status AS "lastStatus", d.last_error AS "lastError",
    d.endpoint_id AS "endpointId", ${ms('d.next_attempt_at')} AS "nextAttemptAt", ${ms('d.created_at')} AS "createdAt",
    ${ms('d.delivered_at')} AS "deliveredAt"`;

  return {
    /** Newest first. */
    async list({ merchantId, endpointId, paymentId, state, cursor, limit }: DeliveryFilter) {
      const { rows } = await pool.query<DeliveryRow>(
        `SELECT ${delivery} FROM webhook_deliveries d LEFT JOIN merchants m ON m.id = d.merchant_id
         WHERE ($1::text IS NULL OR d.merchant_id = $1) AND ($2::text IS NULL OR d.endpoint_id = $2)
           AND ($3::text IS NULL OR d.payment_id = $3) AND ($4::text IS NULL OR d.status = $4) AND ($5::text IS NULL OR d.id < $5)
         ORDER BY d.id DESC LIMIT $6`,
        [merchantId ?? null, endpointId ?? null, paymentId ?? null, state ?? null, cursor ?? null, limit + 1],
      );
      const deliveries = rows.slice(0, limit);
      return { deliveries, nextCursor: rows.length > limit ? (deliveries.at(-1)?.id ?? null) : null };
    },

    /** One with what it says and every try. */
    async get(id: string, onlyMerchant: string | undefined) {
      const { rows } = await pool.query<DeliveryRow & { body: string | null }>(
        `SELECT ${delivery}, d.body FROM webhook_deliveries d LEFT JOIN merchants m ON m.id = d.merchant_id
         WHERE d.id = $1 AND ($2::text IS NULL OR d.merchant_id = $2)`,
        [id, onlyMerchant ?? null],
      );
      const [found] = rows;
      if (!found) return undefined;
      const tries = await pool.query<TryRow>(
        `SELECT no, ${ms('at')} AS at, node, status, error, answer, duration_ms AS "durationMs"
         FROM webhook_tries WHERE delivery_id = $1 ORDER BY no DESC LIMIT 100`,
        [id],
      );
      return { ...found, tries: tries.rows };
    },

    /** Where webhooks go and how these places are, the ill ones first; numbers of the last hour. */
    async endpoints(onlyMerchant: string | undefined) {
      const { rows } = await pool.query<EndpointRow>(
        `SELECT e.id, e.merchant_id AS "merchantId", m.name AS "merchantName", e.origin, e.failures,
           CASE WHEN e.paused_at IS NOT NULL THEN 'paused' WHEN e.rest_until > now() THEN 'resting'
                WHEN e.failures > 0 THEN 'failing' ELSE 'well' END AS state,
           ${ms('e.rest_until')} AS "restUntil", ${ms('e.paused_at')} AS "pausedAt", e.paused_by AS "pausedBy",
           e.paused_reason AS "pausedReason", ${ms('e.last_success_at')} AS "lastSuccessAt",
           ${ms('e.last_failure_at')} AS "lastFailureAt", e.last_error AS "lastError", waiting.count AS waiting,
           ${ms('waiting.oldest')} AS "oldestDueAt", dead.count AS dead, tried.count AS tries, tried.ok AS delivered, tried.p95 AS "p95Ms"
         FROM webhook_endpoints e LEFT JOIN merchants m ON m.id = e.merchant_id,
           LATERAL (SELECT count(*)::int, min(next_attempt_at) AS oldest FROM webhook_deliveries d
                    WHERE d.endpoint_id = e.id AND d.status = 'pending') waiting,
           LATERAL (SELECT count(*)::int FROM webhook_deliveries d
                    WHERE d.endpoint_id = e.id AND d.status = 'dead') dead,
           LATERAL (SELECT count(*)::int, count(*) FILTER (WHERE t.status BETWEEN 200 AND 299)::int AS ok,
                      percentile_disc(0.95) WITHIN GROUP (ORDER BY t.duration_ms)::int AS p95
                    FROM webhook_tries t WHERE t.endpoint_id = e.id AND t.at > now() - interval '1 hour') tried
         WHERE $1::text IS NULL OR e.merchant_id = $1
         ORDER BY e.paused_at IS NOT NULL DESC, e.failures DESC, waiting.count DESC, e.origin LIMIT 200`,
        [onlyMerchant ?? null],
      );
      return rows;
    },
  };
}

type DeliveryRow = {
  id: string;
  merchantId: string;
  merchantName: string | null;
  paymentId: string;
  seq: number | null;
  type: string;
  url: string;
  state: DeliveryState;
  attempts: number;
  lastStatus: number | null;
  lastError: string | null;
  endpointId: string | null;
  nextAttemptAt: number | null;
  createdAt: number;
  deliveredAt: number | null;
};

type TryRow = {
  no: number;
  at: number;
  node: string;
  status: number | null;
  error: string | null;
  answer: string | null;
  durationMs: number;
};

type EndpointRow = {
  id: string;
  merchantId: string;
  merchantName: string | null;
  origin: string;
  failures: number;
  state: 'paused' | 'resting' | 'failing' | 'well';
  restUntil: number | null;
  pausedAt: number | null;
  pausedBy: string | null;
  pausedReason: string | null;
  lastSuccessAt: number | null;
  lastFailureAt: number | null;
  lastError: string | null;
  waiting: number;
  oldestDueAt: number | null;
  dead: number;
  tries: number;
  delivered: number;
  p95Ms: number | null;
};

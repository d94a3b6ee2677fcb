import { inTransaction, type Pool } from '../platform/db.ts';
import { longestRetriesSeconds, restAfter } from './endpoint-health.ts';
import type { Posted } from './post-webhook.ts';

/** How long a node may work an endpoint before others may; longer than a try takes. */
const workSeconds = 60;

/** An endpoint that this node works. */
export type Endpoint = { id: string; merchantId: string; failures: number };

export type Delivery = {
  id: string;
  merchantId: string;
  url: string;
  body: string;
  attempts: number;
  retriesFrom: number;
};

export type WebhookBacklog = Record<'pending' | 'dead' | 'parked' | 'resting' | 'paused' | 'overdueSeconds', number>;

/** What is due where, and who works it. Postgres' clock decides. */
export function createEndpointStore(pool: Pool, node: string) {
  return {
    /**
     * Endpoints with something due, which then are this node's alone; those that wait longest come first.
     * @param notOf merchants whose endpoints are left alone
     * @param onlyWell leaves those alone whose last try failed
     */
    async claim(limit: number, notOf: readonly string[] = [], onlyWell = false): Promise<Endpoint[]> {
      const { rows } = await pool.query<Endpoint>({
        name: 'webhook-endpoints-claim',
        text: `UPDATE webhook_endpoints SET worked_by = $1, worked_until = now() + interval '${workSeconds} s'
               WHERE id = ANY (ARRAY(
                 SELECT id FROM webhook_endpoints
                 WHERE next_due_at <= now() AND paused_at IS NULL AND (rest_until IS NULL OR rest_until <= now())
                   AND (worked_until IS NULL OR worked_until <= now())
                   AND merchant_id <> ALL ($3::text[]) AND (NOT $4 OR failures = 0)
                 ORDER BY next_due_at LIMIT $2 FOR UPDATE SKIP LOCKED))
               RETURNING id, merchant_id AS "merchantId", failures`,
        values: [node, limit, notOf, onlyWell],
      });
      return rows;
    },

    /** Goes on working an endpoint. @returns false when it is not this node's any more, or somebody paused it */
    async keep(endpointId: string): Promise<boolean> {
      const { rowCount } = await pool.query({
        name: 'webhook-endpoint-keep',
        text: `UPDATE webhook_endpoints SET worked_until = now() + interval '${workSeconds} s'
               WHERE id = $1 AND worked_by = $2 AND worked_until > now() AND paused_at IS NULL`,
        values: [endpointId, node],
      });
      return rowCount === 1;
    },

    /** What is due at an endpoint, the longest due first. */
    async due(endpointId: string, limit: number): Promise<Delivery[]> {
      const { rows } = await pool.query<Delivery>({
        name: 'webhook-deliveries-due',
        text: `SELECT id, merchant_id AS "merchantId", url, body, attempts, retries_from AS "retriesFrom" FROM webhook_deliveries
               WHERE endpoint_id = $1 AND status = 'pending' AND next_attempt_at <= now() ORDER BY next_attempt_at, seq LIMIT $2`,
        values: [endpointId, limit],
      });
      return rows;
    },

    /**
     * Writes down one try, unless the delivery went on meanwhile (this node was away for longer than it may work an
     * endpoint): what others learned stays.
     */
    async record(
      endpointId: string,
      { id, attempts }: Delivery,
      posted: Posted,
      next: { state: 'delivered' | 'dead' } | { state: 'pending'; inSeconds: number },
    ): Promise<void> {
      await pool.query({
        name: 'webhook-try',
        text: `WITH moved AS (
                 UPDATE webhook_deliveries SET attempts = attempts + 1, last_status = $5, last_error = $6, status = $3,
                   next_attempt_at = CASE WHEN $3 = 'pending' THEN now() + make_interval(secs => $4) END,
                   delivered_at = CASE WHEN $3 = 'delivered' THEN now() END
                 WHERE id = $1 AND status = 'pending' AND attempts = $2 RETURNING id, attempts)
               INSERT INTO webhook_tries (delivery_id, no, endpoint_id, node, status, error, answer, duration_ms)
               SELECT id, attempts, $7, $8, $5, $6, $9, $10 FROM moved ON CONFLICT DO NOTHING`,
        values: [
          id,
          attempts,
          next.state,
          next.state === 'pending' ? next.inSeconds : 0,
          posted.status ?? null,
          posted.error ?? null,
          endpointId,
          node,
          posted.answer ?? null,
          posted.durationMs,
        ],
      });
    },

    /** How the endpoint is after a try, as the board shows it; nothing when it is another node's by now, who knows better. */
    async feel(endpointId: string, failures: number, error: string | undefined): Promise<void> {
      await pool.query({
        name: 'webhook-endpoint-feel',
        text: `UPDATE webhook_endpoints SET failures = $2, rest_until = now() + make_interval(secs => nullif($3::float8, 0)),
                 last_success_at = CASE WHEN $2 = 0 THEN now() ELSE last_success_at END,
                 last_failure_at = CASE WHEN $2 > 0 THEN now() ELSE last_failure_at END,
                 last_error = coalesce($4, last_error)
               WHERE id = $1 AND worked_by = $5`,
        values: [endpointId, failures, restAfter(failures), error ?? null, node],
      });
    },

    /** Gives an endpoint back, with the time at which the next of its deliveries is due. */
    async release(endpointId: string): Promise<void> {
      await inTransaction(pool, async (client) => {
        // First the row, then the look: whoever adds a delivery holds it too, so none is overlooked.
        const { rowCount } = await client.query(
          'SELECT 1 FROM webhook_endpoints WHERE id = $1 AND worked_by = $2 FOR UPDATE',
          [endpointId, node],
        );
        if (rowCount === 0) return;
        await client.query(
          `UPDATE webhook_endpoints SET worked_by = NULL, worked_until = NULL, next_due_at =
             (SELECT min(next_attempt_at) FROM webhook_deliveries WHERE endpoint_id = $1 AND status = 'pending')
           WHERE id = $1`,
          [endpointId],
        );
      });
    },

    /**
     * Gives up what could not be tried often enough, because its endpoint rests, for as long as all retries would have taken:
     * an endpoint that is gone for good must not leave its deliveries under way for ever. Paused ones wait for a person.
     * @returns how many, 5,000 at most
     */
    async giveUpLate(): Promise<number> {
      const { rowCount } = await pool.query({
        name: 'webhooks-give-up',
        text: `UPDATE webhook_deliveries SET status = 'dead', next_attempt_at = NULL,
                 last_error = coalesce(last_error, 'its endpoint did not answer until the time for retries was over')
               WHERE status = 'pending' AND id = ANY (ARRAY(
                 SELECT d.id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
                 WHERE d.status = 'pending' AND d.pending_since < now() - make_interval(secs => $1)
                   AND e.paused_at IS NULL AND e.rest_until > now() AND (e.worked_until IS NULL OR e.worked_until <= now())
                 ORDER BY d.pending_since LIMIT 5000))`,
        values: [longestRetriesSeconds],
      });
      return rowCount ?? 0;
    },

    /** Forgets what is older than merchants may ask for. @returns how many rows went */
    async keepHouse(days: number): Promise<number> {
      let gone = 0;
      for (const [table, column, also] of [
        ['webhook_tries', 'at', ''],
        ['webhook_deliveries', 'created_at', `AND status <> 'pending'`],
        ['merchant_events', 'created_at', ''],
      ]) {
        const { rowCount } = await pool.query(
          `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM ${table} WHERE ${column} < now() - make_interval(days => $1) ${also} ORDER BY ${column} LIMIT 5000))`,
          [days],
        );
        gone += rowCount ?? 0;
      }
      return gone;
    },

    /**
     * For metrics: what waits and was given up; for how long the oldest waits that could go out, whose endpoint neither
     * rests nor was paused; messages that were put aside.
     */
    async backlog(): Promise<WebhookBacklog> {
      const { rows } = await pool.query<WebhookBacklog>(
        `SELECT (SELECT count(*)::int FROM webhook_deliveries WHERE status = 'pending') AS pending,
           (SELECT count(*)::int FROM webhook_deliveries WHERE status = 'dead') AS dead,
           (SELECT count(*)::int FROM parked_events) AS parked,
           count(*) FILTER (WHERE rest_until > now())::int AS resting,
           count(*) FILTER (WHERE paused_at IS NOT NULL)::int AS paused,
           greatest(0, coalesce(extract(epoch FROM now() - min(greatest(next_due_at, rest_until))
             FILTER (WHERE paused_at IS NULL AND (rest_until IS NULL OR rest_until <= now()))), 0))::float8 AS "overdueSeconds"
         FROM webhook_endpoints WHERE next_due_at IS NOT NULL`,
      );
      return rows[0] as WebhookBacklog;
    },
  };
}

export type EndpointStore = ReturnType<typeof createEndpointStore>;

import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import type { ConfigSource } from '../config/snapshot.ts';
import type { Aggregate } from '../payments/aggregate.ts';
import type { NotifyMerchantMessage } from '../payments/operations.ts';
import { viewPayment, viewRefund } from '../payments/view.ts';
import type { Pool } from '../platform/db.ts';
import { webhookSecretAad } from '../platform/secret-places.ts';
import { ForbiddenUrl, guardUrl } from './url-guard.ts';

type Log = { warn(fields: object, message: string): void; error(fields: object, message: string): void };

/** Waits after each failed try, in seconds: 12 tries over about a day. Then the delivery is dead until somebody resends it. */
export const retrySeconds = [15, 30, 60, 180, 300, 600, 1800, 3600, 10_800, 21_600, 43_200];

const timeoutMs = 15_000;
const claimSeconds = 60;

export type DeliverDeps = {
  pool: Pool;
  config: ConfigSource;
  load: (paymentId: string) => Promise<Aggregate | undefined>;
  decrypt: (stored: string, aad: string) => string;
  allowLoopback: boolean;
  random?: () => number;
  log: Log;
};

type Delivery = {
  id: string;
  merchant_id: string;
  payment_id: string;
  event_seq: number;
  type: string;
  url: string;
  body: string | null;
  attempts: number;
};

/**
 * Tells merchants what became of their payments, by Standard Webhooks 1.0: signed over id, time and body; the same id on
 * every try; only 2xx counts; no redirects; 410 ends it. Due times are in Postgres, so nothing is forgotten.
 */
export function createWebhooks(deps: DeliverDeps) {
  const { pool, config, log, random = Math.random } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  /** For a message from the queue: tries what was written down for it, now. */
  async function notifyMerchant({ paymentId, eventSeq }: NotifyMerchantMessage): Promise<void> {
    await pool.query(
      `UPDATE webhook_deliveries SET next_attempt_at = now()
       WHERE payment_id = $1 AND event_seq = $2 AND status = 'pending' AND attempts = 0 AND next_attempt_at > now()`,
      [paymentId, eventSeq],
    );
    await deliverDue(paymentId);
  }

  /** The text of a delivery: the payment as it is when it is first told of, and the same on every try after that. */
  async function bodyOf(delivery: Delivery): Promise<string | undefined> {
    if (delivery.body !== null) return delivery.body;
    const { payment_id: paymentId, event_seq: eventSeq, type } = delivery;
    const aggregate = await deps.load(paymentId);
    if (!aggregate) return undefined;
    const { payment } = aggregate;
    const { rows } = await pool.query('SELECT at, refund_id FROM events WHERE payment_id = $1 AND seq = $2', [
      paymentId,
      eventSeq,
    ]);
    const refund = aggregate.refunds.find(({ id }) => id === rows[0]?.refund_id);
    const made = JSON.stringify({
      type,
      timestamp: (rows[0]?.at as Date | undefined)?.toISOString() ?? payment.updatedAt.toISOString(),
      sequence: eventSeq,
      data: refund
        ? { refund: viewRefund(paymentId, refund), payment: viewPayment(payment) }
        : { payment: viewPayment(payment) },
    });
    const kept = await pool.query(
      'UPDATE webhook_deliveries SET body = coalesce(body, $2) WHERE id = $1 RETURNING body',
      [delivery.id, made],
    );
    return kept.rows[0]?.body;
  }

  /** Takes what is due (of one payment, or of all) and tries each once. @returns how many were tried */
  async function deliverDue(paymentId?: string): Promise<number> {
    const { rows } = await pool.query<Delivery>(
      `UPDATE webhook_deliveries SET next_attempt_at = now() + interval '${claimSeconds} s' WHERE id = ANY (ARRAY(
         SELECT id FROM webhook_deliveries WHERE status = 'pending' AND next_attempt_at <= now() AND ($1::text IS NULL OR payment_id = $1)
         ORDER BY next_attempt_at LIMIT 50 FOR UPDATE SKIP LOCKED))
       RETURNING id, merchant_id, payment_id, event_seq, type, url, body, attempts`,
      [paymentId ?? null],
    );
    await Promise.all(
      rows.map((delivery) =>
        attempt(delivery).catch((err) => log.error({ err, delivery: delivery.id }, 'a webhook could not be tried')),
      ),
    );
    return rows.length;
  }

  async function attempt(delivery: Delivery): Promise<void> {
    const body = await bodyOf(delivery);
    if (body === undefined) throw new Error(`payment ${delivery.payment_id} of a delivery is missing`);
    const outcome = await post({ ...delivery, body });
    const tries = delivery.attempts + 1;
    const ok = outcome.status !== undefined && outcome.status >= 200 && outcome.status < 300;
    const wait = retrySeconds[tries - 1];
    const dead = !ok && (outcome.status === 410 || outcome.forbidden || wait === undefined);
    if (dead) log.warn({ delivery: delivery.id, url: delivery.url, ...outcome }, 'a webhook was given up');
    await pool.query(
      `UPDATE webhook_deliveries SET attempts = $2, last_status = $3, last_error = $4, status = $5,
         next_attempt_at = CASE WHEN $5 = 'pending' THEN now() + make_interval(secs => $6) END,
         delivered_at = CASE WHEN $5 = 'delivered' THEN now() END
       WHERE id = $1`,
      [
        delivery.id,
        tries,
        outcome.status ?? null,
        outcome.error ?? null,
        ok ? 'delivered' : dead ? 'dead' : 'pending',
        (wait ?? 0) * (0.9 + 0.2 * random()),
      ],
    );
  }

  async function post({
    id,
    merchant_id: merchantId,
    url,
    body,
  }: Delivery & { body: string }): Promise<{ status?: number; error?: string; forbidden?: boolean }> {
    const stored = config.current().merchants.get(merchantId)?.webhookSecret;
    if (!stored) return { error: 'the merchant has no webhook secret' };
    let agent: Agent | undefined;
    try {
      const guarded = await guardUrl(url, { allowLoopback: deps.allowLoopback });
      const { addresses } = guarded;
      agent = new Agent({
        connect: {
          timeout: 5_000,
          lookup: (_host, options, done) => {
            const [first] = addresses;
            if (options.all) (done as unknown as (error: null, all: typeof addresses) => void)(null, addresses);
            else if (first) done(null, first.address, first.family);
          },
        },
      });
      const at = new Date();
      const signature = new Webhook(deps.decrypt(stored, webhookSecretAad(merchantId))).sign(id, at, body);
      const response = await request(guarded.url, {
        method: 'POST',
        dispatcher: agent,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Tributary-Webhooks/1.0',
          'webhook-id': id,
          'webhook-timestamp': Math.floor(at.getTime() / 1000).toString(),
          'webhook-signature': signature,
        },
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body.dump({ limit: 64 * 1024 });
      return {
        status: response.statusCode,
        ...(response.statusCode >= 300 ? { error: `answered ${response.statusCode}` } : {}),
      };
    } catch (error) {
      return {
        error: error instanceof Error ? error.message.slice(0, 300) : String(error),
        forbidden: error instanceof ForbiddenUrl,
      };
    } finally {
      await agent?.destroy();
    }
  }

  function sweep(): void {
    running = deliverDue()
      .then(() => undefined)
      .catch((err) => log.warn({ err }, 'the webhook sweep failed'))
      .finally(() => {
        if (!stopped) timer = setTimeout(sweep, 3_000);
      });
  }

  return {
    notifyMerchant,
    deliverDue,
    start: sweep,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

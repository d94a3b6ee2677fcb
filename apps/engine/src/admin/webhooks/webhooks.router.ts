import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { countEvents, type EventRange, mostAtOnce, resendEvents } from '../../notify/resend.ts';
import { rotateWebhookKey } from '../../notify/webhook-keys.ts';
import { AppError } from '../../platform/app-error.ts';
import type { PoolClient } from '../../platform/db.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createWebhookReads, type DeliveryFilter, deliveryStates } from './webhooks.read.ts';

const merchantId = z.string().min(1).max(64);
const deliveryId = z.string().regex(/^msg_[0-9A-Z]{26}$/, { error: 'is not a delivery id' });
const endpointId = z.string().regex(/^whe_[0-9A-Z]{26}$/, { error: 'is not an endpoint id' });
const number = z.int().min(1);
const time = z.int().min(0).max(8_640_000_000_000_000);
const reason = cleanText(200);
const most = 200;

const rangeFields = {
  merchantId,
  fromSeq: number.optional(),
  toSeq: number.optional(),
  from: time.optional(),
  to: time.optional(),
  onlyDead: z.boolean().default(false),
};
const range = z.strictObject(rangeFields);
const replay = z.strictObject({ ...rangeFields, reason });

/** By number or by time: something must say where it begins. */
const beginsSomewhere = ({ fromSeq, from }: z.infer<typeof range>): boolean =>
  (fromSeq === undefined) !== (from === undefined);
const where = { error: 'say where to begin: a number or a time, one of them', path: ['fromSeq'] };

/** Webhooks of merchants: what was told, what the answer was, how their endpoints are, and telling it again. */
export function createWebhooksRouter({ pool, audit, secrets }: AdminDeps) {
  const reads = createWebhookReads(pool);

  function refuseOthers(wanted: string, onlyMerchant: string | undefined): void {
    if (onlyMerchant !== undefined && wanted !== onlyMerchant)
      throw new AppError('not_found', 'there is no such merchant');
  }

  async function mustFind(id: string, onlyMerchant: string | undefined) {
    const delivery = await reads.get(id, onlyMerchant);
    if (!delivery) throw new AppError('not_found', 'there is no such delivery');
    return delivery;
  }

  const eventsOf = ({ merchantId: of, fromSeq, toSeq, from, to, onlyDead }: z.infer<typeof range>): EventRange => ({
    merchantId: of,
    onlyDead,
    ...(fromSeq === undefined ? {} : { fromSeq }),
    ...(toSeq === undefined ? {} : { toSeq }),
    ...(from === undefined ? {} : { from: new Date(from) }),
    ...(to === undefined ? {} : { to: new Date(to) }),
  });

  async function changeEndpoint(client: PoolClient, id: string, sql: string, values: unknown[]): Promise<void> {
    const { rowCount } = await client.query(`UPDATE webhook_endpoints SET ${sql} WHERE id = $1`, [id, ...values]);
    if (rowCount === 0) throw new AppError('not_found', 'there is no such endpoint');
  }

  return router({
    list: procedure('orders.read')
      .input(
        z.strictObject({
          merchantId: merchantId.optional(),
          endpointId: endpointId.optional(),
          paymentId: z.string().max(64).optional(),
          state: z.enum(deliveryStates).optional(),
          cursor: deliveryId.optional(),
          limit: z.int().min(1).max(most).default(50),
          direction: z.enum(['forward', 'backward']).optional(),
        }),
      )
      .query(({ ctx, input }) => {
        const { direction: _, ...given } = input;
        const wanted = ctx.onlyMerchant ?? given.merchantId;
        return reads.list({ ...given, ...(wanted === undefined ? {} : { merchantId: wanted }) } as DeliveryFilter);
      }),
    get: procedure('orders.read')
      .input(z.strictObject({ id: deliveryId }))
      .query(({ ctx, input }) => mustFind(input.id, ctx.onlyMerchant)),
    endpoints: procedure('orders.read').query(({ ctx }) => reads.endpoints(ctx.onlyMerchant)),

    /** Sends one again, under its own id: whoever remembers ids does nothing twice. */
    resend: procedure('orders.renotify')
      .input(z.strictObject({ id: deliveryId }))
      .mutation(async ({ ctx, input }) => {
        const delivery = await mustFind(input.id, ctx.onlyMerchant);
        await audit.audited(
          { actor: ctx.actor, action: 'webhooks.resend', objectType: 'webhook_delivery', objectId: input.id },
          async (client) => {
            const due = await resendEvents(client, { merchantId: delivery.merchantId, id: input.id });
            // From before events were numbered: nothing to make it anew from.
            if (due === 0) throw new AppError('not_found', 'its event is not kept any more');
          },
        );
        return { ok: true };
      }),
    /** How much a replay would send. */
    countReplay: procedure('orders.renotify')
      .input(range.refine(beginsSomewhere, where))
      .query(async ({ ctx, input }) => {
        refuseOthers(input.merchantId, ctx.onlyMerchant);
        return { ...(await countEvents(pool, eventsOf(input))), mostAtOnce };
      }),
    /** Sends a range of a merchant's events again. */
    replay: procedure('orders.renotify')
      .input(replay.refine(beginsSomewhere, where))
      .mutation(async ({ ctx, input }) => {
        refuseOthers(input.merchantId, ctx.onlyMerchant);
        const wanted = eventsOf(input);
        const { sendable } = await countEvents(pool, wanted);
        if (sendable > mostAtOnce)
          throw new AppError('invalid_request', `${sendable} events are too many at once`, {
            errors: [{ path: 'fromSeq', message: `at most ${mostAtOnce} events at once` }],
          });
        let due = 0;
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'webhooks.replay',
            objectType: 'merchant',
            objectId: input.merchantId,
            after: { ...input, events: sendable },
            reason: input.reason,
          },
          async (client) => {
            due = await resendEvents(client, wanted);
          },
        );
        return { due };
      }),
    /** Holds all deliveries of an endpoint back; nothing of it is lost. */
    pause: procedure('orders.renotify')
      .input(z.strictObject({ id: endpointId, reason }))
      .mutation(async ({ ctx, input }) => {
        await mustBeTheirs(input.id, ctx.onlyMerchant);
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'webhooks.pause',
            objectType: 'webhook_endpoint',
            objectId: input.id,
            reason: input.reason,
          },
          (client) =>
            changeEndpoint(client, input.id, 'paused_at = now(), paused_by = $2, paused_reason = $3', [
              ctx.actor.id,
              input.reason,
            ]),
        );
        return { ok: true };
      }),
    /** Lets an endpoint go on: out of a pause, or out of a rest before its time. */
    resume: procedure('orders.renotify')
      .input(z.strictObject({ id: endpointId }))
      .mutation(async ({ ctx, input }) => {
        await mustBeTheirs(input.id, ctx.onlyMerchant);
        await audit.audited(
          { actor: ctx.actor, action: 'webhooks.resume', objectType: 'webhook_endpoint', objectId: input.id },
          (client) =>
            changeEndpoint(
              client,
              input.id,
              'paused_at = NULL, paused_by = NULL, paused_reason = NULL, rest_until = NULL',
              [],
            ),
        );
        return { ok: true };
      }),
    /** A new secret or signing key; the one before holds for some hours more. The secret is in this answer and nowhere else. */
    rotate: procedure('merchantKeys.rotate')
      .input(
        z.strictObject({
          merchantId,
          what: z.enum(['secret', 'key']),
          overlapHours: z.int().min(0).max(168).default(24),
          reason,
        }),
      )
      .mutation(async ({ ctx, input }) => {
        refuseOthers(input.merchantId, ctx.onlyMerchant);
        let made: string | undefined;
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'webhooks.rotate',
            objectType: 'merchant',
            objectId: input.merchantId,
            after: { what: input.what, overlapHours: input.overlapHours },
            reason: input.reason,
          },
          async (client) => {
            made = await rotateWebhookKey(client, secrets.encrypt, input.merchantId, input.what, input.overlapHours);
            if (made === undefined) throw new AppError('not_found', 'there is no such merchant');
          },
        );
        return { made: made ?? '' };
      }),
    /** What a merchant's webhooks are signed with: when it changes, and the public halves. */
    keys: procedure('merchantKeys.rotate')
      .input(z.strictObject({ merchantId }))
      .query(async ({ ctx, input }) => {
        refuseOthers(input.merchantId, ctx.onlyMerchant);
        const { rows } = await pool.query<WebhookKeysRow>(
          `SELECT webhook_url AS url, webhook_secret IS NOT NULL AS "hasSecret", webhook_key_public AS "publicKey",
               CASE WHEN webhook_key_old_until > now() THEN webhook_key_old_public END AS "olderPublicKey",
               CASE WHEN webhook_key_old_until > now() THEN (extract(epoch FROM webhook_key_old_until) * 1000)::float8 END AS "olderKeyUntil",
               CASE WHEN webhook_secret_old_until > now() THEN (extract(epoch FROM webhook_secret_old_until) * 1000)::float8 END AS "olderSecretUntil"
             FROM merchants WHERE id = $1`,
          [input.merchantId],
        );
        if (!rows[0]) throw new AppError('not_found', 'there is no such merchant');
        return rows[0];
      }),
  });

  async function mustBeTheirs(id: string, onlyMerchant: string | undefined): Promise<void> {
    if (onlyMerchant === undefined) return;
    const { rowCount } = await pool.query('SELECT 1 FROM webhook_endpoints WHERE id = $1 AND merchant_id = $2', [
      id,
      onlyMerchant,
    ]);
    if (rowCount === 0) throw new AppError('not_found', 'there is no such endpoint');
  }
}

type WebhookKeysRow = {
  url: string | null;
  hasSecret: boolean;
  publicKey: string | null;
  olderPublicKey: string | null;
  olderKeyUntil: number | null;
  olderSecretUntil: number | null;
};

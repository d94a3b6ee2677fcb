import { createPublicKey } from 'node:crypto';
import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { generateApiKey, hashApiKey } from '../../access/api-key.ts';
import { scopes } from '../../access/authenticate.ts';
import { procedure, router } from '../../access/trpc.ts';
import { newWebhookSecret } from '../../notify/webhook-keys.ts';
import { AppError } from '../../platform/app-error.ts';
import { newId } from '../../platform/ids.ts';
import { webhookSecretAad } from '../../platform/secret-places.ts';
import type { AdminDeps } from '../admin-deps.ts';

const merchantId = z.string().min(1).max(64);
const scopeList = z.array(z.enum(scopes)).min(1);
const timeZone = z.string().refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC', {
  error: 'is not a time zone',
});

export function createMerchantsRouter({ prisma, audit, pepper, secrets }: AdminDeps) {
  function refuseOthers(wanted: string, onlyMerchant: string | undefined): void {
    if (onlyMerchant !== undefined && wanted !== onlyMerchant)
      throw new AppError('not_found', 'there is no such merchant');
  }

  return router({
    list: procedure('merchants.read').query(async () => {
      const rows = await prisma.merchant.findMany({
        orderBy: { id: 'asc' },
        include: { _count: { select: { keys: { where: { revokedAt: null } } } } },
      });
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        status: row.status,
        timeZone: row.timeZone,
        requireSignature: row.requireSignature,
        serviceIds: row.serviceIds,
        webhookUrl: row.webhookUrl,
        ratePerSecond: row.ratePerSecond,
        activeKeys: row._count.keys,
        createdAt: row.createdAt.getTime(),
      }));
    }),
    create: procedure('merchants.write')
      .input(
        z.strictObject({
          name: cleanText(80),
          timeZone: timeZone.default('Asia/Shanghai'),
          webhookUrl: z.url().max(512).nullable().default(null),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        const id = newId('mch');
        const webhookSecret = newWebhookSecret();
        await audit.audited(
          { actor: ctx.actor, action: 'merchants.create', objectType: 'merchant', objectId: id, after: input },
          (client) =>
            client.query(
              'INSERT INTO merchants (id, name, time_zone, webhook_url, webhook_secret) VALUES ($1, $2, $3, $4, $5)',
              [id, input.name, input.timeZone, input.webhookUrl, secrets.encrypt(webhookSecret, webhookSecretAad(id))],
            ),
        );
        return { id, webhookSecret };
      }),
    setStatus: procedure('merchants.write')
      .input(z.strictObject({ id: merchantId, status: z.enum(['active', 'suspended']), reason: cleanText(200) }))
      .mutation(async ({ ctx, input }) => {
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'merchants.setStatus',
            objectType: 'merchant',
            objectId: input.id,
            after: { status: input.status },
            reason: input.reason,
          },
          async (client) => {
            const { rowCount } = await client.query(
              'UPDATE merchants SET status = $2, updated_at = now() WHERE id = $1',
              [input.id, input.status],
            );
            if (rowCount === 0) throw new AppError('not_found', 'there is no such merchant');
          },
        );
        return { ok: true };
      }),
    keys: procedure('merchantKeys.rotate')
      .input(z.strictObject({ merchantId }))
      .query(async ({ ctx, input }) => {
        refuseOthers(input.merchantId, ctx.onlyMerchant);
        const rows = await prisma.merchantApiKey.findMany({
          where: { merchantId: input.merchantId },
          orderBy: { createdAt: 'desc' },
          omit: { secretHash: true },
        });
        return rows.map((row) => ({
          id: row.id,
          name: row.name,
          kind: row.kind,
          shown: `${row.prefix}…${row.last4}`,
          scopes: row.scopes,
          ipAllowlist: row.ipAllowlist,
          expiresAt: row.expiresAt?.getTime() ?? null,
          revokedAt: row.revokedAt?.getTime() ?? null,
          createdBy: row.createdBy,
          createdAt: row.createdAt.getTime(),
        }));
      }),
    /** The key's text is in this answer and nowhere else, ever. */
    createKey: procedure('merchantKeys.rotate')
      .input(
        z.strictObject({
          merchantId,
          name: cleanText(60),
          scopes: scopeList,
          ipAllowlist: z
            .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
            .max(50)
            .default([]),
          expiresInDays: z.int().min(1).max(730).nullable().default(null),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        refuseOthers(input.merchantId, ctx.onlyMerchant);
        const key = generateApiKey();
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'merchants.createKey',
            objectType: 'merchant_api_key',
            objectId: key.keyId,
            after: {
              merchantId: input.merchantId,
              name: input.name,
              scopes: input.scopes,
              ipAllowlist: input.ipAllowlist,
            },
          },
          (client) =>
            client.query(
              `INSERT INTO merchant_api_keys (id, merchant_id, name, kind, prefix, last4, secret_hash, scopes, ip_allowlist, expires_at, created_by)
             VALUES ($1, $2, $3, 'bearer', $4, $5, $6, $7, $8, now() + make_interval(days => $9), $10)`,
              [
                key.keyId,
                input.merchantId,
                input.name,
                key.text.slice(0, 12),
                key.text.slice(-4),
                hashApiKey(key.secret, pepper),
                input.scopes,
                input.ipAllowlist,
                input.expiresInDays,
                ctx.actor.id,
              ],
            ),
        );
        return { id: key.keyId, key: key.text };
      }),
    addSigningKey: procedure('merchantKeys.rotate')
      .input(z.strictObject({ merchantId, name: cleanText(60), scopes: scopeList, publicKeyPem: z.string().max(4000) }))
      .mutation(async ({ ctx, input }) => {
        refuseOthers(input.merchantId, ctx.onlyMerchant);
        const pem = acceptedPublicKey(input.publicKeyPem);
        const { keyId: id } = generateApiKey();
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'merchants.addSigningKey',
            objectType: 'merchant_api_key',
            objectId: id,
            after: { merchantId: input.merchantId, name: input.name, scopes: input.scopes },
          },
          (client) =>
            client.query(
              `INSERT INTO merchant_api_keys (id, merchant_id, name, kind, prefix, last4, public_key_pem, scopes, created_by) VALUES ($1, $2, $3, 'signing', $4, $5, $6, $7, $8)`,
              [id, input.merchantId, input.name, id.slice(0, 8), id.slice(-4), pem, input.scopes, ctx.actor.id],
            ),
        );
        return { id };
      }),
    revokeKey: procedure('merchantKeys.rotate')
      .input(z.strictObject({ id: z.string().max(64), reason: cleanText(200) }))
      .mutation(async ({ ctx, input }) => {
        const key = await prisma.merchantApiKey.findUnique({ where: { id: input.id }, select: { merchantId: true } });
        if (!key) throw new AppError('not_found', 'there is no such key');
        refuseOthers(key.merchantId, ctx.onlyMerchant);
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'merchants.revokeKey',
            objectType: 'merchant_api_key',
            objectId: input.id,
            reason: input.reason,
          },
          (client) =>
            client.query('UPDATE merchant_api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1', [
              input.id,
            ]),
        );
        return { ok: true };
      }),
  });
}

function acceptedPublicKey(pem: string): string {
  try {
    const key = createPublicKey(pem);
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
    if (type === 'ed25519' || (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048))
      return key.export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    // Said below, whatever was wrong with it.
  }
  throw new AppError('invalid_request', 'the public key is not usable', {
    errors: [{ path: 'publicKeyPem', message: 'must be an Ed25519 or RSA (≥ 2048 bit) public key in PEM' }],
  });
}

import { randomBytes } from 'node:crypto';
import type { ConfigSource } from '../config/snapshot.ts';
import type { Pool, PoolClient } from '../platform/db.ts';
import { webhookKeyAad, webhookSecretAad } from '../platform/secret-places.ts';
import { newSigningKey } from './sign-webhook.ts';

type Encrypt = (text: string, aad: string) => string;

/** A new secret of Standard Webhooks: shown once to whom it belongs. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/**
 * Puts a new secret, or a new signing key, in the place of the one in use, which holds for some hours more: during these,
 * webhooks are signed with both.
 * @returns what the merchant needs: the new secret, or the public half of the new key; undefined without such a merchant
 */
export async function rotateWebhookKey(
  client: PoolClient,
  encrypt: Encrypt,
  merchantId: string,
  what: 'secret' | 'key',
  overlapHours: number,
): Promise<string | undefined> {
  if (what === 'secret') {
    const secret = newWebhookSecret();
    const { rowCount } = await client.query(
      `UPDATE merchants SET webhook_secret_old = webhook_secret,
         webhook_secret_old_until = CASE WHEN webhook_secret IS NOT NULL THEN now() + make_interval(hours => $3) END,
         webhook_secret = $2, updated_at = now() WHERE id = $1`,
      [merchantId, encrypt(secret, webhookSecretAad(merchantId)), overlapHours],
    );
    return rowCount === 1 ? secret : undefined;
  }
  const { secret, publicKey } = newSigningKey();
  const { rowCount } = await client.query(
    `UPDATE merchants SET webhook_key_old = webhook_key, webhook_key_old_public = webhook_key_public,
       webhook_key_old_until = CASE WHEN webhook_key IS NOT NULL THEN now() + make_interval(hours => $4) END,
       webhook_key = $2, webhook_key_public = $3, updated_at = now() WHERE id = $1`,
    [merchantId, encrypt(secret, webhookKeyAad(merchantId)), publicKey, overlapHours],
  );
  return rowCount === 1 ? publicKey : undefined;
}

/** Sees to it that every merchant has a signing key, those who come while we run too. */
export function createSigningKeyKeeper({
  pool,
  config,
  encrypt,
  log,
}: {
  pool: Pool;
  config: Pick<ConfigSource, 'current' | 'onChange'>;
  encrypt: Encrypt;
  log: { warn(fields: object, message: string): void };
}) {
  let running: Promise<void> = Promise.resolve();
  let leave: (() => void) | undefined;

  async function giveKeys(merchantIds: readonly string[]): Promise<void> {
    for (const id of merchantIds) {
      const { secret, publicKey } = newSigningKey();
      // Two nodes may see the same merchant: the first key stays.
      await pool.query(
        `UPDATE merchants SET webhook_key = $2, webhook_key_public = $3 WHERE id = $1 AND webhook_key IS NULL`,
        [id, encrypt(secret, webhookKeyAad(id)), publicKey],
      );
    }
  }

  function look(merchants: ReturnType<ConfigSource['current']>['merchants']): void {
    const without = [...merchants.values()].filter(({ webhookKey }) => !webhookKey).map(({ id }) => id);
    if (without.length === 0) return;
    running = running
      .then(() => giveKeys(without))
      .catch((err) => log.warn({ err }, 'merchants could not be given signing keys; the next change tries again'));
  }

  return {
    start() {
      leave = config.onChange(({ merchants }) => look(merchants));
      look(config.current().merchants);
    },
    async stop() {
      leave?.();
      await running;
    },
  };
}

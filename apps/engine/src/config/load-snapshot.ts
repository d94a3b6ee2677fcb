import { limitDocumentSchema } from '@tributary/contracts/limit';
import { withBuiltInLists } from '@tributary/contracts/list';
import { type ServiceConfig, serviceConfigSchema } from '@tributary/contracts/service-config';
import type { QueryResultRow as Row } from 'pg';
import type { Pool, PoolClient } from '../platform/db.ts';
import { channelParamsSchema } from './channel-params.ts';
import type {
  AccountConfig,
  ApiKeyConfig,
  ChannelConfig,
  ConfigSnapshot,
  LimitConfig,
  MerchantConfig,
  RuleSetConfig,
} from './snapshot.ts';

export type Log = {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  info(fields: object, message: string): void;
};

/**
 * Reads the whole configuration as of one moment. A row that does not fit its schema is left as it was in the snapshot
 * before (or out, at start) and logged: one bad row must not take a node down.
 */
export async function loadSnapshot(pool: Pool, before: ConfigSnapshot | undefined, log: Log): Promise<ConfigSnapshot> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const snapshot = await read(client, before, log);
    await client.query('COMMIT');
    client.release();
    return snapshot;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function read(client: PoolClient, before: ConfigSnapshot | undefined, log: Log): Promise<ConfigSnapshot> {
  const all = async (sql: string) => (await client.query(sql)).rows;
  const version = (await all('SELECT version FROM config_state WHERE id = 1'))[0]?.version ?? 0n;
  const merchants = new Map<string, MerchantConfig>();
  for (const row of await all('SELECT * FROM merchants')) merchants.set(row.id, merchantOf(row));
  const apiKeys = new Map<string, ApiKeyConfig>();
  for (const row of await all('SELECT * FROM merchant_api_keys WHERE revoked_at IS NULL'))
    apiKeys.set(row.id, apiKeyOf(row));
  const services = new Map<string, ServiceConfig>();
  for (const row of await all('SELECT id, config FROM services')) {
    const parsed = serviceConfigSchema.safeParse(row.config);
    const kept = before?.services.get(row.id);
    if (parsed.success) services.set(row.id, parsed.data);
    else {
      log.error(
        { serviceId: row.id, issues: parsed.error.issues },
        'a service does not fit its schema; the last good one stays',
      );
      if (kept) services.set(row.id, kept);
    }
  }
  const channels = new Map<string, ChannelConfig>();
  for (const row of await all('SELECT * FROM channels')) {
    const params = channelParamsSchema.safeParse(row.params);
    const kept = before?.channels.get(row.id)?.params;
    if (!params.success)
      log.error(
        { channelId: row.id, issues: params.error.issues },
        'channel parameters do not fit; the last good ones stay',
      );
    channels.set(row.id, channelOf(row, params.success ? params.data : (kept ?? channelParamsSchema.parse({}))));
  }
  const accounts = new Map<string, AccountConfig>();
  for (const row of await all('SELECT * FROM channel_accounts')) {
    const known = before?.accounts.get(row.id);
    // The same array while nothing changed, so that opened sessions stay open.
    const trust = known && JSON.stringify(known.trust) === JSON.stringify(row.trust) ? known.trust : row.trust;
    accounts.set(row.id, accountOf(row, trust));
  }
  const limits: LimitConfig[] = [];
  for (const row of await all('SELECT * FROM limits WHERE enabled ORDER BY id')) {
    const limit = limitDocumentSchema.safeParse(limitOf(row));
    const kept = before?.limits.find(({ id }) => id === row.id);
    if (!limit.success)
      log.error(
        { limitId: row.id, issues: limit.error.issues },
        'a limit does not fit its schema; the last good one stays',
      );
    const good = limit.success ? limit.data : kept;
    if (good) limits.push(good);
  }
  const lists = withBuiltInLists([]);
  const ruleSets = await all(`SELECT kind, version, document FROM rule_sets WHERE status = 'published'`);
  const rulesOf = (kind: 'risk' | 'routing'): RuleSetConfig => {
    const row = ruleSets.find((one) => one.kind === kind);
    return { kind, version: row?.version ?? 0, document: row?.document ?? { rules: [] } };
  };
  return {
    version,
    loadedAt: new Date(),
    merchants,
    apiKeys,
    services,
    channels,
    accounts,
    limits,
    lists,
    rules: { risk: rulesOf('risk'), routing: rulesOf('routing') },
  };
}

const merchantOf = (row: Row): MerchantConfig => ({
  id: row.id,
  name: row.name,
  timeZone: row.time_zone,
  active: row.status === 'active',
  requireSignature: row.require_signature,
  serviceIds: row.service_ids,
  webhookUrl: row.webhook_url ?? undefined,
  webhookSecret: row.webhook_secret ?? undefined,
  ratePerSecond: row.rate_per_second,
});

const apiKeyOf = (row: Row): ApiKeyConfig => ({
  id: row.id,
  merchantId: row.merchant_id,
  kind: row.kind,
  secretHash: row.secret_hash ?? undefined,
  publicKeyPem: row.public_key_pem ?? undefined,
  scopes: new Set(row.scopes),
  ipAllowlist: row.ip_allowlist,
  expiresAt: row.expires_at ?? undefined,
  revokedAt: undefined,
});

const channelOf = (row: Row, params: ChannelConfig['params']): ChannelConfig => ({
  id: row.id,
  adapter: row.adapter,
  name: row.name,
  enabled: row.enabled,
  disabledUntil: row.disabled_until ?? undefined,
  priority: row.priority,
  feeBps: row.fee_bps,
  params,
});

const accountOf = (row: Row, trust: AccountConfig['trust']): AccountConfig => ({
  id: row.id,
  channelId: row.channel_id,
  label: row.label,
  enabled: row.enabled,
  baseUrl: row.base_url,
  config: row.config,
  secrets: row.secrets,
  trust,
  minAmount: row.min_amount,
  maxAmount: row.max_amount,
  version: row.version,
});

const limitOf = (row: Row) => ({
  id: row.id,
  name: row.name,
  scope: row.scope,
  match: {
    ...(row.match.merchantId === undefined ? {} : { merchantIds: [row.match.merchantId] }),
    ...(row.match.serviceId === undefined ? {} : { serviceIds: [row.match.serviceId] }),
  },
  period: row.period,
  currency: row.currency,
  ...(row.max_amount === null ? {} : { maxAmount: Number(row.max_amount) }),
  ...(row.max_count === null ? {} : { maxCount: row.max_count }),
});

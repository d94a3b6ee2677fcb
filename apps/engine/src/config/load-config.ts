import { withBuiltInLists } from '@tributary/contracts/list';
import type { QueryResult, QueryResultRow as Row } from 'pg';
import type { Pool, PoolClient } from '../platform/db.ts';
import { documentsOf, type ReadDocument } from './documents.ts';
import {
  canaryDocuments,
  canaryOf,
  type LiveDocument,
  liveDocuments,
  loadDocuments,
  withCanary,
} from './load-documents.ts';
import type {
  AccountConfig,
  ApiKeyConfig,
  ChannelConfig,
  ConfigProblem,
  ConfigSnapshot,
  MerchantConfig,
  RuleSetConfig,
} from './snapshot.ts';

export type Log = {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  info(fields: object, message: string): void;
};

/** The configuration for all merchants, and for those of the canary while one runs. */
export type LoadedConfig = {
  all: ConfigSnapshot;
  canary: { changeId: string; percent: number; snapshot: ConfigSnapshot } | undefined;
  /** What the next load need not read again. */
  documents: ReadonlyMap<string, ReadDocument>;
};

/** Everything that is no document: read whole each time. */
type Operational = {
  version: bigint;
  loadedAt: Date;
  merchants: ReadonlyMap<string, MerchantConfig>;
  apiKeys: ReadonlyMap<string, ApiKeyConfig>;
  accounts: ReadonlyMap<string, AccountConfig>;
  switches: ReadonlyMap<string, { enabled: boolean; disabledUntil: Date | undefined }>;
};

/** What is read whole each time, in one round trip: under load each of them waits for its turn in a busy process. */
const standing = {
  begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  version: 'SELECT version FROM config_state WHERE id = 1',
  merchants: 'SELECT * FROM merchants',
  apiKeys: 'SELECT * FROM merchant_api_keys WHERE revoked_at IS NULL',
  switches: 'SELECT id, enabled, disabled_until FROM channels',
  accounts: `SELECT id, channel_id, label, enabled, disabled_until, base_url, config, trust, min_amount, max_amount, version
             FROM channel_accounts WHERE version > 0`,
  live: liveDocuments,
  canary: canaryDocuments,
} as const;
type Standing = Record<keyof typeof standing, Row[]>;

/**
 * Reads the whole configuration as of one moment. A document that is not good is left as it was before and named in the
 * snapshot's problems: one bad document must not take a node down.
 */
export async function loadConfig(pool: Pool, before: LoadedConfig | undefined): Promise<LoadedConfig> {
  const client = await pool.connect();
  try {
    const results = await client.query(Object.values(standing).join(';\n'));
    const rows = Object.fromEntries(
      Object.keys(standing).map((name, at) => [name, (results as unknown as QueryResult[])[at]?.rows ?? []]),
    ) as Standing;
    const loaded = await read(client, rows, before);
    await client.query('COMMIT');
    client.release();
    return loaded;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function read(client: PoolClient, rows: Standing, before: LoadedConfig | undefined): Promise<LoadedConfig> {
  const operational = readOperational(rows, before?.all);
  const { documents, problems } = await loadDocuments(client, rows.live as LiveDocument[], before?.documents);
  const running = canaryOf(rows.canary);
  const merged = running && withCanary(documents, running);
  if (merged && 'problem' in merged) problems.push(merged.problem);
  const all = assemble(operational, documents, 'all', problems);
  return {
    all,
    canary:
      running && merged && !('problem' in merged)
        ? {
            changeId: running.changeId,
            percent: running.percent,
            snapshot: assemble(operational, merged, 'canary', problems),
          }
        : undefined,
    documents,
  };
}

function assemble(
  { switches, ...operational }: Operational,
  documents: ReadonlyMap<string, ReadDocument>,
  arm: ConfigSnapshot['arm'],
  problems: readonly ConfigProblem[],
): ConfigSnapshot {
  const channels = new Map<string, ChannelConfig>();
  for (const { value } of documentsOf(documents, 'channel')) {
    const { enabled = true, disabledUntil } = switches.get(value.id) ?? {};
    channels.set(value.id, { ...value, enabled, disabledUntil });
  }
  const ruleSet = (kind: 'risk' | 'routing'): RuleSetConfig => {
    const [found] = documentsOf(documents, kind);
    return { kind, version: found?.version ?? 0, document: found?.value };
  };
  return {
    ...operational,
    arm,
    problems,
    versions: new Map([...documents].map(([ref, { version }]) => [ref, version])),
    services: new Map(documentsOf(documents, 'service').map(({ value }) => [value.id, value])),
    channels,
    limits: documentsOf(documents, 'limit').map(({ value }) => value),
    lists: withBuiltInLists(documentsOf(documents, 'list').map(({ value }) => value)),
    rules: { risk: ruleSet('risk'), routing: ruleSet('routing') },
    responseCodes: new Map(
      documentsOf(documents, 'response_codes').map(({ value }) => [
        value.id,
        new Map(value.overrides.map((override) => [override.code, override])),
      ]),
    ),
  };
}

function readOperational(rows: Standing, before: ConfigSnapshot | undefined): Operational {
  const version = rows.version[0]?.version ?? 0n;
  const merchants = new Map(rows.merchants.map((row) => [row.id as string, merchantOf(row)]));
  const apiKeys = new Map(rows.apiKeys.map((row) => [row.id as string, apiKeyOf(row)]));
  const switches = new Map(
    rows.switches.map((row) => [
      row.id as string,
      { enabled: row.enabled as boolean, disabledUntil: (row.disabled_until as Date | null) ?? undefined },
    ]),
  );
  const accounts = new Map<string, AccountConfig>();
  for (const row of rows.accounts) {
    const known = before?.accounts.get(row.id);
    // The same array while nothing changed, so that opened sessions stay open.
    const trust = known && JSON.stringify(known.trust) === JSON.stringify(row.trust) ? known.trust : row.trust;
    accounts.set(row.id, accountOf(row, trust));
  }
  return { version, loadedAt: new Date(), merchants, apiKeys, accounts, switches };
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
  webhookSecretOld: row.webhook_secret_old
    ? { sealed: row.webhook_secret_old, until: row.webhook_secret_old_until }
    : undefined,
  webhookKey: row.webhook_key ? { sealed: row.webhook_key, publicKey: row.webhook_key_public } : undefined,
  webhookKeyOld: row.webhook_key_old
    ? { sealed: row.webhook_key_old, publicKey: row.webhook_key_old_public, until: row.webhook_key_old_until }
    : undefined,
  ratePerSecond: row.rate_per_second,
  readsPerSecond: row.reads_per_second,
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

const accountOf = (row: Row, trust: AccountConfig['trust']): AccountConfig => ({
  id: row.id,
  channelId: row.channel_id,
  label: row.label,
  enabled: row.enabled,
  disabledUntil: row.disabled_until ?? undefined,
  baseUrl: row.base_url,
  config: row.config,
  trust,
  minAmount: row.min_amount,
  maxAmount: row.max_amount,
  version: row.version,
});

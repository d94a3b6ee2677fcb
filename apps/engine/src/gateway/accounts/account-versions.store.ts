import type { TrustedKey } from '@tributary/channels/channel-result';
import type { Pool, PoolClient } from '../../platform/db.ts';
import type { StoredAccountVersions } from './account-cache.ts';
import type { ProbeRecord } from './probe-account.ts';
import type { SecretMark } from './secret-marks.ts';

export type VersionState = 'staged' | 'live' | 'overlap' | 'retired' | 'discarded';

/** What a version says, sealed. */
export type VersionContent = {
  baseUrl: string;
  config: unknown;
  /** Envelope-encrypted. */
  secrets: string;
  marks: Record<string, SecretMark> | null;
  expiresAt: Date | null;
};

export type AccountVersion = Omit<VersionContent, 'secrets'> & {
  accountId: string;
  version: number;
  state: VersionState;
  /** Null once nobody may use it any more. */
  secrets: string | null;
  note: string;
  probe: ProbeRecord | null;
  createdBy: string;
  createdAt: Date;
  switchedBy: string | null;
  switchedAt: Date | null;
  overlapUntil: Date | null;
};

/** Who wrote a version, and why. */
type Written = { by: string; note: string };

const columns = `account_id AS "accountId", version, state, base_url AS "baseUrl", config, secrets, marks,
  expires_at AS "expiresAt", note, probe, created_by AS "createdBy", created_at AS "createdAt",
  switched_by AS "switchedBy", switched_at AS "switchedAt", overlap_until AS "overlapUntil"`;

/** Loads what is in force of an account and what overlaps with it, as of one moment. */
export const createAccountLoader =
  (pool: Pool) =>
  async (accountId: string): Promise<StoredAccountVersions | undefined> => {
    const { rows } = await pool.query({
      name: 'account-in-force',
      text: `SELECT a.channel_id, a.version, a.base_url, a.config, a.secrets, a.trust,
          coalesce((SELECT jsonb_agg(jsonb_build_object('version', v.version, 'baseUrl', v.base_url, 'config', v.config,
              'secrets', v.secrets, 'until', v.overlap_until) ORDER BY v.version DESC)
            FROM channel_account_versions v
            WHERE v.account_id = a.id AND v.state = 'overlap' AND v.overlap_until > now()), '[]') AS older
        FROM channel_accounts a WHERE a.id = $1 AND a.version > 0`,
      values: [accountId],
    });
    const [row] = rows;
    if (!row) return undefined;
    return {
      id: accountId,
      channelId: row.channel_id,
      version: row.version,
      baseUrl: row.base_url,
      config: row.config,
      secrets: row.secrets,
      trust: row.trust,
      older: row.older.map((one: { until: string }) => ({ ...one, until: new Date(one.until) })),
    };
  };

export async function findVersion(
  db: Pick<Pool, 'query'>,
  accountId: string,
  version: number,
): Promise<AccountVersion | undefined> {
  const { rows } = await db.query(
    `SELECT ${columns} FROM channel_account_versions WHERE account_id = $1 AND version = $2`,
    [accountId, version],
  );
  return rows[0];
}

/** Versions of all accounts that can still be used, and so many of the others, newest first. */
export async function listVersions(pool: Pool, past: number): Promise<AccountVersion[]> {
  const { rows } = await pool.query(
    `SELECT * FROM (
       SELECT ${columns}, row_number() OVER (PARTITION BY account_id, secrets IS NULL ORDER BY version DESC) AS nth
       FROM channel_account_versions) v
     WHERE secrets IS NOT NULL OR nth <= $1 ORDER BY "accountId", version DESC`,
    [past],
  );
  return rows;
}

/** Locks the account, so that changes of it take turns. @returns undefined when there is none */
export async function lockAccount(client: PoolClient, accountId: string): Promise<{ version: number } | undefined> {
  const { rows } = await client.query('SELECT version FROM channel_accounts WHERE id = $1 FOR UPDATE', [accountId]);
  return rows[0];
}

/** Makes an account of which nothing is in force yet. @returns whether the name was free */
export async function insertAccount(
  client: PoolClient,
  account: { id: string; channelId: string; label: string; baseUrl: string },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO channel_accounts (id, channel_id, label, base_url, config, secrets, version)
     VALUES ($1, $2, $3, $4, '{}', '', 0) ON CONFLICT (id) DO NOTHING`,
    [account.id, account.channelId, account.label, account.baseUrl],
  );
  return rowCount === 1;
}

/** Writes a new version down; one that was staged before is discarded. The account is locked. @returns its number */
export async function stageVersion(
  client: PoolClient,
  accountId: string,
  content: VersionContent,
  { by, note }: Written,
): Promise<number> {
  await discardStaged(client, accountId);
  return insertVersion(client, accountId, 'staged', content, { by, note });
}

async function insertVersion(
  client: PoolClient,
  accountId: string,
  state: 'staged' | 'live',
  content: VersionContent,
  { by, note }: Written,
): Promise<number> {
  const { rows } = await client.query(
    `INSERT INTO channel_account_versions
       (account_id, version, state, base_url, config, secrets, marks, expires_at, note, created_by, switched_at)
     SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $2 = 'live' THEN now() END
     FROM channel_account_versions WHERE account_id = $1 RETURNING version`,
    [
      accountId,
      state,
      content.baseUrl,
      JSON.stringify(content.config),
      content.secrets,
      content.marks === null ? null : JSON.stringify(content.marks),
      content.expiresAt,
      note,
      by,
    ],
  );
  return rows[0].version;
}

/** Takes the staged version away, with its secrets. @returns its number, if there was one */
export async function discardStaged(client: PoolClient, accountId: string): Promise<number | undefined> {
  const { rows } = await client.query(
    `UPDATE channel_account_versions SET state = 'discarded', secrets = NULL, ended_at = now()
     WHERE account_id = $1 AND state = 'staged' RETURNING version`,
    [accountId],
  );
  return rows[0]?.version;
}

/** An account of which nothing ever was in force goes away with its last version. */
export async function deleteUnused(client: PoolClient, accountId: string): Promise<void> {
  await client.query('DELETE FROM channel_accounts WHERE id = $1 AND version = 0', [accountId]);
}

/**
 * Puts the staged version in force; the one before overlaps for so many hours, or is over at once. The account is locked.
 * @param trust the channel's signing keys as fetched with the new version, if they were
 */
export async function putInForce(
  client: PoolClient,
  { accountId, version, by, overlapHours, trust }: SwitchTo & { trust: readonly TrustedKey[] | undefined },
): Promise<void> {
  await stepDown(client, accountId, overlapHours);
  await client.query(
    `UPDATE channel_account_versions SET state = 'live', switched_by = $3, switched_at = now()
     WHERE account_id = $1 AND version = $2`,
    [accountId, version, by],
  );
  await copyToAccount(client, accountId, version, trust);
}

type SwitchTo = { accountId: string; version: number; by: string; overlapHours: number };

/**
 * Puts what an overlapping version says in force again, as a version of its own: history only grows. The account is
 * locked. @returns the new number
 */
export async function goBackTo(
  client: PoolClient,
  before: AccountVersion & { secrets: string },
  { by, overlapHours }: { by: string; overlapHours: number },
): Promise<number> {
  const { accountId } = before;
  await stepDown(client, accountId, overlapHours);
  await endVersion(client, accountId, before.version);
  const version = await insertVersion(client, accountId, 'live', before, { by, note: `v${before.version}` });
  await copyToAccount(client, accountId, version, undefined);
  return version;
}

async function stepDown(client: PoolClient, accountId: string, overlapHours: number): Promise<void> {
  await client.query(
    overlapHours > 0
      ? `UPDATE channel_account_versions SET state = 'overlap', overlap_until = now() + make_interval(hours => $2)
         WHERE account_id = $1 AND state = 'live'`
      : `UPDATE channel_account_versions SET state = 'retired', secrets = NULL, ended_at = now()
         WHERE account_id = $1 AND state = 'live' AND $2 = 0`,
    [accountId, overlapHours],
  );
}

async function copyToAccount(
  client: PoolClient,
  accountId: string,
  version: number,
  trust: readonly TrustedKey[] | undefined,
): Promise<void> {
  await client.query(
    `UPDATE channel_accounts a SET version = v.version, base_url = v.base_url, config = v.config, secrets = v.secrets,
       trust = coalesce($3, a.trust), updated_at = now()
     FROM channel_account_versions v WHERE a.id = $1 AND v.account_id = a.id AND v.version = $2`,
    [accountId, version, trust === undefined ? null : JSON.stringify(trust)],
  );
}

/** Ends an overlap before its time, secrets and all. @returns whether it lasted */
export async function endVersion(client: PoolClient, accountId: string, version: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE channel_account_versions SET state = 'retired', secrets = NULL, ended_at = now()
     WHERE account_id = $1 AND version = $2 AND state = 'overlap'`,
    [accountId, version],
  );
  return rowCount === 1;
}

/** Ends the overlaps that are over. @returns which */
export async function endOverlaps(pool: Pool): Promise<{ accountId: string; version: number }[]> {
  const { rows } = await pool.query(
    `UPDATE channel_account_versions SET state = 'retired', secrets = NULL, ended_at = now()
     WHERE state = 'overlap' AND overlap_until <= now() RETURNING account_id AS "accountId", version`,
  );
  return rows;
}

export async function keepProbe(pool: Pool, accountId: string, version: number, probe: ProbeRecord): Promise<void> {
  await pool.query('UPDATE channel_account_versions SET probe = $3 WHERE account_id = $1 AND version = $2', [
    accountId,
    version,
    JSON.stringify(probe),
  ]);
}

/** Notes that somebody is told of an expiry. @returns false when that was done before */
export async function noteWarning(
  pool: Pool,
  warning: { accountId: string; item: string; expiresAt: Date; days: number },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `INSERT INTO channel_account_warnings (account_id, item, expires_at, days)
     SELECT $1, $2, $3, $4 FROM channel_accounts WHERE id = $1 ON CONFLICT DO NOTHING`,
    [warning.accountId, warning.item, warning.expiresAt, warning.days],
  );
  return rowCount === 1;
}

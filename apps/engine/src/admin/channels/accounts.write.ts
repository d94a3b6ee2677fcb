import type { ChannelAdapter } from '@tributary/channels/channel-adapter';
import type { TrustedKey } from '@tributary/channels/channel-result';
import type {
  accountNamed,
  accountVersionNamed,
  createAccount,
  describeAccount,
  stageAccount,
  switchAccountOff,
  switchToVersion,
} from '@tributary/contracts/channel-account';
import type * as z from 'zod';
import type { Actor } from '../../config/audit.store.ts';
import { readSecrets } from '../../gateway/accounts/account-cache.ts';
import * as store from '../../gateway/accounts/account-versions.store.ts';
import { type Probed, probeAccount } from '../../gateway/accounts/probe-account.ts';
import { marksOf } from '../../gateway/accounts/secret-marks.ts';
import { AppError } from '../../platform/app-error.ts';
import type { PoolClient } from '../../platform/db.ts';
import { accountSecretsAad } from '../../platform/secret-places.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { mustBeSameAccount, mustFitAdapter } from './check-account.ts';

type Named = z.infer<typeof accountNamed>;
type VersionNamed = z.infer<typeof accountVersionNamed>;
type WithSecrets = store.AccountVersion & { secrets: string };

/** What is done to channel accounts. Every act is audited, never with the value of a secret. */
export function createAccountsWrite({
  pool,
  audit,
  config,
  adapters,
  clock,
  secrets,
  pepper,
  node,
  send,
  forgetAccount,
  log,
}: AdminDeps) {
  const probing = new Set<string>();

  function adapterOf(channelId: string): ChannelAdapter {
    const adapter = adapters.get(config.current().channels.get(channelId)?.adapter ?? '');
    if (!adapter) throw new AppError('not_found', `there is no channel ${channelId}`);
    return adapter;
  }

  async function mustFind(accountId: string): Promise<{ channelId: string; trust: TrustedKey[]; version: number }> {
    const { rows } = await pool.query('SELECT channel_id, trust, version FROM channel_accounts WHERE id = $1', [
      accountId,
    ]);
    if (!rows[0]) throw new AppError('not_found', `there is no channel account ${accountId}`);
    return { channelId: rows[0].channel_id, trust: rows[0].trust, version: rows[0].version };
  }

  async function mustFindVersion({ accountId, version }: VersionNamed): Promise<WithSecrets> {
    const found = await store.findVersion(pool, accountId, version);
    if (!found) throw new AppError('not_found', `channel account ${accountId} has no version ${version}`);
    if (found.secrets === null) throw new AppError('conflict', `version ${version} is over, its secrets are gone`);
    return { ...found, secrets: found.secrets };
  }

  const opened = ({ accountId, secrets: sealed }: { accountId: string; secrets: string }) =>
    readSecrets(secrets.decrypt(sealed, accountSecretsAad(accountId)));

  const sealed = (
    accountId: string,
    plain: Record<string, unknown>,
    { baseUrl, config: shown, expiresOn }: { baseUrl: string; config: unknown; expiresOn: string | null },
  ): store.VersionContent => ({
    baseUrl,
    config: shown,
    secrets: secrets.encrypt(JSON.stringify(plain), accountSecretsAad(accountId)),
    marks: marksOf(plain, pepper),
    expiresAt: expiresOn === null ? null : new Date(`${expiresOn}T00:00:00Z`),
  });

  const told = ({ baseUrl, config: shown, marks, expiresAt }: Omit<store.VersionContent, 'secrets'>) => ({
    baseUrl,
    config: shown,
    marks,
    expiresAt,
  });

  /** Changes an account in turn with everybody else who does, and writes it down. */
  const change = <Result>(
    actor: Actor,
    what: { action: string; accountId: string; before?: unknown; after?: unknown; reason?: string },
    act: (client: PoolClient, account: { version: number }) => Promise<Result>,
  ): Promise<Result> =>
    audit.audited(
      {
        actor,
        action: `channelAccounts.${what.action}`,
        objectType: 'channel_account',
        objectId: what.accountId,
        before: what.before,
        after: what.after,
        ...(what.reason === undefined ? {} : { reason: what.reason }),
      },
      async (client) => {
        const account = await store.lockAccount(client, what.accountId);
        if (!account) throw new AppError('not_found', `there is no channel account ${what.accountId}`);
        return act(client, account);
      },
    );

  async function create(actor: Actor, input: z.infer<typeof createAccount>) {
    const { accountId, channelId, label, note } = input;
    mustFitAdapter(adapterOf(channelId), input, []);
    const content = sealed(accountId, input.secrets, input);
    return audit.audited(
      {
        actor,
        action: 'channelAccounts.create',
        objectType: 'channel_account',
        objectId: accountId,
        after: { channelId, label, version: 1, ...told(content) },
      },
      async (client) => {
        if (!(await store.insertAccount(client, { id: accountId, channelId, label, baseUrl: input.baseUrl })))
          throw new AppError('conflict', `there is a channel account ${accountId} already`);
        return { version: await store.stageVersion(client, accountId, content, { by: actor.id, note }) };
      },
    );
  }

  async function stage(actor: Actor, input: z.infer<typeof stageAccount>) {
    const { accountId, baseVersion, note } = input;
    const { channelId, trust, version } = await mustFind(accountId);
    if (version !== baseVersion)
      throw new AppError(
        'conflict',
        `version ${version} of the account is in force, this was written on ${baseVersion}`,
      );
    const adapter = adapterOf(channelId);
    // Of an account of which nothing is in force, what was staged before.
    const { rows } = await pool.query(
      `SELECT version FROM channel_account_versions WHERE account_id = $1 AND state IN ('live', 'staged')
       ORDER BY state = 'live' DESC LIMIT 1`,
      [accountId],
    );
    if (!rows[0]) throw new AppError('conflict', 'there is no version to write this on');
    const base = await mustFindVersion({ accountId, version: rows[0].version });
    const plain = { ...opened(base), ...input.secrets };
    mustFitAdapter(adapter, { ...input, secrets: plain }, trust);
    if (version > 0) mustBeSameAccount(adapter, base.config, input.config);
    const content = sealed(accountId, plain, input);
    return change(
      actor,
      { action: 'stage', accountId, before: { version: base.version, ...told(base) }, after: told(content) },
      async (client, now) => {
        if (now.version !== baseVersion) throw new AppError('conflict', 'another version was put in force meanwhile');
        return { version: await store.stageVersion(client, accountId, content, { by: actor.id, note }) };
      },
    );
  }

  const discard = (actor: Actor, { accountId, version }: VersionNamed) =>
    change(actor, { action: 'discard', accountId, before: { version } }, async (client) => {
      if ((await store.discardStaged(client, accountId)) !== version)
        throw new AppError('conflict', `version ${version} is not waiting to be switched to`);
      await store.deleteUnused(client, accountId);
    });

  async function tryOut(actor: Actor, version: WithSecrets): Promise<Probed> {
    const { accountId } = version;
    const { channelId, trust } = await mustFind(accountId);
    const key = `${accountId} ${version.version}`;
    if (probing.has(key)) throw new AppError('conflict', 'a probe of this version is under way');
    probing.add(key);
    try {
      const probed = await probeAccount({
        adapter: adapterOf(channelId),
        account: { config: version.config, secrets: opened(version), baseUrl: version.baseUrl },
        trust,
        send,
        clock,
      });
      const { verdict, code, message, status, durationMs } = probed;
      log.info({ accountId, version: version.version, verdict, code, status }, 'a channel account was probed');
      const at = clock.now().toISOString();
      const record = { verdict, code, message, status, durationMs, at, by: actor.id, node };
      await store.keepProbe(pool, accountId, version.version, record);
      return probed;
    } finally {
      probing.delete(key);
    }
  }

  async function probe(actor: Actor, named: VersionNamed) {
    const { trust: _, ...seen } = await tryOut(actor, await mustFindVersion(named));
    await audit.append({
      actor,
      action: 'channelAccounts.probe',
      objectType: 'channel_account',
      objectId: named.accountId,
      result: 'ok',
      after: { version: named.version, verdict: seen.verdict, code: seen.code },
    });
    return seen;
  }

  async function switchTo(actor: Actor, input: z.infer<typeof switchToVersion>) {
    const { accountId, version, overlapHours, withoutProbe } = input;
    const staged = await mustFindVersion(input);
    if (staged.state !== 'staged') throw new AppError('conflict', `version ${version} is ${staged.state}`);
    if (staged.createdBy === actor.id)
      throw new AppError('forbidden', 'who wrote a version may not switch to it: ask somebody else');
    const probed = withoutProbe === undefined ? await tryOut(actor, staged) : undefined;
    const before = await mustFind(accountId);
    return change(
      actor,
      {
        action: 'switchTo',
        accountId,
        before: { version: before.version },
        after: { version, ...told(staged), overlapHours, probe: probed?.verdict ?? 'skipped' },
        ...(withoutProbe === undefined ? {} : { reason: withoutProbe }),
      },
      async (client, now) => {
        if (probed && probed.verdict !== 'ok')
          throw new AppError('probe_failed', `the probe of version ${version} said ${probed.verdict}`);
        const still = await store.findVersion(client, accountId, version);
        if (still?.state !== 'staged' || now.version !== before.version)
          throw new AppError('conflict', `version ${version} is no longer waiting to be switched to`);
        await store.putInForce(client, { accountId, version, by: actor.id, overlapHours, trust: probed?.trust });
        return { version };
      },
    );
  }

  async function goBack(actor: Actor, named: VersionNamed) {
    const { accountId } = named;
    const older = await mustFindVersion(named);
    const { version } = await mustFind(accountId);
    return change(
      actor,
      { action: 'goBack', accountId, before: { version }, after: { asVersion: named.version, ...told(older) } },
      async (client) => {
        const still = await store.findVersion(client, accountId, named.version);
        if (still?.state !== 'overlap' || still.secrets === null)
          throw new AppError('conflict', `the overlap of version ${named.version} is over`);
        const back = { ...still, secrets: still.secrets };
        return { version: await store.goBackTo(client, back, { by: actor.id, overlapHours: 24 }) };
      },
    );
  }

  const endOverlap = (actor: Actor, { accountId, version }: VersionNamed) =>
    change(actor, { action: 'endOverlap', accountId, before: { version } }, async (client) => {
      if (!(await store.endVersion(client, accountId, version)))
        throw new AppError('conflict', `version ${version} does not overlap`);
    });

  async function describe(actor: Actor, { accountId, ...after }: z.infer<typeof describeAccount>) {
    const { rows } = await pool.query(
      'SELECT label, min_amount AS "minAmount", max_amount AS "maxAmount" FROM channel_accounts WHERE id = $1',
      [accountId],
    );
    const before = rows[0] && {
      ...rows[0],
      minAmount: Number(rows[0].minAmount),
      maxAmount: Number(rows[0].maxAmount),
    };
    await change(actor, { action: 'describe', accountId, before, after }, (client) =>
      client.query(
        'UPDATE channel_accounts SET label = $2, min_amount = $3, max_amount = $4, updated_at = now() WHERE id = $1',
        [accountId, after.label, after.minAmount, after.maxAmount],
      ),
    );
  }

  async function invalidate(actor: Actor, { accountId }: Named) {
    await change(actor, { action: 'invalidate', accountId }, async () => undefined);
    await forgetAccount(accountId);
  }

  const switchOff = (actor: Actor, { accountId, minutes, reason }: z.infer<typeof switchAccountOff>) =>
    change(actor, { action: 'switchOff', accountId, after: { minutes }, reason }, async (client) => {
      await client.query(
        `UPDATE channel_accounts SET enabled = $2::int IS NOT NULL,
           disabled_until = now() + make_interval(mins => $2::int), disabled_reason = $3, disabled_by = $4,
           updated_at = now()
         WHERE id = $1`,
        [accountId, minutes, reason, actor.id],
      );
    });

  const switchOn = (actor: Actor, { accountId }: Named) =>
    change(actor, { action: 'switchOn', accountId }, async (client) => {
      await client.query(
        `UPDATE channel_accounts SET enabled = true, disabled_until = NULL, disabled_reason = NULL, disabled_by = NULL,
           updated_at = now()
         WHERE id = $1`,
        [accountId],
      );
    });

  return { create, stage, discard, probe, switchTo, goBack, endOverlap, describe, invalidate, switchOff, switchOn };
}

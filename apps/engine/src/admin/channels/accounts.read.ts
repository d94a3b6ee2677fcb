import { isSwitchedOff } from '../../config/snapshot.ts';
import { readSecrets } from '../../gateway/accounts/account-cache.ts';
import { type AccountVersion, listVersions } from '../../gateway/accounts/account-versions.store.ts';
import { daysLeft, expiriesOf, warningFor } from '../../gateway/accounts/expiry.ts';
import { marksOf, type SecretMark } from '../../gateway/accounts/secret-marks.ts';
import { paymentIdFloor } from '../../platform/ids.ts';
import { accountSecretsAad } from '../../platform/secret-places.ts';
import type { AdminDeps } from '../admin-deps.ts';

/** How many versions that nobody can use any more are shown. */
const pastVersions = 10;
/** A node that was not heard of for so long holds nothing. */
const nodeGoneMs = 10_000;

type NodeRow = { id: string; accounts: Record<string, HeldRow> };
type HeldRow = { version: number; loadedAt: number; olderUsed?: Record<string, { count: number; lastAt: number }> };

/** Everything that the console shows of accounts. Secrets are only told by their marks, and only to those who may see them. */
export function createAccountsRead({ prisma, pool, config, adapters, clock, secrets, pepper }: AdminDeps) {
  function marks(version: AccountVersion): Record<string, SecretMark> | null {
    if (version.marks !== null || version.secrets === null) return version.marks;
    try {
      return marksOf(readSecrets(secrets.decrypt(version.secrets, accountSecretsAad(version.accountId))), pepper);
    } catch {
      // Sealed with a key that is no longer in the ring: nothing to tell, and no reason to show no page.
      return null;
    }
  }

  async function lately() {
    const { rows } = await pool.query(
      `SELECT account_id, count(*)::int AS attempts, max(finished_at) FILTER (WHERE status LIKE 'succeeded%') AS succeeded_at
       FROM attempts WHERE payment_id >= $1 GROUP BY 1`,
      [paymentIdFloor(clock.now().getTime() - 3_600_000)],
    );
    return new Map<string, { attempts: number; succeeded_at: Date | null }>(rows.map((row) => [row.account_id, row]));
  }

  async function nodesHolding() {
    const { rows } = await pool.query<NodeRow>(
      `SELECT id, accounts FROM nodes WHERE last_seen_at > now() - make_interval(secs => $1) ORDER BY id`,
      [nodeGoneMs / 1000],
    );
    return rows;
  }

  async function list(channelId: string | undefined, seesKeys: boolean) {
    const [accounts, versions, recent, nodes] = await Promise.all([
      prisma.channelAccount.findMany({
        where: channelId === undefined ? {} : { channelId },
        orderBy: [{ channelId: 'asc' }, { id: 'asc' }],
      }),
      listVersions(pool, pastVersions),
      lately(),
      nodesHolding(),
    ]);
    const { channels } = config.current();
    const now = clock.now();
    return {
      now: now.getTime(),
      accounts: accounts.map((account) => {
        const own = versions.filter(({ accountId }) => accountId === account.id);
        const live = own.find(({ state }) => state === 'live');
        const channel = channels.get(account.channelId);
        const off = isSwitchedOff({ enabled: account.enabled, disabledUntil: account.disabledUntil ?? undefined }, now);
        return {
          id: account.id,
          channelId: account.channelId,
          channelName: channel?.name ?? account.channelId,
          adapter: channel?.adapter ?? '',
          label: account.label,
          /** 0 while nothing is in force. */
          version: account.version,
          state: account.version === 0 ? ('new' as const) : off ? ('off' as const) : ('on' as const),
          disabledUntil: off && account.enabled ? (account.disabledUntil?.getTime() ?? null) : null,
          disabledReason: off ? account.disabledReason : null,
          disabledBy: off ? account.disabledBy : null,
          minAmount: Number(account.minAmount),
          maxAmount: Number(account.maxAmount),
          attemptsLastHour: recent.get(account.id)?.attempts ?? 0,
          lastSuccessAt: recent.get(account.id)?.succeeded_at?.getTime() ?? null,
          versions: own.map((version) => ({
            version: version.version,
            state: version.state,
            baseUrl: version.baseUrl,
            note: version.note,
            probe: version.probe,
            createdBy: version.createdBy,
            createdAt: version.createdAt.getTime(),
            switchedBy: version.switchedBy,
            switchedAt: version.switchedAt?.getTime() ?? null,
            overlapUntil: version.state === 'overlap' ? (version.overlapUntil?.getTime() ?? null) : null,
            expiresAt: version.expiresAt?.getTime() ?? null,
            keys: seesKeys ? { config: version.config as Record<string, unknown>, marks: marks(version) } : null,
          })),
          nodes: nodes.flatMap(({ id, accounts: held }) => {
            const one = held[account.id];
            if (!one) return [];
            const used = Object.entries(one.olderUsed ?? {}).map(([version, use]) => ({
              version: Number(version),
              ...use,
            }));
            return [{ node: id, version: one.version, loadedAt: one.loadedAt, olderUsed: used }];
          }),
          expiries: live
            ? expiriesOf({
                config: live.config,
                trust: account.trust as { serial: string; publicKeyPem: string; expiresAt?: string }[],
                enteredAt: live.expiresAt ?? undefined,
              }).map(({ expiresAt, ...expiry }) => ({
                ...expiry,
                expiresAt: expiresAt.getTime(),
                daysLeft: daysLeft(expiresAt, now),
                warning: warningFor(expiresAt, now) ?? null,
              }))
            : [],
        };
      }),
      nodes: nodes.map(({ id }) => id),
    };
  }

  /** What an account of a channel consists of, for the form. */
  function schemaOf(channelId: string) {
    const adapter = adapters.get(config.current().channels.get(channelId)?.adapter ?? '');
    return adapter && { adapter: adapter.id, ...adapter.accountJsonSchema };
  }

  return { list, schemaOf };
}

import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { isSwitchedOff } from '../../config/snapshot.ts';
import { AppError } from '../../platform/app-error.ts';
import { paymentIdFloor } from '../../platform/ids.ts';
import type { AdminDeps } from '../admin-deps.ts';

const channelId = z.string().min(1).max(64);

export function createChannelsRouter({ prisma, pool, audit, adapters, gatewayStats, clock, config }: AdminDeps) {
  /** Outcome of attempts that were begun lately, from the newest ids only. */
  async function recent(minutes: number) {
    const { rows } = await pool.query(
      `SELECT channel_id, count(*)::int AS total, count(*) FILTER (WHERE status LIKE 'succeeded%')::int AS succeeded,
         count(*) FILTER (WHERE status = 'failed')::int AS failed, count(*) FILTER (WHERE next_sync_at IS NOT NULL)::int AS open
       FROM attempts WHERE payment_id >= $1 GROUP BY 1`,
      [paymentIdFloor(clock.now().getTime() - minutes * 60_000)],
    );
    return new Map<string, { total: number; succeeded: number; failed: number; open: number }>(
      rows.map((row) => [row.channel_id, row]),
    );
  }

  async function list() {
    const [channels, last5, last60] = await Promise.all([
      prisma.channel.findMany({ include: { accounts: true }, orderBy: { id: 'asc' } }),
      recent(5),
      recent(60),
    ]);
    const { channels: documents, versions } = config.current();
    const now = clock.now();
    const none = { total: 0, succeeded: 0, failed: 0, open: 0 };
    return {
      now: now.getTime(),
      /** What a channel may be spoken for by. */
      adapters: [...adapters.keys()].sort(),
      channels: channels
        .flatMap((row) => {
          const document = documents.get(row.id);
          return document ? [{ ...row, ...document, enabled: row.enabled, disabledUntil: row.disabledUntil }] : [];
        })
        .sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1))
        .map((channel) => {
          const adapter = adapters.get(channel.adapter);
          const off = !channel.enabled || (channel.disabledUntil !== null && channel.disabledUntil > now);
          return {
            id: channel.id,
            name: channel.name,
            adapter: channel.adapter,
            state: off ? ('off' as const) : ('on' as const),
            disabledUntil: channel.disabledUntil?.getTime() ?? null,
            disabledReason: channel.disabledReason,
            disabledBy: channel.disabledBy,
            priority: channel.priority,
            feeBps: channel.feeBps,
            params: channel.params,
            products: [...(adapter?.products.keys() ?? [])],
            /** Of its document: what a change is written on. */
            version: versions.get(`channel/${channel.id}`) ?? 0,
            last5m: last5.get(channel.id) ?? none,
            last60m: last60.get(channel.id) ?? none,
            compartments: gatewayStats().filter((one) => one.channelId === channel.id),
            accounts: channel.accounts.map(({ id, label, enabled, disabledUntil, version }) => ({
              id,
              label,
              /** Something of it is in force, and it is not switched off. */
              enabled: version > 0 && !isSwitchedOff({ enabled, disabledUntil: disabledUntil ?? undefined }, now),
            })),
          };
        }),
    };
  }

  async function mustFind(id: string) {
    const channel = await prisma.channel.findUnique({ where: { id } });
    if (!channel) throw new AppError('not_found', `there is no channel ${id}`);
    return channel;
  }

  return router({
    list: procedure('channels.read').query(() => list()),
    switchOff: procedure('channels.switch')
      .input(
        z.strictObject({ id: channelId, minutes: z.int().min(1).max(1440), reason: z.string().trim().min(2).max(200) }),
      )
      .mutation(async ({ ctx, input }) => {
        const { disabledUntil } = await mustFind(input.id);
        return audit.audited(
          {
            actor: ctx.actor,
            action: 'channels.switchOff',
            objectType: 'channel',
            objectId: input.id,
            reason: input.reason,
            before: { disabledUntil },
            after: { minutes: input.minutes },
          },
          async (client) => {
            const { rows } = await client.query(
              `UPDATE channels SET disabled_until = now() + make_interval(mins => $2), disabled_reason = $3, disabled_by = $4, version = version + 1, updated_at = now()
               WHERE id = $1 RETURNING disabled_until`,
              [input.id, input.minutes, input.reason, ctx.actor.id],
            );
            return { disabledUntil: (rows[0].disabled_until as Date).getTime() };
          },
        );
      }),
    switchOn: procedure('channels.switch')
      .input(z.strictObject({ id: channelId }))
      .mutation(async ({ ctx, input }) => {
        const { disabledUntil, disabledReason } = await mustFind(input.id);
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'channels.switchOn',
            objectType: 'channel',
            objectId: input.id,
            before: { disabledUntil, disabledReason },
          },
          (client) =>
            client.query(
              'UPDATE channels SET enabled = true, disabled_until = NULL, disabled_reason = NULL, disabled_by = NULL, version = version + 1, updated_at = now() WHERE id = $1',
              [input.id],
            ),
        );
        return { ok: true };
      }),
  });
}

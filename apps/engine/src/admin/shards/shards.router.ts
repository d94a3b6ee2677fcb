import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { PoolClient } from '../../platform/db.ts';
import { logicalShards } from '../../platform/ids.ts';
import { changeShardCount } from '../../sharding/change-count.ts';
import type { ShardCount } from '../../sharding/ports.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createShardReads } from './shards.read.ts';

const shard = z
  .int()
  .min(0)
  .max(logicalShards - 1);
const count = z.int().min(1).max(logicalShards);
const reason = cleanText(200);
const generation = z.string().regex(/^\d{1,18}$/, { error: 'is not a generation' });

/** Shards: who works what, how much waits there; pause, move, and cut them anew. */
export function createShardsRouter({ pool, audit }: AdminDeps) {
  const reads = createShardReads(pool);

  /** Changes one shard of the generation in force and has the workers look at once. */
  async function change(client: PoolClient, id: number, sql: string, values: unknown[]): Promise<void> {
    const { rowCount } = await client.query(`UPDATE shard_leases SET ${sql} WHERE shard = $1`, [id, ...values]);
    if (rowCount === 0) throw new AppError('not_found', `there is no shard ${id}`);
    await client.query(`SELECT pg_notify('tributary_shards', 'changed')`);
  }

  return router({
    list: procedure('shards.read').query(() => reads.list()),

    /** What another number would mean; changes nothing. */
    plan: procedure('shards.read')
      .input(z.strictObject({ count }))
      .query(({ input }) => reads.plan(input.count)),

    orders: procedure('shards.read')
      .input(z.strictObject({ shard, limit: z.int().min(1).max(200).default(50) }))
      .query(({ input }) => reads.orders(input.shard, input.limit)),

    /** Cuts the shards anew. Every lease ends; workers take the new ones within moments and fill their sets from Postgres. */
    changeCount: procedure('shards.act')
      .input(z.strictObject({ count, generation, reason }))
      .mutation(async ({ ctx, input }) => {
        const wanted = {
          count: input.count,
          generation: BigInt(input.generation),
          by: ctx.actor.id,
          reason: input.reason,
        };
        let changed: ShardCount = wanted;
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'shards.changeCount',
            objectType: 'sharding',
            objectId: 'sharding',
            after: { count: input.count },
            reason: input.reason,
          },
          async (client) => {
            changed = await changeShardCount(client, wanted);
          },
        );
        return { generation: String(changed.generation), count: changed.count };
      }),

    setDynamic: procedure('shards.act')
      .input(
        z
          .strictObject({ dynamic: z.boolean(), minCount: count, maxCount: count, reason })
          .refine(({ minCount, maxCount }) => minCount <= maxCount, {
            error: 'must not be below the least',
            path: ['maxCount'],
          }),
      )
      .mutation(async ({ ctx, input: { reason: why, ...wanted } }) => {
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'shards.setDynamic',
            objectType: 'sharding',
            objectId: 'sharding',
            after: wanted,
            reason: why,
          },
          async (client) => {
            await client.query('UPDATE sharding SET dynamic = $1, min_count = $2, max_count = $3', [
              wanted.dynamic,
              wanted.minCount,
              wanted.maxCount,
            ]);
          },
        );
        return {};
      }),

    /** Nobody works the shard until it is resumed; callbacks still end payments, and a person may still ask. */
    pause: procedure('shards.act')
      .input(z.strictObject({ shard, reason }))
      .mutation(async ({ ctx, input }) => {
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'shards.pause',
            objectType: 'shard',
            objectId: String(input.shard),
            reason: input.reason,
          },
          (client) =>
            change(client, input.shard, 'paused_at = coalesce(paused_at, now()), paused_by = $2, paused_reason = $3', [
              ctx.actor.id,
              input.reason,
            ]),
        );
        return {};
      }),

    resume: procedure('shards.act')
      .input(z.strictObject({ shard }))
      .mutation(async ({ ctx, input }) => {
        await audit.audited(
          { actor: ctx.actor, action: 'shards.resume', objectType: 'shard', objectId: String(input.shard) },
          (client) => change(client, input.shard, 'paused_at = NULL, paused_by = NULL, paused_reason = NULL', []),
        );
        return {};
      }),

    /** Puts a shard on a node, as long as that is there; null: wherever it belongs. */
    pin: procedure('shards.act')
      .input(z.strictObject({ shard, node: z.string().min(1).max(128).nullable(), reason }))
      .mutation(async ({ ctx, input }) => {
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'shards.pin',
            objectType: 'shard',
            objectId: String(input.shard),
            after: { node: input.node },
            reason: input.reason,
          },
          async (client) => {
            if (input.node !== null) {
              const { rowCount } = await client.query('SELECT 1 FROM shard_workers WHERE node = $1', [input.node]);
              if (rowCount === 0)
                throw new AppError('invalid_request', `there is no worker ${input.node}`, {
                  errors: [{ path: 'node', message: 'is no worker' }],
                });
            }
            await change(client, input.shard, 'pinned_to = $2', [input.node]);
          },
        );
        return {};
      }),
  });
}

import { mayDo, type Role } from '@tributary/contracts/role';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import type { AdminDeps } from '../admin-deps.ts';

export function createAuditRouter({ prisma, verifyAudit }: AdminDeps) {
  const page = z.strictObject({
    cursor: z
      .string()
      .regex(/^\d{1,18}$/)
      .optional(),
    objectId: z.string().max(128).optional(),
    limit: z.int().min(1).max(100).default(50),
    direction: z.enum(['forward', 'backward']).optional(),
  });

  async function read({ cursor, objectId, limit }: z.infer<typeof page>, actorId: string | undefined) {
    const rows = await prisma.auditEntry.findMany({
      where: {
        ...(cursor ? { id: { lt: BigInt(cursor) } } : {}),
        ...(objectId ? { objectId } : {}),
        ...(actorId ? { actorId } : {}),
      },
      orderBy: { id: 'desc' },
      take: limit + 1,
    });
    return {
      rows: rows.slice(0, limit).map((row) => ({
        id: row.id.toString(),
        at: row.at.getTime(),
        actorId: row.actorId,
        actorRole: row.actorRole,
        action: row.action,
        objectType: row.objectType,
        objectId: row.objectId,
        result: row.result,
        before: row.before,
        after: row.after,
        reason: row.reason,
        ip: row.ip,
      })),
      nextCursor: rows.length > limit ? (rows[limit - 1]?.id.toString() ?? null) : null,
    };
  }

  return router({
    /** Everything for those who may read all; one's own acts for the others. */
    list: procedure('audit.read')
      .input(page)
      .query(({ input }) => read(input, undefined)),
    own: procedure('audit.readOwn')
      .input(page)
      .query(({ ctx, input }) =>
        read(input, mayDo({ role: ctx.viewer.role as Role, approver: false }, 'audit.read') ? undefined : ctx.actor.id),
      ),
    verify: procedure('audit.read').query(async () => {
      const { rows, anchors, brokenAt } = await verifyAudit();
      return { rows, anchors, brokenAt: brokenAt ?? null };
    }),
  });
}

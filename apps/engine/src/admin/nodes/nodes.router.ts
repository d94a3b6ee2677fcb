import { procedure, router } from '../../access/trpc.ts';
import type { AdminDeps } from '../admin-deps.ts';

export const createNodesRouter = ({ prisma, config, clock }: AdminDeps) =>
  router({
    list: procedure('runtime.read').query(async () => {
      const rows = await prisma.node.findMany({ orderBy: { id: 'asc' } });
      return {
        configVersion: config.current().version.toString(),
        now: clock.now().getTime(),
        nodes: rows.map((row) => ({
          id: row.id,
          role: row.role,
          host: row.host,
          pid: row.pid,
          configVersion: row.configVersion.toString(),
          riskVersion: row.riskVersion,
          routeVersion: row.routeVersion,
          loopDelayMs: row.loopDelayMs,
          startedAt: row.startedAt.getTime(),
          lastSeenAt: row.lastSeenAt.getTime(),
        })),
      };
    }),
  });

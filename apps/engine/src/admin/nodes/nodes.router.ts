import { procedure, router } from '../../access/trpc.ts';
import type { NodeLoad } from '../../platform/node-registry.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { boardOf } from './compartment-board.ts';
import { readsOf } from './node-reads.ts';

/** Who runs, what each of them runs, and whether all have arrived at what is published. */
export const createNodesRouter = ({ prisma, pool, config, clock }: AdminDeps) =>
  router({
    /** Every compartment of every node, those most in trouble first. */
    compartments: procedure('runtime.read').query(async () => {
      const rows = await prisma.node.findMany({ orderBy: { id: 'asc' } });
      return boardOf(rows, config.current().channels, clock.now());
    }),
    list: procedure('runtime.read').query(async () => {
      const [rows, live, state] = await Promise.all([
        prisma.node.findMany({ orderBy: { id: 'asc' } }),
        pool.query('SELECT kind, object_id, version FROM config_live'),
        pool.query(
          `SELECT version, (SELECT max(published_at) FROM config_publications) AS since FROM config_state WHERE id = 1`,
        ),
      ]);
      const published = new Map<string, number>(live.rows.map((row) => [`${row.kind}/${row.object_id}`, row.version]));
      return {
        configVersion: config.current().version.toString(),
        publishedVersion: String(state.rows[0]?.version ?? 0n),
        publishedAt: (state.rows[0]?.since as Date | null)?.getTime() ?? null,
        now: clock.now().getTime(),
        nodes: rows.map((row) => {
          const running = row.running as Record<string, number>;
          const behind = [...published]
            .filter(([ref, version]) => running[ref] !== undefined && running[ref] !== version)
            .map(([ref, version]) => ({ ref, published: version, running: running[ref] ?? 0 }));
          return {
            id: row.id,
            role: row.role,
            host: row.host,
            pid: row.pid,
            configVersion: row.configVersion.toString(),
            riskVersion: running['risk/main'] ?? 0,
            routeVersion: running['routing/main'] ?? 0,
            /** Documents of which it does not run what is published. */
            behind,
            errors: row.configErrors as { ref: string; version: number; message: string; running?: number }[],
            loopDelayMs: row.loopDelayMs,
            /** Merchants' look-ups of the last minute; null where none are answered. */
            reads: row.role === 'worker' ? null : readsOf(row.reads),
            /** Empty until a node of an older release was replaced. */
            load: row.load as Partial<NodeLoad>,
            startedAt: row.startedAt.getTime(),
            lastSeenAt: row.lastSeenAt.getTime(),
          };
        }),
      };
    }),
  });

import { hostname } from 'node:os';
import type { Pool } from './db.ts';

const everyMs = 2_000;

/** What a node says of itself; the console lists it. */
export type NodeReport = { configVersion: bigint; riskVersion: number; routeVersion: number; loopDelayMs: number };

/** Keeps this node's row in `nodes` fresh, and sweeps out rows of nodes that are long gone. */
export function createNodeRegistry({
  pool,
  node,
  role,
  report,
}: {
  pool: Pool;
  node: string;
  role: string;
  report: () => NodeReport;
}) {
  let timer: NodeJS.Timeout | undefined;

  async function beat(): Promise<void> {
    const { configVersion, riskVersion, routeVersion, loopDelayMs } = report();
    await pool.query(
      `INSERT INTO nodes (id, role, host, pid, config_version, risk_version, route_version, loop_delay_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET config_version = $5, risk_version = $6, route_version = $7, loop_delay_ms = $8, last_seen_at = now()`,
      [node, role, hostname(), process.pid, configVersion, riskVersion, routeVersion, loopDelayMs],
    );
  }

  return {
    async start() {
      await beat();
      await pool.query(`DELETE FROM nodes WHERE last_seen_at < now() - interval '1 hour'`);
      timer = setInterval(() => void beat().catch(() => undefined), everyMs);
    },
    async stop() {
      clearInterval(timer);
      await pool.query('DELETE FROM nodes WHERE id = $1', [node]).catch(() => undefined);
    },
  };
}

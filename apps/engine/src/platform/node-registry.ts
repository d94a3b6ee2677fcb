import { hostname } from 'node:os';
import type { Pool } from './db.ts';

const everyMs = 2_000;

/** What a node says of itself; the console lists it. */
export type NodeReport = {
  configVersion: bigint;
  loopDelayMs: number;
  /** Version of each document that it really runs, by `kind/objectId`. */
  running: Record<string, number>;
  /** Documents that it refuses to run, and why. */
  configErrors: readonly object[];
};

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
    const { configVersion, loopDelayMs, running, configErrors } = report();
    await pool.query(
      `INSERT INTO nodes (id, role, host, pid, config_version, loop_delay_ms, running, config_errors)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET config_version = $5, loop_delay_ms = $6, running = $7, config_errors = $8, last_seen_at = now()`,
      [
        node,
        role,
        hostname(),
        process.pid,
        configVersion,
        loopDelayMs,
        JSON.stringify(running),
        JSON.stringify(configErrors),
      ],
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

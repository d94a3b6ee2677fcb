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
  /** What it holds of channel accounts, by account. */
  accounts: Record<string, object>;
  /** The compartments of every channel: places, breakers and the last minute. */
  compartments: readonly object[];
  /** Look-ups of the last minute and the cache; nothing on a node that answers none. */
  reads: object;
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
    const { configVersion, loopDelayMs, running, configErrors, accounts, compartments, reads } = report();
    await pool.query(
      `INSERT INTO nodes (id, role, host, pid, config_version, loop_delay_ms, running, config_errors, accounts, compartments, reads)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       ON CONFLICT (id) DO UPDATE SET config_version = $5, loop_delay_ms = $6, running = $7, config_errors = $8, accounts = $9, compartments = $10, reads = $11, last_seen_at = now()`,
      [
        node,
        role,
        hostname(),
        process.pid,
        configVersion,
        loopDelayMs,
        JSON.stringify(running),
        JSON.stringify(configErrors),
        JSON.stringify(accounts),
        JSON.stringify(compartments),
        JSON.stringify(reads),
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

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
  /** Requests answered since it started, those in its hands, and whether it is about to stop. */
  load: { requests: number; inFlight: number; draining: boolean };
};

/** What the console shows of a node's load. Memory in bytes: all of the process, and JavaScript's heap in use. */
export type NodeLoad = {
  requestsPerSecond: number;
  inFlight: number;
  draining: boolean;
  rssBytes: number;
  heapBytes: number;
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
  let counted = { requests: 0, at: performance.now() };

  /** With the rate since the last beat. */
  function loadOf({ requests, inFlight, draining }: NodeReport['load']): NodeLoad {
    const at = performance.now();
    const seconds = (at - counted.at) / 1_000;
    const requestsPerSecond = seconds > 0 ? Math.round(((requests - counted.requests) / seconds) * 10) / 10 : 0;
    counted = { requests, at };
    const { rss, heapUsed } = process.memoryUsage();
    return { requestsPerSecond, inFlight, draining, rssBytes: rss, heapBytes: heapUsed };
  }

  async function beat(): Promise<void> {
    const { configVersion, loopDelayMs, running, configErrors, accounts, compartments, reads, load } = report();
    await pool.query(
      `INSERT INTO nodes (id, role, host, pid, config_version, loop_delay_ms, running, config_errors, accounts, compartments, reads, load)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       ON CONFLICT (id) DO UPDATE SET config_version = $5, loop_delay_ms = $6, running = $7, config_errors = $8, accounts = $9, compartments = $10, reads = $11, load = $12, last_seen_at = now()`,
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
        JSON.stringify(loadOf(load)),
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

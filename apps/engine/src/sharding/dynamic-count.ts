import type { Audit } from '../config/audit.store.ts';
import type { Pool } from '../platform/db.ts';
import type { Lease } from '../platform/ports/lease.ts';
import { changeShardCount } from './change-count.ts';
import { type Proposal, proposeCount, type ShardLoads } from './propose-count.ts';

const everyMs = 15_000;
/** As often one after the other the same has to be proposed. */
const timesInARow = 2;
const system = { id: 'system', role: 'system', ip: undefined, userAgent: undefined };

export type ShardProposal = { generation: bigint; dynamic: boolean; loads: ShardLoads; proposal: Proposal | undefined };

/** What the load of this moment calls for; changes nothing. */
export async function readProposal(pool: Pool): Promise<ShardProposal> {
  const { rows } = await pool.query(
    `SELECT s.generation, s.dynamic, s.count, s.min_count AS "minCount", s.max_count AS "maxCount",
       (extract(epoch FROM now() - s.changed_at) * 1000)::float8 AS "sinceChangeMs",
       (SELECT count(*)::int FROM shard_workers WHERE seen_at > now() - interval '30 s') AS workers, o.*
     FROM sharding s CROSS JOIN (
       SELECT count(*)::int AS open, count(*) FILTER (WHERE due < now() - interval '5 s')::int AS overdue,
         greatest(0, coalesce(extract(epoch FROM now() - min(due)) * 1000, 0))::float8 AS "oldestMs"
       FROM (SELECT next_sync_at AS due FROM attempts WHERE next_sync_at IS NOT NULL
             UNION ALL SELECT next_sync_at FROM refunds WHERE next_sync_at IS NOT NULL) x) o`,
  );
  const { generation, dynamic, ...loads } = rows[0];
  return { generation, dynamic, loads, proposal: proposeCount(loads) };
}

/**
 * Where it is switched on, the number of shards follows backlog and lag: what was proposed twice in a row is done, by one
 * worker, and written down with its reason. Where it is not, the console shows the proposal.
 */
export function createDynamicCount({
  pool,
  audit,
  lease,
  node,
  log,
}: {
  pool: Pool;
  audit: Pick<Audit, 'audited'>;
  lease: Lease;
  node: string;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  let last: { generation: bigint; count: number; times: number } | undefined;

  /** @returns the new number, when it was changed */
  async function runOnce(): Promise<number | undefined> {
    if ((await lease.acquire('dynamic-shards', node, everyMs * 3)) === undefined) return undefined;
    const { generation, dynamic, loads, proposal } = await readProposal(pool);
    if (!dynamic || !proposal) {
      last = undefined;
      return undefined;
    }
    const same = last?.generation === generation && last.count === proposal.count;
    last = { generation, count: proposal.count, times: same && last ? last.times + 1 : 1 };
    if (last.times < timesInARow) return undefined;
    last = undefined;
    const reason = `${proposal.why}: ${loads.open} open, ${loads.overdue} overdue, ${loads.workers} workers`;
    await audit.audited(
      {
        actor: system,
        action: 'shards.changeCount',
        objectType: 'sharding',
        objectId: 'sharding',
        before: { count: loads.count },
        after: { count: proposal.count },
        reason,
      },
      async (client) => {
        await changeShardCount(client, { count: proposal.count, generation, by: 'system', reason });
      },
    );
    log.info({ from: loads.count, to: proposal.count, reason }, 'the number of shards follows the load');
    return proposal.count;
  }

  function start(): void {
    running = runOnce().then(
      () => undefined,
      (err) => log.warn({ err }, 'the number of shards could not be looked at; the next time tries again'),
    );
    void running.finally(() => {
      if (!stopped) timer = setTimeout(start, everyMs);
    });
  }

  return {
    runOnce,
    start,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

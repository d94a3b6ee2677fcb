import { createPool } from '../platform/db.ts';
import type { Bus } from '../platform/ports/bus.ts';
import type { Clock } from '../platform/ports/clock.ts';
import { createGatherFacts } from './facts.ts';
import { createFindListed } from './lists/find-listed.ts';
import { createListFollower, type FollowerLog } from './lists/follow-lists.ts';
import { createListsStore } from './lists/lists.store.ts';
import { createVelocityStore } from './velocity/velocity.store.ts';

/**
 * Everything that facts are made of, on connections of its own: facts that come slowly must not keep payments from being
 * written, and what nobody waits for any more is given up soon.
 */
export function createRiskFacts({
  databaseUrl,
  bus,
  clock,
  log,
}: {
  databaseUrl: string;
  bus: Bus;
  clock: Clock;
  log: FollowerLog;
}) {
  const pool = createPool({ url: databaseUrl, max: 6, name: 'facts', statementTimeoutMs: 2_000, waitMs: 1_000 });
  const store = createListsStore(pool);
  const listFollower = createListFollower({ store, bus, log });
  return {
    gatherFacts: createGatherFacts({
      findListed: createFindListed({ store, follower: listFollower }),
      velocity: createVelocityStore({ pool, clock }),
    }),
    listFollower,
    /** Lists are followed from here on; until they are, the database is asked. */
    start: () => listFollower.start(),
    async stop(): Promise<void> {
      await listFollower.stop();
      await pool.end();
    },
  };
}

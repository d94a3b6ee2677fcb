import { createPostgresJobQueue, createRedisJobQueue } from './bullmq/job-queue.bullmq.ts';
import { systemClock } from './clock.ts';
import { createPool } from './db.ts';
import type { Log } from './log.ts';
import { createPostgresBus } from './postgres/bus.postgres.ts';
import { createPostgresDueSet } from './postgres/due-set.postgres.ts';
import { createPostgresLease } from './postgres/lease.postgres.ts';
import { createPostgresSharedBudget } from './postgres/shared-budget.postgres.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { createRedisBus } from './redis/bus.redis.ts';
import { connectRedis } from './redis/connect-redis.ts';
import { createRedisDueSet } from './redis/due-set.redis.ts';
import { createRedisSharedBudget } from './redis/shared-budget.redis.ts';
import { createRedisSnapshots } from './redis/snapshots.redis.ts';

export type Platform = Awaited<ReturnType<typeof createPlatform>>;

/** The ports with the adapters of this profile: embedded (Postgres alone) or production (Redis beside it). */
export async function createPlatform({
  databaseUrl,
  redisUrl,
  log,
  poolSize = 16,
}: {
  databaseUrl: string;
  redisUrl: string | undefined;
  log: Log;
  poolSize?: number;
}) {
  const pool = createPool({
    url: databaseUrl,
    max: poolSize,
    name: 'engine',
    onLost: (err) => log.warn({ err }, 'a database connection was lost'),
  });
  const notify = createPostgresBus({ url: databaseUrl, pool });
  // The only `if` about the profile.
  const shared = redisUrl
    ? { profile: 'redis' as const, ...onRedis(redisUrl) }
    : {
        profile: 'embedded' as const,
        bus: notify,
        jobs: await createPostgresJobQueue({ url: databaseUrl, log }),
        dueSet: createPostgresDueSet(pool),
        budget: createPostgresSharedBudget(pool),
        // Without Redis the versions are asked of Postgres itself.
        snapshots: undefined,
        disconnect: () => undefined,
      };

  function onRedis(url: string) {
    const onLost = (err: Error) => log.warn({ err }, 'a Redis connection was lost');
    const client = connectRedis({ url, patience: 'none', onLost });
    return {
      bus: createRedisBus({ url, backstop: notify, onLost }),
      jobs: createRedisJobQueue({ url, log }),
      dueSet: createRedisDueSet(client),
      budget: createRedisSharedBudget(client),
      snapshots: createRedisSnapshots(client, systemClock),
      disconnect: () => client.disconnect(),
    };
  }

  return {
    ...shared,
    pool,
    lease: createPostgresLease(pool),
    rateLimiter: createRateLimiter(systemClock),
    clock: systemClock,
    async close() {
      await shared.jobs.close();
      await shared.bus.close();
      shared.disconnect();
      await pool.end();
    },
  };
}

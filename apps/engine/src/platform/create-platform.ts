import { createPostgresJobQueue, createRedisJobQueue } from './bullmq/job-queue.bullmq.ts';
import { systemClock } from './clock.ts';
import { createPool } from './db.ts';
import type { Log } from './log.ts';
import { createPostgresBus } from './postgres/bus.postgres.ts';
import { createPostgresLease } from './postgres/lease.postgres.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { createRedisBus } from './redis/bus.redis.ts';

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
  const { profile, bus, jobs } = redisUrl
    ? {
        profile: 'redis' as const,
        bus: createRedisBus({
          url: redisUrl,
          backstop: notify,
          onLost: (err) => log.warn({ err }, 'Redis connection of the bus'),
        }),
        jobs: createRedisJobQueue({ url: redisUrl, log }),
      }
    : { profile: 'embedded' as const, bus: notify, jobs: await createPostgresJobQueue({ url: databaseUrl, log }) };
  return {
    profile,
    pool,
    bus,
    jobs,
    lease: createPostgresLease(pool),
    rateLimiter: createRateLimiter(systemClock),
    clock: systemClock,
    async close() {
      await jobs.close();
      await bus.close();
      await pool.end();
    },
  };
}

import { afterAll, beforeAll } from 'vitest';
import { hasRedis, startTestRedis, type TestRedis } from '../../../../../scripts/testing/redis.ts';
import {
  hasRedisCluster,
  startTestRedisCluster,
  type TestRedisCluster,
} from '../../../../../scripts/testing/redis-cluster.ts';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createPool, type Pool } from '../db.ts';

/**
 * What a port's suite of contracts runs on: a database of its own, and a Redis and a cluster of three where this machine has
 * them, from before the first test of the file until after the last. All are there only then.
 */
export function useStores() {
  let database: TestDatabase;
  let pool: Pool;
  let redis: TestRedis | undefined;
  let cluster: TestRedisCluster | undefined;
  const clients: { disconnect(): void }[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPool({ url: database.url, max: 8, name: 'test' });
    if (hasRedis) redis = await startTestRedis();
    if (hasRedisCluster) cluster = await startTestRedisCluster();
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await pool.end();
    await database.drop();
    await redis?.stop();
    await cluster?.stop();
  });

  return {
    get database(): TestDatabase {
      return database;
    },
    get pool(): Pool {
      return pool;
    },
    /** @throws Error where this machine has none: skip by `hasRedis`, and `hasRedisCluster` */
    get redis(): TestRedis {
      return present(redis);
    },
    get cluster(): TestRedisCluster {
      return present(cluster);
    },
    /** A connection that ends with the file's tests. */
    keep<Client extends { disconnect(): void }>(client: Client): Client {
      clients.push(client);
      return client;
    },
  };
}

function present<Store>(store: Store | undefined): Store {
  if (store === undefined) throw new Error('there is no such store on this machine');
  return store;
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../chaos/verify/verify.ts';
import { hasRedis, startTestRedis, type TestRedis } from '../scripts/testing/redis.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

describe.skipIf(!hasRedis)('the production profile, with a real Redis', () => {
  let redis: TestRedis;
  let system: System;
  let shop: ReturnType<typeof createMerchant>;

  beforeAll(async () => {
    redis = await startTestRedis();
    system = await startSystem({ env: { REDIS_URL: redis.url } });
    shop = createMerchant(system);
  });
  afterAll(async () => {
    await system?.stop();
    await redis?.stop();
  });

  it('takes payments by callback and, when callbacks never come, by status sync', async () => {
    const first = (await shop.place()).body;
    await shop.pays(first.id);
    await shop.becomes(first.id, 'succeeded');
    await system.faults({ callbacks: { mode: 'never' } });
    const second = (await shop.place()).body;
    await shop.pays(second.id);
    await shop.becomes(second.id, 'succeeded', 40_000);
    await system.control('POST', '/reset');
  });

  it('loses nothing when Redis is emptied, and takes payments while it is away', async () => {
    await system.faults({ callbacks: { mode: 'never' } });
    const { body } = await shop.place();
    await shop.pays(body.id);
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    await shop.becomes(body.id, 'succeeded', 60_000);
    await system.control('POST', '/reset');
    if (!process.env.REDIS_URL) {
      await redis.stop();
      const away = (await shop.place()).body;
      expect(away.status).toBe('processing');
      await shop.pays(away.id);
      await shop.becomes(away.id, 'succeeded');
      await until('readiness', async () => (await fetch(`${system.urls.engine}/readyz`)).ok);
    }
  });

  it('leaves the database and the channel in agreement', async () => {
    const verdict = await verify({ databaseUrl: system.databaseUrl, sandboxUrl: system.urls.sandbox, waitMs: 1_000 });
    expect(verdict.violations).toEqual([]);
  });
});

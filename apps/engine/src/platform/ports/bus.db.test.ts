import { createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hasRedis, startTestRedis } from '../../../../../scripts/testing/redis.ts';
import { hasRedisCluster } from '../../../../../scripts/testing/redis-cluster.ts';
import { startTcpGate } from '../../../../../scripts/testing/tcp-gate.ts';
import { createPostgresBus } from '../postgres/bus.postgres.ts';
import { createRedisBus } from '../redis/bus.redis.ts';
import { useStores } from '../testing/stores.ts';
import type { Bus } from './bus.ts';

const stores = useStores();
const open: Bus[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.close()));
});

const keep = (bus: Bus): Bus => {
  open.push(bus);
  return bus;
};
const postgresBus = () => createPostgresBus({ url: stores.database.url, pool: stores.pool });

const adapters = [
  {
    name: 'Postgres',
    skip: false,
    node: () => keep(postgresBus()),
    async breakConnections() {
      await stores.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'tributary bus' AND datname = current_database()`,
      );
    },
  },
  {
    name: 'Redis',
    skip: !hasRedis,
    node: () => keep(createRedisBus({ url: stores.redis.url, backstop: postgresBus() })),
    async breakConnections() {
      const admin = new Redis(stores.redis.url);
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      admin.disconnect();
    },
  },
  {
    name: 'a Redis cluster',
    skip: !hasRedisCluster,
    node: () => keep(createRedisBus({ url: stores.cluster.url, backstop: postgresBus() })),
    async breakConnections() {
      for (const url of stores.cluster.nodeUrls) {
        const admin = new Redis(url);
        await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        admin.disconnect();
      }
    },
  },
];

describe.each(adapters)('the bus on $name', ({ skip, node, breakConnections }) => {
  it.skipIf(skip)('brings each message to every subscriber on every node, in order', async () => {
    const [a, b] = [node(), node()];
    const heard: string[][] = [[], [], []];
    await a.subscribe('tributary_live', (message) => heard[0]?.push(message));
    await a.subscribe('tributary_live', (message) => heard[1]?.push(message));
    await b.subscribe('tributary_live', (message) => heard[2]?.push(message));
    const sent = ['one', "it's “two”\n三", ''];
    for (const message of sent) await a.publish('tributary_live', message);
    await vi.waitFor(() => expect(heard).toEqual([sent, sent, sent]));
  });

  it.skipIf(skip)('keeps channels apart, and says nothing to who has left', async () => {
    const bus = node();
    const heard: string[] = [];
    const leave = await bus.subscribe('tributary_live', (message) => heard.push(`left ${message}`));
    await bus.subscribe('tributary_config', (message) => heard.push(`config ${message}`));
    await bus.subscribe('tributary_live', (message) => heard.push(`live ${message}`));
    await leave();
    await bus.publish('tributary_config', '1');
    await bus.publish('tributary_live', '2');
    await vi.waitFor(() => expect([...heard].sort()).toEqual(['config 1', 'live 2']));
  });

  it.skipIf(skip)('says that messages may have been missed when its connection broke, and hears again', async () => {
    const bus = node();
    const heard: string[] = [];
    let missed = 0;
    await bus.subscribe(
      'tributary_live',
      (message) => heard.push(message),
      () => missed++,
    );
    const before = missed;
    await breakConnections();
    await vi.waitFor(() => expect(missed).toBeGreaterThan(before), { timeout: 10_000 });
    await vi.waitFor(async () => {
      await bus.publish('tributary_live', 'back');
      expect(heard).toContain('back');
    });
  });

  it.skipIf(skip)('leaves no connection behind when closed', async () => {
    const bus = node();
    await bus.subscribe('tributary_live', () => undefined);
    await bus.close();
    await vi.waitFor(async () => {
      const { rows } = await stores.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE application_name = 'tributary bus' AND datname = current_database()`,
      );
      expect(rows).toEqual([]);
    });
  });
});

describe('the bus on Postgres', () => {
  it('makes one try at a time to reconnect, however often it fails', async () => {
    let connects = 0;
    const refusing = createServer((socket) => {
      connects++;
      socket.on('error', () => undefined).destroy();
    });
    await new Promise<void>((done) => refusing.listen(0, '127.0.0.1', done));
    const { port } = refusing.address() as { port: number };
    const waits: (() => void)[] = [];
    const bus = keep(
      createPostgresBus({
        url: `postgres://postgres@127.0.0.1:${port}/away`,
        pool: stores.pool,
        wait: () => new Promise((done) => waits.push(done)),
      }),
    );
    await bus.subscribe('tributary_config', () => undefined);
    for (let tries = 1; tries <= 5; tries++) {
      await vi.waitFor(() => expect(waits.length).toBeGreaterThan(0));
      for (let i = 0; i < 20; i++) await turn();
      expect({ connects, waiting: waits.length }).toEqual({ connects: tries, waiting: 1 });
      waits.shift()?.();
    }
    await bus.close();
    refusing.close();
  });

  it('lets a node start while the server is away, and hears when it comes', async () => {
    const gate = await startTcpGate(stores.database.url);
    gate.shut();
    const bus = keep(createPostgresBus({ url: gate.url, pool: stores.pool, wait: () => turn() }));
    const heard: string[] = [];
    let isBack = () => {};
    const back = new Promise<void>((done) => {
      isBack = done;
    });
    await bus.subscribe(
      'tributary_config',
      (message) => heard.push(message),
      () => isBack(),
    );
    gate.open();
    await back;
    await bus.publish('tributary_config', 'changed');
    await vi.waitFor(() => expect(heard).toEqual(['changed']));
    await bus.close();
    await gate.close();
  });
});

describe.skipIf(!hasRedis)('the bus on Redis', () => {
  it('goes by way of Postgres while Redis is away', async () => {
    const own = await startTestRedis();
    const bus = keep(createRedisBus({ url: own.url, backstop: postgresBus() }));
    const heard: string[] = [];
    await bus.subscribe('tributary_live', (message) => heard.push(message));
    await own.stop();
    await bus.publish('tributary_live', 'by another way');
    await vi.waitFor(() => expect(heard).toEqual(['by another way']));
  });

  it('lets a node start while Redis is away', async () => {
    const own = await startTestRedis();
    await own.stop();
    const bus = keep(createRedisBus({ url: own.url, backstop: postgresBus() }));
    const heard: string[] = [];
    await bus.subscribe('tributary_live', (message) => heard.push(message));
    await bus.publish('tributary_live', 'hello');
    await vi.waitFor(() => expect(heard).toEqual(['hello']));
  });
});

// What the chaos run shakes: Postgres, Redis if wanted, the sandbox, two engines that take requests, two that work and one for
// look-ups, each a process, as built.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { migrate } from '../../scripts/migrate.mjs';
import { startPostgres } from '../../scripts/postgres/start-postgres.mjs';
import { findFreePort } from '../../scripts/process/ports.mjs';
import { startTestRedis } from '../../scripts/testing/redis.ts';
import { startTestRedisCluster } from '../../scripts/testing/redis-cluster.ts';
import { startBalancer, watchReadiness } from './balancer.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A process that may die at any moment and is started again at once, as a supervisor would. */
export type Node = { name: string; url: string; kill(): void; restarts(): number };

export type Profile = 'embedded' | 'redis' | 'cluster';

/** @param options.dataDir where the database, the logs and demo.json go; a new folder by default */
export async function startSystem({
  profile = 'embedded',
  port = 0,
  dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-chaos-')),
}: {
  profile?: Profile;
  /** Of the balancer. */
  port?: number;
  dataDir?: string;
} = {}) {
  chmodSync(dataDir, 0o711);
  const postgres = await startPostgres({ dataDir, durable: true });
  await migrate(postgres.url);
  const nodes: Node[] = [];
  const redis = await startRedis(profile);
  const urlsOf = (role: string) => nodes.filter(({ name }) => name.startsWith(role)).map(({ url }) => url);
  const [apis, queries] = ['api', 'query'].map((role) => watchReadiness(() => urlsOf(role))) as [Watch, Watch];
  // Look-ups have their own node; while it is away, the others answer them.
  const balancer = await startBalancer(
    ({ method, path }) =>
      method === 'GET' && path.startsWith('/v1/') ? [...queries.ready(), ...apis.ready()] : apis.ready(),
    port,
  );
  const sandboxPort = await findFreePort();
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis?.url ?? '',
    DRAIN_MS: '1000',
    ENGINE_URL: balancer.url,
    PUBLIC_URL: balancer.url,
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_DIR: path.join(dataDir, 'sandbox'),
    SANDBOX_URL: sandboxUrl,
    CONSOLE_URL: 'http://127.0.0.1:3000',
    TRIBUTARY_KEK: `chaos:${randomBytes(32).toString('base64')}`,
    TRIBUTARY_PEPPER: randomBytes(32).toString('base64'),
    TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('hex'),
    TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS: '1',
    LOG_LEVEL: 'warn',
  };
  let stopping = false;
  const children = new Set<ChildProcess>();

  function run(name: string, file: string, own: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [file], {
      cwd: root,
      env: { ...env, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(path.join(dataDir, `${name}.log`), { flags: 'a' });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  async function addNode(name: string, role: 'api' | 'worker' | 'query'): Promise<void> {
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    let restarts = 0;
    let current: ChildProcess;
    const begin = (): void => {
      current = run(name, 'apps/engine/dist/main.js', { ROLE: role, NODE_NAME: name, ENGINE_PORT: String(port) });
      current.once('exit', () => {
        if (stopping) return;
        restarts++;
        begin();
      });
    };
    begin();
    await upAt(`${url}/readyz`);
    nodes.push({ name, url, kill: () => void current.kill('SIGKILL'), restarts: () => restarts });
  }

  async function stop(): Promise<void> {
    stopping = true;
    for (const child of children) child.kill('SIGTERM');
    await sleep(2_000);
    for (const child of children) child.kill('SIGKILL');
    balancer.close();
    for (const watch of [apis, queries]) watch.close();
    await redis?.stop();
    await postgres.stop();
    rmSync(postgres.clusterDir, { recursive: true, force: true });
  }

  try {
    run('sandbox', 'packages/channels/dist/sandbox.js');
    await upAt(`${sandboxUrl}/control/health`);
    const seeded = spawnSync(process.execPath, ['apps/engine/dist/seed.js'], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    if (seeded.status !== 0) throw new Error(seeded.stderr);
    for (const name of ['api-1', 'api-2']) await addNode(name, 'api');
    for (const name of ['worker-1', 'worker-2']) await addNode(name, 'worker');
    await addNode('query-1', 'query');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    dataDir,
    databaseUrl: postgres.url,
    sandboxUrl,
    url: balancer.url,
    nodes: nodes as readonly Node[],
    /** Empties Redis, all of it; nothing on the embedded profile. */
    flush: redis?.flush,
    stop,
    /** The logs stay when something was wrong. */
    forget: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

type Watch = ReturnType<typeof watchReadiness>;

async function startRedis(profile: Profile) {
  if (profile === 'embedded') return undefined;
  const { url, stop, nodeUrls } =
    profile === 'cluster'
      ? await startTestRedisCluster()
      : await startTestRedis().then((one) => ({ ...one, nodeUrls: [one.url] }));
  return {
    url,
    stop,
    async flush() {
      for (const node of nodeUrls) {
        const client = new Redis(node);
        await client.flushall().finally(() => client.disconnect());
      }
    },
  };
}

async function upAt(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error(`${url} does not come up`);
}

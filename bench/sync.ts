// npm run bench:sync: what a claim costs with ever more orders in the queue, and whether every order comes to its end exactly
// once while workers are killed and stopped, Redis is flushed and the shards are cut anew. Last line: one JSON object.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createPlatform } from '../apps/engine/src/platform/create-platform.ts';
import { createPool, inTransaction } from '../apps/engine/src/platform/db.ts';
import { createLog } from '../apps/engine/src/platform/log.ts';
import { accountSecretsAad } from '../apps/engine/src/platform/secret-places.ts';
import { createSecrets, parseKeyRing } from '../apps/engine/src/platform/secrets.ts';
import { changeShardCount } from '../apps/engine/src/sharding/change-count.ts';
import { migrate } from '../scripts/migrate.mjs';
import { startPostgres } from '../scripts/postgres/start-postgres.mjs';
import { findFreePort } from '../scripts/process/ports.mjs';
import { liveDocument, publishDocument } from '../scripts/testing/documents.ts';
import { startTestRedis } from '../scripts/testing/redis.ts';
import { startTestRedisCluster } from '../scripts/testing/redis-cluster.ts';
import { measureClaims } from './sync/claims.ts';
import { judge } from './sync/judge.ts';
import { startLedger } from './sync/ledger.ts';
import { addOrders } from './sync/orders.ts';

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: 'embedded' },
    orders: { type: 'string', default: '100000' },
    sizes: { type: 'string', default: '10000,100000,1000000' },
    minutes: { type: 'string', default: '20' },
    /** Orders come due within this, so that there is work as long as things go wrong. */
    within: { type: 'string', default: '120' },
  },
});
const orders = Number(values.orders);
const leaseMs = 6_000;
const root = path.resolve(import.meta.dirname, '..');
const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
chmodSync(dataDir, 0o711);
const children = new Set<ChildProcess>();
const postgres = await startPostgres({ dataDir, durable: true });
const redis = await startRedis();
const redisUrl = redis?.url ?? '';
const ledger = await startLedger();
const pool = createPool({ url: postgres.url, max: 8, name: 'bench', statementTimeoutMs: 600_000 });

let result: object;
let failed = false;
try {
  await migrate(postgres.url);
  const kek = `bench:${randomBytes(32).toString('base64')}`;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    REDIS_URL: redisUrl,
    CONSOLE_URL: 'http://127.0.0.1:3000',
    SHARD_LEASE_MS: String(leaseMs),
    SANDBOX_DIR: path.join(dataDir, 'sandbox'),
    TRIBUTARY_KEK: kek,
    TRIBUTARY_PEPPER: randomBytes(32).toString('base64'),
    TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('hex'),
    LOG_LEVEL: 'error',
    ROLE: 'worker',
  };
  await seed(env, kek);

  const platform = await createPlatform({
    databaseUrl: postgres.url,
    redisUrl: redis?.url,
    log: createLog({ level: 'error', node: 'bench', role: 'worker' }),
  });
  const claims: Record<string, Awaited<ReturnType<typeof measureClaims>>> = {};
  for (const [index, size] of values.sizes.split(',').map(Number).entries()) {
    const measured = await measureClaims(pool, platform.dueSet, size, BigInt(1_000_000 + index));
    claims[nameOf(size)] = measured;
    console.log(`${nameOf(size)} queued: ${JSON.stringify(measured)}`);
  }
  await platform.close();
  await pool.query('TRUNCATE payments, attempts, events, outbox, due_entries, due_shards');
  await redis?.flush();

  // --orders 0: only the cost of claims.
  const faults =
    orders > 0 ? await runFaults(env) : { lost: 0, doubled: 0, maxLookupsBeyondSchedule: 0, faults: 0, skipped: true };
  console.log(JSON.stringify(faults));
  const { lost, doubled, maxLookupsBeyondSchedule } = faults;
  const perSecond = Object.fromEntries(
    Object.entries(claims).map(([name, { claimsPerSecond }]) => [name, claimsPerSecond]),
  );
  result = { lost, doubled, maxLookupsBeyondSchedule, claimsPerSecond: perSecond, profile: values.profile };
  failed = lost + doubled > 0 || maxLookupsBeyondSchedule > 2 * faults.faults;
} finally {
  for (const child of children) child.kill('SIGKILL');
  ledger.stop();
  await pool.end();
  await redis?.stop();
  await postgres.stop();
  for (const dir of [dataDir, postgres.clusterDir]) rmSync(dir, { recursive: true, force: true });
}
// The last line, after everything is stopped.
console.log(JSON.stringify(result));
process.exit(failed ? 1 : 0);

/** The orders are worked by four workers while one after the other goes wrong; then whatever is left has to drain. */
async function runFaults(env: NodeJS.ProcessEnv) {
  const workers = await Promise.all([1, 2, 3, 4].map((n) => startWorker(env, `worker-${n}`)));
  console.log(`${orders} orders, four workers`);
  const started = performance.now();
  await addOrders(pool, orders, Number(values.within), 0.5);
  const say = (what: string) => console.log(`${Math.round((performance.now() - started) / 1_000)} s: ${what}`);
  // New orders are found by messages and by the sweep; the sets were filled when there were none: cut them anew.
  await changeCount(8, 'bench: fill the sets');
  let faults = 0;
  const fault = async (what: string, work: () => unknown) => {
    await sleep(8_000);
    faults++;
    say(what);
    await work();
  };
  await fault('kill -9 worker-1', () => workers[0]?.kill('SIGKILL'));
  await fault('SIGSTOP worker-2', () => workers[1]?.kill('SIGSTOP'));
  await sleep(leaseMs * 3);
  await fault('SIGCONT worker-2', () => workers[1]?.kill('SIGCONT'));
  await fault(redis ? 'FLUSHALL' : 'the sets are emptied', () =>
    redis ? redis.flush() : pool.query('TRUNCATE due_entries, due_shards'),
  );
  await fault('8 → 16 shards', () => changeCount(16, 'bench: split'));
  await fault('16 → 8 shards', () => changeCount(8, 'bench: merge'));
  const replacement = await startWorker(env, 'worker-5');
  say('worker-5 joins');

  const until = started + Number(values.minutes) * 60_000;
  let open = orders;
  for (let nextSay = 0; open > 0 && performance.now() < until; await sleep(500)) {
    const { rows } = await pool.query('SELECT count(*)::int AS n FROM attempts WHERE next_sync_at IS NOT NULL');
    open = rows[0].n;
    if (performance.now() > nextSay) {
      say(`${open} open, ${[...ledger.asked.values()].reduce((sum, n) => sum + n, 0)} look-ups`);
      nextSay = performance.now() + 10_000;
    }
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  const { rows } = await pool.query(`SELECT stats FROM shard_workers`);
  for (const child of [...workers.slice(1), replacement]) child.kill('SIGTERM');
  await sleep(2_000);
  return { ...(await judge(pool, ledger.asked)), faults, seconds, workers: rows.map(({ stats }) => stats) };
}

/** Redis of the profile, with a way to empty it, every node of it. */
async function startRedis(): Promise<
  { url: string; flush: () => Promise<void>; stop: () => Promise<void> } | undefined
> {
  if (values.profile === 'embedded') return undefined;
  const one = values.profile === 'cluster' ? await startTestRedisCluster() : await startTestRedis();
  const urls: readonly string[] = 'nodeUrls' in one ? (one.nodeUrls as readonly string[]) : [one.url];
  const nodes = urls.map((url) => new Redis(url));
  return {
    url: one.url,
    flush: async () => {
      for (const node of nodes) await node.flushall();
    },
    stop: async () => {
      for (const node of nodes) node.disconnect();
      await one.stop();
    },
  };
}

async function startWorker(env: NodeJS.ProcessEnv, name: string): Promise<ChildProcess> {
  const port = await findFreePort();
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/sync/process.ts'], {
    cwd: root,
    env: { ...env, NODE_NAME: name, ENGINE_PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  await upAt(`http://127.0.0.1:${port}/readyz`);
  return child;
}

async function changeCount(count: number, reason: string): Promise<void> {
  const { rows } = await pool.query('SELECT generation FROM sharding');
  await inTransaction(pool, (client) =>
    changeShardCount(client, { count, generation: rows[0].generation, by: 'bench', reason }),
  );
}

/** The documents of a new installation, and the benchmark's channel beside them. */
async function seed(env: NodeJS.ProcessEnv, kek: string): Promise<void> {
  const port = await findFreePort();
  const sandboxEnv = { ...env, SANDBOX_PORT: String(port), SANDBOX_URL: `http://127.0.0.1:${port}` };
  const sandbox = spawn(process.execPath, ['packages/channels/dist/sandbox.js'], {
    cwd: root,
    env: sandboxEnv,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.add(sandbox);
  await upAt(`http://127.0.0.1:${port}/control/health`);
  const seeded = spawnSync(process.execPath, ['apps/engine/dist/seed.js'], {
    cwd: root,
    env: sandboxEnv,
    encoding: 'utf8',
  });
  if (seeded.status !== 0) throw new Error(seeded.stderr);
  sandbox.kill('SIGTERM');
  const db = new pg.Client({ connectionString: postgres.url });
  await db.connect();
  await publishDocument(db, 'channel', 'ledger', {
    id: 'ledger',
    name: 'ledger',
    adapter: 'ledger',
    params: { maxConcurrent: 512, maxQueue: 512, queueTimeoutMs: 5_000, queriesPerSecond: 100_000 },
  });
  await db.query(
    `INSERT INTO channel_accounts (id, channel_id, label, base_url, config, secrets) VALUES ('ledger-main', 'ledger', 'ledger', $1, '{}', $2)`,
    [ledger.url, createSecrets(parseKeyRing(kek)).encrypt('{}', accountSecretsAad('ledger-main'))],
  );
  await publishDocument(db, 'service', 'ledger.native', {
    ...(await liveDocument(db, 'service', 'wechat.native')),
    id: 'ledger.native',
    channelIds: ['ledger'],
    syncSchedule: {
      firstSeconds: 1,
      steps: [{ everySeconds: 5, times: 20 }],
      backoff: { baseSeconds: 10, maxSeconds: 20 },
    },
  });
  await db.end();
}

function nameOf(size: number): string {
  return size >= 1_000_000 ? `${size / 1_000_000}M` : `${size / 1_000}k`;
}

async function upAt(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error(`${url} does not answer`);
}

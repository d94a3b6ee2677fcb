// What bench:isolation drives: Postgres, the sandbox and one engine, each a process of its own, with the demonstration's
// accounts and three services, each on one channel, besides one that two channels share.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../scripts/migrate.mjs';
import { startPostgres } from '../../scripts/postgres/start-postgres.mjs';
import { findFreePort } from '../../scripts/process/ports.mjs';
import { liveDocument, publishDocument } from '../../scripts/testing/documents.ts';
import type { SeenCall } from './judge.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A breaker's move as the engine logged it. */
export type Move = { at: number; channelId: string; group: string; to: string };

export type System = Awaited<ReturnType<typeof startSystem>>;

export async function startSystem() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
  chmodSync(dataDir, 0o711);
  const postgres = await startPostgres({ dataDir, durable: true });
  await migrate(postgres.url);
  const [enginePort, sandboxPort] = [await findFreePort(), await findFreePort()];
  const url = `http://127.0.0.1:${enginePort}`;
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    REDIS_URL: '',
    ENGINE_PORT: String(enginePort),
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_DIR: path.join(dataDir, 'sandbox'),
    SANDBOX_URL: sandboxUrl,
    CONSOLE_URL: 'http://127.0.0.1:3000',
    TRIBUTARY_KEK: `bench:${randomBytes(32).toString('base64')}`,
    TRIBUTARY_PEPPER: randomBytes(32).toString('base64'),
    TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('hex'),
    LOG_LEVEL: 'warn',
  };
  const children: ChildProcess[] = [];
  const run = (file: string) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  };

  const db = new pg.Client({ connectionString: postgres.url });
  async function stop(): Promise<void> {
    await db.end().catch(() => undefined);
    for (const child of children) child.kill('SIGTERM');
    await sleep(1_500);
    for (const child of children) child.kill('SIGKILL');
    await postgres.stop();
    for (const dir of [dataDir, postgres.clusterDir]) rmSync(dir, { recursive: true, force: true });
  }

  async function control(method: string, where: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${sandboxUrl}/control${where}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${JSON.stringify(json)}`);
    return json;
  }

  try {
    await db.connect();
    run('packages/channels/testing/simulator/main.ts').stdout.resume();
    await upAt(`${sandboxUrl}/control/health`);
    const seeded = spawnSync(process.execPath, ['--import', 'tsx', 'prisma/seed/demo.ts'], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    if (seeded.status !== 0) throw new Error(seeded.stderr);
    await openLimits(db);
    const engine = run('apps/engine/src/main.ts');
    const moves: Move[] = [];
    createInterface({ input: engine.stdout }).on('line', (line) => {
      const move = moveOf(line);
      if (move) moves.push(move);
    });
    await upAt(`${url}/readyz`);
    const demo = JSON.parse(readFileSync(path.join(dataDir, 'demo.json'), 'utf8')) as {
      merchants: { apiKey: string }[];
    };
    const apiKey = demo.merchants[0]?.apiKey ?? '';
    const { pid = 0 } = engine;
    return {
      url,
      apiKey,
      db,
      moves: moves as readonly Move[],
      control,
      stop,
      /** Resident memory of the engine in MB, and its open sockets, as the kernel counts them. */
      vitals: () => ({ rssMb: rssMbOf(pid), sockets: socketsOf(pid) }),
      /** What a channel saw since the sandbox started: every call, and the most at once for each operation. */
      async seenBy(channel: string): Promise<{ calls: SeenCall[]; mostAtOnce: Record<string, number> }> {
        const { requests, counters } = (await control('GET', `/requests?channel=${channel}&limit=100000`)) as {
          requests: { at: string; operation: string; outcome: string; durationMs: number }[];
          counters: Record<string, Record<string, { maxConcurrency: number }>>;
        };
        return {
          calls: requests.map(({ at, operation, outcome, durationMs }) => ({
            operation,
            outcome,
            startedAt: Date.parse(at),
            endedAt: Date.parse(at) + durationMs,
          })),
          mostAtOnce: Object.fromEntries(
            Object.entries(counters[channel] ?? {}).map(([operation, { maxConcurrency }]) => [
              operation,
              maxConcurrency,
            ]),
          ),
        };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The demonstration's limits would end the run. */
async function openLimits(db: pg.Client): Promise<void> {
  await db.query('UPDATE merchants SET rate_per_second = 1000000, reads_per_second = 1000000');
  for (const id of ['merchant-day', 'payer-day']) {
    const { maxCount: _, ...limit } = await liveDocument(db, 'limit', id);
    await publishDocument(db, 'limit', id, { ...limit, maxAmount: 9_007_199_254_740_991 });
  }
}

function moveOf(line: string): Move | undefined {
  if (!line.includes('circuit breaker')) return undefined;
  const { time, channelId, group, to } = JSON.parse(line) as Record<string, string>;
  return time && channelId && group && to ? { at: Date.parse(time), channelId, group, to } : undefined;
}

const rssMbOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;

function socketsOf(pid: number): number {
  let sockets = 0;
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')) sockets++;
    } catch {
      // Closed meanwhile.
    }
  }
  return sockets;
}

async function upAt(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const up = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return;
    await sleep(100);
  }
  throw new Error(`${url} does not answer`);
}

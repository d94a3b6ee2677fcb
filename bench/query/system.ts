// What bench:query drives: one Postgres with two databases, one of few payments and one of many, and nodes by role, each a
// process of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../scripts/migrate.mjs';
import { startPostgres } from '../../scripts/postgres/start-postgres.mjs';
import { findFreePort } from '../../scripts/process/ports.mjs';
import { startTestRedis } from '../../scripts/testing/redis.ts';
import { addZeroChannel } from '../engine/add-zero-channel.ts';
import type { Blast, Blasted } from './blast.ts';

const root = path.resolve(import.meta.dirname, '../..');

export type System = Awaited<ReturnType<typeof startSystem>>;

/** @param redis whether Redis is beside Postgres */
export async function startSystem({ redis: withRedis }: { redis: boolean }) {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
  chmodSync(dataDir, 0o711);
  const postgres = await startPostgres({ dataDir, durable: true });
  const redis = withRedis ? await startTestRedis() : undefined;
  const children = new Set<ChildProcess>();
  const kek = `bench:${randomBytes(32).toString('base64')}`;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis?.url ?? '',
    CONSOLE_URL: 'http://127.0.0.1:3000',
    SANDBOX_DIR: path.join(dataDir, 'sandbox'),
    TRIBUTARY_KEK: kek,
    TRIBUTARY_PEPPER: randomBytes(32).toString('base64'),
    TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('hex'),
    LOG_LEVEL: 'error',
  };
  const run = (args: string[], own: NodeJS.ProcessEnv, idle = false) => {
    // Idle: runs when nobody else wants to, and makes way at once. The rest as docs/query-gateway.md says; the bare server too.
    const command = [
      ...(idle ? ['chrt', '--idle', '0'] : []),
      process.execPath,
      '--max-semi-space-size=32',
      '--import',
      'tsx',
      ...args,
    ];
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: root,
      env: { ...env, ...own },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };

  async function stop(): Promise<void> {
    for (const child of children) child.kill('SIGTERM');
    await sleep(1_500);
    for (const child of children) child.kill('SIGKILL');
    await redis?.stop();
    await postgres.stop();
    for (const dir of [dataDir, postgres.clusterDir]) rmSync(dir, { recursive: true, force: true });
  }

  try {
    await migrate(postgres.url);
    const sandboxPort = await findFreePort();
    const own = { SANDBOX_PORT: String(sandboxPort), SANDBOX_URL: `http://127.0.0.1:${sandboxPort}` };
    const sandbox = run(['packages/channels/testing/simulator/main.ts'], own);
    sandbox.stdout?.resume();
    await upAt(`http://127.0.0.1:${sandboxPort}/control/health`);
    const seeded = spawnSync(process.execPath, ['--import', 'tsx', 'prisma/seed/demo.ts'], {
      cwd: root,
      env: { ...env, ...own },
      encoding: 'utf8',
    });
    if (seeded.status !== 0) throw new Error(seeded.stderr);
    sandbox.kill('SIGKILL');
    await addZeroChannel(postgres.url, kek);
    const demo = JSON.parse(readFileSync(path.join(dataDir, 'demo.json'), 'utf8')) as {
      merchants: { id: string; apiKey: string }[];
    };
    const [merchant, flooder] = demo.merchants;
    if (!merchant || !flooder) throw new Error('the demonstration has too few merchants');

    return {
      merchant,
      flooder,
      url: postgres.url,
      stop,
      run,
      /** Another database with all that is configured. @returns its url */
      async copy(name: string): Promise<string> {
        const url = new URL(postgres.url);
        const source = url.pathname.slice(1);
        url.pathname = '/postgres';
        const db = new pg.Client({ connectionString: url.href });
        await db.connect();
        await db.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(source)}`);
        await db.end();
        url.pathname = `/${name}`;
        return url.href;
      },
      async limitReads(databaseUrl: string, merchantId: string, perSecond: number): Promise<void> {
        const db = new pg.Client({ connectionString: databaseUrl });
        await db.connect();
        await db.query('UPDATE merchants SET reads_per_second = $2 WHERE id = $1', [merchantId, perSecond]);
        await db.end();
      },
      /** @returns the port of a node that is ready */
      async node(role: 'api' | 'query', databaseUrl: string, { idle = false, cacheMb = 64 } = {}): Promise<number> {
        const port = await findFreePort();
        const settings = {
          ROLE: role,
          ENGINE_PORT: String(port),
          DATABASE_URL: databaseUrl,
          QUERY_CACHE_MB: String(cacheMb),
        };
        run(['bench/engine/process.ts'], settings, idle).stdout?.resume();
        await upAt(`http://127.0.0.1:${port}/readyz`);
        return port;
      },
      /** A server that answers with what one look-up was answered with. */
      async bare(answer: { headers: string[]; body: string }): Promise<number> {
        const port = await findFreePort();
        const file = path.join(dataDir, 'bare.json');
        writeFileSync(file, JSON.stringify({ port, ...answer }));
        run(['bench/query/bare.ts', file], {}).stdout?.resume();
        await upAt(`http://127.0.0.1:${port}/`);
        return port;
      },
      file(name: string, lines: string[]): string {
        const file = path.join(dataDir, name);
        writeFileSync(file, lines.join('\n'));
        return file;
      },
      async blast(load: Blast, idle = false): Promise<Blasted> {
        const child = run(['bench/query/blast.ts', JSON.stringify(load)], {}, idle);
        let text = '';
        child.stdout?.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        await new Promise((done) => child.once('close', done));
        return JSON.parse(text) as Blasted;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
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

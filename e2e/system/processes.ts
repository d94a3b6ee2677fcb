import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../../scripts/testing/test-database.ts';

const root = path.resolve(import.meta.dirname, '../..');

export type Demo = {
  engineUrl: string;
  consoleUrl: string;
  sandboxUrl: string;
  merchants: {
    id: string;
    name: string;
    keyId: string;
    apiKey: string;
    signingKeyId: string;
    signingKey: string;
    webhookSecret: string;
  }[];
  users: { email: string; password: string; role: string; approver: boolean }[];
};

export type System = Awaited<ReturnType<typeof startSystem>>;

/** Waits until something holds; fails with what was last seen. */
export async function until<Value>(
  what: string,
  read: () => Promise<Value | undefined | false>,
  timeoutMs = 20_000,
  everyMs = 100,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await read();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs);
  }
  throw new Error(
    `${what} did not come true in ${timeoutMs} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}

/**
 * The whole system as real processes on a database of its own: engine (built), sandbox (built), and the console if
 * wanted, with the demonstration's configuration. Nothing is replaced by a fake.
 */
export async function startSystem({
  withConsole = false,
  env = {},
}: {
  withConsole?: boolean;
  env?: Record<string, string>;
} = {}) {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-e2e-'));
  const database = await createTestDatabase();
  const [enginePort, sandboxPort, consolePort] = await Promise.all([freePort(), freePort(), freePort()]);
  const urls = {
    engine: `http://127.0.0.1:${enginePort}`,
    sandbox: `http://127.0.0.1:${sandboxPort}`,
    console: `http://127.0.0.1:${consolePort}`,
  };
  const common = {
    ...process.env,
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    REDIS_URL: '',
    ENGINE_PORT: String(enginePort),
    ENGINE_URL: urls.engine,
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_DIR: path.join(dataDir, 'sandbox'),
    SANDBOX_URL: urls.sandbox,
    CONSOLE_URL: urls.console,
    TRIBUTARY_KEK: `test:${randomBytes(32).toString('base64')}`,
    TRIBUTARY_PEPPER: randomBytes(32).toString('base64'),
    TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('hex'),
    TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS: '1',
    LOG_LEVEL: 'warn',
    // Tests kill processes: whoever comes next need not wait for long.
    SHARD_LEASE_MS: '3000',
    ...env,
  };
  const children = new Set<ChildProcess>();
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL');
  });

  function start(name: string, args: string[], own: Record<string, string> = {}, cwd = root): ChildProcess {
    const child = spawn(process.execPath, args, { cwd, env: { ...common, ...own }, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(path.join(dataDir, `${name}.log`), { flags: 'a' });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  const isUp = (url: string) => async () => (await fetch(url)).ok;
  const logOf = (name: string) => readFileSync(path.join(dataDir, `${name}.log`), 'utf8').slice(-3000);

  start('sandbox', ['packages/channels/dist/sandbox.js']);
  await until('the sandbox', isUp(`${urls.sandbox}/control/health`));
  const seeded = spawnSync(process.execPath, ['apps/engine/dist/seed.js'], {
    cwd: root,
    env: common,
    encoding: 'utf8',
  });
  if (seeded.status !== 0) throw new Error(`seeding failed: ${seeded.stderr}`);
  const demo = JSON.parse(readFileSync(path.join(dataDir, 'demo.json'), 'utf8')) as Demo;

  let engine: ChildProcess | undefined;
  async function startEngine(own: Record<string, string> = {}): Promise<ChildProcess> {
    const started = start('engine', ['apps/engine/dist/main.js'], own);
    engine = started;
    await until('the engine', async () => {
      if (started.exitCode !== null) throw new Error(`the engine ended: ${logOf('engine')}`);
      return (await fetch(`${urls.engine}/readyz`)).ok;
    });
    return started;
  }
  /** One more engine on the same database, as behind a load balancer: its own port, its own name in `nodes`. */
  async function startNode(name: string, own: Record<string, string> = {}) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = start(name, ['apps/engine/dist/main.js'], { ENGINE_PORT: String(port), NODE_NAME: name, ...own });
    await until(name, async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${logOf(name)}`);
      return (await fetch(`${url}/readyz`)).ok;
    });
    const end = async (signal: NodeJS.Signals) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((done) => child.once('exit', done));
      child.kill(signal);
      await ended;
    };
    return { name, url, end, signal: (signal: NodeJS.Signals) => child.kill(signal) };
  }
  async function stopEngine(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!engine || engine.exitCode !== null || engine.signalCode !== null) return;
    const ended = new Promise((done) => engine?.once('exit', done));
    engine.kill(signal);
    await ended;
  }
  await startEngine();
  if (withConsole) {
    start(
      'console',
      ['../../node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1'],
      { NODE_ENV: 'production', PORT: String(consolePort), NEXT_TELEMETRY_DISABLED: '1' },
      path.join(root, 'apps/console'),
    );
    await until('the console', isUp(`${urls.console}/login`), 40_000);
  }

  /** The sandbox's control API. */
  async function control(method: string, where: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${urls.sandbox}/control${where}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  return {
    urls,
    demo,
    dataDir,
    databaseUrl: database.url,
    control,
    faults: (...faults: object[]) => control('POST', '/channels/wechat-pay/faults', faults),
    startEngine,
    startNode,
    stopEngine,
    engineLog: () => logOf('engine'),
    /** Waits until the engine has ended, by itself or by a failpoint. */
    engineDeath: () =>
      until('the death of the engine', async () => engine?.exitCode !== null || engine.signalCode !== null, 15_000),
    async stop() {
      await stopEngine();
      for (const child of children) {
        const ended = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        await Promise.race([ended, sleep(5_000).then(() => child.kill('SIGKILL'))]);
      }
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { findFreePort } from '../../scripts/process/ports.mjs';

const fixture = path.resolve(import.meta.dirname, '../../fixtures/unleash');

/**
 * Installs the fixture package, once for each lock, into a cache that test runs and checkouts share. It is some 170 MB
 * that nothing but this test needs.
 * @returns its folder, or why it can't be had
 */
export function installUnleash(): { folder: string } | { missing: string } {
  const lock = readFileSync(path.join(fixture, 'package-lock.json'));
  const cache = process.env.TRIBUTARY_CACHE_DIR || path.join(homedir(), '.cache', 'tributary');
  const folder = path.join(cache, `unleash-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return { folder };
  try {
    mkdirSync(cache, { recursive: true });
    const making = mkdtempSync(path.join(cache, 'making-'));
    for (const file of ['package.json', 'package-lock.json']) cpSync(path.join(fixture, file), path.join(making, file));
    const flags = ['ci', '--omit=dev', '--no-audit', '--no-fund', '--ignore-scripts'];
    const done = spawnSync('npm', flags, { cwd: making, encoding: 'utf8', timeout: 200_000 });
    if (done.status !== 0) {
      rmSync(making, { recursive: true, force: true });
      return { missing: done.error?.message ?? done.stderr.slice(-500) };
    }
    // At once: whoever comes meanwhile sees all of it or nothing.
    if (existsSync(folder)) rmSync(making, { recursive: true, force: true });
    else renameSync(making, folder);
    return { folder };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

export type Unleash = Awaited<ReturnType<typeof startUnleash>>;

type Strategy = { id?: string; name: string; parameters: object; constraints: object[]; variants: object[] };

/** A real Unleash server on an empty database of the test server. */
export async function startUnleash(folder: string) {
  const port = await findFreePort();
  const name = `unleash_${randomBytes(8).toString('hex')}`;
  const serverUrl = process.env.TRIBUTARY_TEST_SERVER_URL ?? '';
  const onServer = async (sql: string) => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await onServer(`CREATE DATABASE ${name}`);
  const databaseUrl = new URL(serverUrl);
  databaseUrl.pathname = `/${name}`;
  const tokens = {
    admin: `*:*.${randomBytes(16).toString('hex')}`,
    client: `default:development.${randomBytes(16).toString('hex')}`,
  };
  const url = `http://127.0.0.1:${port}/api`;
  cpSync(path.join(fixture, 'server.mjs'), path.join(folder, 'server.mjs'));
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const started = spawn(process.execPath, ['server.mjs'], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl.href,
        PORT: String(port),
        ADMIN_TOKEN: tokens.admin,
        CLIENT_TOKEN: tokens.client,
      },
    });
    child = started;
    let said = '';
    started.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-2_000);
    });
    await new Promise<void>((ready, failed) => {
      started.stdout.on('data', (chunk) => String(chunk).includes('ready') && ready());
      started.once('exit', (code) => failed(new Error(`Unleash ended with ${code}: ${said}`)));
    });
  }
  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child?.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  }
  await start();

  async function api<Body>(method: string, where: string, body?: unknown): Promise<Body> {
    const response = await fetch(`${url}/admin/projects/default/features${where}`, {
      method,
      headers: { authorization: tokens.admin, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${text.slice(0, 500)}`);
    return (text ? JSON.parse(text) : undefined) as Body;
  }
  const environment = (toggle: string) => `/${toggle}/environments/development`;

  return {
    url,
    token: tokens.client,
    start,
    kill,
    create: (toggle: string) => api('POST', '', { name: toggle, type: 'operational' }),
    switch: (toggle: string, state: 'on' | 'off') => api('POST', `${environment(toggle)}/${state}`),
    /** Puts one strategy in the place of all others. */
    async decide(toggle: string, strategy: Strategy): Promise<void> {
      const where = `${environment(toggle)}/strategies`;
      const before = await api<Strategy[]>('GET', where);
      const [first] = before;
      if (first) await api('PUT', `${where}/${first.id}`, { ...strategy, id: first.id });
      else await api('POST', where, strategy);
    },
    async stop(): Promise<void> {
      await kill();
      await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** For everybody alike: one variant with a payload. */
export const everybodyGets = (payload: string): Strategy => ({
  name: 'default',
  parameters: {},
  constraints: [],
  variants: [variant('only', 1000, payload)],
});

/** Half of the merchants get one, the other half the other. */
export const halfGet = (groupId: string, one: string, other: string): Strategy => ({
  name: 'flexibleRollout',
  parameters: { rollout: '100', stickiness: 'merchantId', groupId },
  constraints: [],
  variants: [variant('one', 500, one), variant('other', 500, other)],
});

const variant = (name: string, weight: number, value: string) => ({
  name,
  weight,
  weightType: 'variable',
  stickiness: 'merchantId',
  payload: { type: 'json', value },
});

const fromEngine = createRequire(path.resolve(import.meta.dirname, '../../apps/engine/package.json'));

/** By Unleash's own arithmetic: a group in which these merchants fall into different halves. */
export function groupThatParts(a: string, b: string): string {
  const { normalizedVariantValue } = fromEngine('unleash-client/lib/strategy/util') as {
    normalizedVariantValue: (id: string, groupId: string, normalizer: number) => number;
  };
  const isOne = (id: string, group: string) => normalizedVariantValue(id, group, 1000) <= 500;
  const group = Array.from({ length: 100 }, (_, i) => `group-${i}`).find((one) => isOne(a, one) && !isOne(b, one));
  if (!group) throw new Error('no group parts them');
  return group;
}

// npm run bench:engine: payments per second through the whole path, beside the bare statements on the same Postgres.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { migrate } from '../scripts/migrate.mjs';
import { startPostgres } from '../scripts/postgres/start-postgres.mjs';
import { findFreePort } from '../scripts/process/ports.mjs';
import { addZeroChannel } from './engine/add-zero-channel.ts';
import { runBareSql } from './engine/bare-sql.ts';
import { runLoad } from './engine/load.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, clients: { type: 'string', default: '64' } },
});
const seconds = Number(values.seconds);
const clients = Number(values.clients);

const root = path.resolve(import.meta.dirname, '..');
const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
chmodSync(dataDir, 0o711);
const children: ChildProcess[] = [];
const postgres = await startPostgres({ dataDir, durable: true });

let result: object;
try {
  await migrate(postgres.url);
  const [enginePort, sandboxPort] = [await findFreePort(), await findFreePort()];
  const kek = `bench:${randomBytes(32).toString('base64')}`;
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    REDIS_URL: '',
    ENGINE_PORT: String(enginePort),
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_DIR: path.join(dataDir, 'sandbox'),
    SANDBOX_URL: `http://127.0.0.1:${sandboxPort}`,
    CONSOLE_URL: 'http://127.0.0.1:3000',
    TRIBUTARY_KEK: kek,
    TRIBUTARY_PEPPER: randomBytes(32).toString('base64'),
    TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('hex'),
    LOG_LEVEL: 'error',
  };
  const start = (args: string[]) =>
    children.push(spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }));
  start(['packages/channels/dist/sandbox.js']);
  await upAt(`http://127.0.0.1:${sandboxPort}/control/health`);
  const seeded = spawnSync(process.execPath, ['apps/engine/dist/seed.js'], { cwd: root, env, encoding: 'utf8' });
  if (seeded.status !== 0) throw new Error(seeded.stderr);
  await addZeroChannel(postgres.url, kek);
  start(['--import', 'tsx', 'bench/engine/process.ts']);
  const url = `http://127.0.0.1:${enginePort}`;
  await upAt(`${url}/readyz`);
  const demo = JSON.parse(readFileSync(path.join(dataDir, 'demo.json'), 'utf8')) as { merchants: { apiKey: string }[] };
  const apiKey = demo.merchants[0]?.apiKey ?? '';

  const zeroLatency = await runLoad({ url, apiKey, serviceId: 'zero.native', clients, seconds, warmupSeconds: 4 });
  const wechatSandbox = await runLoad({ url, apiKey, serviceId: 'wechat.native', clients, seconds, warmupSeconds: 3 });
  for (const child of children) child.kill('SIGTERM');
  await sleep(1_500);
  const bareSql = await runBareSql({ url: postgres.url, connections: 16, seconds });
  const ratio = Math.round((zeroLatency.perSecond / bareSql.perSecond) * 100) / 100;
  result = { zeroLatency, wechatSandbox, bareSql, ratio, clients, seconds };
} finally {
  for (const child of children) child.kill('SIGKILL');
  await postgres.stop();
  for (const dir of [dataDir, postgres.clusterDir]) rmSync(dir, { recursive: true, force: true });
}
// The last line, after everything is stopped.
console.log(JSON.stringify(result));

async function upAt(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
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

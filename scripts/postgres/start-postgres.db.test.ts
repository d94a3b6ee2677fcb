import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProcess } from '../process/identity.mjs';
import { isGoneWithin } from '../process/stop-process.mjs';
import { startPostgres } from './start-postgres.mjs';

// A starter as `npm start` is one: its own process, so that it can be killed.
const starterSource = `
  import { startPostgres } from ${JSON.stringify(path.join(import.meta.dirname, 'start-postgres.mjs'))};
  const server = await startPostgres({ dataDir: process.argv[2], durable: true });
  console.log(JSON.stringify({ pid: server.pid, url: server.url }));
  setInterval(() => {}, 1000);
`;

let dataDir: string;
let starterFile: string;

beforeAll(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-postgres-'));
  chmodSync(dataDir, 0o711);
  starterFile = path.join(dataDir, 'starter.mjs');
  writeFileSync(starterFile, starterSource);
});

afterAll(() => {
  const { clusterDir } = JSON.parse(readFileSync(path.join(dataDir, 'postgres.json'), 'utf8'));
  for (const dir of [dataDir, clusterDir]) rmSync(dir, { recursive: true, force: true });
});

async function startInProcess(): Promise<{ starter: ChildProcess; pid: number; url: string }> {
  const starter = spawn(process.execPath, [starterFile, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(starter, 'exit').then(([code]) => Promise.reject(new Error(`the starter ended with ${code}`)));
  // Later it is killed on purpose.
  ended.catch(() => undefined);
  const [line] = await Promise.race([once(starter.stdout, 'data'), ended]);
  return { starter, ...JSON.parse(String(line)) };
}

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

function clusterDir(): string {
  return JSON.parse(readFileSync(path.join(dataDir, 'postgres.json'), 'utf8')).clusterDir;
}

describe('the embedded PostgreSQL', () => {
  it('is durable, speaks UTF-8 and UTC, asks for a password and listens on loopback only', async () => {
    const server = await startPostgres({ dataDir, durable: true });
    const { rows } = await query(
      server.url,
      `SELECT name, setting FROM pg_settings WHERE name IN
         ('fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding', 'TimeZone', 'listen_addresses',
          'unix_socket_directories', 'password_encryption', 'lc_messages', 'data_checksums')`,
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      server_encoding: 'UTF8',
      TimeZone: 'UTC',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      password_encryption: 'scram-sha-256',
      lc_messages: 'C',
      data_checksums: 'on',
    });
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(statSync(path.join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
    await query(server.url, 'CREATE TABLE kept (id int)');
    await server.stop();
    await server.stop();
    expect(existsSync(path.join(clusterDir(), 'postmaster.pid'))).toBe(false);
  });

  it('ends when its starter is killed, and keeps the data', async () => {
    const { starter, pid } = await startInProcess();
    const server = findProcess(pid);
    starter.kill('SIGKILL');
    expect(server && (await isGoneWithin(server, 10_000))).toBe(true);
    const next = await startPostgres({ dataDir, durable: true });
    await query(next.url, 'SELECT * FROM kept');
    await next.stop();
  });

  it('starts again after server and starter were both killed', async () => {
    const { starter, pid } = await startInProcess();
    process.kill(pid, 'SIGKILL');
    starter.kill('SIGKILL');
    const next = await startPostgres({ dataDir, durable: true });
    await query(next.url, 'SELECT * FROM kept');
    await next.stop();
  });

  it('is not confused by a pid file that now names a process of somebody else', async () => {
    const innocent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const lines = [innocent.pid, clusterDir(), 1_700_000_000, 5432, '', '127.0.0.1', '  1234567         0', 'ready   '];
    writeFileSync(path.join(clusterDir(), 'postmaster.pid'), `${lines.join('\n')}\n`);
    const next = await startPostgres({ dataDir, durable: true });
    expect(findProcess(innocent.pid ?? 0)).toBeDefined();
    await next.stop();
    innocent.kill('SIGKILL');
  });

  it('refuses a second living starter on the same data', async () => {
    const { starter, pid } = await startInProcess();
    const server = findProcess(pid);
    await expect(startPostgres({ dataDir, durable: true })).rejects.toThrow(`in use by process ${starter.pid}`);
    starter.kill('SIGKILL');
    expect(server && (await isGoneWithin(server, 10_000))).toBe(true);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { findFreePort } from '../process/ports.mjs';
import { findRedisServer } from './find-program.mjs';

export interface TestRedis {
  url: string;
  stop: () => Promise<void>;
}

/** For `describe.skipIf(!hasRedis)`. `npm test` makes a skip loud, and with CI=true a failure. */
export const hasRedis = Boolean(process.env.REDIS_URL || findRedisServer());

/** A Redis of its own where `redis-server` is on PATH, else the one of REDIS_URL (which other test files share). */
export async function startTestRedis(): Promise<TestRedis> {
  const program = findRedisServer();
  if (program === undefined) {
    if (!process.env.REDIS_URL) throw new Error('no Redis: set REDIS_URL or install redis-server');
    return { url: process.env.REDIS_URL, stop: async () => {} };
  }
  const dir = mkdtempSync(path.join(tmpdir(), 'tributary-redis-'));
  const port = await findFreePort();
  const flags = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
    '--dir',
    dir,
  ];
  const child = spawn(program, flags, { stdio: 'ignore' });
  const endWithUs = () => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const url = `redis://127.0.0.1:${port}`;
  await waitUntilReady(url);
  return {
    url,
    stop: async () => {
      process.off('exit', endWithUs);
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function waitUntilReady(url: string): Promise<void> {
  const client = new Redis(url, { retryStrategy: (times) => (times > 200 ? null : 25), maxRetriesPerRequest: null });
  client.on('error', () => {});
  try {
    await client.ping();
  } finally {
    client.disconnect();
  }
}

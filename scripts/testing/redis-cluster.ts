import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findFreePort, isPortFree } from '../process/ports.mjs';
import { findRedisServer } from './find-program.mjs';
import { startTcpGate } from './tcp-gate.ts';

export type TestRedisCluster = {
  /** As `REDIS_URL` takes it: every node is named. */
  url: string;
  /** Each node by itself, as `redis://`, for what is asked of one node only. */
  nodeUrls: readonly string[];
  /** Cuts every connection of clients to every node, and refuses new ones; the nodes still see each other. */
  shut: () => void;
  open: () => void;
  stop: () => Promise<void>;
};

/** For `describe.skipIf(!hasRedisCluster)`: a cluster is always one of our own, so the program is needed. */
export const hasRedisCluster = findRedisServer() !== undefined;

const slots = 16_384;
const size = 3;

/** Three masters that share the slots, each a process, on ports nobody else listens on. Without replicas. */
export async function startTestRedisCluster(): Promise<TestRedisCluster> {
  const program = findRedisServer();
  if (program === undefined) throw new Error('no Redis: install redis-server');
  const dir = mkdtempSync(path.join(tmpdir(), 'tributary-redis-cluster-'));
  const ports = await findClusterPorts();
  // What the cluster says its addresses are: doors that can be shut.
  const gates = await Promise.all(ports.map((port) => startTcpGate(`redis://127.0.0.1:${port}`)));
  const children = ports.map((port, i) => {
    const home = path.join(dir, String(port));
    mkdirSync(home);
    const settings = {
      port,
      bind: '127.0.0.1',
      save: '',
      appendonly: 'no',
      'maxmemory-policy': 'noeviction',
      dir: home,
      'cluster-enabled': 'yes',
      'cluster-node-timeout': 5_000,
      'cluster-announce-port': new URL(gates[i]?.url ?? '').port,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return spawn(program, flags, { stdio: 'ignore' });
  });
  const endWithUs = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('exit', endWithUs);
  const stop = async () => {
    process.off('exit', endWithUs);
    for (const child of children) if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    await Promise.all(gates.map((gate) => gate.close()));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await join(ports);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis-cluster://${gates.map(({ url }) => new URL(url).host).join(',')}`,
    nodeUrls: ports.map((port) => `redis://127.0.0.1:${port}`),
    shut: () => {
      for (const gate of gates) gate.shut();
    },
    open: () => {
      for (const gate of gates) gate.open();
    },
    stop,
  };
}

/** A node talks to the others on its port + 10000, which has to be one and free. */
async function findClusterPorts(): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < size) {
    const port = await findFreePort();
    if (port < 55_536 && (await isPortFree(port + 10_000))) ports.add(port);
  }
  return [...ports];
}

async function join(ports: readonly number[]): Promise<void> {
  const clients = ports.map((port) => {
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 25, maxRetriesPerRequest: 400 });
    client.on('error', () => {});
    return client;
  });
  try {
    await Promise.all(clients.map((client) => client.ping()));
    await Promise.all(
      clients.map((client, i) => {
        const from = Math.floor((slots * i) / size);
        const own = Array.from({ length: Math.floor((slots * (i + 1)) / size) - from }, (_, k) => from + k);
        return client.cluster('ADDSLOTS', ...own);
      }),
    );
    for (const port of ports.slice(1)) await clients[0]?.call('CLUSTER', 'MEET', '127.0.0.1', String(port));
    for (let tries = 0; ; tries++) {
      const told = await Promise.all(clients.map((client) => client.cluster('INFO') as Promise<string>));
      const agreed = (info: string) =>
        info.includes('cluster_state:ok') &&
        info.includes(`cluster_known_nodes:${size}`) &&
        info.includes(`cluster_size:${size}`);
      if (told.every(agreed)) return;
      if (tries > 300) throw new Error(`the Redis cluster does not come up: ${told.join('\n')}`);
      await sleep(50);
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
}

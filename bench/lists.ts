// npm run bench:lists: a list of a million entries: import, index, memory, look-ups, and how soon a change is known.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { withBuiltInLists } from '@tributary/contracts/list';
import { createPlatform } from '../apps/engine/src/platform/create-platform.ts';
import { inTransaction } from '../apps/engine/src/platform/db.ts';
import { createLog } from '../apps/engine/src/platform/log.ts';
import { createFindListed } from '../apps/engine/src/risk/lists/find-listed.ts';
import { createListFollower } from '../apps/engine/src/risk/lists/follow-lists.ts';
import { createImportsStore } from '../apps/engine/src/risk/lists/imports.store.ts';
import { createListsStore } from '../apps/engine/src/risk/lists/lists.store.ts';
import { migrate } from '../scripts/migrate.mjs';
import { startPostgres } from '../scripts/postgres/start-postgres.mjs';

const { values } = parseArgs({ options: { entries: { type: 'string', default: '1000000' } } });
const entries = Number(values.entries);
const lists = [...withBuiltInLists([]).values()];
const device = lists.find(({ id }) => id === 'device');
if (!device) throw new Error('there is no list of devices');

const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
chmodSync(dataDir, 0o711);
const postgres = await startPostgres({ dataDir, durable: true });
const log = createLog({ level: 'error', node: 'bench', role: 'all' });
const ms = (from: number) => Math.round(performance.now() - from);
const memory = () => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

let result: object;
try {
  await migrate(postgres.url);
  const platform = await createPlatform({ databaseUrl: postgres.url, redisUrl: undefined, log });
  const { pool, bus } = platform;
  const store = createListsStore(pool);
  const imports = createImportsStore(pool);
  const early = createListFollower({ store, bus, log });
  await early.start();

  const receiving = performance.now();
  const id = await imports.begin(device, 'bench.csv', 'bench', 'bench');
  const perPart = 25_000;
  for (let part = 0; part * perPart < entries; part++) {
    const from = part * perPart;
    const to = Math.min(entries, from + perPart);
    const lines = Array.from({ length: to - from }, (_, i) => `device-${from + i}-fingerprint\r\n`);
    await imports.append(id, part, lines.join(''), to === entries);
  }
  const receiveMs = ms(receiving);
  const previewing = performance.now();
  await imports.preview(id);
  const previewMs = ms(previewing);
  const confirming = performance.now();
  await inTransaction(pool, (client) => imports.confirm(client, id, { withoutBadLines: false, actor: 'bench' }));
  const confirmMs = ms(confirming);
  const following = performance.now();
  await early.refresh();
  const followImportMs = ms(following);
  await early.stop();

  const before = memory();
  const follower = createListFollower({ store, bus, log });
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const building = performance.now();
  await follower.refresh();
  const buildMs = ms(building);
  loop.disable();
  const usedBytes = memory() - before;
  await follower.start();
  const index = follower.current();

  const rounds = 1_000_000;
  const looking = process.hrtime.bigint();
  let found = 0;
  for (let i = 0; i < rounds; i++)
    found +=
      index?.candidates(lists, { merchant: 'mch_1', payer: ['payer-7'], device: `device-${i}-other` }).length ?? 0;
  const missNs = Math.round(Number(process.hrtime.bigint() - looking) / rounds);

  const find = createFindListed({ store, follower });
  const hits: number[] = [];
  for (let i = 0; i < 2_000; i++) {
    const from = performance.now();
    const [hit] = await find(lists, { device: `device-${(i * 7_919) % entries}-fingerprint` }, new Date());
    if (!hit) throw new Error('an entry was not found');
    hits.push(performance.now() - from);
  }
  hits.sort((a, b) => a - b);

  const changes: number[] = [];
  for (let i = 0; i < 50; i++) {
    const value = `new-${i}`;
    const from = performance.now();
    await inTransaction(pool, (client) =>
      store.put(client, 'device', [{ value, reason: 'bench', source: 'console', expiresAt: undefined }], 'bench'),
    );
    while (follower.current()?.candidates(lists, { device: value }).length !== 1) await sleep(1);
    changes.push(performance.now() - from);
  }
  changes.sort((a, b) => a - b);
  const at = (sorted: number[], share: number) =>
    Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 100) / 100;

  result = {
    entries,
    importReceiveMs: receiveMs,
    importPreviewMs: previewMs,
    importConfirmMs: confirmMs,
    followImportMs,
    buildMs,
    buildLoopGapP99Ms: Math.round(loop.percentile(99) / 1e4) / 100,
    buildLoopGapMaxMs: Math.round(loop.max / 1e4) / 100,
    indexBytes: index?.bytes,
    bytesPerEntry: Math.round(((index?.bytes ?? 0) / entries) * 10) / 10,
    memoryGrowthBytes: usedBytes,
    missNs,
    falseCandidates: found,
    hitP50Ms: at(hits, 0.5),
    hitP99Ms: at(hits, 0.99),
    changeKnownP50Ms: at(changes, 0.5),
    changeKnownP99Ms: at(changes, 0.99),
  };
  await follower.stop();
  await platform.close();
} finally {
  await postgres.stop();
  for (const dir of [dataDir, postgres.clusterDir]) rmSync(dir, { recursive: true, force: true });
}
// The last line, after everything is stopped.
console.log(JSON.stringify(result));

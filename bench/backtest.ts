// npm run bench:backtest: how fast recorded payments are judged again, apart from reading them; a whole run on a real
// database in the lab's thread; and what the main loop feels of it.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { BacktestResult } from '@tributary/contracts/backtest';
import { createBacktests } from '../apps/engine/src/config/backtest/backtests.ts';
import { compareBatch, compileComparison } from '../apps/engine/src/config/backtest/compare.ts';
import { parseRecorded } from '../apps/engine/src/config/backtest/recorded-payment.ts';
import { createTally } from '../apps/engine/src/config/backtest/tally.ts';
import { inventPast, pastStart, storePast } from '../apps/engine/src/config/backtest/testing/invented-past.ts';
import type { ConfigSnapshot } from '../apps/engine/src/config/snapshot.ts';
import { createPool, inTransaction } from '../apps/engine/src/platform/db.ts';
import { migrate } from '../scripts/migrate.mjs';
import { startPostgres } from '../scripts/postgres/start-postgres.mjs';

const { values } = parseArgs({
  options: { payments: { type: 'string', default: '200000' }, stored: { type: 'string', default: '60000' } },
});

const past = inventPast({ seed: 1, count: Number(values.payments) });
const recorded = past.map(parseRecorded);
const merchants = [...new Set(past.map((one) => one.merchant_id))];
const timeZones = new Map(merchants.map((id) => [id, 'Asia/Shanghai']));
const channels = new Map([
  ['wechat-pay', { feeBps: 60, priority: 10 }],
  ['alipay', { feeBps: 38, priority: 20 }],
]);

/** Twenty kinds of conditions over and over: limits of merchants, services, hours, counts, payers. */
function rulesOf(count: number, event: (i: number) => object): { rules: object[] } {
  const conditions = [
    (i: number) => [fact('merchantId', 'equal', `mch-${i % 50}`), fact('amount', 'greaterThan', 400_000 + i * 100)],
    (i: number) => [fact('serviceId', 'equal', `service-${i % 30}`), fact('amount', 'lessThan', 1_000 + i)],
    (i: number) => [fact('hour', 'lessThan', i % 6), fact('amount', 'greaterThan', 300_000 + i)],
    (i: number) => [fact('merchantId', 'in', [`mch-${i}`, `mch-${i + 50}`]), fact('weekday', 'greaterThan', 5)],
  ];
  return {
    rules: Array.from({ length: count }, (_, i) => ({
      id: `rule-${i}`,
      priority: (i % 9) + 1,
      conditions: { all: conditions[i % conditions.length]?.(i) },
      event: event(i),
    })),
  };
}
const fact = (name: string, operator: string, value: unknown) => ({ fact: name, operator, value });

const drafts = {
  risk: (count: number) => rulesOf(count, (i) => ({ type: i % 2 ? 'reject' : 'review', params: {} })),
  routing: (count: number) =>
    rulesOf(count, (i) => ({ type: 'prefer', params: { channelId: i % 2 ? 'alipay' : 'wechat-pay' } })),
};

/** Judged in memory, three times; the best counts. By the clock, and by the processor, which others may be using as well. */
async function evaluationRate(kind: 'risk' | 'routing', rules: number) {
  const best = { perSecond: 0, perCpuSecond: 0 };
  for (let round = 0; round < 3; round++) {
    const comparison = await compileComparison({
      input: { kind, baseline: 'recorded' },
      document: drafts[kind](rules),
      published: { version: 1, document: { rules: [] } },
      timeZones,
      channels,
    });
    const tally = createTally(kind);
    const speed = { evaluations: 0, evaluateMs: 0, readMs: 0 };
    const cpu = process.cpuUsage();
    for (let from = 0; from < recorded.length; from += 2_000)
      compareBatch(recorded.slice(from, from + 2_000), comparison, tally, speed);
    const { user, system } = process.cpuUsage(cpu);
    best.perSecond = Math.max(best.perSecond, Math.round((speed.evaluations / speed.evaluateMs) * 1_000));
    best.perCpuSecond = Math.max(best.perCpuSecond, Math.round((speed.evaluations / (user + system)) * 1e6));
  }
  return { kind, rules, ...best };
}

/** A whole run: thread, database, rows and progress. */
async function wholeRun(databaseUrl: string) {
  const pool = createPool({ url: databaseUrl, max: 4, name: 'bench' });
  const stored = past.slice(0, Number(values.stored));
  await storePast(pool, stored);
  await pool.query('ANALYZE payments, events');
  const log = { warn: () => undefined, error: () => undefined };
  const backtests = createBacktests({ pool, databaseUrl, node: 'bench', log });
  const snapshot = {
    merchants: new Map([...timeZones].map(([id, timeZone]) => [id, { id, timeZone }])),
    channels: new Map([...channels].map(([id, channel]) => [id, { id, ...channel }])),
    rules: { risk: { version: 1, document: { rules: [] } }, routing: { version: 1, document: { rules: [] } } },
  } as unknown as ConfigSnapshot;
  const input = {
    kind: 'risk',
    baseline: 'recorded',
    from: pastStart,
    to: (stored.at(-1)?.at ?? 0) + 1,
    sample: { kind: 'all' },
  } as const;
  const draft = drafts.risk(200);
  const id = await inTransaction(pool, (client) =>
    backtests.create(client, {
      input,
      subject: { from: 'document', document: draft },
      document: draft,
      contentHash: 'bench',
      publishedVersion: 1,
      createdBy: 'bench',
    }),
  );
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const started = performance.now();
  backtests.begin(id, input, draft, snapshot);
  let found = await backtests.find(id);
  while (found?.run.state === 'running') {
    await sleep(50);
    found = await backtests.find(id);
  }
  loop.disable();
  const seconds = (performance.now() - started) / 1_000;
  await backtests.stop();
  await pool.end();
  if (!found?.result) throw new Error(`the run ended as ${found?.run.state}: ${found?.run.error}`);
  const { speed, sampled }: BacktestResult = found.result;
  return {
    state: found.run.state,
    payments: sampled,
    seconds: Number(seconds.toFixed(2)),
    readPerSecond: Math.round((sampled / speed.readMs) * 1_000),
    evaluationsPerSecond: Math.round((speed.evaluations / speed.evaluateMs) * 1_000),
    mainLoopP99Ms: Number((loop.percentile(99) / 1e6).toFixed(1)),
  };
}

const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
chmodSync(dataDir, 0o711);
const evaluations = [];
for (const kind of ['risk', 'routing'] as const)
  for (const rules of [20, 200]) evaluations.push(await evaluationRate(kind, rules));
const postgres = await startPostgres({ dataDir, durable: false });
let run: object;
try {
  await migrate(postgres.url);
  run = await wholeRun(postgres.url);
} finally {
  await postgres.stop();
  for (const dir of [dataDir, postgres.clusterDir]) rmSync(dir, { recursive: true, force: true });
}
console.log(JSON.stringify({ bench: 'backtest', payments: past.length, evaluations, run }));

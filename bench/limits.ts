// npm run bench:limits: what limits cost when every payment raises the same counter: payments per second of several engine
// processes on one Postgres, under no limits, under those of many merchants, and under those of one hot merchant.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { checkDatabase } from '../chaos/verify/invariants.ts';
import { migrate } from '../scripts/migrate.mjs';
import { startPostgres } from '../scripts/postgres/start-postgres.mjs';
import type { limitScenarios } from './limits/scenarios.ts';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '3' },
    clients: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '2' },
  },
});
const [processes, clients, seconds, rounds] = [values.processes, values.clients, values.seconds, values.rounds].map(
  Number,
);

const root = path.resolve(import.meta.dirname, '..');
const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
chmodSync(dataDir, 0o711);
const postgres = await startPostgres({ dataDir, durable: true });

type Scenario = keyof typeof limitScenarios;

let result: object;
try {
  await migrate(postgres.url);
  await run('warmUp');
  const best: Partial<Record<Scenario, { perSecond: number; rejected: number }>> = {};
  // In turns, so that what else the machine does meets all of them; the best of each counts.
  for (let round = 0; round < (rounds ?? 1); round++) {
    for (const scenario of ['none', 'spread', 'hot', 'full'] as const) {
      const measured = await run(scenario);
      if (measured.perSecond > (best[scenario]?.perSecond ?? 0)) best[scenario] = measured;
    }
  }
  const { none, spread, hot, full } = best;
  if (!none || !spread || !hot || !full) throw new Error('nothing was measured');
  const ratio = (a: number, b: number) => Math.round((a / b) * 100) / 100;
  result = {
    perSecond: { none: none.perSecond, spread: spread.perSecond, hot: hot.perSecond, full: full.perSecond },
    hotVsSpread: ratio(hot.perSecond, spread.perSecond),
    hotVsNone: ratio(hot.perSecond, none.perSecond),
    refusedWhenFull: full.rejected,
    violations: await violations(),
    processes,
    clientsPerProcess: clients,
    seconds,
  };
} finally {
  await postgres.stop();
  for (const dir of [dataDir, postgres.clusterDir]) rmSync(dir, { recursive: true, force: true });
}
console.log(JSON.stringify(result));

async function run(scenario: Scenario): Promise<{ perSecond: number; rejected: number }> {
  const args = ['--import', 'tsx', 'bench/limits/process.ts', '--url', postgres.url, '--scenario', scenario];
  const outputs = await Promise.all(
    Array.from({ length: processes ?? 1 }, async () => {
      const child = spawn(process.execPath, [...args, '--clients', String(clients), '--seconds', String(seconds)], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
      });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`a process of ${scenario} ended with ${code}`);
      return JSON.parse(text) as { payments: number; rejected: number; seconds: number };
    }),
  );
  const sum = (of: 'payments' | 'rejected') => outputs.reduce((total, one) => total + one[of], 0);
  return { perSecond: Math.round(sum('payments') / (seconds ?? 1)), rejected: sum('rejected') };
}

/** A fast wrong answer would be worth nothing: caps, sums and ends of all that was just written. */
async function violations(): Promise<number> {
  const db = new pg.Client({ connectionString: postgres.url });
  await db.connect();
  const found = await checkDatabase(db);
  await db.end();
  for (const { invariant, subject, seen } of found) console.error(`VIOLATED ${invariant}: ${subject}: ${seen}`);
  return found.length;
}

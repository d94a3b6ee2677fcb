// npm run chaos -- --seeds N --minutes M [--rate R] [--profile redis|cluster]: payments while processes are killed, and Redis
// emptied; afterwards nothing may be wrong.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createRandom } from '../../scripts/traffic/random.ts';
import { verify } from '../verify/verify.ts';
import { type Profile, startSystem } from './system.ts';

const { values } = parseArgs({
  options: {
    /** How many runs, each with its own sequence of payments and deaths. */
    seeds: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '3' },
    rate: { type: 'string', default: '50' },
    /** Seconds between two deaths. */
    every: { type: 'string', default: '5' },
    /** embedded (PostgreSQL alone), redis, cluster (of three); the latter two need `redis-server`. */
    profile: { type: 'string', default: 'embedded' },
    'first-seed': { type: 'string', default: '1' },
  },
});
const [seeds, minutes, rate, every, firstSeed] = [
  values.seeds,
  values.minutes,
  values.rate,
  values.every,
  values['first-seed'],
].map(Number) as [number, number, number, number, number];
const profiles: readonly string[] = ['embedded', 'redis', 'cluster'] satisfies Profile[];
if (
  !profiles.includes(values.profile) ||
  ![seeds, minutes, rate, every, firstSeed].every((n) => Number.isFinite(n) && n > 0)
) {
  console.error(
    'usage: npm run chaos -- --seeds N --minutes M [--rate PER_SECOND] [--every SECONDS] [--first-seed N] [--profile embedded|redis|cluster]',
  );
  process.exit(2);
}
const root = path.resolve(import.meta.dirname, '../..');

/** Realistic merchants, who repeat what was cut off, in a process of their own. */
function runTraffic(dataDir: string, seed: number): Promise<{ problems: number; told: string[] }> {
  const args = ['--rate', rate, '--seconds', Math.round(minutes * 60), '--seed', seed, '--patient'].map(String);
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/traffic/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  const told: string[] = [];
  child.stdout.on('data', (text) => said.push(String(text)));
  child.stderr.on('data', (text) => told.push(String(text)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      const last = said.join('').trim().split('\n').at(-1) ?? '';
      try {
        console.log(last);
        resolve({ problems: (JSON.parse(last) as { problems: number }).problems, told });
      } catch {
        reject(new Error(`the traffic ended without a result: ${told.join('').slice(-2000)}`));
      }
    });
  });
}

/** Merchants' events are numbered 1 to the last, each once. */
async function findGaps(databaseUrl: string): Promise<string[]> {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    const { rows } = await db.query(
      `SELECT e.merchant_id AS id FROM merchant_events e JOIN merchant_event_counters c USING (merchant_id)
       GROUP BY e.merchant_id, c.last_seq
       HAVING min(e.seq) <> 1 OR max(e.seq) <> c.last_seq OR count(*) <> c.last_seq`,
    );
    return rows.map(({ id }) => `the events of ${id} have a gap`);
  } finally {
    await db.end();
  }
}

async function runOnce(seed: number) {
  const system = await startSystem({ profile: values.profile as Profile });
  const random = createRandom(seed);
  const over = new AbortController();
  let kills = 0;
  let flushes = 0;
  // Ended from outside: nobody else would end its processes.
  const interrupted = () => void system.stop().finally(() => process.exit(1));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const killing = (async () => {
    const ends = Date.now() + minutes * 60_000;
    for (;;) {
      const pauseMs = every * 1000 * (0.5 + random.int(0, 1000) / 1000);
      const goesOn = await sleep(pauseMs, true, { signal: over.signal }).catch(() => false);
      if (!goesOn || Date.now() >= ends) return;
      const victim = random.int(0, system.nodes.length - (system.flush ? 0 : 1));
      if (victim < system.nodes.length) {
        system.nodes[victim]?.kill();
        kills++;
      } else {
        await system.flush?.();
        flushes++;
      }
    }
  })();
  let violations: string[];
  let payments = 0;
  try {
    const { problems, told } = await runTraffic(system.dataDir, seed);
    over.abort();
    await killing;
    const verdict = await verify({ databaseUrl: system.databaseUrl, sandboxUrl: system.sandboxUrl, waitMs: 300_000 });
    payments = verdict.payments;
    violations = [
      ...verdict.violations.map(({ invariant, subject, seen }) => `${invariant}: ${subject}: ${seen}`),
      ...(verdict.verdict === 'unknown' ? [`not everything came to its end: ${JSON.stringify(verdict.open)}`] : []),
      ...(await findGaps(system.databaseUrl)),
      ...(problems > 0 ? [`merchants saw ${problems} problems: ${told.join('').slice(0, 2000)}`] : []),
    ];
  } finally {
    over.abort();
    await killing;
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await system.stop();
  }
  for (const violation of violations) console.error(`VIOLATED seed ${seed}: ${violation}`);
  if (violations.length === 0) system.forget();
  else console.error(`logs: ${system.dataDir}`);
  return { payments, kills, flushes, violations: violations.length };
}

const total = { payments: 0, kills: 0, flushes: 0, violations: 0 };
for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  const one = await runOnce(seed);
  for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += one[key];
}
console.log(JSON.stringify({ profile: values.profile, seeds, minutes, rate, ...total }));
process.exit(total.violations > 0 ? 1 : 0);

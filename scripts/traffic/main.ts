// npm run traffic -- --rate 20 --seconds 60 [--seed N] [--faults]: realistic signed merchant traffic against a running system.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { behave, misbehave } from './faults.ts';
import { createMerchantClient, type DemoMerchant } from './merchant-client.ts';
import { createPayer } from './payer.ts';
import { createRandom } from './random.ts';
import { runStory, type StoryOutcome } from './story.ts';
import { openWebhookReceiver } from './webhook-receiver.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    /** Channels misbehave meanwhile: lost requests and replies, slow and doubled callbacks, refusals. */
    faults: { type: 'boolean', default: false },
    /** Merchants repeat requests that were cut off, for runs in which processes are killed. */
    patient: { type: 'boolean', default: false },
    demo: { type: 'string', default: path.join(process.env.DATA_DIR ?? '.data', 'demo.json') },
    /** How long after the last payment everything must be final. */
    settle: { type: 'string', default: '300' },
  },
});
const [rate, seconds, seed, settle] = [values.rate, values.seconds, values.seed, values.settle].map(Number) as [
  number,
  number,
  number,
  number,
];
if (![rate, seconds, seed, settle].every((n) => Number.isFinite(n) && n >= 0) || rate <= 0 || rate > 1000) {
  console.error(
    'usage: npm run traffic -- --rate PER_SECOND(1..1000) --seconds N [--seed N] [--settle SECONDS] [--faults]',
  );
  process.exit(2);
}
if (!existsSync(values.demo)) {
  console.error(`${values.demo} is not there: start the system first (npm start), or name the file with --demo`);
  process.exit(2);
}

const demo = JSON.parse(readFileSync(values.demo, 'utf8')) as {
  engineUrl: string;
  sandboxUrl: string;
  merchants: DemoMerchant[];
};
const clients = demo.merchants.map((merchant) =>
  createMerchantClient(demo.engineUrl, merchant, { patient: values.patient }),
);
const runId = Date.now().toString(36);
const total = Math.round(rate * seconds);
const giveUpAtMs = performance.now() + (seconds + settle) * 1000;

const payer = createPayer(demo.sandboxUrl);
// Elsewhere our own address means nothing, and webhooks go to public addresses only.
const isHere = ['127.0.0.1', 'localhost'].includes(new URL(demo.engineUrl).hostname);
const receiver = isHere
  ? await openWebhookReceiver(demo.merchants, createRandom(seed), values.faults ? 0.05 : 0)
  : undefined;
if (values.faults) await misbehave(demo.sandboxUrl, seed);

const stories: Promise<StoryOutcome>[] = [];
const started = performance.now();
for (let index = 0; index < total; index++) {
  // Open loop: the next customer does not wait for the one before.
  const due = started + (index * 1000) / rate;
  await sleep(Math.max(0, due - performance.now()));
  const client = clients[index % clients.length];
  if (!client) throw new Error('demo.json lists no merchant');
  const random = createRandom(seed * 1_000_003 + index);
  stories.push(
    runStory({
      client,
      random,
      index,
      runId,
      ...payer,
      notifyUrl: receiver?.urlOf(client.merchant.id),
      giveUpAtMs,
    }).catch(
      (error): StoryOutcome => ({
        id: undefined,
        placeMs: 0,
        placeStatus: 0,
        status: 'error',
        queries: 0,
        refunds: 0,
        problem: error instanceof Error ? error.message : String(error),
      }),
    ),
  );
}
const outcomes = await Promise.all(stories);
if (values.faults) await behave(demo.sandboxUrl);
for (const client of clients) await client.end();

/** Everything that came to its end later than its answer must have been told. */
const told = new Map(
  outcomes.flatMap(({ id, status }) =>
    id && ['succeeded', 'failed', 'closed'].includes(status) ? [[id, `payment.${status}`] as const] : [],
  ),
);
const untold = new Set(receiver ? await receiver.missing(told, 90_000) : []);
for (const outcome of outcomes)
  if (outcome.id && untold.has(outcome.id)) outcome.problem ??= `no webhook told that it ${outcome.status}`;
receiver?.close();

const byStatus: Record<string, number> = {};
for (const { status } of outcomes) byStatus[status] = (byStatus[status] ?? 0) + 1;
const sorted = outcomes.map(({ placeMs }) => placeMs).sort((a, b) => a - b);
const percentile = (p: number) =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0) * 10) / 10;
const problems = outcomes.filter(({ problem }) => problem);
for (const { id, problem } of problems.slice(0, 20)) console.error(`problem: ${id ?? '-'} ${problem}`);
console.log(
  JSON.stringify({
    sent: total,
    byStatus,
    placeP50Ms: percentile(0.5),
    placeP99Ms: percentile(0.99),
    queries: outcomes.reduce((sum, { queries }) => sum + queries, 0),
    refunds: outcomes.reduce((sum, { refunds }) => sum + refunds, 0),
    ...(receiver ? { webhooks: receiver.stats } : {}),
    problems: problems.length + (receiver?.stats.wrong ?? 0),
    seconds: Math.round((performance.now() - started) / 1000),
  }),
);
process.exit(problems.length + (receiver?.stats.wrong ?? 0) > 0 ? 1 : 0);

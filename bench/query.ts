// npm run bench:query: what look-ups cost beside a bare server, what a flood of them does to payments, and whether they take
// longer when a hundred times as many payments are stored. Last line: one JSON object.
import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { addRows, someIds } from './query/rows.ts';
import { startSystem } from './query/system.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    few: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '4' },
    payments: { type: 'string', default: '40' },
    redis: { type: 'boolean', default: false },
    /** ratio, flood, size, or all of them. */
    only: { type: 'string', default: '' },
  },
});
const [rows, few, seconds, rounds] = [values.rows, values.few, values.seconds, values.rounds].map(Number) as [
  number,
  number,
  number,
  number,
];
const paymentsPerSecond = Number(values.payments);
const bars = { hotRatio: 0.5, coldRatio: 0.25, paymentP99RatioUnderFlood: 1.2, latencyRatio10mTo100k: 1.3 };
const connections = 256;
const flooderMay = 1_200;

const wanted = (part: string) => values.only === '' || values.only.split(',').includes(part);
const round = (value: number, digits = 2) => Math.round(value * 10 ** digits) / 10 ** digits;
const quantile = (times: number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
const load = () =>
  loadavg()
    .map((one) => one.toFixed(2))
    .join(' ');

console.log(`${values.redis ? 'Redis beside Postgres' : 'Postgres alone'}; load average ${load()}`);
const system = await startSystem({ redis: values.redis });
const result = {
  hotRatio: Number.NaN,
  coldRatio: Number.NaN,
  paymentP99RatioUnderFlood: Number.NaN,
  latencyRatio10mTo100k: Number.NaN,
};
try {
  const { merchant } = system;
  const small = await system.copy('few');
  await addRows(small, merchant.id, few);
  const ids = await someIds(small, few);
  const allIds = system.file('few-ids', ids);
  const query = await system.node('query', small, { cacheMb: 16 });
  if (wanted('ratio')) await measureRatio();
  if (wanted('flood')) await measureFlood();
  if (wanted('size')) await measureSize();

  /** Authenticated look-ups beside the least that Node can do, turn by turn, so that what else runs here hits both. */
  async function measureRatio(): Promise<void> {
    // What merchants poll is what was placed just now.
    const hotIds = system.file('hot-ids', ids.toSorted().slice(-1_000));
    const one = await fetch(`http://127.0.0.1:${query}/v1/payments/${ids[0]}`, {
      headers: { authorization: `Bearer ${merchant.apiKey}` },
    });
    const body = await one.text();
    if (one.status !== 200) throw new Error(`${one.status} ${body}`);
    const added = ['connection', 'date', 'keep-alive', 'transfer-encoding'];
    const bare = await system.bare({
      headers: [...one.headers].filter(([name]) => !added.includes(name)).flat(),
      body,
    });
    const common = { apiKey: merchant.apiKey, connections, warmupSeconds: 2, seconds };
    const perSecond = { bare: [] as number[], hot: [] as number[], cold: [] as number[] };
    for (let i = 0; i < rounds; i++) {
      for (const [kind, port, idsFile] of [
        ['bare', bare, hotIds],
        ['hot', query, hotIds],
        ['cold', query, allIds],
      ] as const) {
        const before = await reads(query);
        const { perSecond: rate, statuses, times } = await system.blast({ ...common, port, idsFile });
        const after = await reads(query);
        if (Object.keys(statuses).some((status) => status !== '200')) throw new Error(JSON.stringify(statuses));
        const hits = (after.hit ?? 0) + (after.snapshot ?? 0) - (before.hit ?? 0) - (before.snapshot ?? 0);
        const misses = (after.miss ?? 0) - (before.miss ?? 0);
        perSecond[kind].push(rate);
        console.log(
          `${kind}: ${Math.round(rate)}/s, p50 ${round(quantile(times, 0.5))} p99 ${round(quantile(times, 0.99))} ms${kind === 'bare' ? '' : `, ${Math.round((100 * hits) / (hits + misses))} % held`}`,
        );
      }
    }
    const middle = (rates: number[]) => quantile(rates, 0.5);
    result.hotRatio = round(middle(perSecond.hot) / middle(perSecond.bare));
    result.coldRatio = round(middle(perSecond.cold) / middle(perSecond.bare));
  }

  /** Payments with six look-ups each, with and without somebody who asks ten times as often as it may. */
  async function measureFlood(): Promise<void> {
    // What a merchant may ask for unless somebody decides otherwise.
    await system.limitReads(small, system.flooder.id, flooderMay);
    const api = await system.node('api', small);
    // On a machine of its own, or as docs/query-gateway.md says for one that it shares with payments.
    const reading = await system.node('query', small, { idle: true });
    const window = Math.max(10, seconds * 3);
    const idsFile = system.file('flood-ids', ids.toSorted().slice(-20_000));
    const ask = { port: reading, apiKey: merchant.apiKey, idsFile, warmupSeconds: 0.5 };
    const alone = await system.blast({ ...ask, connections, seconds: 4 }, true);
    console.log(`a query node answers ${Math.round(alone.perSecond)}/s at most`);
    // Ten times what it may, from connections that ask again as soon as they are told to come later, which is after 250 ms.
    const flood = { ...ask, apiKey: system.flooder.apiKey, connections: flooderMay * 10 * 0.25 };
    const times = { calm: [] as number[], flood: [] as number[] };
    await pay(api, 5, []);
    for (let i = 0; i < rounds; i++)
      for (const phase of ['calm', 'flood'] as const) {
        const flooding =
          phase === 'flood' ? system.blast({ ...flood, warmupSeconds: 2, seconds: window + 1 }, true) : undefined;
        const looking = system.blast({
          ...ask,
          connections: 32,
          perSecond: paymentsPerSecond * 6,
          seconds: window + 2,
        });
        await sleep(2_500);
        const own: number[] = [];
        await pay(api, window, own);
        times[phase].push(...own);
        const [looked, flooded] = await Promise.all([looking, flooding]);
        console.log(
          `${phase}: ${own.length} payments p50 ${round(quantile(own, 0.5))} p99 ${round(quantile(own, 0.99))} ms; look-ups ${Math.round(looked.perSecond)}/s p99 ${round(quantile(looked.times, 0.99))} ms${flooded ? `; flood ${Math.round(flooded.perSecond)}/s ${JSON.stringify(flooded.statuses)}` : ''}; load average ${load()}`,
        );
      }
    console.log(`look-ups of that node: ${JSON.stringify(await reads(reading))}`);
    result.paymentP99RatioUnderFlood = round(quantile(times.flood, 0.99) / quantile(times.calm, 0.99));
  }

  /** The same rate of look-ups all over a small and a large table, turn by turn. */
  async function measureSize(): Promise<void> {
    const large = await system.copy('many');
    const began = performance.now();
    await addRows(large, merchant.id, rows);
    console.log(`${rows} payments stored in ${Math.round((performance.now() - began) / 1000)} s`);
    const many = await system.node('query', large, { cacheMb: 16 });
    const manyIds = system.file('many-ids', await someIds(large, few));
    const times = { few: [] as number[], many: [] as number[] };
    const common = { apiKey: merchant.apiKey, connections: 16, perSecond: 400, warmupSeconds: 3, seconds: seconds * 3 };
    for (let i = 0; i < rounds; i++)
      for (const [size, port, idsFile] of [
        ['few', query, allIds],
        ['many', many, manyIds],
      ] as const) {
        const { times: own, statuses } = await system.blast({ ...common, port, idsFile });
        if (Object.keys(statuses).some((status) => status !== '200')) throw new Error(JSON.stringify(statuses));
        times[size].push(...own);
        console.log(`${size}: p50 ${round(quantile(own, 0.5))} p99 ${round(quantile(own, 0.99))} ms`);
      }
    const ratios = [0.5, 0.99].map((share) => round(quantile(times.many, share) / quantile(times.few, share)));
    console.log(`${rows} to ${few} payments: p50 × ${ratios[0]}, p99 × ${ratios[1]}`);
    result.latencyRatio10mTo100k = Math.max(...ratios);
  }
} finally {
  await system.stop();
}
const missed = (Object.keys(bars) as (keyof typeof bars)[]).filter((name) =>
  // Not a number is no pass either.
  name.endsWith('Ratio') ? !(result[name] >= bars[name]) : !(result[name] <= bars[name]),
);
if (missed.length > 0) console.error(`MISSED: ${missed.join(', ')}`);
// The last line, after everything is stopped.
console.log(JSON.stringify(result));
process.exitCode = missed.length > 0 ? 1 : 0;

/** Look-ups so far, by outcome. */
async function reads(port: number): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Object.fromEntries(
    [...text.matchAll(/^tributary_reads_total\{outcome="(\w+)"\} (\d+)/gm)].map(([, outcome, count]) => [
      String(outcome),
      Number(count),
    ]),
  );
}

/** Payments at a steady rate, whatever becomes of those before. `times` gets ms from when each was due. */
async function pay(port: number, forSeconds: number, times: number[]): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 32, pipelining: 1 });
  const under = new Set<Promise<void>>();
  const place = async (due: number) => {
    const key = randomUUID();
    const response = await pool.request({
      method: 'POST',
      path: '/v1/payments',
      headers: {
        authorization: `Bearer ${system.merchant.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({
        merchantOrderNo: key,
        serviceId: 'zero.native',
        amount: 1299,
        currency: 'CNY',
        subject: 'Flat white',
        payer: { id: `payer-${Math.floor(Math.random() * 10_000)}` },
      }),
    });
    const text = await response.body.text();
    if (response.statusCode !== 201) throw new Error(`${response.statusCode} ${text.slice(0, 300)}`);
    times.push(performance.now() - due);
  };
  const end = performance.now() + forSeconds * 1000;
  for (let due = performance.now(); due < end; due += ((0.5 + Math.random()) * 1000) / paymentsPerSecond) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    const going = place(due).finally(() => under.delete(going));
    under.add(going);
  }
  await Promise.all(under);
  await pool.close();
}

// npm run bench:isolation: channel A hangs while ten times what it can carry arrives for it. What B and C feel of it, what A
// sees of it, and how soon it is back. Everything is a process of its own and speaks HTTP; A's calls are counted by A.
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ChannelParams } from '@tributary/contracts/channel-config';
import { mainDocument } from '@tributary/contracts/config-kind';
import { liveDocument, publishDocument } from '../scripts/testing/documents.ts';
import { createArrivals, type Placed, type Stream } from './isolation/arrivals.ts';
import { carriesItsShareAt, probesBeyondPermitted, quantile, thresholdCrossedAt } from './isolation/judge.ts';
import { startSystem } from './isolation/system.ts';

const { values } = parseArgs({
  options: {
    calm: { type: 'string', default: '40' },
    hang: { type: 'string', default: '60' },
    heal: { type: 'string', default: '20' },
  },
});
const [calmSeconds, hangSeconds, healSeconds] = [Number(values.calm), Number(values.hang), Number(values.heal)];

const bars = { othersSuccess: 0.999, othersP99Ratio: 1.5, breakerOpenMs: 2_000, recoverMs: 15_000, rssGrowthMb: 150 };

const [a, b, c] = ['wechat-pay', 'alipay', 'unionpay'];
const latencyOfA = 600;
const placesOfA = 3;
/** What A can carry, in orders per second. */
const capacityOfA = placesOfA / (latencyOfA / 1000);
const breaker: ChannelParams['breaker'] = {
  windowKind: 'count',
  windowSize: 20,
  minimumCalls: 10,
  failureRateThreshold: 50,
  slowCallMs: 5_000,
  slowRateThreshold: 100,
  openMs: 3_000,
  halfOpenProbes: 3,
};
const paramsOfA: ChannelParams = {
  maxConcurrent: placesOfA,
  maxQueue: placesOfA,
  queueTimeoutMs: 250,
  queriesPerSecond: 100_000,
  deadlinesMs: { place: 2_000, query: 2_000 },
  callbacks: { maxConcurrent: placesOfA, maxQueue: 512, queueTimeoutMs: 2_000, deadlineMs: 4_500 },
  breaker,
};
const loadConnections = 128;
/** Merchants' connections, the places of A's three groups, and 120 for Postgres, the other channels and their callbacks. */
const mostSockets = loadConnections + 3 * placesOfA + 120;

const others: Stream[] = [
  { name: 'b', serviceId: 'bench.b', perSecond: 20 },
  { name: 'c', serviceId: 'bench.c', perSecond: 20 },
];
const shared: Stream = { name: 'shared', serviceId: 'bench.shared', perSecond: 4 };
const aAt = (perSecond: number): Stream => ({ name: 'a', serviceId: 'bench.a', perSecond });
const calmStreams = [...others, shared, aAt(0.5)];
const hangStreams = [...others, shared, aAt(capacityOfA * 10)];

const answersIn = (latencyMs: number | { min: number; max: number }) => [{ latencyMs }];
const load = () =>
  loadavg()
    .map((one) => one.toFixed(2))
    .join(' ');
const round = (value: number, digits = 0) => Math.round(value * 10 ** digits) / 10 ** digits;

console.log(
  `A carries ${round(capacityOfA, 1)}/s; load average ${load()}; ${calmSeconds} s calm, ${hangSeconds} s hung, ${healSeconds} s healed`,
);
const system = await startSystem();
const { db, control } = system;
let outcome: {
  result: Record<keyof typeof bars | 'maxConcurrentOnA' | 'bulkheadOfA' | 'probesBeyondPermitted', number>;
  missed: string[];
};
try {
  await configure();
  const arrivals = createArrivals({ url: system.url, apiKey: system.apiKey, connections: loadConnections });
  const { placed } = arrivals;

  arrivals.begin('warm', calmStreams);
  await sleep(8_000);
  arrivals.begin('calm', calmStreams);
  const calm = await watch(calmSeconds);
  console.log(`calm:   ${told('calm')}; ${toldVitals(calm)}`);

  await control('POST', `/channels/${a}/faults`, [{ timeout: true }]);
  arrivals.begin('hang', hangStreams);
  const hang = await watch(hangSeconds);
  console.log(`hung:   ${told('hang')}; ${toldVitals(hang)}`);

  const healedAt = Date.now();
  await control('POST', `/channels/${a}/faults`, answersIn(latencyOfA));
  arrivals.begin('heal', calmStreams);
  const heal = await watch(healSeconds);
  await arrivals.stop();
  console.log(`healed: ${told('heal')}; ${toldVitals(heal)}`);

  const { calls, mostAtOnce } = await system.seenBy(a);
  console.log(`A saw at once at most: ${JSON.stringify(mostAtOnce)}`);
  const opened = (group: string) =>
    system.moves.find((move) => move.channelId === a && move.group === group && move.to === 'open')?.at;
  const openedAt = opened('place') ?? Number.NaN;
  const crossedAt = thresholdCrossedAt(
    calls.filter(({ operation }) => operation === 'place'),
    breaker,
  );
  const beyond = (group: string, operations: string[]) => {
    const at = opened(group);
    const own = calls.filter(({ operation }) => operations.includes(operation));
    if (at === undefined) return 0;
    const probes = own.filter(({ startedAt }) => startedAt > at + 50 && startedAt < healedAt).length;
    console.log(
      `breaker of ${group}: opened ${round((at - hang.begunAt) / 1000, 1)} s into the fault, ${probes} probes until A healed`,
    );
    return probesBeyondPermitted(own, {
      openedAt: at,
      until: healedAt,
      openMs: breaker.openMs,
      permitted: breaker.halfOpenProbes,
      graceMs: 50,
    });
  };

  const shareOf = (payments: Placed[]) =>
    payments.filter(({ channel, payable }) => payable && channel === a).length / payments.length;
  const calmShare = shareOf(of('calm', shared.name));
  const backAt = carriesItsShareAt(
    of('heal', shared.name)
      .toSorted((one, other) => one.at - other.at)
      .map(({ at, channel, payable }) => ({ at, byChannel: payable && channel === a })),
    // Three quarters of it in a run of payments: half of them would be its whole share, and chance takes some away.
    { share: calmShare * 0.75, runOf: 20 },
  );
  console.log(
    `A carried ${round(calmShare * 100)} % of what it shares with B, ${round(shareOf(of('hang', shared.name)) * 100)} % while it hung`,
  );

  const othersOf = (phase: string) => others.flatMap(({ name }) => of(phase, name));
  const worstRatio = Math.max(
    ...others.map(({ name }) => quantile(times(of('hang', name)), 0.99) / quantile(times(of('calm', name)), 0.99)),
  );
  const result = {
    othersSuccess: round((await succeeded()) / othersOf('hang').length, 5),
    othersP99Ratio: round(worstRatio, 3),
    maxConcurrentOnA: Math.max(mostAtOnce.place ?? 0, mostAtOnce.query ?? 0),
    bulkheadOfA: placesOfA,
    breakerOpenMs: round(openedAt - (crossedAt ?? Number.NaN)),
    probesBeyondPermitted: beyond('place', ['place']) + beyond('query', ['query', 'queryRefund']),
    recoverMs: round((backAt ?? Number.NaN) - healedAt),
    rssGrowthMb: round(Math.max(0, hang.rssMb - calm.rssMb)),
  };
  const missed = [
    ...(result.othersSuccess >= bars.othersSuccess ? [] : ['othersSuccess']),
    ...(result.maxConcurrentOnA <= placesOfA ? [] : ['maxConcurrentOnA']),
    ...(result.probesBeyondPermitted === 0 ? [] : ['probesBeyondPermitted']),
    ...(['othersP99Ratio', 'breakerOpenMs', 'recoverMs', 'rssGrowthMb'] as const).filter(
      // Not a number is no pass either.
      (name) => !(result[name] <= bars[name]),
    ),
    ...(hang.sockets <= mostSockets ? [] : ['sockets']),
  ];
  outcome = { result, missed };

  function of(phase: string, stream: string): Placed[] {
    return placed.filter((one) => one.phase === phase && one.stream === stream);
  }
  function told(phase: string): string {
    return calmStreams
      .map(({ name }) => {
        const all = of(phase, name);
        const payable = all.filter((one) => one.payable).length;
        const refused = all.filter(({ httpStatus }) => httpStatus !== 201).map(({ httpStatus }) => httpStatus);
        const statuses = refused.length > 0 ? ` (HTTP ${[...new Set(refused)].join(', ')}: ${refused.length})` : '';
        return `${name} ${payable}/${all.length}${statuses} p50 ${round(quantile(times(all), 0.5))} p99 ${round(quantile(times(all), 0.99))} ms`;
      })
      .join(', ');
  }
} finally {
  await system.stop();
}
if (outcome.missed.length > 0) console.error(`MISSED: ${outcome.missed.join(', ')}`);
// The last line, after everything is stopped.
console.log(JSON.stringify(outcome.result));
process.exitCode = outcome.missed.length > 0 ? 1 : 0;

/** Channels and services, the sandbox's answer times, and payers who pay. */
async function configure(): Promise<void> {
  // What facts over past payments cost is bench:facts' question; here the machine is for the channels.
  await publishDocument(db, 'risk', mainDocument, { rules: [] });
  for (const id of [a, b, c]) {
    const document = await liveDocument(db, 'channel', id);
    const params = id === a ? paramsOfA : { maxConcurrent: 64, maxQueue: 64, queueTimeoutMs: 500, breaker };
    await publishDocument(db, 'channel', id, { ...document, priority: 10, feeBps: 60, params });
  }
  const native = await liveDocument(db, 'service', 'wechat.native');
  const syncSchedule = {
    firstSeconds: 3,
    steps: [{ everySeconds: 3, times: 10 }],
    backoff: { baseSeconds: 30, maxSeconds: 600 },
  };
  for (const [id, channelIds] of Object.entries({ a: [a], b: [b], c: [c], shared: [a, b] }))
    await publishDocument(db, 'service', `bench.${id}`, { ...native, id: `bench.${id}`, channelIds, syncSchedule });
  await control('POST', `/channels/${a}/faults`, answersIn(latencyOfA));
  for (const id of [b, c]) await control('POST', `/channels/${id}/faults`, answersIn({ min: 40, max: 80 }));
  await control('POST', '/autopay', { enabled: true, share: 1, delayMs: { min: 200, max: 1_500 } });
  // The engine hears of it within a second.
  await sleep(1_500);
}

/** The engine's memory and sockets, once a second. */
async function watch(seconds: number): Promise<{ begunAt: number; rssMb: number; sockets: number }> {
  const begunAt = Date.now();
  let [rssMb, sockets] = [0, 0];
  while (Date.now() < begunAt + seconds * 1000) {
    await sleep(Math.min(1_000, begunAt + seconds * 1000 - Date.now()));
    const now = system.vitals();
    rssMb = Math.max(rssMb, now.rssMb);
    sockets = Math.max(sockets, now.sockets);
  }
  return { begunAt, rssMb, sockets };
}

function toldVitals({ rssMb, sockets }: { rssMb: number; sockets: number }): string {
  return `memory ${round(rssMb)} MB, ${sockets} sockets, load average ${load()}`;
}

function times(payments: readonly Placed[]): number[] {
  return payments.map(({ ms }) => ms);
}

/** Payments at B and C placed while A hung that were paid in the end, as merchants see it. */
async function succeeded(): Promise<number> {
  const count = async () => {
    const { rows } = await db.query(
      `SELECT count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded, count(*) FILTER (WHERE status = 'processing')::int AS open
       FROM payments WHERE merchant_order_no LIKE 'hang-b-%' OR merchant_order_no LIKE 'hang-c-%'`,
    );
    return rows[0] as { succeeded: number; open: number };
  };
  for (let tries = 0; tries < 20 && (await count()).open > 0; tries++) await sleep(1_000);
  return (await count()).succeeded;
}

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CompartmentReport } from '../gateway/compartments.ts';
import { percentileOf } from '../gateway/last-minute.ts';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const breakerLevels = { closed: 0, half_open: 1, open: 2 } as const;

export type Metrics = ReturnType<typeof createMetrics>;

/** The node's metrics, all prefixed `tributary_`. Labels are bounded: ids of payments or merchants never are one. */
export function createMetrics() {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry, prefix: 'tributary_' });
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();

  const http = new Histogram({
    name: 'tributary_http_request_seconds',
    help: 'Requests at the door.',
    labelNames: ['method', 'route', 'status'],
    buckets: seconds,
    registers,
  });
  const stages = new Histogram({
    name: 'tributary_stage_seconds',
    help: 'Time a payment spends in each stage.',
    labelNames: ['stage'],
    buckets: seconds,
    registers,
  });
  const calls = new Histogram({
    name: 'tributary_channel_call_seconds',
    help: 'Channel calls by outcome.',
    labelNames: ['channel', 'op', 'outcome'],
    buckets: seconds,
    registers,
  });
  const breakers = new Gauge({
    name: 'tributary_breaker_state',
    help: 'Circuit breakers: 0 closed, 1 half open, 2 open.',
    labelNames: ['channel', 'group'],
    registers,
  });
  const breakerMoves = new Counter({
    name: 'tributary_breaker_transitions_total',
    help: 'Circuit breakers that changed their state.',
    labelNames: ['channel', 'group', 'to'],
    registers,
  });
  const places = new Gauge({
    name: 'tributary_compartment_calls',
    help: 'Calls of a channel and group of operations now: in flight, or waiting for a place.',
    labelNames: ['channel', 'group', 'state'],
    registers,
  });
  const placeLimits = new Gauge({
    name: 'tributary_compartment_limit',
    help: 'Most calls of a channel and group of operations at once: in flight, or waiting.',
    labelNames: ['channel', 'group', 'state'],
    registers,
  });
  const lastMinute = new Gauge({
    name: 'tributary_compartment_last_minute',
    help: 'Calls of the last minute: ended, failed by the channel, slow, timed out; refused for want of a place, after a wait, by the breaker.',
    labelNames: ['channel', 'group', 'what'],
    registers,
  });
  const quantiles = new Gauge({
    name: 'tributary_compartment_seconds',
    help: 'Answer times of the last minute. Not listed while there was no call.',
    labelNames: ['channel', 'group', 'quantile'],
    registers,
  });
  const unmapped = new Counter({
    name: 'tributary_channel_unmapped_total',
    help: 'Answers and callbacks with a response code that nobody has mapped.',
    labelNames: ['channel', 'op'],
    registers,
  });
  const callbacks = new Counter({
    name: 'tributary_callbacks_total',
    help: 'Callbacks from channels.',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const webhooks = new Histogram({
    name: 'tributary_webhook_try_seconds',
    help: 'Webhook deliveries tried: delivered, failed (tried again later), dead (given up).',
    labelNames: ['outcome'],
    buckets: seconds,
    registers,
  });
  const webhookBacklog = new Gauge({
    name: 'tributary_webhook_backlog',
    help: 'Deliveries that wait, or were given up; seconds that the oldest that could go out has been due; endpoints that rest after failures, or were paused; messages put aside.',
    labelNames: ['what'],
    registers,
  });
  const payments = new Counter({
    name: 'tributary_payment_transitions_total',
    help: 'Payments that came to a status.',
    labelNames: ['status', 'channel'],
    registers,
  });
  const jobs = new Histogram({
    name: 'tributary_job_seconds',
    help: 'Jobs worked.',
    labelNames: ['queue', 'outcome'],
    buckets: seconds,
    registers,
  });
  const config = new Gauge({
    name: 'tributary_config_version',
    help: 'Configuration version this node runs.',
    registers,
  });
  const configProblems = new Gauge({
    name: 'tributary_config_problems',
    help: 'Published documents that this node refuses to run; it keeps the versions before.',
    registers,
  });

  const accountExpiry = new Gauge({
    name: 'tributary_account_expiry_seconds',
    help: 'Seconds until the first certificate or key of a channel account expires; negative when it has.',
    labelNames: ['channel', 'account'],
    registers,
  });
  const olderVersions = new Counter({
    name: 'tributary_account_older_version_total',
    help: 'Answers and callbacks that only an older version of a channel account could read.',
    labelNames: ['channel', 'account', 'what'],
    registers,
  });

  const lookUps = new Counter({
    name: 'tributary_sync_look_ups_total',
    help: 'Look-ups of open orders: asked; not_sent, the channel was not reached and nothing was used up; refused, the order was with somebody else by the time.',
    labelNames: ['tier', 'channel', 'outcome'],
    registers,
  });
  const shardsTaken = new Counter({
    name: 'tributary_shards_taken_total',
    help: 'Shards that came to this node.',
    registers,
  });
  const toFinal = new Histogram({
    name: 'tributary_payment_final_seconds',
    help: 'From a payment to its final status, by what told of it: reply, callback, close, or the tier of status sync (memory, shard, batch, person).',
    labelNames: ['channel', 'by'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 86_400],
    registers,
  });
  const toFinalLookUps = new Histogram({
    name: 'tributary_payment_final_look_ups',
    help: 'Look-ups that it took until a payment was final.',
    labelNames: ['channel'],
    buckets: [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64],
    registers,
  });
  const syncLine = new Gauge({
    name: 'tributary_sync_line_seconds',
    help: 'How long a look-up of a channel has to wait that is asked about more than its budget allows; absent when nobody waits.',
    labelNames: ['channel'],
    registers,
  });
  const syncDepth = new Gauge({
    name: 'tributary_sync_backlog',
    help: 'What waits for its look-up, by tier and shard (memory has none): entries, due ones, and seconds that the oldest has been due.',
    labelNames: ['tier', 'shard', 'what'],
    registers,
  });

  const reads = new Counter({
    name: 'tributary_reads_total',
    help: 'Look-ups of payments by what answered: hit (the copy held, its version asked for), snapshot (Redis), miss (the database), coalesced (with another one); and what ended otherwise: not_modified (answered with one of the former), rate_limited, overloaded, not_found, unavailable.',
    labelNames: ['outcome'],
    registers,
  });
  const readsFrom = new Counter({
    name: 'tributary_reads_database_total',
    help: 'Reads for merchants by where they went: primary or replica.',
    labelNames: ['from'],
    registers,
  });
  const readCache = new Gauge({
    name: 'tributary_read_cache',
    help: 'Payments held in memory for look-ups: entries, bytes.',
    labelNames: ['what'],
    registers,
  });

  const auditBroken = new Gauge({
    name: 'tributary_audit_broken',
    help: 'Whether the audit log did not verify when it was last checked: 1 means that somebody tampered with it.',
    registers,
  });

  let requestsAnswered = 0;
  return {
    auditVerified: ({ brokenAt }: { brokenAt: string | undefined }) => auditBroken.set(brokenAt === undefined ? 0 : 1),
    read: (outcome: string, count: number) => reads.inc({ outcome }, count),
    readFrom: (from: 'primary' | 'replica') => readsFrom.inc({ from }),
    readCache: ({ entries, bytes }: { entries: number; bytes: number }) => {
      readCache.set({ what: 'entries' }, entries);
      readCache.set({ what: 'bytes' }, bytes);
    },
    lookUp: (r: { tier: string; channelId: string; outcome: string }) =>
      lookUps.inc({ tier: r.tier, channel: r.channelId, outcome: r.outcome }),
    shardsTaken: (shards: number) => shardsTaken.inc(shards),
    final: (r: { channelId: string; by: string; seconds: number; lookUps: number }) => {
      toFinal.observe({ channel: r.channelId, by: r.by }, r.seconds);
      toFinalLookUps.observe({ channel: r.channelId }, r.lookUps);
    },
    syncBacklog: (rows: { tier: string; shard: string; entries: number; due: number; oldestMs: number }[]) => {
      syncDepth.reset();
      for (const { tier, shard, entries, due, oldestMs } of rows) {
        syncDepth.set({ tier, shard, what: 'entries' }, entries);
        syncDepth.set({ tier, shard, what: 'due' }, due);
        syncDepth.set({ tier, shard, what: 'oldest_seconds' }, oldestMs / 1000);
      }
    },
    syncLines: (lines: { channelId: string; waitMs: number }[]) => {
      syncLine.reset();
      for (const { channelId: channel, waitMs } of lines) syncLine.set({ channel }, waitMs / 1000);
    },
    accountExpiries: (expiries: { accountId: string; channelId: string; secondsLeft: number }[]) => {
      accountExpiry.reset();
      for (const { accountId: account, channelId: channel, secondsLeft } of expiries)
        accountExpiry.set({ channel, account }, Math.round(secondsLeft));
    },
    olderVersion: (r: { accountId: string; channelId: string; what: string }) =>
      olderVersions.inc({ channel: r.channelId, account: r.accountId, what: r.what }),
    request: (r: { method: string; route: string; status: number; ms: number }) => {
      requestsAnswered++;
      http.observe({ method: r.method, route: r.route, status: String(r.status) }, r.ms / 1000);
    },
    /** Requests answered since the start. */
    requests: () => requestsAnswered,
    stage: (stage: string, ms: number) => stages.observe({ stage }, ms / 1000),
    call: (r: { channelId: string; op: string; kind: string; durationMs: number }) =>
      calls.observe({ channel: r.channelId, op: r.op, outcome: r.kind }, r.durationMs / 1000),
    breaker: ({
      channelId: channel,
      group,
      to,
    }: {
      channelId: string;
      group: string;
      to: keyof typeof breakerLevels;
    }) => {
      breakers.set({ channel, group }, breakerLevels[to]);
      breakerMoves.inc({ channel, group, to });
    },
    /** What every compartment of this node says of itself; told every few seconds. */
    compartments: (all: readonly CompartmentReport[]) => {
      for (const gauge of [places, placeLimits, lastMinute, quantiles, breakers]) gauge.reset();
      for (const { channelId: channel, group, limits, stats, breaker, minute } of all) {
        breakers.set({ channel, group }, breakerLevels[breaker.state]);
        places.set({ channel, group, state: 'active' }, stats.active);
        places.set({ channel, group, state: 'queued' }, stats.queued);
        placeLimits.set({ channel, group, state: 'active' }, limits.maxConcurrent);
        placeLimits.set({ channel, group, state: 'queued' }, limits.maxQueue);
        for (const [what, count] of Object.entries(minute.counts)) lastMinute.set({ channel, group, what }, count);
        for (const quantile of [0.5, 0.95, 0.99]) {
          const ms = percentileOf(minute.latency, quantile);
          if (ms !== undefined) quantiles.set({ channel, group, quantile: String(quantile) }, ms / 1000);
        }
      }
    },
    unmapped: (r: { channelId: string; operation: string }) => unmapped.inc({ channel: r.channelId, op: r.operation }),
    callback: (r: { channelId: string; outcome: string }) =>
      callbacks.inc({ channel: r.channelId, outcome: r.outcome }),
    webhook: (r: { outcome: string; ms: number }) => webhooks.observe({ outcome: r.outcome }, r.ms / 1000),
    webhookBacklog: (backlog: Record<string, number>) => {
      for (const [what, value] of Object.entries(backlog)) webhookBacklog.set({ what }, value);
    },
    payment: (status: string, channel: string | null) => payments.inc({ status, channel: channel ?? 'none' }),
    job: (queue: string, outcome: string, ms: number) => jobs.observe({ queue, outcome }, ms / 1000),
    configuration: (version: bigint, problems: number) => {
      config.set(Number(version));
      configProblems.set(problems);
    },
    /** 99th percentile of the event loop's delay since the last call, in ms. */
    loopDelayMs: () => {
      const p99 = loop.percentile(99) / 1e6;
      loop.reset();
      return Number.isFinite(p99) ? p99 : 0;
    },
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

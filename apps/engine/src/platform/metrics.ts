import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

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
    help: 'Circuit breakers: 0 closed, 1 half open, 2 open. Those that never moved are closed and not listed.',
    labelNames: ['channel', 'group'],
    registers,
  });
  const breakerMoves = new Counter({
    name: 'tributary_breaker_transitions_total',
    help: 'Circuit breakers that changed their state.',
    labelNames: ['channel', 'group', 'to'],
    registers,
  });
  const callbacks = new Counter({
    name: 'tributary_callbacks_total',
    help: 'Callbacks from channels.',
    labelNames: ['channel', 'outcome'],
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

  return {
    request: (r: { method: string; route: string; status: number; ms: number }) =>
      http.observe({ method: r.method, route: r.route, status: String(r.status) }, r.ms / 1000),
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
    callback: (r: { channelId: string; outcome: string }) =>
      callbacks.inc({ channel: r.channelId, outcome: r.outcome }),
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

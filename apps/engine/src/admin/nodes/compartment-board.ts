import type { CompartmentReport } from '../../gateway/compartments.ts';
import { type LatencySketch, type MinuteCounts, mergeSketches, percentileOf } from '../../gateway/last-minute.ts';

/** A node that said nothing for so long is missing: it is shown as missing, never counted as idle. */
export const missingAfterMs = 8_000;

type NodeRow = { id: string; role: string; lastSeenAt: Date; compartments: unknown };
type Channels = ReadonlyMap<string, { id: string; name: string }>;

const breakerLevels = { closed: 0, half_open: 1, open: 2 } as const;

/** The live board: what all nodes say of each channel and group of operations, added up. */
export function boardOf(rows: readonly NodeRow[], channels: Channels, now: Date) {
  const nodes = rows.map(({ id, role, lastSeenAt }) => {
    const silentMs = Math.max(0, now.getTime() - lastSeenAt.getTime());
    return { id, role, silentMs, missing: silentMs > missingAfterMs };
  });
  const missing = new Set(nodes.filter((node) => node.missing).map(({ id }) => id));
  const byCompartment = new Map<string, { nodeId: string; report: CompartmentReport }[]>();
  for (const row of rows) {
    if (missing.has(row.id)) continue;
    for (const report of row.compartments as CompartmentReport[]) {
      if (!channels.has(report.channelId)) continue;
      const key = `${report.channelId}|${report.group}`;
      byCompartment.set(key, [...(byCompartment.get(key) ?? []), { nodeId: row.id, report }]);
    }
  }
  const compartments = [...byCompartment.values()].map((told) => add(told, channels));
  compartments.sort((a, b) => b.risk - a.risk || (a.channelId < b.channelId ? -1 : a.channelId > b.channelId ? 1 : 0));
  return { now: now.getTime(), nodes, compartments };
}

function add(told: { nodeId: string; report: CompartmentReport }[], channels: Channels) {
  const [first] = told;
  if (!first) throw new Error('unreachable: nobody told of it');
  const { channelId, group } = first.report;
  const sum = (of: (report: CompartmentReport) => number) => told.reduce((total, { report }) => total + of(report), 0);
  const counts = Object.fromEntries(
    (Object.keys(first.report.minute.counts) as (keyof MinuteCounts)[]).map((name) => [
      name,
      sum(({ minute }) => minute.counts[name] ?? 0),
    ]),
  ) as MinuteCounts;
  const nodes = told.map(({ nodeId, report }) => ({
    nodeId,
    active: report.stats.active,
    maxConcurrent: report.limits.maxConcurrent,
    queued: report.stats.queued,
    breaker: report.breaker,
    ...percentiles(report.minute.latency),
  }));
  const worst = nodes.reduce((a, b) => (breakerLevels[b.breaker.state] > breakerLevels[a.breaker.state] ? b : a));
  const whole = {
    channelId,
    channelName: channels.get(channelId)?.name ?? channelId,
    group,
    active: sum(({ stats }) => stats.active),
    maxConcurrent: sum(({ limits }) => limits.maxConcurrent),
    queued: sum(({ stats }) => stats.queued),
    maxQueue: sum(({ limits }) => limits.maxQueue),
    /** Of the node where it is worst. */
    breaker: worst.breaker.state,
    retryInMs: worst.breaker.retryInMs,
    openOn: nodes.filter(({ breaker }) => breaker.state !== 'closed').length,
    counts,
    ...percentiles(mergeSketches(told.map(({ report }) => report.minute.latency))),
    /** Calls of each five seconds, oldest first. */
    pace: first.report.minute.pace.map((_, slot) => sum(({ minute }) => minute.pace[slot] ?? 0)),
    nodes,
  };
  return { ...whole, risk: riskOf(whole) };
}

const percentiles = (latency: LatencySketch) => ({
  p50Ms: percentileOf(latency, 0.5) ?? null,
  p95Ms: percentileOf(latency, 0.95) ?? null,
  p99Ms: percentileOf(latency, 0.99) ?? null,
});

/** For sorting only: breakers first, then refusals, then failures, then how full it is. */
function riskOf(one: {
  breaker: keyof typeof breakerLevels;
  counts: MinuteCounts;
  active: number;
  maxConcurrent: number;
}): number {
  const { calls, failed, slow, rejected, waitedTooLong } = one.counts;
  const share = (part: number, of: number) => (of === 0 ? 0 : part / of);
  const refused = rejected + waitedTooLong;
  return (
    breakerLevels[one.breaker] * 100 +
    share(refused, refused + calls) * 50 +
    share(failed, calls) * 20 +
    share(slow, calls) * 10 +
    share(one.active, one.maxConcurrent) * 5
  );
}

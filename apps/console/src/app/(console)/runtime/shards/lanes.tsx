import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useEffect, useRef, useState } from 'react';
import { duration } from '@/lib/format';
import type { ShardList } from './shards';

type Lane = { key: 'memory' | 'queue' | 'batch'; depth: number; oldestMs: number; in: number; out: number };
type Seen = { at: number; lanes: Lane[] };

/** The three tiers as the workers tell of them: what waits, how late the oldest is, and how fast it comes and goes. */
export function Lanes({ list }: { list: ShardList }) {
  const t = useTranslations('shards');
  const now: Seen = { at: list.now, lanes: lanesOf(list) };
  const rates = useRates(now);
  return (
    <div className="mb-4 grid gap-3 md:grid-cols-3">
      {now.lanes.map((lane, index) => {
        const rate = rates?.[index];
        const draining = rate && rate.out > rate.in ? (lane.depth / (rate.out - rate.in)) * 1_000 : undefined;
        return (
          <section key={lane.key} className="rounded border bg-surface p-3" aria-label={t(`lanes.${lane.key}`)}>
            <h2 className="font-medium">{t(`lanes.${lane.key}`)}</h2>
            <p className="text-xs text-muted">{t(`laneHints.${lane.key}`)}</p>
            <dl className="mt-2 grid grid-cols-2 gap-x-3 gap-y-1 text-sm">
              <dt className="text-muted">{t('depth')}</dt>
              <dd className="text-right font-mono">{lane.depth}</dd>
              <dt className="text-muted">{t('late')}</dt>
              <dd className="text-right font-mono">{lane.oldestMs > 0 ? duration(lane.oldestMs) : '—'}</dd>
              <dt className="text-muted">{t('flow')}</dt>
              <dd className="text-right font-mono">{rate ? `${rate.in.toFixed(1)} / ${rate.out.toFixed(1)}` : '—'}</dd>
              <dt className="text-muted">{t('drained')}</dt>
              <dd className="text-right font-mono">
                {lane.depth === 0 ? t('empty') : draining === undefined ? '—' : duration(draining)}
              </dd>
            </dl>
          </section>
        );
      })}
      <Lines list={list} />
    </div>
  );
}

/** Channels that are asked about more than they allow, with how long a look-up has to wait there. */
function Lines({ list: { workers } }: { list: ShardList }) {
  const t = useTranslations('shards');
  const longest = new Map<string, number>();
  for (const { channelId, waitMs } of workers.flatMap(({ stats }) => stats.lines ?? []))
    longest.set(channelId, Math.max(longest.get(channelId) ?? 0, waitMs));
  if (longest.size === 0) return null;
  return (
    <section className="rounded border border-warn bg-surface p-3 text-sm md:col-span-3" aria-label={t('lines')}>
      <h2 className="font-medium">{t('lines')}</h2>
      <p className="text-xs text-muted">{t('linesHint')}</p>
      <ul className="mt-2">
        {[...longest].map(([channelId, waitMs]) => (
          <li key={channelId}>
            <Link href={`/channels/${channelId}`} className="text-primary hover:underline">
              {channelId}
            </Link>{' '}
            {t('lineWait', { wait: duration(waitMs) })}
          </li>
        ))}
      </ul>
    </section>
  );
}

function lanesOf({ workers, shards }: ShardList): Lane[] {
  const sum = (read: (stats: ShardList['workers'][number]['stats']) => number | undefined) =>
    workers.reduce((all, { stats }) => all + (read(stats) ?? 0), 0);
  const most = (read: (stats: ShardList['workers'][number]['stats']) => number | undefined) =>
    Math.max(0, ...workers.map(({ stats }) => read(stats) ?? 0));
  return [
    {
      key: 'memory',
      depth: sum(({ memory }) => memory?.depth),
      oldestMs: most(({ memory }) => memory?.oldestMs),
      in: sum(({ memory }) => memory?.in),
      out: sum(({ memory }) => memory?.out),
    },
    {
      key: 'queue',
      depth: sum(({ shardQueue }) => shardQueue?.depth),
      oldestMs: most(({ shardQueue }) => shardQueue?.oldestMs),
      in: sum(({ shardQueue }) => shardQueue?.in),
      out: sum(({ shardQueue }) => shardQueue?.out),
    },
    {
      key: 'batch',
      depth: shards.reduce((all, { overdue }) => all + overdue, 0),
      oldestMs: Math.max(0, ...shards.map(({ oldestMs }) => oldestMs ?? 0)),
      in: sum(({ batch }) => batch?.out),
      out: sum(({ batch }) => batch?.out),
    },
  ];
}

/** Per second, over the last half minute of answers; workers that come and go make it start anew. */
function useRates(now: Seen): { in: number; out: number }[] | undefined {
  const seen = useRef<Seen[]>([]);
  const [rates, setRates] = useState<{ in: number; out: number }[]>();
  const { at } = now;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer once, by its time
  useEffect(() => {
    const last = seen.current.at(-1);
    if (last && now.lanes.some((lane, i) => lane.out < (last.lanes[i]?.out ?? 0))) seen.current = [];
    seen.current = [...seen.current.filter((one) => at - one.at < 30_000), now];
    const [first] = seen.current;
    if (!first || first.at === at) return;
    const seconds = (at - first.at) / 1_000;
    setRates(
      now.lanes.map((lane, i) => ({
        in: (lane.in - (first.lanes[i]?.in ?? 0)) / seconds,
        out: (lane.out - (first.lanes[i]?.out ?? 0)) / seconds,
      })),
    );
  }, [at]);
  return rates;
}

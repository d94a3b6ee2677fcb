'use client';

import { useQuery } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { duration, percent } from '@/lib/format';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Meter } from '@/ui/meter';
import { Page, Section, Table, Td, Th } from '@/ui/table';
import { ByNode } from './by-node';

export type Board = Outputs['nodes']['compartments'];
export type BoardRow = Board['compartments'][number];

const refreshMs = 2_000;
/** Numbers older than this are shown grey: an old green number is worse than none. */
const staleMs = 5_000;

export const breakerTones = { closed: 'success', half_open: 'warn', open: 'failed' } as const;

/** The live board: how full every compartment is on all nodes together, what is refused, and whether its breaker is open. */
export function Bulkheads() {
  const t = useTranslations('bulkheads');
  const [paused, setPaused] = useState(false);
  const query = useQuery(
    useTrpc().nodes.compartments.queryOptions(undefined, { refetchInterval: paused ? false : refreshMs }),
  );
  const ageMs = useAge(query.dataUpdatedAt);
  const stale = ageMs > staleMs;
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <Button onClick={() => setPaused(!paused)} aria-pressed={paused}>
          {paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
          {paused ? t('resume') : t('pause')}
        </Button>
      }
    >
      <Loaded query={query}>
        {(board) => (
          <>
            <Verdict board={board} age={stale ? duration(ageMs) : undefined} paused={paused} />
            <div className={stale ? 'opacity-50' : ''}>
              {board.compartments.length === 0 ? (
                <p className="text-muted">{t('none')}</p>
              ) : (
                <>
                  <Rows board={board} />
                  <Section title={t('byNode')}>
                    <ByNode board={board} />
                  </Section>
                </>
              )}
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** Milliseconds since a moment of this browser's clock; looks again every second. */
function useAge(since: number): number {
  const [now, setNow] = useState(since);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return since === 0 ? 0 : Math.max(0, now - since);
}

function Verdict({ board, age, paused }: { board: Board; age: string | undefined; paused: boolean }) {
  const t = useTranslations('bulkheads');
  const told = board.nodes.filter(({ missing }) => !missing).length;
  const open = board.compartments.filter(({ breaker }) => breaker !== 'closed').length;
  const full = board.compartments.filter(({ counts }) => counts.rejected + counts.waitedTooLong > 0).length;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2" aria-live="polite">
      {age ? <Chip tone="warn">{paused ? t('pausedFor', { age }) : t('staleFor', { age })}</Chip> : null}
      <Chip large tone={open > 0 ? 'failed' : full > 0 ? 'warn' : 'success'}>
        {open > 0 ? t('someOpen', { count: open }) : full > 0 ? t('someFull', { count: full }) : t('allWell')}
      </Chip>
      <Chip tone={told === board.nodes.length ? 'success' : 'warn'}>
        {t('reporting', { told, all: board.nodes.length })}
      </Chip>
    </div>
  );
}

function Rows({ board }: { board: Board }) {
  const t = useTranslations('bulkheads');
  const told = board.nodes.filter(({ missing }) => !missing).length;
  return (
    <Table
      wide
      label={t('title')}
      head={[
        t('compartment'),
        t('active'),
        t('queued'),
        t('breaker'),
        t('calls'),
        t('failed'),
        t('slow'),
        t('timeouts'),
        t('refused'),
        t('latency'),
        t('pace'),
        t('nodes'),
      ].map((name) => <Th key={name}>{name}</Th>)}
    >
      {board.compartments.map((row) => (
        <Row key={`${row.channelId}|${row.group}`} row={row} told={told} />
      ))}
    </Table>
  );
}

function Row({ row, told }: { row: BoardRow; told: number }) {
  const t = useTranslations('bulkheads');
  const { counts } = row;
  return (
    <tr className="border-b">
      <Td className="whitespace-nowrap">
        <Link href={`/channels/${row.channelId}`} className="text-primary underline">
          {row.channelName}
        </Link>{' '}
        <span className="text-muted">{t(`groups.${row.group}`)}</span>
      </Td>
      <Td>
        <Meter value={row.active} max={row.maxConcurrent} />
      </Td>
      <Td className="whitespace-nowrap">
        {row.queued} <span className="text-subtle">/ {row.maxQueue}</span>
      </Td>
      <Td className="whitespace-nowrap">
        <Chip tone={breakerTones[row.breaker]}>{t(`breakers.${row.breaker}`)}</Chip>
        {row.breaker === 'closed' ? null : (
          <span className="ml-1.5 text-xs text-muted">
            {t('openOn', { count: row.openOn, all: told })}
            {row.retryInMs > 0 ? ` · ${t('retryIn', { time: duration(row.retryInMs) })}` : ''}
          </span>
        )}
      </Td>
      <Td>{counts.calls}</Td>
      <Td className={counts.failed > 0 ? 'text-failed' : ''}>
        {counts.failed}{' '}
        {counts.failed > 0 ? <span className="text-xs">{percent(counts.failed, counts.calls)}</span> : null}
      </Td>
      <Td className={counts.slow > 0 ? 'text-warn' : ''}>{counts.slow}</Td>
      <Td className={counts.timeouts > 0 ? 'text-failed' : ''}>{counts.timeouts}</Td>
      <Td className="whitespace-nowrap" title={t('refusedTitle')}>
        <Refused value={counts.rejected} />
        {' · '}
        <Refused value={counts.waitedTooLong} />
        {' · '}
        <Refused value={counts.shortCircuited} />
      </Td>
      <Td className="whitespace-nowrap">
        {row.p50Ms === null
          ? '—'
          : [row.p50Ms, row.p95Ms, row.p99Ms].map((ms) => (ms === null ? '—' : duration(ms))).join(' · ')}
      </Td>
      <Td>
        <Pace counts={row.pace} />
      </Td>
      <Td className={row.nodes.length < told ? 'text-warn' : ''}>
        {row.nodes.length}/{told}
      </Td>
    </tr>
  );
}

const Refused = ({ value }: { value: number }) => <span className={value > 0 ? 'text-warn' : ''}>{value}</span>;

/** Calls of each five seconds of the last minute, as bars of which the tallest is the most of this row. */
function Pace({ counts }: { counts: readonly number[] }) {
  const t = useTranslations('bulkheads');
  const most = Math.max(1, ...counts);
  const width = 4;
  return (
    <svg
      role="img"
      aria-label={t('paceOf', { most: Math.max(0, ...counts) })}
      width={counts.length * width}
      height={18}
      className="text-primary"
    >
      {counts.map((count, slot) => {
        const height = count === 0 ? 0 : Math.max(1, (count / most) * 18);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place in time
            key={slot}
            x={slot * width}
            y={18 - height}
            width={width - 1}
            height={height}
            fill="currentColor"
          />
        );
      })}
    </svg>
  );
}

'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { Progress } from '@/backtest/progress';
import { Result } from '@/backtest/result';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Section } from '@/ui/table';
import type { Change } from './change-detail';

type Item = Change['items'][number];
const dayMs = 86_400_000;

/** What the change would have done to payments of the past: the newest backtest of exactly these rules. */
export function Impact({ change }: { change: Change }) {
  const t = useTranslations('changes');
  const rules = change.items.filter(({ kind, document }) => (kind === 'risk' || kind === 'routing') && document);
  if (rules.length === 0) return <Empty title={t('noImpact')}>{t('noImpactHint')}</Empty>;
  return (
    <>
      {rules.map((item) => (
        <OfRules key={item.kind} change={change} item={item} />
      ))}
    </>
  );
}

function OfRules({ change, item }: { change: Change; item: Item }) {
  const t = useTranslations('changes');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const kind = item.kind === 'routing' ? 'routing' : 'risk';
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.changes.get.queryKey({ id: change.id }) });
  const start = useMutation(trpc.lab.startBacktest.mutationOptions({ onSuccess: refresh }));
  const run = (days: number) =>
    start.mutate({
      kind,
      subject: { from: 'change', changeId: change.id },
      from: Date.now() - days * dayMs,
      to: Date.now(),
    });
  return (
    <Section
      title={t(`kinds.${item.kind}`)}
      actions={
        may('lab.run') ? (
          <>
            <Button onClick={() => run(1)} disabled={start.isPending}>
              {t('backtestDay')}
            </Button>
            <Button onClick={() => run(7)} disabled={start.isPending}>
              {t('backtestWeek')}
            </Button>
          </>
        ) : undefined
      }
    >
      {start.error ? (
        <p role="alert" className="mb-2 text-failed">
          {start.error.message}
        </p>
      ) : null}
      {item.backtest ? <OneRun id={item.backtest.id} kind={kind} /> : <p className="text-muted">{t('noBacktest')}</p>}
    </Section>
  );
}

function OneRun({ id, kind }: { id: string; kind: 'risk' | 'routing' }) {
  const t = useTranslations('changes');
  const query = useQuery(
    useTrpc().lab.backtest.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data?.run.state === 'running' ? 1_000 : false) },
    ),
  );
  return (
    <Loaded query={query}>
      {({ run, result }) => (
        <>
          <p className="mb-3 flex flex-wrap items-center gap-x-3 text-muted">
            {t('backtestOf', { from: dateTime(run.from), to: dateTime(run.to) })}
            <Link href={`/rules/lab?tab=backtest&run=${id}`} className="text-primary underline">
              {t('openLab')}
            </Link>
          </p>
          <Progress run={run} />
          {result ? <Result kind={kind} result={result} shownCell={null} onCell={undefined} /> : null}
        </>
      )}
    </Loaded>
  );
}

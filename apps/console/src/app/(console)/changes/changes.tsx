'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import type { ChangeStatus } from '@tributary/contracts/change';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { changeTones } from '@/changes/status';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Table, Td, Th } from '@/ui/table';

const shows = ['to_approve', 'mine', 'all'] as const;
const statuses = Object.keys(changeTones) as ChangeStatus[];

/** Changes of configuration: those that wait for me first. */
export function Changes() {
  const t = useTranslations('changes');
  const { me } = useMe();
  const [show, setShow] = useQueryState('show', parseAsStringLiteral(shows));
  const [status, setStatus] = useQueryState('status', parseAsStringLiteral(statuses));
  const chosen = show ?? (me?.approver ? 'to_approve' : 'all');
  const query = useInfiniteQuery(
    useTrpc().changes.list.infiniteQueryOptions(
      { show: chosen, ...(status ? { status } : {}) },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, refetchInterval: 10_000 },
    ),
  );
  return (
    <Page title={t('title_')} lead={t('lead')}>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <div role="tablist" aria-label={t('which')} className="flex rounded-md border border-edge p-0.5">
          {shows.map((one) => (
            <button
              key={one}
              type="button"
              role="tab"
              aria-selected={chosen === one}
              onClick={() => void setShow(one)}
              className={`h-6.5 rounded-sm px-3 ${chosen === one ? 'bg-processing-bg font-medium text-processing' : 'text-muted hover:text-fg'}`}
            >
              {t(`shows.${one}`)}
            </button>
          ))}
        </div>
        <select
          aria-label={t('state')}
          className="control h-8 rounded-md border border-edge bg-bg px-2"
          value={status ?? ''}
          onChange={(event) => void setStatus(statuses.find((one) => one === event.target.value) ?? null)}
        >
          <option value="">{t('anyState')}</option>
          {statuses.map((one) => (
            <option key={one} value={one}>
              {t(`states.${one}`)}
            </option>
          ))}
        </select>
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const changes = pages.flatMap((page) => page.changes);
          if (changes.length === 0)
            return <Empty title={t(`none.${status ? 'match' : chosen}`)}>{t('noneHint')}</Empty>;
          return (
            <>
              <Table
                cards
                label={t('title_')}
                head={[t('state'), t('title'), t('documents'), t('author'), t('created_'), t('next')].map((name) => (
                  <Th key={name}>{name}</Th>
                ))}
              >
                {changes.map((change) => (
                  <Row key={change.id} change={change} />
                ))}
              </Table>
              {query.hasNextPage ? (
                <p className="mt-2 text-center">
                  <Button onClick={() => void query.fetchNextPage()}>{t('more')}</Button>
                </p>
              ) : null}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Row({ change }: { change: Outputs['changes']['list']['changes'][number] }) {
  const t = useTranslations('changes');
  return (
    <tr className="border-b">
      <Td>
        <span className="flex flex-wrap gap-1">
          <Chip tone={changeTones[change.status]}>{t(`states.${change.status}`)}</Chip>
          {change.emergency ? <Chip tone="failed">{t('emergency')}</Chip> : null}
          {change.reviewOpen ? <Chip tone="warn">{t('reviewOpen')}</Chip> : null}
        </span>
      </Td>
      <Td className="min-w-52">
        <Link href={`/changes/${change.id}`} className="font-medium text-primary hover:underline">
          {change.title}
        </Link>
        <span className="block font-mono text-xs text-subtle">{change.id.slice(-8)}</span>
      </Td>
      <Td label={t('documents')} className="text-xs">
        {change.refs.slice(0, 3).map((ref) => (
          <DocumentName key={ref} of={ref} />
        ))}
        {change.refs.length > 3 ? (
          <span className="text-muted">{t('andMore', { count: change.refs.length - 3 })}</span>
        ) : null}
      </Td>
      <Td label={t('author')}>{change.createdBy}</Td>
      <Td label={t('created_')} className="whitespace-nowrap text-muted">
        {dateTime(change.createdAt)}
      </Td>
      <Td className="whitespace-nowrap text-xs text-muted">
        {change.status === 'scheduled' && change.publishAt
          ? t('publishesAt', { time: dateTime(change.publishAt) })
          : change.stageEndsAt && (change.status === 'canary' || change.status === 'watching')
            ? t('endsAt', { time: dateTime(change.stageEndsAt) })
            : change.publishedAt
              ? t('publishedAt', { time: dateTime(change.publishedAt) })
              : ''}
      </Td>
    </tr>
  );
}

function DocumentName({ of: ref }: { of: string }) {
  const t = useTranslations('changes');
  const [kind = '', id = ''] = ref.split('/');
  return (
    <span className="block">
      {t.has(`kinds.${kind}`) ? t(`kinds.${kind}`) : kind}{' '}
      {id === 'main' ? '' : <span className="font-mono text-muted">{id}</span>}
    </span>
  );
}

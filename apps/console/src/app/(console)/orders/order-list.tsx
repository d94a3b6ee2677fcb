'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link2, RefreshCw } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useQueryStates } from 'nuqs';
import { useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { useFailedWords } from '@/lib/words';
import { Button } from '@/ui/button';
import { Empty, Failed, Skeleton } from '@/ui/states';
import { Page } from '@/ui/table';
import { ActiveFilters } from './active-filters';
import { FilterForm } from './filter-form';
import { filterInput, ignoredValues, orderFilters, sharedSearch } from './order-filters';
import { OrderSearch } from './order-search';
import { OrderTable } from './order-table';

const pageSize = 50;

/** Orders, newest first, page by page. The address holds the filters, so that a link shows the same list to everybody. */
export function OrderList() {
  const t = useTranslations('orders');
  const words = useFailedWords();
  const trpc = useTrpc();
  const search = useSearchParams();
  const [filters, setFilters] = useQueryStates(orderFilters, { history: 'push' });
  // A moving window starts from here; "refresh" moves it on.
  const [now, setNow] = useState(() => Date.now());
  const input = filterInput(filters, now);
  const query = useInfiniteQuery(
    trpc.orders.list.infiniteQueryOptions(
      { ...input, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, maxPages: 40 },
    ),
  );
  const { data, error } = query;
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  const newest = rows[0]?.id ?? '';
  // New orders never push the rows under somebody's eyes: they are counted, and shown when asked for.
  const fresh = useQuery(
    trpc.orders.list.queryOptions(
      { ...input, limit: 20 },
      { enabled: data !== undefined && error === null, refetchInterval: 10_000, staleTime: 9_000 },
    ),
  );
  const waiting = fresh.data?.rows.filter(({ id }) => id > newest).length ?? 0;
  const filtered = Object.keys(input).length > 0;
  const ignored = ignoredValues(new URLSearchParams(search.toString()));
  const clear = () => void setFilters(null);
  const refresh = () => {
    setNow(Date.now());
    void query.refetch();
  };
  const share = async () => {
    const shared = sharedSearch(new URLSearchParams(search.toString()), filters, now);
    await navigator.clipboard.writeText(`${location.origin}${location.pathname}${shared ? `?${shared}` : ''}`);
    toast.success(t('linkCopied'));
  };
  const asOf = data?.pages[0]?.asOf;

  return (
    <Page
      title={t('title')}
      lead={asOf ? t('asOf', { time: dateTime(asOf) }) : undefined}
      actions={
        <>
          <Button onClick={() => void share()}>
            <Link2 size={14} aria-hidden />
            {t('share')}
          </Button>
          <Button onClick={refresh}>
            <RefreshCw size={14} aria-hidden className={query.isRefetching ? 'animate-spin' : ''} />
            {t('refresh')}
          </Button>
        </>
      }
    >
      <OrderSearch />
      <FilterForm
        filters={filters}
        onApply={(next) => {
          setNow(Date.now());
          void setFilters(next);
        }}
      />
      {ignored.length > 0 ? (
        <p role="status" className="mb-3 rounded-md bg-warn-bg px-3 py-1.5 text-warn">
          {t('ignored', { values: ignored.join('、') })}
        </p>
      ) : null}
      {filtered ? <ActiveFilters filters={filters} onChange={(next) => void setFilters(next)} onClear={clear} /> : null}
      <div role="status">
        {waiting > 0 && rows.length > 0 ? (
          <Button look="primary" onClick={refresh} className="mb-2 w-full justify-center">
            {t('fresh', { count: waiting === 20 ? '20+' : waiting })}
          </Button>
        ) : null}
      </div>
      {error && rows.length > 0 ? (
        <p role="alert" className="mb-3 rounded-md bg-warn-bg px-3 py-2 text-warn">
          {words.title} {error.message}
        </p>
      ) : null}
      {error && rows.length === 0 ? <Failed error={error} onRetry={() => void query.refetch()} words={words} /> : null}
      {query.isPending ? <Skeleton rows={12} label={t('loading')} /> : null}
      {data && rows.length === 0 ? (
        filtered ? (
          <Empty title={t('noneMatch')}>
            <Button onClick={clear}>{t('clear')}</Button>
          </Empty>
        ) : (
          <Empty title={t('none')}>{t('noneLead')}</Empty>
        )
      ) : null}
      {rows.length > 0 ? <OrderTable rows={rows} /> : null}
      {query.hasNextPage ? (
        <More onReach={() => void query.fetchNextPage()} busy={query.isFetchingNextPage} />
      ) : rows.length > 0 ? (
        <p className="py-4 text-center text-xs text-subtle">{t('end', { count: rows.length })}</p>
      ) : null}
    </Page>
  );
}

/** Loads the next page when it comes into view, or on a click. */
function More({ onReach, busy }: { onReach: () => void; busy: boolean }) {
  const t = useTranslations('orders');
  const place = useRef<HTMLDivElement>(null);
  const reach = useRef(onReach);
  reach.current = onReach;
  useEffect(() => {
    if (!place.current || busy) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting) && scrollY > 0) reach.current();
      },
      { rootMargin: '200px' },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [busy]);
  return (
    <div ref={place} className="py-4 text-center">
      <Button onClick={onReach} disabled={busy}>
        {busy ? t('loading') : t('more')}
      </Button>
    </div>
  );
}

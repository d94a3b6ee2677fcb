'use client';

import type { UseQueryResult } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import type { ApiError } from '@/lib/trpc';
import { useFailedWords } from '@/lib/words';
import { Failed, Skeleton } from './states';

/** The states of one query: on its way, failed (with a way on), or there. What was there stays while a refresh fails. */
export function Loaded<Data>({
  query,
  children,
}: {
  query: Pick<UseQueryResult<Data, ApiError>, 'data' | 'error' | 'refetch'>;
  children: (data: Data) => ReactNode;
}) {
  const t = useTranslations('states');
  const words = useFailedWords();
  if (query.data !== undefined) {
    return (
      <>
        {query.error ? (
          <p role="alert" className="mb-3 rounded-md bg-warn-bg px-3 py-2 text-warn">
            {t('stale')} {query.error.message}
          </p>
        ) : null}
        {children(query.data)}
      </>
    );
  }
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} words={words} />;
  return <Skeleton label={t('loading')} />;
}

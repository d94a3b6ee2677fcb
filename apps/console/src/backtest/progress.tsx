'use client';

import { useTranslations } from 'next-intl';
import type { Outputs } from '@/lib/trpc';

type Run = Outputs['lab']['backtest']['run'];

/** How far a backtest is, or how it ended when it did not end well. */
export function Progress({ run }: { run: Run }) {
  const t = useTranslations('backtest');
  if (run.state === 'finished') return null;
  if (run.state === 'running') {
    return (
      <p role="status" className="mb-3 grid max-w-md gap-1 text-muted">
        {run.total === null ? t('starting') : t('progress', { done: run.done, total: run.total })}
        <progress
          aria-label={t('running')}
          className="h-1.5 w-full"
          max={run.total ?? 1}
          value={run.total === null ? 0 : run.done}
        />
      </p>
    );
  }
  return (
    <p role="status" className="mb-3 rounded-md bg-warn-bg px-3 py-2 text-warn">
      {t(`ended.${run.state}`)} {run.error ?? ''} {t('partial')}
    </p>
  );
}

'use client';

import { useTranslations } from 'next-intl';
import { dateTime } from '@/lib/format';
import { Facts } from '@/ui/table';
import type { Change } from './change-detail';

/** How the change is to be published, in words: what is approved with its documents. */
export function PlanFacts({ plan: { at, canary, watch } }: { plan: NonNullable<Change['plan']> }) {
  const t = useTranslations('changes.plan');
  return (
    <Facts
      rows={[
        [t('when'), at === undefined ? t('now') : t('at', { time: dateTime(at) })],
        [t('scope'), canary ? t('canary', canary) : t('all')],
        [
          t('watch'),
          `${t('watchFor', { minutes: watch.minutes, ...watch.thresholds })} ${t(watch.autoRollback ? 'rollsBack' : 'looksOnly')}`,
        ],
      ]}
    />
  );
}

'use client';

import { useTranslations } from 'next-intl';
import { percent } from '@/lib/format';
import { Section, Table, Td, Th } from '@/ui/table';
import type { Change } from './change-detail';

/** The numbers of the watch: what it was measured against, what came, which threshold was crossed. */
export function WatchOutcome({ outcome }: { outcome: NonNullable<Change['outcome']> }) {
  const t = useTranslations('changes');
  const { before, during, verdict, comparedWith } = outcome;
  const of = (numbers: Record<string, number>, key: string) => percent(numbers[key] ?? 0, numbers.payments ?? 0);
  const crossed = (metric: string) => verdict.breaches.some((one) => one.metric === metric);
  return (
    <Section title={t('watchNumbers')}>
      <Table
        label={t('watchNumbers')}
        head={['', t(comparedWith === 'others' ? 'otherMerchants' : 'before_'), t('during')].map((name) => (
          <Th key={name}>{name}</Th>
        ))}
      >
        <tr className="border-b">
          <th scope="row" className="px-2.5 text-left font-normal">
            {t('payments')}
          </th>
          <Td>{before.payments}</Td>
          <Td>{during.payments}</Td>
        </tr>
        {(
          [
            ['succeeded', 'success'],
            ['rejected', 'reject'],
            ['errors', 'error'],
          ] as const
        ).map(([key, metric]) => (
          <tr key={key} className="border-b">
            <th scope="row" className="px-2.5 text-left font-normal">
              {t(`metrics.${metric}`)}
            </th>
            <Td>{of(before, key)}</Td>
            <Td className={crossed(metric) ? 'font-medium text-failed' : ''}>
              {of(during, key)}
              {crossed(metric) ? ` ${t('crossed')}` : ''}
            </Td>
          </tr>
        ))}
      </Table>
      <p className={`mt-1 text-xs ${verdict.breaches.length > 0 ? 'text-failed' : 'text-muted'}`}>
        {t(verdict.breaches.length > 0 ? 'breached' : verdict.enough ? 'held' : 'tooFew')}
      </p>
    </Section>
  );
}

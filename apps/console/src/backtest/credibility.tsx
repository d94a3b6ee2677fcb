'use client';

import type { BacktestResult } from '@tributary/contracts/backtest';
import { useTranslations } from 'next-intl';
import { percent } from '@/lib/format';
import { Section } from '@/ui/table';

/** How far a replay can be believed: what was looked at, what could not be, and what was taken for granted. */
export function Credibility({ result }: { result: BacktestResult }) {
  const t = useTranslations('backtest');
  const { notReplayable, passedOver, assumptions, disagreements } = result;
  const lines: [string, boolean][] = [
    [t('sampled', { sampled: result.sampled, population: result.population, n: result.everyNth }), false],
    [
      notReplayable.payments === 0
        ? t('allReplayed')
        : t('notReplayed', {
            count: notReplayable.payments,
            share: percent(notReplayable.payments, result.sampled),
            facts: notReplayable.facts.map(({ fact, payments }) => `${fact} (${payments})`).join(', ') || '—',
          }),
      notReplayable.payments > 0,
    ],
    ...(passedOver.noDecision + passedOver.notRouted > 0
      ? ([[t('passedOver', passedOver), false]] as [string, boolean][])
      : []),
    ...assumptions
      .filter(({ payments }) => payments > 0)
      .map(({ code, payments }): [string, boolean] => [t(`assumptions.${code}`, { count: payments }), false]),
    [disagreements === 0 ? t('agrees') : t('disagrees', { count: disagreements }), disagreements > 0],
    ...(result.versions.length > 1
      ? ([[t('severalVersions', { list: result.versions.map(({ version }) => `v${version}`).join(', ') }), false]] as [
          string,
          boolean,
        ][])
      : []),
  ];
  return (
    <Section title={t('credibility')}>
      <ul className="grid gap-1.5 rounded-md bg-surface p-3">
        {lines.map(([line, bad]) => (
          <li key={line} className={bad ? 'text-warn' : 'text-muted'}>
            {line}
          </li>
        ))}
      </ul>
    </Section>
  );
}

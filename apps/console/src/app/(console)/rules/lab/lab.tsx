'use client';

import { useTranslations } from 'next-intl';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { Page } from '@/ui/table';
import { TryOne } from '../[kind]/try-one';
import { Backtests } from './backtests';
import { BesideLive } from './beside-live';
import { TestCases } from './test-cases';

const tabs = ['single', 'beside', 'tests', 'backtest'] as const;
const kinds = ['risk', 'routing'] as const;

/** What rules would do: to one payment, to the cases that must pass, to the payments of the past. */
export function Lab() {
  const t = useTranslations('lab');
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('single'));
  const [kind, setKind] = useQueryState('kind', parseAsStringLiteral(kinds).withDefault('risk'));
  const [change] = useQueryState('change', parseAsString);
  const [order] = useQueryState('order', parseAsString);
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        tab === 'single' ? undefined : (
          <select
            aria-label={t('kind')}
            className="control h-8 rounded-md border border-edge bg-bg px-2"
            value={kind}
            onChange={(event) => void setKind(event.target.value === 'routing' ? 'routing' : 'risk')}
          >
            {kinds.map((one) => (
              <option key={one} value={one}>
                {t(`kinds.${one}`)}
              </option>
            ))}
          </select>
        )
      }
    >
      <div role="tablist" aria-label={t('title')} className="mb-5 flex flex-wrap gap-1 border-b">
        {tabs.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`tab-${one}`}
            aria-selected={tab === one}
            onClick={() => void setTab(one)}
            className={`h-9 border-b-2 px-3 ${tab === one ? 'border-primary font-medium text-processing' : 'border-transparent text-muted hover:text-fg'}`}
          >
            {t(`tabs.${one}`)}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'single' ? (
          <TryOne key={order} kind={kind} order={order} />
        ) : tab === 'beside' ? (
          <BesideLive key={kind} kind={kind} order={order} />
        ) : tab === 'tests' ? (
          <TestCases key={kind} kind={kind} />
        ) : (
          <Backtests key={kind} kind={kind} changeId={change} />
        )}
      </div>
    </Page>
  );
}

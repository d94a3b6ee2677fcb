'use client';

import { useQuery } from '@tanstack/react-query';
import type { ChangeStatus } from '@tributary/contracts/change';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { changeTones } from '@/changes/status';
import { dateTime } from '@/lib/format';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Facts, Page, Section } from '@/ui/table';
import { Acts } from './act/acts';
import { Checks } from './checks';
import { Diff } from './diff';
import { Impact } from './impact';
import { WatchOutcome } from './outcome';
import { PlanFacts } from './plan';
import { Steps } from './steps';
import { Story } from './story';

export type Change = Outputs['changes']['get'];

const tabs = ['diff', 'impact', 'checks', 'story'] as const;
/** While something moves by itself, the page asks again. */
const moving: ReadonlySet<ChangeStatus> = new Set(['in_review', 'approved', 'scheduled', 'canary', 'watching']);

/** One change: what it does, what it would do to payments, what stands in its way, who did what to it. */
export function ChangeDetail({ id }: { id: string }) {
  const t = useTranslations('changes');
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('diff'));
  const query = useQuery(
    useTrpc().changes.get.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data && moving.has(state.data.status) ? 3_000 : false) },
    ),
  );
  return (
    <Page
      title={query.data?.title ?? t('title_')}
      lead={
        <Link href="/changes" className="text-primary hover:underline">
          ← {t('back')}
        </Link>
      }
      actions={
        query.data ? (
          <Chip large tone={changeTones[query.data.status]}>
            {t(`states.${query.data.status}`)}
          </Chip>
        ) : undefined
      }
    >
      <Loaded query={query}>
        {(change) => (
          <>
            <Steps
              status={change.status}
              visited={new Set(change.events.flatMap(({ to }) => (to ? [to] : [])))}
              planned={
                new Set<ChangeStatus>([
                  ...(change.plan?.canary ? (['canary'] as const) : []),
                  ...(change.publishAt ? (['scheduled'] as const) : []),
                ])
              }
            />
            <Banners change={change} />
            <Acts change={change} />
            <div className="mt-6 grid gap-x-8 lg:grid-cols-[minmax(0,1fr)_20rem]">
              <div className="min-w-0">
                <div role="tablist" aria-label={t('parts')} className="flex flex-wrap gap-1 border-b">
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
                <div role="tabpanel" aria-labelledby={`tab-${tab}`} className="pt-4">
                  {tab === 'diff' ? (
                    <Diff change={change} />
                  ) : tab === 'impact' ? (
                    <Impact change={change} />
                  ) : tab === 'checks' ? (
                    <Checks change={change} />
                  ) : (
                    <Story change={change} />
                  )}
                </div>
              </div>
              <aside className="mt-6 lg:mt-0">
                <About change={change} />
                {change.outcome ? <WatchOutcome outcome={change.outcome} /> : null}
              </aside>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** What must not be overlooked: lost approvals, documents overtaken, an emergency nobody has looked at. */
function Banners({ change }: { change: Change }) {
  const t = useTranslations('changes');
  const overtaken = change.items.filter((item) => item.overtaken !== null);
  const lines: [string, string][] = [
    ...(change.status === 'voided'
      ? ([['bg-blocked-bg text-blocked', change.error ? t('voidedWhy', { why: change.error }) : t('voidedByEdit')]] as [
          string,
          string,
        ][])
      : change.error
        ? ([['bg-failed-bg text-failed', change.error]] as [string, string][])
        : []),
    ...(overtaken.length > 0
      ? ([
          [
            'bg-failed-bg text-failed',
            t('overtaken', { list: overtaken.map(({ kind, objectId }) => `${kind}/${objectId}`).join(', ') }),
          ],
        ] as [string, string][])
      : []),
    ...(change.testsChanged ? ([['bg-failed-bg text-failed', t('testsChanged')]] as [string, string][]) : []),
    ...(change.status === 'in_review'
      ? ([['bg-processing-bg text-processing', t('waitsForOther')]] as [string, string][])
      : []),
    ...(change.reviewOpen ? ([['bg-warn-bg text-warn', t('reviewOpenLong')]] as [string, string][]) : []),
    ...(change.status === 'approved' && change.approvalEndsAt
      ? ([['bg-success-bg text-success', t('approvalHolds', { time: dateTime(change.approvalEndsAt) })]] as [
          string,
          string,
        ][])
      : []),
    ...(change.status === 'scheduled' && change.publishAt
      ? ([['bg-refunded-bg text-refunded', t('scheduledFor', { time: dateTime(change.publishAt) })]] as [
          string,
          string,
        ][])
      : []),
    ...(change.status === 'canary' && change.plan?.canary
      ? ([
          [
            'bg-warn-bg text-warn',
            t('canaryFor', {
              percent: change.plan.canary.percent,
              time: change.stageEndsAt ? dateTime(change.stageEndsAt) : '—',
            }),
          ],
        ] as [string, string][])
      : []),
    ...(change.status === 'watching' && change.stageEndsAt
      ? ([
          [
            'bg-warn-bg text-warn',
            t(change.plan?.watch.autoRollback ? 'watchedUntil' : 'watchedOnly', { time: dateTime(change.stageEndsAt) }),
          ],
        ] as [string, string][])
      : []),
  ];
  return lines.length === 0 ? null : (
    <ul className="mt-4 grid gap-2" aria-live="polite">
      {lines.map(([look, line]) => (
        <li key={line} className={`rounded-md px-3 py-2 ${look}`}>
          {line}
        </li>
      ))}
    </ul>
  );
}

function About({ change }: { change: Change }) {
  const t = useTranslations('changes');
  return (
    <Section title={t('about')}>
      <Facts
        rows={[
          [t('why'), change.reason],
          [t('authors'), change.authors.join(', ')],
          [t('created_'), dateTime(change.createdAt)],
          ...(change.submittedAt ? ([[t('submitted'), dateTime(change.submittedAt)]] as [string, string][]) : []),
          ...(change.publishedAt
            ? ([[t('published'), `${dateTime(change.publishedAt)} · ${change.publishedBy ?? '—'}`]] as [
                string,
                string,
              ][])
            : []),
          ...(change.checks?.acknowledgement
            ? ([[t('acknowledged'), change.checks.acknowledgement]] as [string, string][])
            : []),
          [
            t('hash'),
            <code key="hash" className="text-xs">
              {change.contentHash.slice(0, 12)}
            </code>,
          ],
        ]}
      />
      {change.plan ? (
        <>
          <h3 className="mt-5 mb-1 font-medium">{t('plan.title')}</h3>
          <PlanFacts plan={change.plan} />
        </>
      ) : null}
      <h3 className="mt-5 mb-1 font-medium">{t('verdicts')}</h3>
      {change.approvals.length === 0 ? (
        <p className="text-muted">{t('noVerdicts')}</p>
      ) : (
        <ul className="grid gap-2">
          {change.approvals.map((one) => (
            <li key={one.at + one.by} className={one.counts ? '' : 'opacity-60'}>
              <Chip tone={!one.counts ? 'closed' : one.verdict === 'reject' ? 'failed' : 'success'}>
                {t(`said.${one.verdict}`)}
              </Chip>{' '}
              {one.by} <span className="text-xs text-subtle">{dateTime(one.at)}</span>
              {one.counts ? null : <span className="block text-xs text-muted">{t('saidOfOther')}</span>}
              {one.comment ? <span className="block text-muted">{one.comment}</span> : null}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

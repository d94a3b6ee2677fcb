'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { Fragment, useState } from 'react';
import { money } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Section, Table, Td, Th } from '@/ui/table';
import { LimitForm } from './limit-form';

export type Limit = Outputs['limits']['list'][number];

/** Cumulative limits with what is used of them, and who is blocked. */
export function Limits() {
  const t = useTranslations('limits');
  const { may } = useMe();
  const [editing, setEditing] = useState<Limit | 'new'>();
  const query = useQuery(useTrpc().limits.list.queryOptions(undefined, { refetchInterval: 5_000 }));
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Section
        title={t('limits')}
        actions={may('risk.write') ? <Button onClick={() => setEditing('new')}>{t('add')}</Button> : undefined}
      >
        <Loaded query={query}>
          {(limits) =>
            limits.length === 0 ? (
              <Empty title={t('none')} />
            ) : (
              <Table
                wide
                label={t('limits')}
                head={
                  <>
                    {[t('name'), t('state'), t('per'), t('only'), t('period'), t('ceiling'), t('used')].map((name) => (
                      <Th key={name}>{name}</Th>
                    ))}
                    <Th>
                      <span className="sr-only">{t('act')}</span>
                    </Th>
                  </>
                }
              >
                {limits.map((limit) => (
                  <tr key={limit.id} className="border-b align-top">
                    <Td>
                      {limit.name} <span className="font-mono text-xs text-subtle">{limit.id}</span>
                    </Td>
                    <Td>
                      <Chip tone={limit.enabled ? 'success' : 'closed'}>{t(limit.enabled ? 'on' : 'off')}</Chip>
                    </Td>
                    <Td>
                      {limit.scope.length === 0 ? t('all') : limit.scope.map((one) => t(`scopes.${one}`)).join(' + ')}
                    </Td>
                    <Td className="font-mono text-xs">
                      {Object.entries(limit.match)
                        .map(([name, value]) => `${name}=${value}`)
                        .join(' ') || '—'}
                    </Td>
                    <Td>{t(`periods.${limit.period}`)}</Td>
                    <Td className="whitespace-nowrap">
                      {[
                        limit.maxAmount === null ? '' : money(limit.maxAmount, limit.currency),
                        limit.maxCount === null ? '' : t('count', { count: limit.maxCount }),
                      ]
                        .filter(Boolean)
                        .join(' · ')}
                    </Td>
                    <Td>
                      <Usage limit={limit} />
                    </Td>
                    <Td className="text-right">
                      {may('risk.write') ? (
                        <Button look="quiet" onClick={() => setEditing(limit)}>
                          {t('edit')}
                        </Button>
                      ) : null}
                    </Td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Loaded>
      </Section>
      {editing ? (
        <LimitForm limit={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      ) : null}
    </Page>
  );
}

/** The counters that are fullest, each with its share. */
function Usage({ limit }: { limit: Limit }) {
  const t = useTranslations('limits');
  if (limit.usage.length === 0) return <span className="text-subtle">{t('unused')}</span>;
  return (
    <dl className="grid grid-cols-[minmax(0,auto)_6rem_auto] items-center gap-x-3 text-xs leading-5">
      {limit.usage.slice(0, 4).map((one) => {
        const share = Math.max(
          limit.maxAmount ? one.amount / limit.maxAmount : 0,
          limit.maxCount ? one.count / limit.maxCount : 0,
        );
        const tone = share >= 0.9 ? 'bg-failed' : share >= 0.6 ? 'bg-warn' : 'bg-primary';
        return (
          <Fragment key={one.scopeKey + one.windowStart}>
            <dt className="max-w-56 truncate font-mono" title={one.scopeKey}>
              {one.scopeKey}
            </dt>
            <dd aria-hidden className="h-1.5 overflow-hidden rounded-full border border-edge">
              <span className={`block h-full ${tone}`} style={{ width: `${Math.min(1, share) * 100}%` }} />
            </dd>
            <dd className="whitespace-nowrap">
              {money(one.amount, limit.currency)} · {t('count', { count: one.count })}
            </dd>
          </Fragment>
        );
      })}
    </dl>
  );
}

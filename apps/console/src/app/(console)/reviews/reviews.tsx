'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { dateTime, duration, money } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Table, Td, Th } from '@/ui/table';
import { Decide } from './decide';

export type Held = Outputs['reviews']['queue']['payments'][number];

/** Payments that wait for a person, those that end first on top. */
export function Reviews() {
  const t = useTranslations('reviews');
  const { may } = useMe();
  const [deciding, setDeciding] = useState<{ payment: Held; act: 'approve' | 'reject' }>();
  const query = useInfiniteQuery(
    useTrpc().reviews.queue.infiniteQueryOptions(
      {},
      { getNextPageParam: (page) => page.nextCursor ?? undefined, refetchInterval: 5_000 },
    ),
  );
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {({ pages }) => {
          const payments = pages.flatMap((page) => page.payments);
          if (payments.length === 0) return <Empty title={t('none')}>{t('noneHint')}</Empty>;
          return (
            <>
              <Table
                cards
                label={t('title')}
                head={
                  <>
                    {[t('ends'), t('payment'), t('merchant'), t('amount'), t('payer'), t('why')].map((name) => (
                      <Th key={name}>{name}</Th>
                    ))}
                    <Th>
                      <span className="sr-only">{t('act')}</span>
                    </Th>
                  </>
                }
              >
                {payments.map((payment) => (
                  <Row
                    key={payment.id}
                    payment={payment}
                    mayDecide={may('risk.write')}
                    onDecide={(act) => setDeciding({ payment, act })}
                  />
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
      {deciding ? <Decide {...deciding} onClose={() => setDeciding(undefined)} /> : null}
    </Page>
  );
}

function Row({
  payment,
  mayDecide,
  onDecide,
}: {
  payment: Held;
  mayDecide: boolean;
  onDecide: (act: 'approve' | 'reject') => void;
}) {
  const t = useTranslations('reviews');
  const left = payment.expiresAt - Date.now();
  return (
    <tr className="border-b align-top">
      <Td className="whitespace-nowrap" title={dateTime(payment.expiresAt)}>
        <Chip tone={left < 120_000 ? 'failed' : left < 600_000 ? 'warn' : 'pending'}>
          {left <= 0 ? t('ended') : t('left', { time: duration(left) })}
        </Chip>
        <span className="block text-xs text-subtle">{dateTime(payment.createdAt)}</span>
      </Td>
      <Td>
        <Link href={`/orders/${payment.id}`} className="font-mono text-xs text-primary underline break-all">
          {payment.id}
        </Link>
        <span className="block text-xs text-muted">{payment.subject}</span>
      </Td>
      <Td label={t('merchant')}>
        {payment.merchantId}
        <span className="block font-mono text-xs text-subtle">{payment.serviceId}</span>
      </Td>
      <Td label={t('amount')} className="font-medium whitespace-nowrap">
        {money(payment.amount, payment.currency)}
      </Td>
      <Td label={t('payer')} className="font-mono text-xs">
        {Object.entries(payment.payer).map(([key, value]) => (
          <span key={key} className="block break-all">
            <span className="text-subtle">{key}</span> {value}
          </span>
        ))}
      </Td>
      <Td label={t('why')} className="min-w-52">
        {payment.fired.map((rule) => (
          <Link
            key={rule.id}
            href={`/rules/risk?v=${payment.ruleSetVersion}&row=${encodeURIComponent(rule.id)}`}
            className="block text-primary underline"
          >
            {rule.name ?? rule.id}
          </Link>
        ))}
        <span className="block text-xs text-muted">{payment.reasons.join(' · ')}</span>
        <details>
          <summary className="text-xs text-muted">{t('facts', { count: Object.keys(payment.facts).length })}</summary>
          <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 text-xs">
            {Object.entries(payment.facts).map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-muted">{name}</dt>
                <dd className="font-mono break-all">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      </Td>
      <Td className="text-right whitespace-nowrap">
        {mayDecide ? (
          <>
            <Button look="plain" onClick={() => onDecide('approve')}>
              {t('approve')}
            </Button>{' '}
            <Button look="danger" onClick={() => onDecide('reject')}>
              {t('reject')}
            </Button>
          </>
        ) : null}
      </Td>
    </tr>
  );
}

'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { dateTime, duration } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Table, Td, Th } from '@/ui/table';

const states = ['pending', 'delivered', 'dead'] as const;

export const deliveryTones: Readonly<Record<(typeof states)[number], Tone>> = {
  pending: 'pending',
  delivered: 'success',
  dead: 'failed',
};

/** Deliveries, newest first; what is on its way says when it is tried next. */
export function Deliveries({ endpointId, onOpen }: { endpointId: string | null; onOpen: (id: string) => void }) {
  const t = useTranslations('webhooks');
  const [state, setState] = useQueryState('state', parseAsStringLiteral(states));
  const [merchant] = useQueryState('merchant', parseAsString);
  const [payment] = useQueryState('payment', parseAsString);
  const query = useInfiniteQuery(
    useTrpc().webhooks.list.infiniteQueryOptions(
      {
        limit: 50,
        ...(state ? { state } : {}),
        ...(endpointId ? { endpointId } : {}),
        ...(merchant ? { merchantId: merchant } : {}),
        ...(payment ? { paymentId: payment } : {}),
      },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, refetchInterval: 5_000 },
    ),
  );
  const filtered = Boolean(state || endpointId || merchant || payment);
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-1.5">
        {[null, ...states].map((one) => (
          <Button
            key={one ?? 'all'}
            look={state === one ? 'primary' : 'plain'}
            aria-pressed={state === one}
            onClick={() => void setState(one)}
          >
            {t(`filters.${one ?? 'all'}`)}
          </Button>
        ))}
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.deliveries);
          if (rows.length === 0)
            return <Empty title={t(filtered ? 'noneOfThese' : 'none')}>{filtered ? null : t('noneHint')}</Empty>;
          return (
            <Table
              cards
              label={t('deliveries')}
              head={[t('event'), t('state'), t('tries'), t('answer'), t('payment'), t('to'), t('made')].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
            >
              {rows.map((row) => (
                <tr key={row.id} className="border-b align-top">
                  <Td className="whitespace-nowrap">
                    <button type="button" className="text-primary underline" onClick={() => onOpen(row.id)}>
                      {row.type}
                    </button>{' '}
                    {row.seq === null ? null : <span className="text-xs text-subtle">#{row.seq}</span>}
                  </Td>
                  <Td label={t('state')} className="whitespace-nowrap">
                    <span>
                      <Chip tone={deliveryTones[row.state]}>{t(`deliveryStates.${row.state}`)}</Chip>
                      {row.state === 'pending' && row.nextAttemptAt && row.nextAttemptAt > Date.now() ? (
                        <span className="block text-xs text-muted">
                          {t('nextIn', { time: duration(row.nextAttemptAt - Date.now()) })}
                        </span>
                      ) : null}
                    </span>
                  </Td>
                  <Td label={t('tries')}>
                    <span>{row.attempts}</span>
                  </Td>
                  <Td label={t('answer')} className="break-words">
                    <span>{row.lastStatus ? `HTTP ${row.lastStatus}` : (row.lastError ?? '—')}</span>
                  </Td>
                  <Td label={t('payment')}>
                    <Link href={`/orders/${row.paymentId}`} className="font-mono text-xs text-primary underline">
                      …{row.paymentId.slice(-8)}
                    </Link>
                  </Td>
                  <Td label={t('to')} className="max-w-72">
                    <span className="block truncate text-xs" title={row.url}>
                      {row.url}
                    </span>
                    <span className="block text-xs text-subtle">{row.merchantName ?? row.merchantId}</span>
                  </Td>
                  <Td label={t('made')} className="whitespace-nowrap text-muted">
                    <span>{dateTime(row.createdAt)}</span>
                  </Td>
                </tr>
              ))}
            </Table>
          );
        }}
      </Loaded>
      {query.hasNextPage ? (
        <div className="py-4 text-center">
          <Button onClick={() => void query.fetchNextPage()}>{t('more')}</Button>
        </div>
      ) : null}
    </>
  );
}

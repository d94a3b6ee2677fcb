'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Table, Td, Th } from '@/ui/table';
import { Bar, ForecastOf } from './limit-row';
import type { Limit } from './limits';

/** The counters of one limit, the fullest first, or those of one merchant, payer or address. */
export function Counters({
  limitId,
  limit,
  onClose,
}: {
  limitId: string;
  limit: Limit | undefined;
  onClose: () => void;
}) {
  const t = useTranslations('limits');
  const [value, setValue] = useState<string>();
  const query = useQuery(
    useTrpc().limits.counters.queryOptions(
      { limitId, ...(value ? { value } : {}) },
      { placeholderData: (old) => old, refetchInterval: 5_000 },
    ),
  );
  const search = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setValue(String(new FormData(event.currentTarget).get('value') ?? '').trim() || undefined);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('countersOf', { name: limit?.name ?? limitId })}
      wide
    >
      <form onSubmit={search} className="mb-3 flex gap-2">
        <Input name="value" aria-label={t('findCounter')} placeholder={t('findCounter')} className="max-w-72" />
        <Button type="submit">{t('find')}</Button>
      </form>
      <Loaded query={query}>
        {(counters) =>
          counters.length === 0 || !limit ? (
            <p className="text-muted">{value ? t('noCounter', { value }) : t('unused')}</p>
          ) : (
            <Table
              cards
              label={t('countersOf', { name: limit.name })}
              head={[t('used'), t('windowEnds'), t('forecast')].map((name) => <Th key={name}>{name}</Th>)}
            >
              {counters.map((counter) => (
                <tr key={counter.scopeKey + counter.windowStart} className="border-b">
                  <Td>
                    <Bar counter={counter} limit={limit} />
                  </Td>
                  <Td label={t('windowEnds')} className="whitespace-nowrap text-muted">
                    {dateTime(counter.windowEnd)}
                  </Td>
                  <Td label={t('forecast')} className="text-xs">
                    <ForecastOf counter={counter} limit={limit} now={Date.now()} />
                  </Td>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
    </Dialog>
  );
}

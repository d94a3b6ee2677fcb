'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { useVersions } from '@/changes/use-versions';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Table, Th } from '@/ui/table';
import { Counters } from './counters';
import { LimitForm } from './limit-form';
import { LimitRow } from './limit-row';

export type Limit = Outputs['limits']['list'][number];

/** Every limit with its fullest counters: how full, and when it will be. */
export function Limits() {
  const t = useTranslations('limits');
  const { may } = useMe();
  const [editing, setEditing] = useState<Limit | 'new'>();
  const [open, setOpen] = useQueryState('limit', parseAsString);
  const versions = useVersions();
  const query = useQuery(useTrpc().limits.list.queryOptions(undefined, { refetchInterval: 5_000 }));
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        may('risk.write') ? (
          <Button look="primary" onClick={() => setEditing('new')}>
            {t('add')}
          </Button>
        ) : undefined
      }
    >
      <Loaded query={query}>
        {(limits) =>
          limits.length === 0 ? (
            <Empty title={t('none')}>{t('noneHint')}</Empty>
          ) : (
            <Table
              cards
              label={t('limits')}
              head={
                <>
                  {[t('name'), t('state'), t('per'), t('ceiling'), t('used'), t('forecast')].map((name) => (
                    <Th key={name}>{name}</Th>
                  ))}
                  <Th>
                    <span className="sr-only">{t('act')}</span>
                  </Th>
                </>
              }
            >
              {[...limits]
                .sort((a, b) => (b.usage[0]?.share ?? -1) - (a.usage[0]?.share ?? -1))
                .map((limit) => (
                  <LimitRow
                    key={limit.id}
                    limit={limit}
                    now={Date.now()}
                    mayEdit={may('risk.write')}
                    onOpen={() => void setOpen(limit.id)}
                    onEdit={() => setEditing(limit)}
                  />
                ))}
            </Table>
          )
        }
      </Loaded>
      {open ? (
        <Counters limitId={open} limit={query.data?.find(({ id }) => id === open)} onClose={() => void setOpen(null)} />
      ) : null}
      {editing ? (
        <LimitForm
          limit={editing === 'new' ? undefined : editing}
          versions={versions}
          onClose={() => setEditing(undefined)}
        />
      ) : null}
    </Page>
  );
}

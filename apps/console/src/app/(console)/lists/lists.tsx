'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Page } from '@/ui/table';
import { Entries } from './entries';
import { FindListed } from './find-listed';
import { NewList } from './new-list';
import { WaitingEntries } from './waiting';

export type List = Outputs['lists']['all'][number];

export const effectTones: Record<List['effect'], Tone> = { block: 'blocked', allow: 'success', watch: 'warn' };

/** Who is on which list: definitions on the left, entries of the chosen one beside them. */
export function Lists() {
  const t = useTranslations('lists');
  const { may } = useMe();
  const [adding, setAdding] = useState(false);
  const [chosen, setChosen] = useQueryState('list', parseAsString.withDefault('payer'));
  const query = useQuery(useTrpc().lists.all.queryOptions());
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={may('risk.write') ? <Button onClick={() => setAdding(true)}>{t('newList')}</Button> : undefined}
    >
      <Loaded query={query}>
        {(lists) => {
          const list = lists.find(({ id }) => id === chosen) ?? lists[0];
          return (
            <>
              <FindListed />
              <WaitingEntries lists={lists} />
              <div className="mt-6 grid min-w-0 gap-6 md:grid-cols-[16rem_minmax(0,1fr)]">
                <nav aria-label={t('definitions')} className="min-w-0">
                  <ul className="rounded-md border">
                    {lists.map((one) => (
                      <li key={one.id} className="border-b last:border-b-0">
                        <button
                          type="button"
                          aria-current={one.id === list?.id ? 'true' : undefined}
                          onClick={() => void setChosen(one.id)}
                          className={`grid w-full gap-0.5 px-3 py-2 text-left ${one.id === list?.id ? 'bg-processing-bg' : 'hover:bg-surface'}`}
                        >
                          <span className="flex items-center justify-between gap-2">
                            <span className="truncate font-medium">{one.name}</span>
                            <Chip tone={effectTones[one.effect]}>{t(`effects.${one.effect}`)}</Chip>
                          </span>
                          <span className="flex justify-between gap-2 text-xs text-muted">
                            <span>{t(`subjects.${one.subject}`)}</span>
                            <span>{t('entryCount', { count: one.entries })}</span>
                          </span>
                        </button>
                      </li>
                    ))}
                  </ul>
                </nav>
                {list ? <Entries key={list.id} list={list} /> : null}
              </div>
            </>
          );
        }}
      </Loaded>
      {adding ? <NewList onClose={() => setAdding(false)} /> : null}
    </Page>
  );
}

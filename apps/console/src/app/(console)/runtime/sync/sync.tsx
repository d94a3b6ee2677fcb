'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { toast } from 'sonner';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Meter } from '@/ui/meter';
import { Empty } from '@/ui/states';
import { Page, Table, Td, Th } from '@/ui/table';
import { BatchResult } from './batch-result';
import { StartBatch } from './start-batch';

export type Batch = Outputs['sync']['list'][number];

const tones: Readonly<Record<Batch['state'], Tone>> = {
  waiting: 'warn',
  running: 'warn',
  done: 'success',
  cancelled: 'closed',
};

/** Asking the channels about many open orders at once, after something went wrong. */
export function Sync() {
  const t = useTranslations('sync');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const query = useQuery(trpc.sync.list.queryOptions(undefined, { refetchInterval: 2_000 }));
  const [starting, setStarting] = useState(false);
  const [seen, setSeen] = useState<string>();
  const cancel = useMutation(
    trpc.sync.cancel.mutationOptions({
      onSuccess: async () => {
        toast.success(t('wasCancelled'));
        await queries.invalidateQueries({ queryKey: trpc.sync.pathKey() });
      },
    }),
  );
  return (
    <Page title={t('title')} lead={t('lead')}>
      {may('shards.act') ? (
        <div className="mb-3 flex justify-end">
          <Button look="primary" onClick={() => setStarting(true)}>
            {t('start')}
          </Button>
        </div>
      ) : null}
      <Loaded query={query}>
        {(batches) =>
          batches.length === 0 ? (
            <Empty title={t('none')}>{t('noneHint')}</Empty>
          ) : (
            <Table
              cards
              label={t('title')}
              head={
                <>
                  {[t('began'), t('by'), t('reason'), t('state'), t('progress'), t('asked'), t('changed')].map(
                    (name) => (
                      <Th key={name}>{name}</Th>
                    ),
                  )}
                  <Th>
                    <span className="sr-only">{t('act')}</span>
                  </Th>
                </>
              }
            >
              {batches.map((one) => (
                <tr key={one.id} className="border-b">
                  <Td label={t('began')} className="whitespace-nowrap">
                    {dateTime(one.createdAt)}
                  </Td>
                  <Td label={t('by')}>{one.createdBy}</Td>
                  <Td label={t('reason')}>{one.reason}</Td>
                  <Td label={t('state')}>
                    <Chip tone={tones[one.state]}>{t(`states.${one.state}`)}</Chip>
                  </Td>
                  <Td label={t('progress')} className="whitespace-nowrap">
                    <Meter of="progress" value={one.handled} max={one.state === 'done' ? one.handled : one.total} />
                  </Td>
                  <Td label={t('asked')}>{one.asked}</Td>
                  <Td label={t('changed')}>{one.changed}</Td>
                  <Td className="text-right whitespace-nowrap">
                    <Button look="quiet" onClick={() => setSeen(one.id)}>
                      {t('result')}
                    </Button>
                    {may('shards.act') && (one.state === 'running' || one.state === 'waiting') ? (
                      <Button look="quiet" disabled={cancel.isPending} onClick={() => cancel.mutate({ id: one.id })}>
                        {t('stop')}
                      </Button>
                    ) : null}
                  </Td>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
      {starting ? <StartBatch onClose={() => setStarting(false)} /> : null}
      {seen ? <BatchResult id={seen} onClose={() => setSeen(undefined)} /> : null}
    </Page>
  );
}

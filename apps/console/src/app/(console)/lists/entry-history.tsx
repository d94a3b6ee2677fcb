'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Loaded } from '@/ui/loaded';
import { Table, Td, Th } from '@/ui/table';
import type { List } from './lists';

/** Everything that happened to a value on a list. */
export function EntryHistory({ list, value, onClose }: { list: List; value: string; onClose: () => void }) {
  const t = useTranslations('lists');
  const trpc = useTrpc();
  const query = useInfiniteQuery(
    trpc.lists.history.infiniteQueryOptions({ list: list.id, value }, { getNextPageParam: (page) => page.nextCursor }),
  );
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={t('historyOf', { value })} wide>
      <Loaded query={query}>
        {({ pages }) => (
          <>
            <Table
              label={t('historyOf', { value })}
              head={[t('since'), t('what'), t('by'), t('reason'), t('source'), t('until')].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
            >
              {pages
                .flatMap((page) => page.changes)
                .map((change) => (
                  <tr key={change.seq} className="border-b">
                    <Td className="whitespace-nowrap">{dateTime(change.at)}</Td>
                    <Td>{t(`acts.${change.act}`)}</Td>
                    <Td>{change.actor}</Td>
                    <Td>{change.reason}</Td>
                    <Td className="text-xs text-muted">{change.source}</Td>
                    <Td className="whitespace-nowrap">
                      {change.expiresAt ? dateTime(change.expiresAt) : t('forever')}
                    </Td>
                  </tr>
                ))}
            </Table>
            {query.hasNextPage ? (
              <p className="mt-2 text-center">
                <Button onClick={() => void query.fetchNextPage()}>{t('more')}</Button>
              </p>
            ) : null}
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

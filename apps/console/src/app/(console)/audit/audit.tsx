'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Json } from '@/ui/json';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Table, Td, Th } from '@/ui/table';

/** Who did what, when and why: what succeeded, what failed, and what was refused. */
export function Audit() {
  const t = useTranslations('audit');
  const trpc = useTrpc();
  const { may } = useMe();
  const all = may('audit.read');
  const procedure = all ? trpc.audit.list : trpc.audit.own;
  const query = useInfiniteQuery(
    procedure.infiniteQueryOptions({ limit: 50 }, { getNextPageParam: (page) => page.nextCursor ?? undefined }),
  );
  const chain = useQuery(trpc.audit.verify.queryOptions(undefined, { enabled: false, gcTime: 0 }));
  return (
    <Page
      title={t('title')}
      lead={t(all ? 'lead' : 'leadOwn')}
      actions={
        all ? (
          <>
            {chain.data ? (
              <Chip tone={chain.data.brokenAt === null ? 'success' : 'failed'}>
                {chain.data.brokenAt === null
                  ? t('chainHolds', { rows: chain.data.rows })
                  : t('chainBroken', { id: chain.data.brokenAt })}
              </Chip>
            ) : null}
            <Button onClick={() => void chain.refetch()} disabled={chain.isFetching}>
              {t('verify')}
            </Button>
          </>
        ) : undefined
      }
    >
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.rows);
          if (rows.length === 0) return <Empty title={t('none')} />;
          return (
            <Table
              wide
              label={t('title')}
              head={[t('time'), t('who'), t('act'), t('object'), t('result'), t('reason'), t('details')].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
            >
              {rows.map((row) => (
                <tr key={row.id} className="border-b align-top">
                  <Td className="whitespace-nowrap text-muted">{dateTime(row.at)}</Td>
                  <Td>
                    {row.actorId} <span className="text-xs text-subtle">{row.actorRole}</span>
                  </Td>
                  <Td className="font-mono text-xs">{row.action}</Td>
                  <Td className="font-mono text-xs break-all">{row.objectId}</Td>
                  <Td>
                    <Chip tone={row.result === 'ok' ? 'success' : row.result === 'denied' ? 'blocked' : 'failed'}>
                      {t(`results.${row.result}`)}
                    </Chip>
                  </Td>
                  <Td>{row.reason ?? ''}</Td>
                  <Td>
                    {row.before || row.after ? (
                      <details>
                        <summary className="text-primary">{t('show')}</summary>
                        <Json value={{ before: row.before, after: row.after }} label={t('details')} />
                      </details>
                    ) : null}
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
    </Page>
  );
}

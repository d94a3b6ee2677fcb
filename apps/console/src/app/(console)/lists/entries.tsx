'use client';

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Download, History as HistoryIcon, Upload } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { parseAsString, useQueryState } from 'nuqs';
import { type FormEvent, useState } from 'react';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Section, Table, Td, Th } from '@/ui/table';
import { AddEntry } from './add-entry';
import { EntryHistory } from './entry-history';
import { ImportFile } from './import-file';
import type { List } from './lists';
import { RemoveEntry } from './remove-entry';
import { useExport } from './use-export';

/** The entries of one list: the newest first, or those that begin with what is searched for. */
export function Entries({ list }: { list: List }) {
  const t = useTranslations('lists');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [prefix, setPrefix] = useQueryState('q', parseAsString.withDefault(''));
  const [removing, setRemoving] = useState<string>();
  const [looking, setLooking] = useState<string>();
  const [importing, setImporting] = useState(false);
  const exported = useExport(list.id);
  const query = useInfiniteQuery(
    trpc.lists.entries.infiniteQueryOptions(
      { list: list.id, ...(prefix ? { prefix } : {}) },
      { getNextPageParam: (page) => page.nextCursor },
    ),
  );
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.lists.pathKey() });
  const search = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void setPrefix(
      String(new FormData(event.currentTarget).get('q') ?? '')
        .trim()
        .toLowerCase() || null,
    );
  };
  return (
    <div className="min-w-0">
      <Section
        title={list.name}
        actions={
          <>
            <span className="font-mono text-xs text-subtle">{list.id}</span>
            {list.expired > 0 ? (
              <span className="text-xs text-muted">{t('expired', { count: list.expired })}</span>
            ) : null}
            <span className="ml-auto flex flex-wrap gap-1.5">
              <Button onClick={() => void exported.run()} disabled={exported.busy}>
                <Download size={14} aria-hidden />
                {exported.busy ? t('exporting', { count: exported.rows }) : t('export')}
              </Button>
              {may('risk.write') ? (
                <Button onClick={() => setImporting(true)}>
                  <Upload size={14} aria-hidden />
                  {t('import')}
                </Button>
              ) : null}
            </span>
          </>
        }
      >
        {exported.error ? (
          <p role="alert" className="mb-2 text-failed">
            {exported.error}
          </p>
        ) : null}
        {list.description ? <p className="mb-3 text-muted">{list.description}</p> : null}
        {may('risk.write') ? <AddEntry list={list} onDone={refresh} /> : null}
        <form onSubmit={search} className="mb-2 flex gap-2">
          <Input
            data-search
            name="q"
            key={prefix}
            defaultValue={prefix}
            aria-label={t('search')}
            placeholder={t('search')}
            className="max-w-72"
          />
          <Button type="submit">{t('searchGo')}</Button>
          {prefix ? (
            <Button look="quiet" onClick={() => void setPrefix(null)}>
              {t('searchClear')}
            </Button>
          ) : null}
        </form>
        <Loaded query={query}>
          {({ pages }) => {
            const entries = pages.flatMap((page) => page.entries);
            const now = Date.now();
            if (entries.length === 0)
              return (
                <Empty title={prefix ? t('noneMatch') : t('noEntries')}>{prefix ? null : t('noEntriesHint')}</Empty>
              );
            return (
              <>
                <Table
                  wide
                  label={list.name}
                  head={
                    <>
                      {[t('value'), t('reason'), t('source'), t('by'), t('since'), t('until')].map((name) => (
                        <Th key={name}>{name}</Th>
                      ))}
                      <Th>
                        <span className="sr-only">{t('act')}</span>
                      </Th>
                    </>
                  }
                >
                  {entries.map((entry) => (
                    <tr key={entry.value} className="border-b">
                      <Td className="font-mono text-xs break-all">{entry.value}</Td>
                      <Td>{entry.reason}</Td>
                      <Td className="text-xs text-muted">{entry.source}</Td>
                      <Td>
                        {entry.addedBy}
                        {entry.approvedBy ? (
                          <span className="block text-xs text-muted">{t('approvedBy', { who: entry.approvedBy })}</span>
                        ) : null}
                      </Td>
                      <Td className="whitespace-nowrap text-muted">{dateTime(entry.addedAt)}</Td>
                      <Td className="whitespace-nowrap">
                        {entry.expiresAt === null ? (
                          t('forever')
                        ) : entry.expiresAt <= now ? (
                          <Chip tone="closed">{t('ranOut')}</Chip>
                        ) : (
                          dateTime(entry.expiresAt)
                        )}
                      </Td>
                      <Td className="text-right whitespace-nowrap">
                        <Button
                          look="quiet"
                          aria-label={t('historyOf', { value: entry.value })}
                          onClick={() => setLooking(entry.value)}
                        >
                          <HistoryIcon size={14} aria-hidden />
                        </Button>
                        {may('risk.write') ? (
                          <Button look="quiet" onClick={() => setRemoving(entry.value)}>
                            {t('remove')}
                          </Button>
                        ) : null}
                      </Td>
                    </tr>
                  ))}
                </Table>
                <p className="mt-2 text-center">
                  {query.hasNextPage ? (
                    <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
                      {t('more')}
                    </Button>
                  ) : (
                    <span className="text-xs text-subtle">{t('end', { count: entries.length })}</span>
                  )}
                </p>
              </>
            );
          }}
        </Loaded>
      </Section>
      {removing === undefined ? null : (
        <RemoveEntry list={list} value={removing} onClose={() => setRemoving(undefined)} onDone={refresh} />
      )}
      {looking === undefined ? null : (
        <EntryHistory list={list} value={looking} onClose={() => setLooking(undefined)} />
      )}
      {importing ? <ImportFile list={list} onClose={() => setImporting(false)} onDone={refresh} /> : null}
    </div>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useQueryState } from 'nuqs';
import { useState } from 'react';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Section, Table, Td, Th } from '@/ui/table';
import { CodeRows } from './code-rows';
import { MapCode } from './map-code';

export type Codes = Outputs['codes']['table'];
export type Code = Codes['rows'][number];

/** Everything that is known of a channel's response codes, what nobody has mapped yet first. */
export function ResponseCodes({ channelId }: { channelId: string }) {
  const t = useTranslations('codes');
  const query = useQuery(useTrpc().codes.table.queryOptions({ channelId }, { refetchInterval: 10_000 }));
  return (
    <Page
      title={t('titleOf', { name: query.data?.channel.name ?? channelId })}
      lead={
        <>
          <Link href={`/channels/${channelId}`} className="inline-flex items-center gap-1 hover:text-fg">
            <ArrowLeft size={13} aria-hidden />
            {query.data?.channel.name ?? channelId}
          </Link>
          {query.data ? (
            <span className="ml-3">
              {t('versions', {
                adapter: query.data.channel.adapter,
                version: query.data.adapterVersion,
                override: query.data.overrideVersion,
              })}
            </span>
          ) : null}
        </>
      }
    >
      <Loaded query={query}>{(codes) => <Tables codes={codes} />}</Loaded>
    </Page>
  );
}

function Tables({ codes }: { codes: Codes }) {
  const t = useTranslations('codes');
  const { may } = useMe();
  const [search, setSearch] = useQueryState('q', { defaultValue: '' });
  const [mapping, setMapping] = useState<{ code: string; message: string }>();
  const mayMap = may('channels.write') && may('changes.create');
  const wanted = search.trim().toLowerCase();
  const rows = codes.rows.filter((row) =>
    [row.code, row.meaning.zh, row.meaning.en, row.unified ?? '', row.owner ? t(`owners.${row.owner}`) : '']
      .join('\n')
      .toLowerCase()
      .includes(wanted),
  );
  const map = mayMap ? (code: string, message: string) => setMapping({ code, message }) : undefined;
  return (
    <>
      <Unmapped codes={codes} onMap={map} />
      <Section
        title={t('mapped', { count: rows.length })}
        actions={
          <search className="w-full sm:w-72">
            <Input
              type="search"
              aria-label={t('search')}
              placeholder={t('search')}
              value={search}
              onChange={(event) => void setSearch(event.target.value || null)}
            />
          </search>
        }
      >
        {rows.length === 0 ? (
          <Empty title={t('nothing')}>
            <Button onClick={() => void setSearch(null)}>{t('clear')}</Button>
          </Empty>
        ) : (
          <CodeRows rows={rows} codes={codes} onMap={map} />
        )}
      </Section>
      {mapping ? <MapCode codes={codes} {...mapping} onClose={() => setMapping(undefined)} /> : null}
    </>
  );
}

function Unmapped({
  codes: { unmapped, full },
  onMap,
}: {
  codes: Codes;
  onMap: ((code: string, message: string) => void) | undefined;
}) {
  const t = useTranslations('codes');
  return (
    <Section title={t('unmapped', { count: unmapped.length })}>
      {full ? <p className="mb-2 rounded-md bg-warn-bg px-3 py-2 text-warn">{t('full')}</p> : null}
      {unmapped.length === 0 ? (
        <p className="text-muted">{t('noneUnmapped')}</p>
      ) : (
        <>
          <p className="mb-2 text-muted">{t('unmappedEffect')}</p>
          <Table
            wide
            label={t('unmapped', { count: unmapped.length })}
            head={
              <>
                <Th>{t('code')}</Th>
                <Th>{t('operation')}</Th>
                <Th className="text-right">{t('seen')}</Th>
                <Th>{t('firstSeen')}</Th>
                <Th>{t('lastSeen')}</Th>
                <Th>{t('sample')}</Th>
                <Th>
                  <span className="sr-only">{t('map')}</span>
                </Th>
              </>
            }
          >
            {unmapped.map((row) => (
              <tr key={`${row.operation}|${row.code}`} className="border-b hover:bg-surface">
                <Td>
                  <Chip tone="warn">{t('unmappedChip')}</Chip>{' '}
                  <span className="font-mono text-xs break-all">{row.code}</span>
                  <div className="text-xs break-words text-muted">{row.message}</div>
                </Td>
                <Td>{t(`operations.${row.operation}`)}</Td>
                <Td className="text-right">{row.count}</Td>
                <Td className="whitespace-nowrap text-muted">{dateTime(row.firstSeen)}</Td>
                <Td className="whitespace-nowrap text-muted">{dateTime(row.lastSeen)}</Td>
                <Td>
                  {row.samplePaymentId ? (
                    <Link
                      href={`/orders/${row.samplePaymentId}`}
                      className="font-mono text-xs text-primary hover:underline"
                    >
                      …{row.samplePaymentId.slice(-8)}
                    </Link>
                  ) : (
                    '—'
                  )}
                </Td>
                <Td className="text-right">
                  {onMap ? <Button onClick={() => onMap(row.code, row.message)}>{t('map')}</Button> : null}
                </Td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </Section>
  );
}

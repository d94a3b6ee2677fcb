'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { bps, dateTime, percent } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Meter } from '@/ui/meter';
import { Empty } from '@/ui/states';
import { Facts, Page, Section, Table, Td, Th } from '@/ui/table';
import { type Channel, ChannelState, ChannelSwitch, OffBecause } from '../channel-actions';
import { Accounts } from './accounts/accounts';
import { ParamsForm } from './params-form';

/** One channel: how it does, how it is isolated, whose accounts it has, how it is treated, and what was changed. */
export function ChannelDetail({ id }: { id: string }) {
  const t = useTranslations('channels');
  const query = useQuery(useTrpc().channels.list.queryOptions(undefined, { refetchInterval: 3_000 }));
  const channel = query.data?.channels.find((one) => one.id === id);
  return (
    <Page
      title={channel?.name ?? id}
      lead={
        <Link href="/channels" className="inline-flex items-center gap-1 hover:text-fg">
          <ArrowLeft size={13} aria-hidden />
          {t('title')}
        </Link>
      }
      actions={
        channel && query.data ? (
          <>
            <ChannelState channel={channel} large />
            <ChannelSwitch channel={channel} others={query.data.channels.filter((one) => one.id !== id)} />
          </>
        ) : undefined
      }
    >
      <Loaded query={query}>
        {() => (channel ? <Story channel={channel} /> : <Empty title={t('unknown', { id })} />)}
      </Loaded>
    </Page>
  );
}

function Story({ channel }: { channel: Channel }) {
  const t = useTranslations('channels');
  const codes = useTranslations('codes');
  const { may } = useMe();
  const rate = ({ succeeded, failed, total }: Channel['last5m']) =>
    `${percent(succeeded, succeeded + failed)} · ${t('count', { count: total })}`;
  return (
    <>
      <OffBecause channel={channel} />
      <div className="mt-4 grid gap-8 lg:grid-cols-[minmax(280px,1fr)_2fr]">
        <div className="min-w-0">
          <Section title={t('numbers')}>
            <Facts
              rows={[
                [
                  'ID',
                  <span key="id" className="font-mono text-xs">
                    {channel.id}
                  </span>,
                ],
                [t('last5m'), rate(channel.last5m)],
                [t('last60m'), rate(channel.last60m)],
                [
                  t('open'),
                  <Link
                    key="open"
                    className="text-primary hover:underline"
                    href={`/orders?channel=${channel.id}&status=processing`}
                  >
                    {t('count', { count: channel.last60m.open })}
                  </Link>,
                ],
                [t('products'), channel.products.join(' · ')],
                [t('priority'), channel.priority],
                [t('fee'), bps(channel.feeBps)],
              ]}
            />
          </Section>
        </div>
        <div className="min-w-0">
          <Section title={t('compartments')}>
            <Compartments channel={channel} />
          </Section>
        </div>
      </div>
      <Section
        title={codes('title')}
        actions={
          <Link href={`/channels/${channel.id}/codes`} className="text-primary hover:underline">
            {codes('open')}
          </Link>
        }
      >
        <UnmappedCount channelId={channel.id} />
      </Section>
      <div className="mt-8">
        <Accounts channelId={channel.id} />
      </div>
      <Section title={t('params')}>
        <ParamsForm key={channel.version} channel={channel} readOnly={!may('channels.write')} />
      </Section>
      {may('audit.read') ? <Changes id={channel.id} /> : null}
    </>
  );
}

/** Codes that nobody has mapped ask for somebody. */
function UnmappedCount({ channelId }: { channelId: string }) {
  const t = useTranslations('codes');
  const { data } = useQuery(useTrpc().codes.table.queryOptions({ channelId }, { refetchInterval: 30_000 }));
  if (!data) return null;
  const { adapter } = data.channel;
  return (
    <p className="flex flex-wrap items-center gap-2 text-muted">
      {data.unmapped.length > 0 ? <Chip tone="warn">{t('unmapped', { count: data.unmapped.length })}</Chip> : null}
      {t('mapped', { count: data.rows.length })} ·{' '}
      {t('versions', { adapter, version: data.adapterVersion, override: data.overrideVersion })}
    </p>
  );
}

const breakerTones = { closed: 'success', half_open: 'warn', open: 'failed' } as const;

function Compartments({ channel }: { channel: Channel }) {
  const t = useTranslations('channels');
  if (channel.compartments.length === 0) return <p className="text-muted">{t('noCompartments')}</p>;
  return (
    <Table
      label={t('compartments')}
      head={[t('compartment'), t('active'), t('queued'), t('rejected'), t('timeouts'), t('breaker')].map((name) => (
        <Th key={name}>{name}</Th>
      ))}
    >
      {channel.compartments.map(({ group, limits, stats, breaker }) => (
        <tr key={group} className="border-b">
          <Td>{t(`groups.${group}`)}</Td>
          <Td>
            <Meter value={stats.active} max={limits.maxConcurrent} />
          </Td>
          <Td>
            <Meter value={stats.queued} max={limits.maxQueue} />
          </Td>
          <Td className={stats.rejected > 0 ? 'text-failed' : ''}>{stats.rejected}</Td>
          <Td className={stats.timeouts > 0 ? 'text-warn' : ''}>{stats.timeouts}</Td>
          <Td>
            <Chip tone={breakerTones[breaker.state]}>{t(`breakerStates.${breaker.state}`)}</Chip>{' '}
            <span className="text-muted">
              {t('breakerCalls', { failures: breaker.failures, calls: breaker.calls })}
            </span>
          </Td>
        </tr>
      ))}
    </Table>
  );
}

/** Who did what to this channel, and why. */
function Changes({ id }: { id: string }) {
  const t = useTranslations('channels');
  const audit = useTranslations('audit');
  const query = useQuery(useTrpc().audit.list.queryOptions({ objectId: id, limit: 10 }));
  return (
    <Section title={t('changes')}>
      <Loaded query={query}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p className="text-muted">{audit('none')}</p>
          ) : (
            <Table
              label={t('changes')}
              head={[audit('time'), audit('who'), audit('act'), audit('result'), audit('reason')].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
            >
              {rows.map((row) => (
                <tr key={row.id} className="border-b">
                  <Td className="whitespace-nowrap text-muted">{dateTime(row.at)}</Td>
                  <Td>{row.actorId}</Td>
                  <Td className="font-mono text-xs">{row.action}</Td>
                  <Td>
                    <Chip tone={row.result === 'ok' ? 'success' : row.result === 'denied' ? 'blocked' : 'failed'}>
                      {audit(`results.${row.result}`)}
                    </Chip>
                  </Td>
                  <Td>{row.reason ?? ''}</Td>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
    </Section>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { percent } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Loaded } from '@/ui/loaded';
import { Meter } from '@/ui/meter';
import { Empty } from '@/ui/states';
import { Page, Table, Td, Th } from '@/ui/table';
import { type Channel, ChannelState, ChannelSwitch, OffBecause } from './channel-actions';
import { ExpiryBoard } from './expiry-board';
import { NewChannel } from './new-channel';

/** Which channel is unwell, and how to take it out for a while. */
export function Channels() {
  const t = useTranslations('channels');
  const query = useQuery(useTrpc().channels.list.queryOptions(undefined, { refetchInterval: 3_000 }));
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {({ channels, adapters }) => (
          <>
            <div className="mb-3 flex justify-end">
              <NewChannel adapters={adapters} />
            </div>
            {channels.length === 0 ? (
              <Empty title={t('none')} />
            ) : (
              <>
                <div className="mb-3 grid gap-2">
                  {channels.map((channel) => (
                    <OffBecause key={channel.id} channel={channel} />
                  ))}
                </div>
                <Rows channels={channels} />
                <ExpiryBoard />
              </>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Rows({ channels }: { channels: Channel[] }) {
  const t = useTranslations('channels');
  const all = channels.reduce((sum, { last60m }) => sum + last60m.total, 0);
  return (
    <Table
      wide
      label={t('title')}
      head={
        <>
          <Th>{t('channel')}</Th>
          <Th>{t('state')}</Th>
          <Th className="text-right">{t('last5m')}</Th>
          <Th className="text-right">{t('last60m')}</Th>
          <Th className="text-right">{t('payments60')}</Th>
          <Th className="text-right">{t('share')}</Th>
          <Th className="text-right">{t('open')}</Th>
          <Th>{t('inFlight')}</Th>
          <Th>{t('accounts')}</Th>
          <Th>{t('fee')}</Th>
          <Th>
            <span className="sr-only">{t('act')}</span>
          </Th>
        </>
      }
    >
      {channels.map((channel) => {
        const { last5m, last60m, compartments } = channel;
        const place = compartments.find(({ group }) => group === 'place');
        return (
          <tr key={channel.id} className="border-b hover:bg-surface">
            <Td>
              <Link href={`/channels/${channel.id}`} className="font-medium text-primary hover:underline">
                {channel.name}
              </Link>{' '}
              <span className="font-mono text-xs text-subtle">{channel.id}</span>
            </Td>
            <Td>
              <ChannelState channel={channel} />
            </Td>
            <Td className="text-right">{percent(last5m.succeeded, last5m.succeeded + last5m.failed)}</Td>
            <Td className="text-right">{percent(last60m.succeeded, last60m.succeeded + last60m.failed)}</Td>
            <Td className="text-right">{last60m.total}</Td>
            <Td className="text-right">{percent(last60m.total, all)}</Td>
            <Td className="text-right">{last60m.open}</Td>
            <Td>{place ? <Meter value={place.stats.active} max={place.limits.maxConcurrent} /> : '—'}</Td>
            <Td>
              {channel.accounts.filter(({ enabled }) => enabled).length} / {channel.accounts.length}
            </Td>
            <Td>{(channel.feeBps / 100).toFixed(2)}%</Td>
            <Td className="text-right whitespace-nowrap">
              <ChannelSwitch channel={channel} others={channels.filter(({ id }) => id !== channel.id)} />
            </Td>
          </tr>
        );
      })}
    </Table>
  );
}

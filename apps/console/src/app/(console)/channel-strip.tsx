import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { percent, timeOfDay } from '@/lib/format';
import type { Outputs } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Section, Table, Td, Th } from '@/ui/table';

type Channel = Outputs['channels']['list']['channels'][number];

/** One row per channel: is it there, how well does it do, what is in flight. */
export function ChannelStrip({ channels }: { channels: Channel[] }) {
  const t = useTranslations('overview');
  const c = useTranslations('channels');
  return (
    <Section title={t('byChannel')}>
      <Table
        label={t('byChannel')}
        head={
          <>
            <Th>{t('channel')}</Th>
            <Th>{c('state')}</Th>
            <Th className="text-right">{c('last5m')}</Th>
            <Th className="text-right">{c('last60m')}</Th>
            <Th className="text-right">{t('payments60')}</Th>
            <Th className="text-right">{t('open')}</Th>
            <Th className="text-right">{t('inFlight')}</Th>
          </>
        }
      >
        {channels.map((channel) => {
          const { last5m, last60m } = channel;
          const active = channel.compartments.reduce((sum, { stats }) => sum + stats.active, 0);
          const places = channel.compartments.reduce((sum, { limits }) => sum + limits.maxConcurrent, 0);
          return (
            <tr key={channel.id} className="border-b">
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
              <Td className="text-right">{last60m.open}</Td>
              <Td className="text-right">{places === 0 ? '—' : `${active} / ${places}`}</Td>
            </tr>
          );
        })}
      </Table>
    </Section>
  );
}

/** On, off (until when), or nothing to judge by: "no traffic" is not 100 %. */
function ChannelState({ channel }: { channel: Channel }) {
  const c = useTranslations('channels');
  if (channel.state === 'off')
    return (
      <Chip tone="closed">
        {channel.disabledUntil ? c('offUntil', { time: timeOfDay(channel.disabledUntil).slice(0, 5) }) : c('off')}
      </Chip>
    );
  return channel.last5m.total === 0 ? (
    <Chip tone="pending">{c('noTraffic')}</Chip>
  ) : (
    <Chip tone="success">{c('on')}</Chip>
  );
}

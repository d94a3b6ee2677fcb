'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { dateTime, money } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Page, Table, Td, Th } from '@/ui/table';

/** The catalogue: every product of ours, defined by data. */
export function Services() {
  const t = useTranslations('services');
  const query = useQuery(useTrpc().services.list.queryOptions());
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {(services) => (
          <Table
            wide
            label={t('title')}
            head={[
              'serviceId',
              t('name'),
              t('state'),
              t('product'),
              t('channels'),
              t('amounts'),
              t('expires'),
              t('timeout'),
              t('schedule'),
              t('changed'),
            ].map((name) => <Th key={name}>{name}</Th>)}
          >
            {services.map(({ id, config, version, updatedAt, updatedBy }) => (
              <tr key={id} className="border-b">
                <Td className="font-mono text-xs">{id}</Td>
                <Td className="whitespace-nowrap">{config?.name ?? '—'}</Td>
                <Td>
                  <Chip tone={config?.enabled ? 'success' : 'closed'}>
                    {config ? (config.enabled ? t('on') : t('off')) : t('invalid')}
                  </Chip>
                </Td>
                <Td>{config?.product}</Td>
                <Td>{config?.channelIds.join(', ')}</Td>
                <Td className="whitespace-nowrap">
                  {config ? `${money(config.minAmount, 'CNY')} – ${money(config.maxAmount, 'CNY')}` : ''}
                </Td>
                <Td className="whitespace-nowrap">{config ? `${config.expiresInSeconds} s` : ''}</Td>
                <Td className="whitespace-nowrap">{config ? `${config.placeTimeoutMs} ms` : ''}</Td>
                <Td className="whitespace-nowrap">
                  {config
                    ? [
                        `${config.syncSchedule.firstSeconds} s`,
                        ...config.syncSchedule.steps.map(({ everySeconds, times }) => `${everySeconds} s × ${times}`),
                        `2ⁿ × ${config.syncSchedule.backoff.baseSeconds} s ≤ ${config.syncSchedule.backoff.maxSeconds} s`,
                      ].join(' → ')
                    : ''}
                </Td>
                <Td
                  className="whitespace-nowrap text-muted"
                  title={updatedBy}
                >{`v${version} · ${dateTime(updatedAt)}`}</Td>
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
    </Page>
  );
}

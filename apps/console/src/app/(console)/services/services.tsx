'use client';

import { useQuery } from '@tanstack/react-query';
import type { ServiceConfig } from '@tributary/contracts/service-config';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { dateTime, money } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Page, Table, Td, Th } from '@/ui/table';
import { ServiceForm } from './service-form';

/** The catalogue: every product of ours, defined by data. */
export function Services() {
  const t = useTranslations('services');
  const { may } = useMe();
  const [editing, setEditing] = useState<{ config: ServiceConfig; version: number }>();
  const query = useQuery(useTrpc().services.list.queryOptions());
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {(services) => (
          <Table
            wide
            label={t('title')}
            head={
              <>
                {[
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
                ].map((name) => (
                  <Th key={name}>{name}</Th>
                ))}
                <Th>
                  <span className="sr-only">{t('act')}</span>
                </Th>
              </>
            }
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
                <Td className="text-xs">
                  {config?.syncSchedule
                    ? [
                        `${config.syncSchedule.firstSeconds} s`,
                        ...config.syncSchedule.steps.map(({ everySeconds, times }) => `${everySeconds} s × ${times}`),
                        `2ⁿ × ${config.syncSchedule.backoff.baseSeconds} s ≤ ${config.syncSchedule.backoff.maxSeconds} s`,
                      ].join(' → ')
                    : config
                      ? t('channelSchedule')
                      : ''}
                </Td>
                <Td className="whitespace-nowrap text-muted" title={`${updatedBy} · ${dateTime(updatedAt)}`}>
                  v{version}
                </Td>
                <Td className="text-right whitespace-nowrap">
                  {config && may('services.write') ? (
                    <>
                      <Button look="quiet" onClick={() => setEditing({ config, version })}>
                        {t('edit')}
                      </Button>
                      <Button
                        look="quiet"
                        onClick={() =>
                          setEditing({ config: { ...config, id: `${config.id}.copy`, enabled: false }, version: 0 })
                        }
                      >
                        {t('clone')}
                      </Button>
                    </>
                  ) : null}
                </Td>
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
      {editing ? <ServiceForm {...editing} onClose={() => setEditing(undefined)} /> : null}
    </Page>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Page, Table, Td, Th } from '@/ui/table';
import { MerchantKeys } from './merchant-keys';

export function Merchants() {
  const t = useTranslations('merchants');
  const { may } = useMe();
  const [chosen, setChosen] = useState<{ id: string; name: string }>();
  const query = useQuery(useTrpc().merchants.list.queryOptions());
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {(merchants) => (
          <Table
            label={t('title')}
            head={['merchantId', t('name'), t('state'), t('zone'), t('signature'), t('webhook'), t('keys'), ''].map(
              (name) => <Th key={name}>{name}</Th>,
            )}
          >
            {merchants.map((merchant) => (
              <tr key={merchant.id} className="border-b">
                <Td className="font-mono text-xs">{merchant.id}</Td>
                <Td>{merchant.name}</Td>
                <Td>
                  <Chip tone={merchant.status === 'active' ? 'success' : 'blocked'}>
                    {t(merchant.status === 'active' ? 'active' : 'suspended')}
                  </Chip>
                </Td>
                <Td>{merchant.timeZone}</Td>
                <Td>{t(merchant.requireSignature ? 'required' : 'optional')}</Td>
                <Td className="max-w-64 truncate" title={merchant.webhookUrl ?? ''}>
                  {merchant.webhookUrl ?? '—'}
                </Td>
                <Td>{merchant.activeKeys}</Td>
                <Td className="text-right">
                  {may('merchantKeys.rotate') ? (
                    <Button look="quiet" onClick={() => setChosen(merchant)}>
                      {t('manageKeys')}
                    </Button>
                  ) : null}
                </Td>
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
      {chosen ? <MerchantKeys merchant={chosen} onClose={() => setChosen(undefined)} /> : null}
    </Page>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Table, Td, Th } from '@/ui/table';
import { NewMerchant } from './new-merchant';

/** All merchants for our people; a merchant's own people find the way to their own. */
export function Merchants() {
  const t = useTranslations('merchants');
  const { me, may } = useMe();
  const [adding, setAdding] = useState(false);
  const own = me?.merchantId;
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={may('merchants.write') ? <Button onClick={() => setAdding(true)}>{t('add')}</Button> : undefined}
    >
      {own ? (
        <p>
          <Link href={`/merchants/${own}`} className="text-primary hover:underline">
            {t('toOwn')} <span className="font-mono text-xs">{own}</span>
          </Link>
        </p>
      ) : (
        <All />
      )}
      {adding ? <NewMerchant onClose={() => setAdding(false)} /> : null}
    </Page>
  );
}

function All() {
  const t = useTranslations('merchants');
  const query = useQuery(useTrpc().merchants.list.queryOptions());
  return (
    <Loaded query={query}>
      {(merchants) =>
        merchants.length === 0 ? (
          <Empty title={t('none')} />
        ) : (
          <Table
            wide
            label={t('title')}
            head={[t('name'), 'ID', t('state'), t('zone'), t('signature'), t('webhook'), t('rate'), t('keys')].map(
              (name) => <Th key={name}>{name}</Th>,
            )}
          >
            {merchants.map((merchant) => (
              <tr key={merchant.id} className="border-b hover:bg-surface">
                <Td>
                  <Link href={`/merchants/${merchant.id}`} className="font-medium text-primary hover:underline">
                    {merchant.name}
                  </Link>
                </Td>
                <Td className="font-mono text-xs">{merchant.id}</Td>
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
                <Td>{t('perSecond', { count: merchant.ratePerSecond })}</Td>
                <Td>{merchant.activeKeys}</Td>
              </tr>
            ))}
          </Table>
        )
      }
    </Loaded>
  );
}

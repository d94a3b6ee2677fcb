'use client';

import { useTranslations } from 'next-intl';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { useMe } from '@/lib/session';
import { Button } from '@/ui/button';
import { Page, Section } from '@/ui/table';
import { Deliveries } from './deliveries';
import { Endpoints } from './endpoints';
import { OneDelivery } from './one-delivery';
import { Replay } from './replay';

/** What merchants were told, what they answered, and how their endpoints are. */
export function Webhooks() {
  const t = useTranslations('webhooks');
  const { may } = useMe();
  const [open, setOpen] = useQueryState('delivery', parseAsString);
  const [endpoint, setEndpoint] = useQueryState('endpoint', parseAsString);
  const [replaying, setReplaying] = useState(false);
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={may('orders.renotify') ? <Button onClick={() => setReplaying(true)}>{t('replay')}</Button> : undefined}
    >
      <Section title={t('endpoints')}>
        <Endpoints chosen={endpoint} onChoose={(id) => void setEndpoint(id)} />
      </Section>
      <Section title={t('deliveries')}>
        <Deliveries endpointId={endpoint} onOpen={(id) => void setOpen(id)} />
      </Section>
      {open ? <OneDelivery id={open} onClose={() => void setOpen(null)} /> : null}
      {replaying ? <Replay onClose={() => setReplaying(false)} /> : null}
    </Page>
  );
}

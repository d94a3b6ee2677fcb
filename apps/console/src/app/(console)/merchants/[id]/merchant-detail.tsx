'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Facts, Page, Section } from '@/ui/table';
import { Keys } from './keys';
import { WebhookKeys } from './webhook-keys';

type Merchant = Outputs['merchants']['list'][number];

/** One merchant: what it may do and the keys it does it with. */
export function MerchantDetail({ id }: { id: string }) {
  const t = useTranslations('merchants');
  const { may } = useMe();
  const all = may('merchants.read');
  const query = useQuery(useTrpc().merchants.list.queryOptions(undefined, { enabled: all }));
  const merchant = query.data?.find((one) => one.id === id);
  return (
    <Page
      title={merchant?.name ?? id}
      lead={
        <Link href="/merchants" className="inline-flex items-center gap-1 hover:text-fg">
          <ArrowLeft size={13} aria-hidden />
          {t('title')}
        </Link>
      }
      actions={merchant ? <Status merchant={merchant} /> : undefined}
    >
      {all ? (
        <Loaded query={query}>
          {() => (merchant ? <About merchant={merchant} /> : <Empty title={t('unknown', { id })} />)}
        </Loaded>
      ) : null}
      {may('merchantKeys.rotate') ? <Keys merchantId={id} /> : null}
      {may('merchantKeys.rotate') ? <WebhookKeys merchantId={id} /> : null}
    </Page>
  );
}

function About({ merchant }: { merchant: Merchant }) {
  const t = useTranslations('merchants');
  return (
    <Section title={t('about')}>
      <Facts
        rows={[
          [
            'ID',
            <span key="id" className="font-mono text-xs">
              {merchant.id}
            </span>,
          ],
          [t('zone'), merchant.timeZone],
          [t('signature'), t(merchant.requireSignature ? 'required' : 'optional')],
          [t('services'), merchant.serviceIds.length === 0 ? t('allServices') : merchant.serviceIds.join(' · ')],
          [t('webhook'), merchant.webhookUrl ?? '—'],
          [t('rate'), t('perSecond', { count: merchant.ratePerSecond })],
          [
            t('orders'),
            <Link key="orders" href={`/orders?merchant=${merchant.id}&t=24h`} className="text-primary hover:underline">
              {t('lastDay')}
            </Link>,
          ],
        ]}
      />
    </Section>
  );
}

/** Suspending stops new payments of a merchant; what is under way goes on. */
function Status({ merchant }: { merchant: Merchant }) {
  const t = useTranslations('merchants');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const active = merchant.status === 'active';
  const change = useMutation(
    trpc.merchants.setStatus.mutationOptions({
      onSuccess: async () => {
        toast.success(t(active ? 'wasSuspended' : 'wasResumed', { name: merchant.name }));
        setAsking(false);
        await queries.invalidateQueries({ queryKey: trpc.merchants.pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim();
    change.mutate({ id: merchant.id, status: active ? 'suspended' : 'active', reason });
  };
  return (
    <>
      <Chip tone={active ? 'success' : 'blocked'} large>
        {t(active ? 'active' : 'suspended')}
      </Chip>
      {may('merchants.write') ? (
        <Button look={active ? 'danger' : 'plain'} onClick={() => setAsking(true)}>
          {t(active ? 'suspend' : 'resume')}
        </Button>
      ) : null}
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        closeLabel={t('cancel')}
        title={t(active ? 'suspendTitle' : 'resumeTitle', { name: merchant.name })}
        description={t(active ? 'suspendEffect' : 'resumeEffect')}
      >
        <form onSubmit={submit} className="grid gap-4">
          <Field label={t('reason')} error={change.error?.message}>
            {(id) => <Input id={id} name="reason" required maxLength={200} />}
          </Field>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsking(false)}>{t('cancel')}</Button>
            <Button look={active ? 'danger' : 'primary'} type="submit" disabled={change.isPending}>
              {t(active ? 'suspend' : 'resume')}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}

'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { toast } from 'sonner';
import { dateTime, duration } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Dialog } from '@/ui/dialog';
import { Json } from '@/ui/json';
import { Loaded } from '@/ui/loaded';
import { Facts, Table, Td, Th } from '@/ui/table';
import { deliveryTones } from './deliveries';

type Delivery = Outputs['webhooks']['get'];

/** One delivery: what it says, every try with its answer, and sending it again. */
export function OneDelivery({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTranslations('webhooks');
  const query = useQuery(useTrpc().webhooks.get.queryOptions({ id }, { refetchInterval: 3_000 }));
  return (
    <Dialog open onClose={onClose} closeLabel={t('close')} title={t('oneDelivery')} wide>
      <Loaded query={query}>{(delivery) => <Shown delivery={delivery} />}</Loaded>
    </Dialog>
  );
}

function Shown({ delivery }: { delivery: Delivery }) {
  const t = useTranslations('webhooks');
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <Facts
          rows={[
            [t('event'), `${delivery.type}${delivery.seq === null ? '' : ` #${delivery.seq}`}`],
            [
              t('state'),
              <Chip key="state" tone={deliveryTones[delivery.state]}>
                {t(`deliveryStates.${delivery.state}`)}
              </Chip>,
            ],
            [
              'webhook-id',
              <span key="id" className="font-mono text-xs">
                {delivery.id}
              </span>,
            ],
            [t('to'), delivery.url],
            [
              t('payment'),
              <Link
                key="payment"
                href={`/orders/${delivery.paymentId}`}
                className="font-mono text-xs text-primary underline"
              >
                {delivery.paymentId}
              </Link>,
            ],
          ]}
        />
        <Resend delivery={delivery} />
      </div>
      {delivery.tries.length === 0 ? (
        <p className="text-muted">{t('noTries')}</p>
      ) : (
        <Table
          cards
          label={t('tries')}
          head={['#', t('at'), t('answer'), t('took'), t('said'), t('node')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {delivery.tries.map((one) => (
            <tr key={one.no} className="border-b align-top">
              <Td className="text-subtle">{one.no}</Td>
              <Td label={t('at')} className="whitespace-nowrap">
                <span>{dateTime(one.at)}</span>
              </Td>
              <Td label={t('answer')}>
                {one.status !== null && one.status >= 200 && one.status < 300 ? (
                  <Chip tone="success">HTTP {one.status}</Chip>
                ) : (
                  <span className="break-words text-failed">{one.status ? `HTTP ${one.status}` : one.error}</span>
                )}
              </Td>
              <Td label={t('took')} className="whitespace-nowrap">
                <span>{duration(one.durationMs)}</span>
              </Td>
              <Td label={t('said')} className="max-w-80">
                <span className="block max-h-20 overflow-auto font-mono text-xs break-all">{one.answer ?? '—'}</span>
              </Td>
              <Td label={t('node')} className="text-xs text-muted">
                <span>{one.node}</span>
              </Td>
            </tr>
          ))}
        </Table>
      )}
      {delivery.body ? <Json value={JSON.parse(delivery.body)} label={t('body')} head={t('body')} /> : null}
    </div>
  );
}

function Resend({ delivery }: { delivery: Delivery }) {
  const t = useTranslations('webhooks');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const resend = useMutation(
    trpc.webhooks.resend.mutationOptions({
      onSuccess: async () => {
        toast.success(t('wasResent'));
        await queries.invalidateQueries({ queryKey: trpc.webhooks.pathKey() });
      },
    }),
  );
  if (!may('orders.renotify')) return null;
  return (
    <div className="grid justify-items-end gap-1">
      <Button onClick={() => resend.mutate({ id: delivery.id })} disabled={resend.isPending}>
        {t('resend')}
      </Button>
      <span className="text-xs text-muted">{t('sameId')}</span>
      {resend.error ? <span className="text-xs text-failed">{resend.error.message}</span> : null}
    </div>
  );
}

'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { dateTime, money, timeOfDay } from '@/lib/format';
import { useMe } from '@/lib/session';
import { toneOf } from '@/lib/status';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { useFailedWords } from '@/lib/words';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Copy } from '@/ui/copy';
import { Input } from '@/ui/field';
import { Failed, Skeleton } from '@/ui/states';
import { Facts, Page, Section, Table, Td, Th } from '@/ui/table';
import { ChainStrip } from './chain-strip';
import { sentenceOf } from './sentence';
import { Timeline } from './timeline';

export type Order = Outputs['orders']['get'];

/** One order's whole story. While it is open the page asks again, waiting for each answer before it waits. */
export function OrderDetail({ id }: { id: string }) {
  const t = useTranslations('order');
  const words = useFailedWords();
  const query = useQuery(
    useTrpc().orders.get.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? 2_000 : false) },
    ),
  );
  const { data: order, error } = query;
  if (!order) {
    return (
      <Page title={t('title')}>
        {error ? (
          <Failed error={error} onRetry={() => void query.refetch()} words={words} />
        ) : (
          <Skeleton rows={10} label={t('loading')} />
        )}
      </Page>
    );
  }
  return <Story order={order} />;
}

const isOpen = ({ payment, refunds, deliveries }: Order): boolean =>
  payment.status === 'processing' ||
  refunds.some(({ status }) => status === 'processing') ||
  deliveries.some(({ status }) => status === 'pending');

function Story({ order }: { order: Order }) {
  const t = useTranslations('order');
  const status = useTranslations('status');
  const codes = useTranslations('failures');
  const { payment } = order;
  const { key, values } = sentenceOf(order);
  const failure = codes.has(values.failure) ? codes(values.failure) : values.failure;
  const said = { ...values, failure, nextAt: timeOfDay(values.nextAt).slice(0, 8) };
  const copy = { label: t('copy'), copied: t('copied') };

  return (
    <Page
      title={money(payment.amount, payment.currency)}
      lead={
        <Link href="/orders" className="inline-flex items-center gap-1 text-muted hover:text-fg">
          <ArrowLeft size={13} aria-hidden />
          {t('back')}
        </Link>
      }
      actions={<Actions order={order} />}
    >
      <div className="mb-6 rounded-md border bg-surface p-4">
        <div className="flex flex-wrap items-center gap-2">
          <Chip tone={toneOf(payment.status, payment.hold)}>
            {payment.hold ? status('hold') : status(payment.status)}
          </Chip>
          <span className="text-muted">{payment.subject}</span>
        </div>
        <p className="mt-2 text-[15px] leading-6" aria-live="polite">
          {t(`sentence.${key}`, said)}
        </p>
        <p className="mt-1 text-muted">
          {t('tellCustomer')}「{t(`tell.${key}`)}」
        </p>
        <ChainStrip order={order} />
      </div>
      <div className="grid gap-8 xl:grid-cols-[2fr_1fr]">
        <div className="min-w-0">
          <Section title={t('timeline', { count: order.events.length })}>
            <Timeline order={order} />
          </Section>
        </div>
        <div className="min-w-0">
          <Section title={t('facts')}>
            <Facts
              rows={[
                [t('id'), <Copy key="id" text={payment.id} {...copy} />],
                [t('merchantOrderNo'), <Copy key="no" text={payment.merchantOrderNo} {...copy} />],
                [t('merchant'), `${payment.merchantName} (${payment.merchantId})`],
                [t('service'), payment.serviceId],
                [t('channel'), payment.channelId ? `${payment.channelId} / ${payment.accountId}` : '—'],
                [t('channelTxn'), payment.channelTxn ? <Copy key="txn" text={payment.channelTxn} {...copy} /> : '—'],
                [t('created'), <Time key="created" ms={payment.createdAt} />],
                [t('expires'), <Time key="expires" ms={payment.expiresAt} />],
                [t('succeeded'), payment.succeededAt ? <Time key="succeeded" ms={payment.succeededAt} /> : '—'],
                [
                  t('failure'),
                  payment.failureCode
                    ? `${codes.has(payment.failureCode) ? codes(payment.failureCode) : ''} ${payment.failureCode}`
                    : '—',
                ],
                [
                  t('payer'),
                  Object.entries(payment.payer)
                    .map(([name, value]) => `${name} ${value}`)
                    .join(' · ') || '—',
                ],
                [t('trace'), <Copy key="trace" text={payment.traceId} {...copy} />],
              ]}
            />
          </Section>
          {order.attempts.length > 0 ? (
            <Section title={t('attempts')}>
              <Table
                label={t('attempts')}
                head={['#', t('account'), t('state'), t('code'), t('nextLookUp')].map((name) => (
                  <Th key={name}>{name}</Th>
                ))}
              >
                {order.attempts.map((attempt) => (
                  <tr key={attempt.no} className="border-b">
                    <Td>{attempt.no}</Td>
                    <Td>{attempt.accountId}</Td>
                    <Td>
                      <Chip tone={toneOf(attempt.status)}>{status(`attempt_${attempt.status}`)}</Chip>
                    </Td>
                    <Td className="font-mono text-xs">{attempt.resultCode ?? ''}</Td>
                    <Td className="whitespace-nowrap">
                      {attempt.nextSyncAt ? timeOfDay(attempt.nextSyncAt).slice(0, 8) : '—'}
                    </Td>
                  </tr>
                ))}
              </Table>
            </Section>
          ) : null}
          {order.refunds.length > 0 ? (
            <Section title={t('refunds')}>
              <Table
                label={t('refunds')}
                head={[t('refundNo'), t('amount'), t('state'), t('created')].map((name) => <Th key={name}>{name}</Th>)}
              >
                {order.refunds.map((refund) => (
                  <tr key={refund.id} className="border-b">
                    <Td className="font-mono text-xs break-all">
                      {refund.merchantRefundNo}
                      {refund.kind === 'compensation' ? (
                        <span className="ml-1 font-sans text-warn">{t('compensation')}</span>
                      ) : null}
                    </Td>
                    <Td className="whitespace-nowrap">{money(refund.amount, payment.currency)}</Td>
                    <Td>
                      <Chip tone={refund.status === 'succeeded' ? 'refunded' : toneOf(refund.status)}>
                        {status(`refund_${refund.status}`)}
                      </Chip>
                    </Td>
                    <Td className="whitespace-nowrap">{dateTime(refund.createdAt)}</Td>
                  </tr>
                ))}
              </Table>
            </Section>
          ) : null}
          {order.deliveries.length > 0 ? (
            <Section title={t('deliveries')}>
              <Table
                label={t('deliveries')}
                head={[t('type'), t('state'), t('tries'), t('answer')].map((name) => <Th key={name}>{name}</Th>)}
              >
                {order.deliveries.map((one) => (
                  <tr key={one.id} className="border-b">
                    <Td className="whitespace-nowrap" title={one.url}>
                      {one.type}
                    </Td>
                    <Td>
                      <Chip tone={toneOf(one.status)}>{status(`delivery_${one.status}`)}</Chip>
                    </Td>
                    <Td>{one.attempts}</Td>
                    <Td className="break-words">{one.lastStatus ?? one.lastError ?? '—'}</Td>
                  </tr>
                ))}
              </Table>
            </Section>
          ) : null}
        </div>
      </div>
    </Page>
  );
}

const Time = ({ ms }: { ms: number }) => <time dateTime={new Date(ms).toISOString()}>{dateTime(ms)}</time>;

function Actions({ order }: { order: Order }) {
  const t = useTranslations('order');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  const { id } = order.payment;
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.orders.get.queryKey({ id }) });
  const sync = useMutation(
    trpc.orders.sync.mutationOptions({
      onSuccess: ({ lookUps }) => {
        toast.success(lookUps === 0 ? t('nothingOpen') : t('asked', { count: lookUps }));
        return refresh();
      },
      onError: (error) => toast.error(error.message),
    }),
  );
  const add = useMutation(
    trpc.orders.note.mutationOptions({
      onSuccess: () => {
        setNote('');
        return refresh();
      },
      onError: (error) => toast.error(error.message),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (note.trim()) add.mutate({ id, text: note.trim() });
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      {may('orders.note') ? (
        <form onSubmit={submit} className="flex gap-2">
          <Input
            aria-label={t('note')}
            placeholder={t('notePlaceholder')}
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.target.value)}
            className="w-44"
          />
          <Button type="submit" disabled={!note.trim() || add.isPending}>
            {t('addNote')}
          </Button>
        </form>
      ) : null}
      {may('orders.sync') ? (
        <Button look="primary" onClick={() => sync.mutate({ id })} disabled={sync.isPending}>
          {sync.isPending ? t('asking') : t('sync')}
        </Button>
      ) : null}
    </div>
  );
}

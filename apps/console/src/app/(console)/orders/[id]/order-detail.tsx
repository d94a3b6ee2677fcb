'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { parseAsInteger, useQueryState } from 'nuqs';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { useWide } from '@/lib/use-wide';
import { useFailedWords } from '@/lib/words';
import { Failed, Skeleton } from '@/ui/states';
import { Page } from '@/ui/table';
import { EventPanel } from './event-detail';
import { OrderFacts } from './order-facts';
import { OrderHead } from './order-head';
import { Timeline } from './timeline';

export type Order = Outputs['orders']['get'];
export type OrderEvent = Order['events'][number];

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

/** Two thirds for what happened, one for what it is; an opened event lies beside the timeline, or below it on a phone. */
function Story({ order }: { order: Order }) {
  const [open, setOpen] = useQueryState('ev', parseAsInteger);
  const wide = useWide(1280);
  const event = order.events.find(({ seq }) => seq === open);
  return (
    <main id="main" className="mx-auto max-w-[1760px] px-4 py-5 md:px-6">
      <OrderHead order={order} />
      <div className="grid gap-8 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
        <Timeline order={order} open={open} onOpen={(seq) => void setOpen(seq)} inline={!wide} />
        <div className="min-w-0">
          {wide && event ? (
            <div className="sticky top-4 z-10 mb-8 max-h-[calc(100dvh-2rem)] overflow-y-auto rounded-md border border-edge bg-bg p-4">
              <EventPanel event={event} onClose={() => void setOpen(null)} />
            </div>
          ) : null}
          <OrderFacts order={order} />
        </div>
      </div>
    </main>
  );
}

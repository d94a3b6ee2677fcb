import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Dialog } from '@/ui/dialog';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Table, Td, Th } from '@/ui/table';
import type { Shard } from './shards';

/** What is open of a shard, in the order in which it comes due. */
export function ShardOrders({ shard, onClose }: { shard: Shard; onClose: () => void }) {
  const t = useTranslations('shards');
  const query = useQuery(useTrpc().shards.orders.queryOptions({ shard: shard.shard }, { refetchInterval: 5_000 }));
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('close')}
      title={t('ordersOf', { shard: shard.shard })}
      description={t('ordersHint')}
      wide
    >
      <Loaded query={query}>
        {(orders) =>
          orders.length === 0 ? (
            <Empty title={t('noOrders')} />
          ) : (
            <Table
              cards
              label={t('ordersOf', { shard: shard.shard })}
              head={[t('payment'), t('channel'), t('step'), t('due')].map((name) => <Th key={name}>{name}</Th>)}
            >
              {orders.map(({ paymentId, refundId, channelId, step, dueAt }) => (
                <tr key={refundId ?? `${paymentId} ${step}`} className="border-b">
                  <Td label={t('payment')} className="font-mono text-xs">
                    <Link href={`/orders/${paymentId}`} className="text-primary hover:underline">
                      {refundId ?? paymentId}
                    </Link>
                  </Td>
                  <Td label={t('channel')}>{channelId}</Td>
                  <Td label={t('step')}>{step}</Td>
                  <Td label={t('due')} className="whitespace-nowrap">
                    {dateTime(dueAt)}
                  </Td>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
    </Dialog>
  );
}

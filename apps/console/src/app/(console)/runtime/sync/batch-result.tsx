import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Dialog } from '@/ui/dialog';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Table, Td, Th } from '@/ui/table';

/** What became of a batch: how many went from which status to which, and which they were. */
export function BatchResult({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTranslations('sync');
  const words = useTranslations('status');
  const query = useQuery(useTrpc().sync.get.queryOptions({ id }, { refetchInterval: 2_000 }));
  const named = (status: string) => (words.has(status) ? words(status as never) : status);
  return (
    <Dialog open onClose={onClose} closeLabel={t('close')} title={t('result')} description={t('resultHint')} wide>
      <Loaded query={query}>
        {({ moves, changes, reason, state, handled, asked, total }) => (
          <>
            <p className="mb-1">
              {reason} · {t('handledOf', { handled, total, asked })}
            </p>
            {asked < handled ? <p className="mb-3 text-muted">{t('notAsked', { count: handled - asked })}</p> : null}
            {state === 'done' && handled < total ? (
              <p className="mb-3 text-muted">{t('endedBefore', { count: total - handled })}</p>
            ) : null}
            {moves.length === 0 ? <Empty title={t('nothingYet')} /> : null}
            <ul className="mb-4 grid gap-1">
              {moves.map(({ before, after, count }) => (
                <li key={`${before} ${after}`} className={before === after ? 'text-muted' : 'font-medium'}>
                  {named(before)} → {named(after)}: {count}
                </li>
              ))}
            </ul>
            {changes.length > 0 ? (
              <Table
                cards
                label={t('changed')}
                head={[t('payment'), t('move'), t('at')].map((name) => <Th key={name}>{name}</Th>)}
              >
                {changes.map(({ paymentId, before, after, askedAt }) => (
                  <tr key={paymentId} className="border-b">
                    <Td label={t('payment')} className="font-mono text-xs">
                      <Link href={`/orders/${paymentId}`} className="text-primary hover:underline">
                        {paymentId}
                      </Link>
                    </Td>
                    <Td label={t('move')}>
                      {named(before)} → {named(after)}
                    </Td>
                    <Td label={t('at')} className="whitespace-nowrap">
                      {dateTime(askedAt)}
                    </Td>
                  </tr>
                ))}
              </Table>
            ) : null}
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

'use client';

import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { parseAsString, useQueryState } from 'nuqs';
import { Progress } from '@/backtest/progress';
import { Result, useOutcomeWord } from '@/backtest/result';
import { money } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Section, Table, Td, Th } from '@/ui/table';
import { runTones, Subject } from './backtests';

/** One backtest: how far, what came out, and behind each cell of the matrix its payments. */
export function OneBacktest({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTranslations('lab');
  const { may } = useMe();
  const trpc = useTrpc();
  const [cell, setCell] = useQueryState('cell', parseAsString);
  const query = useQuery(
    trpc.lab.backtest.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data?.run.state === 'running' ? 700 : false) },
    ),
  );
  const cancel = useMutation(trpc.lab.cancelBacktest.mutationOptions({ onSuccess: () => query.refetch() }));
  const [live, draft] = cell?.split('>') ?? [];
  return (
    <div className="mt-6 rounded-md border p-4">
      <Loaded query={query}>
        {({ run, result, stale }) => (
          <>
            <p className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
              <Chip tone={runTones[run.state]}>{t(`states.${run.state}`)}</Chip>
              <Subject run={run} />
              {stale ? <Chip tone="warn">{t('stale')}</Chip> : null}
              <span className="ml-auto flex gap-1">
                {run.state === 'running' && may('lab.run') ? (
                  <Button disabled={cancel.isPending || run.cancelRequested} onClick={() => cancel.mutate({ id })}>
                    {t('cancel')}
                  </Button>
                ) : null}
                <Button look="quiet" onClick={onClose}>
                  {t('close')}
                </Button>
              </span>
            </p>
            <Progress run={run} />
            {result ? (
              <Result
                kind={run.kind}
                result={result}
                shownCell={cell}
                onCell={(from, to) => void setCell(`${from}>${to}`)}
              />
            ) : null}
          </>
        )}
      </Loaded>
      {live && draft ? <Payments runId={id} live={live} draft={draft} onClose={() => void setCell(null)} /> : null}
    </div>
  );
}

function Payments({
  runId,
  live,
  draft,
  onClose,
}: {
  runId: string;
  live: string;
  draft: string;
  onClose: () => void;
}) {
  const t = useTranslations('lab');
  const status = useTranslations('status');
  const word = useOutcomeWord();
  const trpc = useTrpc();
  const query = useInfiniteQuery(
    trpc.lab.changedPayments.infiniteQueryOptions(
      { runId, live, draft },
      { getNextPageParam: (page) => page.cursor ?? undefined },
    ),
  );
  return (
    <Section
      title={`${word(live)} → ${word(draft)}`}
      actions={
        <Button look="quiet" onClick={onClose}>
          {t('close')}
        </Button>
      }
    >
      <Loaded query={query}>
        {({ pages }) => {
          const payments = pages.flatMap((page) => page.payments);
          return (
            <>
              <Table
                wide
                label={t('payments')}
                head={[t('payment'), t('merchant'), t('amount'), t('state'), t('liveFired'), t('draftFired')].map(
                  (name) => <Th key={name}>{name}</Th>,
                )}
              >
                {payments.map((one) => (
                  <tr key={one.paymentId} className="border-b">
                    <Td>
                      <Link href={`/orders/${one.paymentId}`} className="font-mono text-xs text-primary underline">
                        {one.paymentId}
                      </Link>
                    </Td>
                    <Td>{one.merchantId}</Td>
                    <Td className="whitespace-nowrap">{money(one.amount, one.currency)}</Td>
                    <Td>{status.has(one.status) ? status(one.status) : one.status}</Td>
                    <Td className="font-mono text-xs">{one.liveFired.join(', ') || '—'}</Td>
                    <Td className="font-mono text-xs">{one.draftFired.join(', ') || '—'}</Td>
                  </tr>
                ))}
              </Table>
              <p className="mt-2 text-center text-xs text-subtle">
                {query.hasNextPage ? (
                  <Button onClick={() => void query.fetchNextPage()}>{t('more')}</Button>
                ) : (
                  t('shown', { count: payments.length })
                )}
              </p>
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}

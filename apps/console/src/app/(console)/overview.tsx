'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { parseAsInteger, useQueryState } from 'nuqs';
import { dateTime, money, percent, timeOfDay } from '@/lib/format';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { useFailedWords } from '@/lib/words';
import { Select } from '@/ui/field';
import { Empty, Failed, Skeleton } from '@/ui/states';
import { Page, Section, Table, Td, Th } from '@/ui/table';

type Data = Outputs['overview']['get'];

const enough = 30;

/** Are we well? The verdict first, then the numbers; each leads to its orders. */
export function Overview() {
  const t = useTranslations('overview');
  const words = useFailedWords();
  const [minutes, setMinutes] = useQueryState('minutes', parseAsInteger.withDefault(60));
  const query = useQuery(
    useTrpc().overview.get.queryOptions({ minutes }, { refetchInterval: 5_000, placeholderData: (before) => before }),
  );
  const { data, error } = query;
  const range = (
    <label htmlFor="window" className="flex items-center gap-2 whitespace-nowrap text-muted">
      {t('window')}
      <Select id="window" value={minutes} onChange={(event) => void setMinutes(Number(event.target.value))}>
        {[15, 60, 360, 1440].map((one) => (
          <option key={one} value={one}>
            {t('minutes', { minutes: one })}
          </option>
        ))}
      </Select>
    </label>
  );
  return (
    <Page title={t('title')} lead={data ? t('asOf', { time: dateTime(data.now) }) : undefined} actions={range}>
      {error && !data ? <Failed error={error} onRetry={() => void query.refetch()} words={words} /> : null}
      {!data && !error ? <Skeleton label={t('loading')} /> : null}
      {data ? <Numbers data={data} stale={error !== null} /> : null}
    </Page>
  );
}

function Numbers({ data, stale }: { data: Data; stale: boolean }) {
  const t = useTranslations('overview');
  const s = useTranslations('status');
  const codes = useTranslations('failures');
  const total = data.byStatus.reduce((sum, { count }) => sum + count, 0);
  const of = (status: string) => data.byStatus.find((one) => one.status === status) ?? { count: 0, amount: 0 };
  const succeeded = of('succeeded');
  const decided = succeeded.count + of('failed').count;
  const verdict = stale
    ? 'unknown'
    : data.backlog && (data.backlog.held > 0 || data.backlog.overdue > 20)
      ? 'bad'
      : decided >= enough && succeeded.count / decided < 0.85
        ? 'watch'
        : 'good';
  const looks = {
    good: 'border-success bg-success-bg text-success',
    watch: 'border-warn bg-warn-bg text-warn',
    bad: 'border-failed bg-failed-bg text-failed',
    unknown: 'border-edge bg-surface text-muted',
  } as const;
  const since = `from=${data.now - data.minutes * 60_000}`;
  return (
    <>
      <p role="status" className={`mb-5 rounded-md border-l-4 px-3 py-2 font-medium ${looks[verdict]}`}>
        {t(`verdict.${verdict}`, { held: data.backlog?.held ?? 0, overdue: data.backlog?.overdue ?? 0 })}
      </p>
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-md border bg-hairline md:grid-cols-5">
        <Figure label={t('payments')} value={total.toLocaleString('en')} href={`/orders?${since}`} />
        <Figure
          label={t('turnover')}
          value={money(succeeded.amount, 'CNY')}
          href={`/orders?${since}&status=succeeded`}
        />
        <Figure
          label={t('successRate')}
          value={percent(succeeded.count, decided)}
          note={t('ofDecided', { count: decided })}
          href={`/orders?${since}&status=failed`}
        />
        <Figure
          label={t('processing')}
          value={of('processing').count.toLocaleString('en')}
          href={`/orders?${since}&status=processing`}
        />
        <Figure
          label={t('overdue')}
          value={data.backlog ? data.backlog.overdue.toLocaleString('en') : '—'}
          note={data.backlog ? t('openAttempts', { count: data.backlog.attempts }) : ''}
          href="/orders?status=processing"
        />
      </dl>
      {total === 0 ? (
        <Empty title={t('emptyTitle')}>{t('empty')}</Empty>
      ) : (
        <>
          <Section title={t('perBucket')}>
            <Bars data={data} />
          </Section>
          <div className="mt-8 grid gap-8 lg:grid-cols-2">
            <div>
              <Section title={t('byChannel')}>
                <Table
                  label={t('byChannel')}
                  head={[t('channel'), t('payments'), s('succeeded'), s('failed'), t('successRate')].map((name, i) => (
                    <Th key={name} className={i > 0 ? 'text-right' : ''}>
                      {name}
                    </Th>
                  ))}
                >
                  {data.byChannel.map((row) => (
                    <tr key={row.channel} className="border-b">
                      <Td>
                        {row.channel === '-' ? (
                          t('noChannel')
                        ) : (
                          <Link
                            className="text-primary hover:underline"
                            href={`/orders?${since}&channel=${row.channel}`}
                          >
                            {row.channel}
                          </Link>
                        )}
                      </Td>
                      <Td className="text-right">{row.total}</Td>
                      <Td className="text-right">{row.succeeded}</Td>
                      <Td className="text-right">{row.failed}</Td>
                      <Td className="text-right">{percent(row.succeeded, row.succeeded + row.failed)}</Td>
                    </tr>
                  ))}
                </Table>
              </Section>
            </div>
            <div>
              <Section title={t('topFailures')}>
                {data.failures.length === 0 ? (
                  <p className="text-muted">{t('noFailures')}</p>
                ) : (
                  <ol>
                    {data.failures.map(({ code, count }) => (
                      <li key={code} className="flex items-center gap-2 border-b py-1.5">
                        <Link
                          href={`/orders?${since}&failure=${code}`}
                          className="min-w-0 flex-1 text-primary hover:underline"
                        >
                          {codes.has(code) ? codes(code) : code}{' '}
                          <span className="font-mono text-xs text-subtle">{code}</span>
                        </Link>
                        <span>{count}</span>
                      </li>
                    ))}
                  </ol>
                )}
              </Section>
            </div>
          </div>
        </>
      )}
    </>
  );
}

const Figure = ({ label, value, note, href }: { label: string; value: string; note?: string; href: string }) => (
  <div className="bg-bg p-3">
    <dt className="text-xs text-muted">{label}</dt>
    <dd>
      <Link href={href} className="text-[22px] leading-8 font-semibold hover:text-primary">
        {value}
      </Link>
      <p className="h-4 text-xs text-subtle">{note}</p>
    </dd>
  </div>
);

/** Payments per bucket, succeeded in the lower part; the same numbers follow as a table. */
function Bars({ data }: { data: Data }) {
  const t = useTranslations('overview');
  const buckets = filled(data);
  const most = Math.max(1, ...buckets.map(({ total }) => total));
  const label = (at: number) => timeOfDay(at).slice(0, 5);
  return (
    <figure>
      <div aria-hidden className="flex h-28 items-end gap-px overflow-hidden border-b">
        {buckets.map(({ at, total, succeeded }) => (
          <div
            key={at}
            title={`${label(at)} · ${total} / ${succeeded}`}
            className="flex max-w-10 min-w-px flex-1 flex-col justify-end"
            style={{ height: `${(total / most) * 100}%` }}
          >
            <div className="bg-hairline" style={{ flexGrow: total - succeeded }} />
            <div className="bg-primary" style={{ flexGrow: succeeded }} />
          </div>
        ))}
      </div>
      <figcaption className="mt-1 flex justify-between text-xs text-subtle">
        <span>{buckets[0] ? label(buckets[0].at) : ''}</span>
        <span>{t('legend')}</span>
        <span>{buckets.at(-1) ? label(buckets.at(-1)?.at ?? 0) : ''}</span>
      </figcaption>
      <details className="mt-1 text-xs">
        <summary className="text-muted">{t('asTable')}</summary>
        <Table
          label={t('perBucket')}
          head={[t('time'), t('payments'), t('succeededCount')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {data.buckets.map(({ at, total, succeeded }) => (
            <tr key={at} className="border-b">
              <Td>{label(at)}</Td>
              <Td>{total}</Td>
              <Td>{succeeded}</Td>
            </tr>
          ))}
        </Table>
      </details>
    </figure>
  );
}

/** Buckets without a payment are there too: time runs evenly, and a gap is seen as one. */
function filled({ buckets, minutes, now }: Data): Data['buckets'] {
  const width = Math.max(60, minutes) * 1000;
  const known = new Map(buckets.map((bucket) => [bucket.at, bucket]));
  const last = Math.floor(now / width) * width;
  const count = Math.min(120, Math.ceil((minutes * 60_000) / width) + 1);
  return Array.from({ length: count }, (_, i) => last - (count - 1 - i) * width).map(
    (at) => known.get(at) ?? { at, total: 0, succeeded: 0 },
  );
}

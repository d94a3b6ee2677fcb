'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleHelp, OctagonAlert, TriangleAlert } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { parseAsInteger, useQueryState } from 'nuqs';
import { dateTime, money, percent } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { useFailedWords } from '@/lib/words';
import { Select } from '@/ui/field';
import { Empty, Failed, Skeleton } from '@/ui/states';
import { Page, Section } from '@/ui/table';
import { ChannelStrip } from './channel-strip';
import { PerBucket } from './per-bucket';
import { verdictOf } from './verdict';

type Data = Outputs['overview']['get'];
type Channels = Outputs['channels']['list']['channels'];

const windows = [15, 60, 360, 1440];

/** Are we well? The verdict first, then the numbers; each leads to its orders. */
export function Overview() {
  const t = useTranslations('overview');
  const words = useFailedWords();
  const trpc = useTrpc();
  const { may } = useMe();
  const [asked, setMinutes] = useQueryState('minutes', parseAsInteger.withDefault(60));
  const minutes = windows.includes(asked) ? asked : 60;
  const query = useQuery(
    trpc.overview.get.queryOptions({ minutes }, { refetchInterval: 5_000, placeholderData: (before) => before }),
  );
  const channels = useQuery(
    trpc.channels.list.queryOptions(undefined, { refetchInterval: 5_000, enabled: may('channels.read') }),
  );
  const { data, error } = query;
  const range = (
    <label htmlFor="window" className="flex items-center gap-2 whitespace-nowrap text-muted">
      {t('window')}
      <Select id="window" value={minutes} onChange={(event) => void setMinutes(Number(event.target.value))}>
        {windows.map((one) => (
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
      {data ? (
        <>
          <VerdictLine data={data} channels={channels.data?.channels ?? []} stale={error !== null} />
          <Numbers data={data} />
          {channels.data ? <ChannelStrip channels={channels.data.channels} /> : null}
          {data.byStatus.length === 0 ? (
            <Empty title={t('emptyTitle')}>{t('empty')}</Empty>
          ) : (
            <div className="mt-8 grid gap-8 lg:grid-cols-[2fr_1fr]">
              <div className="min-w-0">
                <Section title={t('perBucket')}>
                  <PerBucket data={data} />
                </Section>
              </div>
              <div className="min-w-0">
                <TopFailures data={data} />
              </div>
            </div>
          )}
        </>
      ) : null}
    </Page>
  );
}

const sinceOf = (data: Data): string => `from=${data.now - data.minutes * 60_000}&to=${data.now}`;
const countOf = (data: Data, status: string) =>
  data.byStatus.find((one) => one.status === status) ?? { count: 0, amount: 0 };
const totalOf = (data: Data): number => data.byStatus.reduce((sum, { count }) => sum + count, 0);

const looks = {
  good: { icon: CircleCheck, look: 'border-success bg-success-bg text-success' },
  watch: { icon: TriangleAlert, look: 'border-warn bg-warn-bg text-warn' },
  bad: { icon: OctagonAlert, look: 'border-failed bg-failed-bg text-failed' },
  quiet: { icon: CircleHelp, look: 'border-edge bg-surface text-muted' },
  unknown: { icon: CircleHelp, look: 'border-edge bg-surface text-muted' },
} as const;

function VerdictLine({ data, channels, stale }: { data: Data; channels: Channels; stale: boolean }) {
  const t = useTranslations('overview');
  const { verdict, causes } = verdictOf({
    stale,
    total: totalOf(data),
    succeeded: countOf(data, 'succeeded').count,
    failed: countOf(data, 'failed').count,
    backlog: data.backlog,
    channels,
  });
  const { icon: Icon, look } = looks[verdict];
  return (
    <div role="status" className={`mb-5 flex gap-3 rounded-md border-l-4 px-4 py-3 ${look}`}>
      <Icon size={20} aria-hidden className="mt-0.5 shrink-0" />
      <div>
        <p className="text-[15px] leading-6 font-semibold">{t(`verdict.${verdict}`)}</p>
        {causes.length > 0 ? (
          <ul>
            {causes.map((cause) => (
              <li key={cause.key + cause.channel}>
                {t(`causes.${cause.key}`, {
                  channel: cause.channel ?? '',
                  count: cause.count ?? 0,
                  rate: percent(cause.rate ?? 0, 1),
                })}
                {cause.channel ? (
                  <>
                    {' '}
                    <Link href={`/channels/${cause.channel}`} className="underline">
                      {t('lookAt')}
                    </Link>
                  </>
                ) : null}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </div>
  );
}

function Numbers({ data }: { data: Data }) {
  const t = useTranslations('overview');
  const since = sinceOf(data);
  const succeeded = countOf(data, 'succeeded');
  const decided = succeeded.count + countOf(data, 'failed').count;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-md border bg-hairline md:grid-cols-5">
      <Figure
        label={t('payments')}
        value={totalOf(data).toLocaleString('en')}
        note={t('perMinute', { count: (totalOf(data) / data.minutes).toFixed(1) })}
        href={`/orders?${since}`}
      />
      <Figure
        label={t('turnover')}
        value={money(succeeded.amount, 'CNY')}
        note={t('ofPayments', { count: succeeded.count })}
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
        value={countOf(data, 'processing').count.toLocaleString('en')}
        note={t('openAttempts', { count: data.backlog.attempts })}
        href={`/orders?${since}&status=processing`}
      />
      <Figure
        label={t('overdue')}
        value={data.backlog.overdue.toLocaleString('en')}
        note={t('held', { count: data.backlog.held })}
        href="/orders?status=processing"
      />
    </dl>
  );
}

const Figure = ({ label, value, note, href }: { label: string; value: string; note?: string; href: string }) => (
  <div className="bg-bg px-4 py-3 last:max-md:col-span-2">
    <dt className="text-xs text-muted">{label}</dt>
    <dd>
      <Link href={href} className="text-[22px] leading-9 font-semibold hover:text-primary md:text-[28px]">
        {value}
      </Link>
      <p className="min-h-4 text-xs text-subtle">{note}</p>
    </dd>
  </div>
);

/** Why payments did not succeed, the most frequent first, each with its share. */
function TopFailures({ data }: { data: Data }) {
  const t = useTranslations('overview');
  const codes = useTranslations('failures');
  const most = Math.max(1, ...data.failures.map(({ count }) => count));
  return (
    <Section title={t('topFailures')}>
      {data.failures.length === 0 ? <p className="text-muted">{t('noFailures')}</p> : null}
      <ol>
        {data.failures.map(({ code, count }) => (
          <li key={code} className="border-b py-1.5">
            <div className="flex items-baseline gap-2">
              <Link
                href={`/orders?${sinceOf(data)}&failure=${code}`}
                className="min-w-0 flex-1 text-primary hover:underline"
              >
                {codes.has(code) ? codes(code) : code}
              </Link>
              <span className="font-mono text-xs text-subtle">{code}</span>
              <span className="w-10 text-right font-medium">{count}</span>
            </div>
            <div aria-hidden className="mt-1 h-1 rounded-full bg-surface">
              <div className="h-1 rounded-full bg-edge" style={{ width: `${(count / most) * 100}%` }} />
            </div>
          </li>
        ))}
      </ol>
    </Section>
  );
}

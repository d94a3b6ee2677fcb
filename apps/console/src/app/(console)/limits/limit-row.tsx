'use client';

import { useTranslations } from 'next-intl';
import { dateTime, money } from '@/lib/format';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Td } from '@/ui/table';
import type { Limit } from './limits';

type Counter = Limit['usage'][number];

const tones: Readonly<Record<string, Tone>> = {
  ok: 'success',
  warn: 'warn',
  warned: 'warn',
  full: 'failed',
  off: 'closed',
};

/** One limit: what it counts, up to what, how full its fullest counters are and when they will be. */
export function LimitRow({
  limit,
  now,
  mayEdit,
  onOpen,
  onEdit,
}: {
  limit: Limit;
  now: number;
  mayEdit: boolean;
  onOpen: () => void;
  onEdit: () => void;
}) {
  const t = useTranslations('limits');
  const only = Object.values(limit.match).flat();
  return (
    <tr className="border-b align-top">
      <Td className="min-w-40">
        <span className="font-medium">{limit.name}</span>
        <br />
        <span className="font-mono text-xs text-subtle">{limit.id}</span>
      </Td>
      <Td label={t('state')}>
        <span className="flex flex-wrap gap-1">
          <Chip tone={tones[limit.state] ?? 'pending'}>{t(`states.${limit.state}`)}</Chip>
          {limit.mode === 'shadow' ? <Chip tone="pending">{t('shadow')}</Chip> : null}
        </span>
      </Td>
      <Td label={t('per')} className="min-w-36">
        <span>
          {limit.period === 'payment'
            ? t('onePayment')
            : limit.scope.length === 0
              ? t('all')
              : limit.scope.map((one) => t(`scopes.${one}`)).join(' × ')}
          <span className="block text-xs text-muted">
            {t(`periods.${limit.period}`)}
            {only.length > 0 ? ` · ${t('onlyFor', { list: only.join(', ') })}` : ''}
          </span>
        </span>
      </Td>
      <Td label={t('ceiling')} className="whitespace-nowrap">
        <span>
          {sayCaps(limit).map((cap) => (
            <span key={cap} className="block">
              {cap}
            </span>
          ))}
          {limit.maxCount === null ? null : <span className="block">{t('count', { count: limit.maxCount })}</span>}
        </span>
      </Td>
      <Td label={t('used')} className="min-w-64">
        {limit.period === 'payment' ? (
          <span className="text-subtle">—</span>
        ) : limit.usage.length === 0 ? (
          <span className="text-subtle">{t('unused')}</span>
        ) : (
          <ul className="grid gap-1">
            {limit.usage.slice(0, 3).map((counter) => (
              <li key={counter.scopeKey + counter.windowStart}>
                <Bar counter={counter} limit={limit} />
              </li>
            ))}
          </ul>
        )}
      </Td>
      <Td label={t('forecast')} className="text-xs">
        {limit.usage[0] ? (
          <span>
            <ForecastOf counter={limit.usage[0]} limit={limit} now={now} />
            {Object.keys(limit.usage[0].scope).length > 0 ? (
              <span className="block font-mono text-subtle">{Object.values(limit.usage[0].scope).join(' / ')}</span>
            ) : null}
          </span>
        ) : null}
      </Td>
      <Td className="text-right whitespace-nowrap">
        {limit.period === 'payment' ? null : (
          <Button look="quiet" onClick={onOpen}>
            {t('counters')}
          </Button>
        )}
        {mayEdit ? (
          <Button look="quiet" onClick={onEdit}>
            {t('edit')}
          </Button>
        ) : null}
      </Td>
    </tr>
  );
}

function sayCaps(limit: Limit): string[] {
  const { minAmount, maxAmount, currency } = limit;
  return [
    ...(minAmount === null ? [] : [`≥ ${money(minAmount, currency)}`]),
    ...(maxAmount === null ? [] : [`≤ ${money(maxAmount, currency)}`]),
  ];
}

/** How full a counter is: bar, share, and what it counts. */
export function Bar({ counter, limit }: { counter: Counter; limit: Limit }) {
  const t = useTranslations('limits');
  const names = Object.values(counter.scope).join(' / ') || t('all');
  const tone = counter.share >= 1 ? 'bg-failed' : counter.share * 100 >= limit.warnAtPercent ? 'bg-warn' : 'bg-primary';
  return (
    <span className="grid grid-cols-[minmax(0,1fr)_4rem_3rem] md:grid-cols-[minmax(5rem,1fr)_6rem_3rem] items-center gap-x-2 text-xs">
      <span className="truncate font-mono" title={names}>
        {names}
      </span>
      <span aria-hidden className="relative h-2 overflow-hidden rounded-full border border-edge">
        <span className={`block h-full ${tone}`} style={{ width: `${Math.min(1, counter.share) * 100}%` }} />
        <span className="absolute inset-y-0 w-px bg-edge" style={{ left: `${limit.warnAtPercent}%` }} />
      </span>
      <span className="text-right">{(counter.share * 100).toFixed(1)}%</span>
      <span className="col-span-3 text-subtle">
        {limit.maxAmount === null ? '' : money(counter.amount, limit.currency)}
        {limit.maxAmount === null || limit.maxCount === null ? '' : ' · '}
        {limit.maxCount === null ? '' : t('count', { count: counter.count })}
      </span>
    </span>
  );
}

/** When the fullest counter will be full, or what it will hold when its window ends. */
export function ForecastOf({ counter, limit, now }: { counter: Counter; limit: Limit; now: number }) {
  const t = useTranslations('limits');
  const { fullAt, atEnd } = counter.forecast;
  if (counter.share >= 1) return <span className="font-medium text-failed">{t('fullNow')}</span>;
  if (fullAt !== undefined && fullAt > now)
    return <span className="font-medium text-warn">{t('fullAt', { time: dateTime(fullAt).slice(5, 16) })}</span>;
  const end = limit.maxAmount === null ? t('count', { count: atEnd.count }) : money(atEnd.amount, limit.currency);
  return (
    <span className="text-muted" title={dateTime(counter.windowEnd)}>
      {t('atEnd', { what: end })}
    </span>
  );
}

'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { paymentStatuses } from '@tributary/contracts/payment-status';
import { X } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useQueryStates } from 'nuqs';
import { type KeyboardEvent, useRef } from 'react';
import { dateTime, money } from '@/lib/format';
import { toneOf } from '@/lib/status';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { useFailedWords } from '@/lib/words';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Field, Input, Select } from '@/ui/field';
import { Empty, Failed, Skeleton } from '@/ui/states';
import { Page, Table, Td, Th } from '@/ui/table';
import { filterInput, type OrderFilters, orderFilters } from './order-filters';
import { OrderSearch } from './order-search';

type Row = Outputs['orders']['list']['rows'][number];

/** Orders, newest first, page by page. The address holds the filters, so that a link shows the same list to everybody. */
export function OrderList() {
  const t = useTranslations('orders');
  const words = useFailedWords();
  const [filters, setFilters] = useQueryStates(orderFilters, { history: 'push' });
  const query = useInfiniteQuery(
    useTrpc().orders.list.infiniteQueryOptions(
      { ...filterInput(filters), limit: 50 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, maxPages: 40 },
    ),
  );
  const { data, error } = query;
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  const filtered = Object.keys(filterInput(filters)).length > 0;
  const clear = () => void setFilters(null);
  const asOf = data?.pages[0]?.asOf;

  return (
    <Page
      title={t('title')}
      lead={asOf ? t('asOf', { time: dateTime(asOf) }) : undefined}
      actions={<Button onClick={() => void query.refetch()}>{t('refresh')}</Button>}
    >
      <OrderSearch />
      <Filters filters={filters} onChange={(next) => void setFilters(next)} />
      {filtered ? <ActiveFilters filters={filters} onChange={(next) => void setFilters(next)} onClear={clear} /> : null}
      {error && rows.length === 0 ? <Failed error={error} onRetry={() => void query.refetch()} words={words} /> : null}
      {query.isPending ? <Skeleton rows={12} label={t('loading')} /> : null}
      {data && rows.length === 0 ? (
        filtered ? (
          <Empty title={t('noneMatch')}>
            <Button onClick={clear}>{t('clear')}</Button>
          </Empty>
        ) : (
          <Empty title={t('none')}>{t('noneLead')}</Empty>
        )
      ) : null}
      {rows.length > 0 ? <OrderTable rows={rows} /> : null}
      {query.hasNextPage ? (
        <div className="py-4 text-center">
          <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
            {query.isFetchingNextPage ? t('loading') : t('more')}
          </Button>
        </div>
      ) : rows.length > 0 ? (
        <p className="py-4 text-center text-xs text-subtle">{t('end', { count: rows.length })}</p>
      ) : null}
    </Page>
  );
}

function OrderTable({ rows }: { rows: Row[] }) {
  const t = useTranslations('orders');
  const status = useTranslations('status');
  const codes = useTranslations('failures');
  const router = useRouter();
  const body = useRef<HTMLDivElement>(null);

  /** j and k walk the rows; Enter follows the link that has the focus, as links do. */
  function walk(event: KeyboardEvent) {
    if (event.key !== 'j' && event.key !== 'k') return;
    const links = [...(body.current?.querySelectorAll<HTMLAnchorElement>('a[data-row]') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    links[Math.max(0, Math.min(links.length - 1, at + (event.key === 'j' ? 1 : -1)))]?.focus();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys on top of links, which work without them
    <div ref={body} onKeyDown={walk}>
      <Table
        label={t('title')}
        head={
          <>
            <Th>{t('time')}</Th>
            <Th>{t('status')}</Th>
            <Th className="text-right">{t('amount')}</Th>
            <Th>{t('id')}</Th>
            <Th>{t('merchantOrderNo')}</Th>
            <Th>{t('merchant')}</Th>
            <Th>{t('service')}</Th>
            <Th>{t('channel')}</Th>
            <Th>{t('reason')}</Th>
          </>
        }
      >
        {rows.map((row) => (
          <tr
            key={row.id}
            className="cursor-pointer border-b hover:bg-surface"
            onClick={(event) => (event.target as HTMLElement).closest('a') || router.push(`/orders/${row.id}`)}
          >
            <Td className="whitespace-nowrap text-muted">{dateTime(row.createdAt)}</Td>
            <Td>
              <Chip tone={toneOf(row.status, row.hold)}>{row.hold ? status('hold') : status(row.status)}</Chip>
            </Td>
            <Td className="text-right font-medium whitespace-nowrap">{money(row.amount, row.currency)}</Td>
            <Td>
              <Link data-row href={`/orders/${row.id}`} className="font-mono text-xs text-primary hover:underline">
                {row.id}
              </Link>
            </Td>
            <Td className="font-mono text-xs">{row.merchantOrderNo}</Td>
            <Td>{row.merchantId}</Td>
            <Td>{row.serviceId}</Td>
            <Td className="whitespace-nowrap">{row.channelId ? `${row.channelId} / ${row.accountId}` : '—'}</Td>
            <Td className="whitespace-nowrap text-muted">
              {row.failureCode ? (codes.has(row.failureCode) ? codes(row.failureCode) : row.failureCode) : ''}
            </Td>
          </tr>
        ))}
      </Table>
    </div>
  );
}

type Change = (next: Partial<OrderFilters>) => void;

const toLocalInput = (ms: number | null): string =>
  ms === null ? '' : new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16);
const fromLocalInput = (text: string): number | null => (text ? Date.parse(`${text}:00+08:00`) : null);

function Filters({ filters, onChange }: { filters: OrderFilters; onChange: Change }) {
  const t = useTranslations('orders');
  const status = useTranslations('status');
  const submit = (form: HTMLFormElement) => {
    const read = (name: string) => String(new FormData(form).get(name) ?? '').trim();
    const chosen = paymentStatuses.find((one) => one === read('status'));
    onChange({
      status: chosen ? [chosen] : [],
      channel: read('channel'),
      service: read('service'),
      merchant: read('merchant'),
      from: fromLocalInput(read('from')),
      to: fromLocalInput(read('to')),
    });
  };
  return (
    <form
      key={JSON.stringify(filters)}
      className="mb-3 grid grid-cols-2 items-end gap-2 md:grid-cols-4 xl:grid-cols-[repeat(6,minmax(0,1fr))_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget);
      }}
    >
      <Field label={t('status')}>
        {(id) => (
          <Select id={id} name="status" defaultValue={filters.status[0] ?? ''}>
            <option value="">{t('any')}</option>
            {paymentStatuses.map((one) => (
              <option key={one} value={one}>
                {status(one)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t('service')}>
        {(id) => <Input id={id} name="service" defaultValue={filters.service} placeholder="wechat.native" />}
      </Field>
      <Field label={t('channel')}>
        {(id) => <Input id={id} name="channel" defaultValue={filters.channel} placeholder="wechat-pay" />}
      </Field>
      <Field label={t('merchant')}>
        {(id) => <Input id={id} name="merchant" defaultValue={filters.merchant} placeholder="mch_…" />}
      </Field>
      <Field label={t('from')}>
        {(id) => <Input id={id} name="from" type="datetime-local" defaultValue={toLocalInput(filters.from)} />}
      </Field>
      <Field label={t('to')}>
        {(id) => <Input id={id} name="to" type="datetime-local" defaultValue={toLocalInput(filters.to)} />}
      </Field>
      <Button type="submit" look="primary" className="justify-center">
        {t('apply')}
      </Button>
    </form>
  );
}

function ActiveFilters({
  filters,
  onChange,
  onClear,
}: {
  filters: OrderFilters;
  onChange: Change;
  onClear: () => void;
}) {
  const t = useTranslations('orders');
  const status = useTranslations('status');
  const chips: [string, string, Partial<OrderFilters>][] = [
    ...filters.status.map((one): [string, string, Partial<OrderFilters>] => [
      t('status'),
      status(one),
      { status: filters.status.filter((other) => other !== one) },
    ]),
    ...(['service', 'channel', 'merchant'] as const).flatMap((key): [string, string, Partial<OrderFilters>][] =>
      filters[key] ? [[t(key), filters[key], { [key]: '' }]] : [],
    ),
    ...(filters.failure
      ? [[t('reason'), filters.failure, { failure: '' }] as [string, string, Partial<OrderFilters>]]
      : []),
    ...(['from', 'to'] as const).flatMap((key): [string, string, Partial<OrderFilters>][] =>
      filters[key] === null ? [] : [[t(key), dateTime(filters[key]), { [key]: null }]],
    ),
  ];
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {chips.map(([name, value, without]) => (
        <button
          key={name + value}
          type="button"
          onClick={() => onChange(without)}
          className="inline-flex h-6 items-center gap-1 rounded-sm bg-pending-bg px-2 text-xs text-pending"
          aria-label={t('remove', { name, value })}
        >
          {name}: {value}
          <X size={12} aria-hidden />
        </button>
      ))}
      <Button look="quiet" onClick={onClear}>
        {t('clear')}
      </Button>
    </div>
  );
}

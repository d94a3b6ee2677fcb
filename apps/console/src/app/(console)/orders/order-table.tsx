'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import { dateTime, money } from '@/lib/format';
import { isTyping } from '@/lib/hotkeys';
import { toneOf } from '@/lib/status';
import type { Outputs } from '@/lib/trpc';
import { useWide } from '@/lib/use-wide';
import { Chip } from '@/ui/chip';
import { Table, Td, Th } from '@/ui/table';

type Row = Outputs['orders']['list']['rows'][number];

/** j and k walk the rows from anywhere on the page; Enter follows the link that has the focus, as links do. */
function useRowKeys() {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const walk = (event: KeyboardEvent) => {
      if ((event.key !== 'j' && event.key !== 'k') || isTyping(event)) return;
      const links = [...(body.current?.querySelectorAll<HTMLAnchorElement>('a[data-row]') ?? [])];
      const at = links.indexOf(document.activeElement as HTMLAnchorElement);
      links[Math.max(0, Math.min(links.length - 1, at + (event.key === 'j' ? 1 : -1)))]?.focus();
    };
    addEventListener('keydown', walk);
    return () => removeEventListener('keydown', walk);
  }, []);
  return body;
}

function useReason() {
  const codes = useTranslations('failures');
  return (code: string | null) => (code ? (codes.has(code) ? codes(code) : code) : '');
}

/** A table where there is room for one, cards on a phone: the same rows, each a real link. */
export function OrderTable({ rows }: { rows: Row[] }) {
  const body = useRowKeys();
  return <div ref={body}>{useWide(768) ? <WideRows rows={rows} /> : <Cards rows={rows} />}</div>;
}

function WideRows({ rows }: { rows: Row[] }) {
  const t = useTranslations('orders');
  const status = useTranslations('status');
  const reason = useReason();
  const router = useRouter();
  return (
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
          className="cursor-pointer border-b focus-within:bg-surface hover:bg-surface"
          onClick={(event) => (event.target as HTMLElement).closest('a') || router.push(`/orders/${row.id}`)}
        >
          <Td className="whitespace-nowrap text-muted">
            <time dateTime={new Date(row.createdAt).toISOString()}>{dateTime(row.createdAt)}</time>
          </Td>
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
          <Td className="whitespace-nowrap text-muted" title={row.failureCode ?? ''}>
            {reason(row.failureCode)}
            {row.refundedAmount > 0 ? (
              <span className="text-refunded">
                {t('refunded', { amount: money(row.refundedAmount, row.currency) })}
              </span>
            ) : null}
          </Td>
        </tr>
      ))}
    </Table>
  );
}

function Cards({ rows }: { rows: Row[] }) {
  const status = useTranslations('status');
  const reason = useReason();
  return (
    <ul className="border-t">
      {rows.map((row) => (
        <li key={row.id} className="border-b">
          <Link data-row href={`/orders/${row.id}`} className="block py-2.5">
            <span className="flex items-center gap-2">
              <Chip tone={toneOf(row.status, row.hold)}>{row.hold ? status('hold') : status(row.status)}</Chip>
              <span className="flex-1 truncate text-muted">{row.subject}</span>
              <span className="font-semibold">{money(row.amount, row.currency)}</span>
            </span>
            <span className="mt-1 block font-mono text-xs break-all">{row.merchantOrderNo}</span>
            <span className="mt-0.5 flex flex-wrap gap-x-2 text-xs text-subtle">
              <span>{dateTime(row.createdAt)}</span>
              <span>{row.serviceId}</span>
              <span>{reason(row.failureCode)}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

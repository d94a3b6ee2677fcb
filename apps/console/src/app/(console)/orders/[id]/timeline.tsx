'use client';

import { ChevronRight } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { parseAsInteger, useQueryState } from 'nuqs';
import { duration, timeOfDay } from '@/lib/format';
import { EventDetail } from './event-detail';
import type { Order } from './order-detail';

export type OrderEvent = Order['events'][number];

/** Gaps longer than this are drawn as gaps, with their length. */
const gapMs = 3_000;

/** Every event in causal order: when, how long after the one before, where, what changed, what it brought. */
export function Timeline({ order }: { order: Order }) {
  const t = useTranslations('order');
  const [open, setOpen] = useQueryState('ev', parseAsInteger);
  return (
    <ol>
      {order.events.map((event, index) => {
        const before = order.events[index - 1];
        const gap = before ? event.at - before.at : 0;
        return (
          <li key={event.seq}>
            {gap > gapMs ? (
              <p className="ml-[7px] border-l border-dashed border-edge py-1 pl-5 text-xs text-subtle">
                {t('gap', { time: duration(gap) })}
              </p>
            ) : null}
            <Row
              event={event}
              gap={gap}
              isOpen={open === event.seq}
              onToggle={() => void setOpen(open === event.seq ? null : event.seq)}
            />
          </li>
        );
      })}
    </ol>
  );
}

const dots: Record<string, string> = {
  succeeded: 'bg-success',
  failed: 'bg-failed',
  rejected: 'bg-blocked',
  closed: 'bg-closed',
  unknown: 'bg-warn',
  pending: 'bg-processing',
  sending: 'bg-processing',
  processing: 'bg-processing',
  succeeded_late: 'bg-warn',
};

function Row({
  event,
  gap,
  isOpen,
  onToggle,
}: {
  event: OrderEvent;
  gap: number;
  isOpen: boolean;
  onToggle: () => void;
}) {
  const t = useTranslations('order');
  const kinds = useTranslations('events');
  const status = useTranslations('status');
  const actors = useTranslations('actors');
  const key = event.kind.replaceAll('.', '_');
  const prefix = event.refundId ? 'refund_' : event.kind.startsWith('attempt.') ? 'attempt_' : '';
  const name = (state: string) => (status.has(prefix + state) ? status(prefix + state) : state);
  const exchange = event.data.exchange as { op?: string; error?: string; response?: { status: number } } | undefined;
  const raw = (event.data.result as { raw?: { code: string } } | undefined)?.raw?.code;
  return (
    <div className="relative ml-[7px] border-l border-hairline pl-5">
      <span
        aria-hidden
        className={`absolute top-3 -left-[5px] size-2.5 rounded-full border-2 border-bg ${dots[event.to ?? ''] ?? 'bg-edge'}`}
      />
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={onToggle}
        className="w-full rounded-sm py-1.5 text-left hover:bg-surface"
      >
        <span className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
          <span className="font-mono text-xs text-muted">{timeOfDay(event.at)}</span>
          <span className="w-16 font-mono text-xs text-subtle">+{duration(Math.max(0, gap))}</span>
          <span className="font-medium">{kinds.has(key) ? kinds(key) : event.kind}</span>
          {event.from || event.to ? (
            <span className="text-xs text-muted">
              {event.from ? `${name(event.from)} → ` : ''}
              {event.to ? name(event.to) : ''}
            </span>
          ) : null}
          {raw ? <span className="font-mono text-xs text-muted">{raw}</span> : null}
          <ChevronRight
            size={14}
            aria-hidden
            className={`ml-auto self-center text-subtle transition-transform ${isOpen ? 'rotate-90' : ''}`}
          />
        </span>
        <span className="flex flex-wrap gap-x-3 text-xs text-subtle">
          <span>{actors.has(event.actor) ? actors(event.actor) : event.actor}</span>
          {event.node ? <span>{event.node}</span> : null}
          {event.attemptNo ? <span>{t('attemptNo', { no: event.attemptNo })}</span> : null}
          {exchange?.op ? <span>{`${exchange.op} ${exchange.response?.status ?? exchange.error ?? ''}`}</span> : null}
          {event.durationMs === null ? null : <span>{t('took', { time: duration(event.durationMs) })}</span>}
        </span>
      </button>
      {isOpen ? <EventDetail event={event} /> : null}
    </div>
  );
}
